"""The operations of a model, as they are returned."""

from dataclasses import dataclass

from kerastune.display import Column, Table

_COLUMNS = (
    Column("layer", "text"),
    Column("MACs", "operations"),
    Column("FLOPs", "operations"),
    Column("backward MACs", "operations"),
    Column("backward FLOPs", "operations"),
    Column("saved activations", "bytes"),
    Column("output", "bytes"),
)


@dataclass(frozen=True)
class LayerOperations:
    """What one layer computes, without the layers inside it; numbers as in `Operations`.

    `output_bytes` is what it gives; of all calls, if it is called repeatedly.
    """

    layer: str
    macs: int = 0
    flops: int = 0
    backward_macs: int = 0
    backward_flops: int = 0
    activation_bytes: int = 0
    output_bytes: int = 0


@dataclass(frozen=True)
class Operations:
    """What one pass over a batch computes, and what it keeps.

    Args:
        name: str, the name of the model.
        batch_size: int.
        rows: tuple of `LayerOperations`, in the order in which the layers run.
        unknown: tuple of str, what is not known and not in any number, with its layer.
        largest_tensor_bytes: int, the largest tensor of a forward pass in training, in bytes.

    Example:

    >>> rows = LayerOperations("a", macs=3, flops=6), LayerOperations("b", flops=5)
    >>> Operations("model", 1, rows).flops
    11
    """

    name: str
    batch_size: int
    rows: tuple[LayerOperations, ...]
    unknown: tuple[str, ...] = ()
    largest_tensor_bytes: int = 0

    @property
    def macs(self) -> int:
        """Multiply-accumulates of a forward pass."""
        return sum(row.macs for row in self.rows)

    @property
    def flops(self) -> int:
        """Floating-point operations of a forward pass: two a MAC, and everything else."""
        return sum(row.flops for row in self.rows)

    @property
    def backward_macs(self) -> int:
        """Multiply-accumulates of a backward pass."""
        return sum(row.backward_macs for row in self.rows)

    @property
    def backward_flops(self) -> int:
        """Floating-point operations of a backward pass."""
        return sum(row.backward_flops for row in self.rows)

    @property
    def activation_bytes(self) -> int:
        """What a forward pass in training keeps for the backward pass, in bytes."""
        return sum(row.activation_bytes for row in self.rows)

    @property
    def totals(self) -> tuple[int, ...]:
        """MACs and FLOPs, forward and backward, and what is kept in between."""
        names = ("macs", "flops", "backward_macs", "backward_flops", "activation_bytes")
        return tuple(getattr(self, name) for name in names)

    def table(self) -> Table:
        """The operations by layer as a `Table`, with what is unknown among its notes."""
        rows = tuple(tuple(vars(row).values()) for row in self.rows)
        notes = tuple(f"Not counted, because it is not known: {what}" for what in self.unknown)
        title = f"Operations of {self.name}, batch of {self.batch_size}"
        return Table(title, _COLUMNS, rows, notes, ("total", *self.totals, None))
