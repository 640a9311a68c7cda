"""How much of a TPU's tiles the tensors of matrix products and convolutions leave empty."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, prod

from kerastune.backends.tracing.record import Trace, TracedOperation, TracedTensor
from kerastune.counting.dtypes import item_bytes
from kerastune.counting.operations.contractions import contraction_work
from kerastune.display import Column, Table

LANES = 128
"""The last dimension of a tile of a TPU."""
# So many rows fill the 32-bit words of a tile.
_ROWS = {4: 8, 2: 16, 1: 32}
# Operation, role, shape and dtype.
_Kind = tuple[str, str, tuple[int, ...], str]


@dataclass(frozen=True)
class TiledTensor:
    """Tensors alike that a TPU multiplies, and how they fill tiles.

    Args:
        layers: tuple of str, the layers that multiply them.
        operation: str, the operation, as `keras.ops` calls it.
        role: str, `"kernel"` for a weight, `"activation"`, or `"output"`.
        shape: tuple of int.
        dtype: str.
        times: int, how many there are. Defaults to 1.

    Example:

    >>> TiledTensor(("dense",), "matmul", "kernel", (64, 10), "float32").padding
    0.921875
    """

    layers: tuple[str, ...]
    operation: str
    role: str
    shape: tuple[int, ...]
    dtype: str
    times: int = 1

    @property
    def padding(self) -> float:
        """The share of the tiles' memory that is padding, 0 to 1."""
        return 1 - prod(self.shape) / self._padded

    @property
    def wasted_bytes(self) -> int:
        """The padding of all of them, in bytes."""
        return self.times * (self._padded - prod(self.shape)) * item_bytes(self.dtype)

    @property
    def _padded(self) -> int:
        """The numbers of all tiles that it takes."""
        *outer, rows, columns = (1, 1, *self.shape)
        height = _ROWS.get(item_bytes(self.dtype), 8)
        return prod(outer) * ceil(rows / height) * height * ceil(columns / LANES) * LANES


def tiled_tensors(trace: Trace) -> list[TiledTensor]:
    """The tensors of matrix products and convolutions, worst filled first.

    Args:
        trace: the `Trace` of a model, see `kerastune.backends.tracing.run.trace_model`.

    Returns:
        List of `TiledTensor` with padding, by its share and then by its bytes. Those alike in
        operation, role, shape and dtype are one.
    """
    found: dict[_Kind, list[str]] = {}
    for operation in trace.operations:
        if contraction_work(operation):
            for role, tensor in _tensors(operation):
                alike: _Kind = (operation.name, role, tensor.shape, tensor.dtype)
                found.setdefault(alike, []).extend([operation.layer] * operation.times)
    tensors = [
        TiledTensor(tuple(dict.fromkeys(layers)), *alike, len(layers))
        for alike, layers in found.items()
    ]
    return sorted(
        (one for one in tensors if one.padding), key=lambda one: (-one.padding, -one.wasted_bytes)
    )


def tile_table(tensors: list[TiledTensor], most: int | None = None) -> Table:
    """Tensors and their padding as a table.

    Args:
        tensors: list of `TiledTensor`.
        most: int, how many of them to show. Defaults to all.

    Example:

    >>> tensor = TiledTensor(("dense",), "matmul", "kernel", (64, 10), "float32")
    >>> tile_table([tensor]).rows[0][-2:]
    (0.921875, 30208)
    """
    columns = (
        Column("layer", "text"),
        Column("tensor", "text"),
        Column("shape", "text"),
        Column("padding", "share"),
        Column("wasted", "bytes"),
    )
    rows = tuple(
        (
            one.layers[0] + (f" and {len(one.layers) - 1} more" if one.layers[1:] else ""),
            f"{one.role} of {one.operation}" + (f" ({one.times} times)" if one.times > 1 else ""),
            f"{' x '.join(map(str, one.shape)) or '1'} {one.dtype}",
            one.padding,
            one.wasted_bytes,
        )
        for one in tensors[:most]
    )
    notes = [
        "Tiles of 8 x 128 numbers of float32, 16 x 128 of bfloat16, over the last two dimensions "
        "as the model writes them. A TPU's compiler may swap axes and take lower tiles: an upper "
        "bound."
    ]
    if len(tensors) > len(rows):
        notes.append(f"The worst {len(rows)} of {len(tensors)}; --json has all.")
    return Table("Padding in the tiles of a TPU, forward pass", columns, rows, tuple(notes))


def _tensors(operation: TracedOperation) -> Iterator[tuple[str, TracedTensor]]:
    """The operands and outputs of one contraction, with their roles."""
    for operand in operation.operands:
        yield ("kernel" if operand.is_weight else "activation", operand)
    for output in operation.outputs:
        yield ("output", output)
