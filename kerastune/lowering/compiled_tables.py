"""What a compiled step takes on a device, and what devices send each other, as tables."""

from typing import TYPE_CHECKING

from kerastune.backends.compiled_steps import CompiledStep
from kerastune.display import Column, Table

if TYPE_CHECKING:
    from kerastune.distribution.jax_lowering import Held

_PARTS = ("arguments", "outputs", "temporaries", "code")
_COMPILERS = {"tpu": "the TPU compiler", "cpu": "XLA's compiler for processors"}


def compiled_table(compiled: CompiledStep) -> Table:
    """What the compiler gives for one device.

    Args:
        compiled: the `CompiledStep`.

    Example:

    >>> compiled_table(CompiledStep("tpu", "v5e:2x2", 100, 0, 50, 10)).total
    ('total', 160)
    """
    columns = (Column("part", "text"), Column("memory", "bytes"))
    rows = tuple((name, getattr(compiled, name)) for name in _PARTS)
    notes = ["It compiles; how fast it runs is not told."]
    if compiled.platform == "cpu":
        where = f"of {compiled.devices} devices"
        notes.append("An accelerator's compiler takes other temporaries, and other code.")
    else:
        where = f"chip of {compiled.machine}"
    title = f"Memory of one {where}, by {_COMPILERS[compiled.platform]}"
    return Table(title, columns, rows, tuple(notes), ("total", compiled.total))


def held_table(held: "tuple[Held, ...]") -> Table:
    """What is divided over devices, and what one of them has.

    Args:
        held: tuple of `Held`.
    """
    columns = (
        Column("what", "text"),
        Column("arrays"),
        Column("divided"),
        Column("all", "bytes"),
        Column("a device", "bytes"),
    )
    rows = tuple((one.what, one.arrays, one.divided, one.bytes, one.device_bytes) for one in held)
    return Table("What a device has of a step's arguments", columns, rows)


def collectives_table(compiled: CompiledStep) -> Table:
    """What devices send each other.

    Args:
        compiled: the `CompiledStep`.

    Example:

    >>> from kerastune.backends.collectives import Collective
    >>> sent = (Collective("all-reduce", 1, 400),)
    >>> collectives_table(CompiledStep("tpu", "v5e:2x2", 1, 1, 1, 1, 4, sent)).rows
    (('all-reduce', 1, 400),)
    """
    columns = (Column("collective", "text"), Column("count"), Column("arrays", "bytes"))
    rows = tuple((one.kind, one.count, one.bytes) for one in compiled.collectives)
    notes = [
        "Arrays as a device has them before or after, whichever is more; several arrays may be "
        "sent as one."
    ]
    if any(one.is_least for one in compiled.collectives):
        notes.append("At least: some are in a loop of unknown length, and counted once.")
    if compiled.platform == "cpu":
        notes.append("An accelerator's compiler may join or choose them in another way.")
    title = (
        f"What {compiled.devices} devices send each other in a step, by "
        f"{_COMPILERS[compiled.platform]}"
    )
    return Table(title, columns, rows, tuple(notes))
