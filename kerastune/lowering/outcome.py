"""What came of lowering a step: for each platform, what it costs, and what it wastes."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kerastune.backends.compiled_steps import CompiledStep
from kerastune.counting import Memory, Operations
from kerastune.counting.memory.training import PARTS, ROUGH
from kerastune.display import Column, Table
from kerastune.display.as_table import AsTable
from kerastune.lowering.compiled_tables import (
    collectives_table,
    compiled_table,
    held_table,
)
from kerastune.lowering.reasons import Obstacle
from kerastune.lowering.tiles import TiledTensor, tile_table

if TYPE_CHECKING:
    from kerastune.distribution.jax_lowering import Held

_WORST = 10
_COSTS = (Column("what", "text"), Column("FLOPs", "operations"), Column("memory", "bytes"))
_WHY_NOT = (Column("why not", "text"),)


@dataclass(frozen=True)
class PlatformOutcome:
    """Whether a step lowers for a platform.

    Args:
        platform: str.
        module_bytes: int, the size of the module, or None where it does not lower.
        obstacle: the `Obstacle`, or None where it lowers.

    Example:

    >>> PlatformOutcome("tpu", 33869).lowers
    True
    """

    platform: str
    module_bytes: int | None = None
    obstacle: Obstacle | None = None

    @property
    def lowers(self) -> bool:
        """Whether it does."""
        return self.obstacle is None


@dataclass(frozen=True, repr=False)
class Lowering(AsTable):
    """The training step of a recipe, lowered for platforms that need not be there.

    Args:
        name: str, the recipe.
        platforms: tuple of `PlatformOutcome`.
        operations: the `Operations` of the step, or None where they are not known.
        memory: the `Memory` of the step, or None where it is not known.
        tiles: tuple of `TiledTensor`, what fills tiles of a TPU badly, worst first.
        compiled: the `CompiledStep`, an `Obstacle` where compiling failed, or None where it was
            not asked for.
        notes: tuple of str, what a reader has to know.
        held: tuple of `Held`, what a device has of a step that is divided.

    Example:

    >>> outcome = Lowering("lenet", (PlatformOutcome("tpu", 33869),), None, None, ())
    >>> outcome.lowers, outcome.to_table().rows
    (True, (('tpu', 'yes', 33869),))
    """

    name: str
    platforms: tuple[PlatformOutcome, ...]
    operations: Operations | None
    memory: Memory | None
    tiles: tuple[TiledTensor, ...]
    compiled: CompiledStep | Obstacle | None = None
    notes: tuple[str, ...] = ()
    held: "tuple[Held, ...]" = ()

    @property
    def lowers(self) -> bool:
        """Whether it lowers for each platform, and compiles where that was asked for."""
        return not isinstance(self.compiled, Obstacle) and all(one.lowers for one in self.platforms)

    def to_table(self) -> Table:
        """The platforms as a `Table`, a row each."""
        columns = (
            Column("platform", "text"),
            Column("lowers", "text"),
            Column("module", "bytes"),
            Column("why not", "text"),
        )
        rows: list[tuple[Any, ...]] = [
            (
                one.platform,
                "yes" if one.lowers else "no",
                one.module_bytes,
                None if one.obstacle is None else str(one.obstacle),
            )
            for one in self.platforms
        ]
        width = 3 if all(one.lowers for one in self.platforms) else 4
        cut = tuple(row[:width] for row in rows)
        title = f"The training step of {self.name}, lowered"
        return Table(title, columns[:width], cut, self.notes)

    def tables(self, *, most: int | None = _WORST) -> list[Table]:
        """All of it as tables.

        Args:
            most: int, the tensors to show that fill tiles badly, or None for all. Defaults
                to 10.

        Returns:
            List of `Table`.
        """
        tables = [self.to_table()]
        if rows := tuple(self._costs()):
            notes = (*(self.memory.notes if self.memory else ()), ROUGH)
            whole = ("With the whole batch on one device.",) if self.held else ()
            tables.append(Table("What a step costs, counted", _COSTS, rows, (*whole, *notes)))
        if self.held:
            tables.append(held_table(self.held))
        if isinstance(self.compiled, CompiledStep):
            tables.append(compiled_table(self.compiled))
            if self.compiled.devices > 1:
                tables.append(collectives_table(self.compiled))
        elif self.compiled is not None:
            tables.append(Table("The compiler", _WHY_NOT, ((str(self.compiled),),)))
        if self.tiles:
            tables.append(tile_table(list(self.tiles), most))
        return tables

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain data, for JSON.

        Returns:
            A dictionary with `recipe`, `lowers` and `tables`, see `Table.to_dict`.
        """
        tables = [table.to_dict() for table in self.tables(most=None)]
        return {"recipe": self.name, "lowers": self.lowers, "tables": tables}

    def _costs(self) -> Iterator[tuple[str, int | None, int | None]]:
        if self.operations is not None:
            yield ("forward pass", self.operations.flops, None)
            yield ("backward pass", self.operations.backward_flops, None)
        if self.memory is not None:
            for name, heading in PARTS.items():
                if size := getattr(self.memory, name):
                    yield (heading, None, size)
            yield ("all memory", None, self.memory.total)
