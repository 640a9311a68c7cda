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
)


TOTALS = ("macs", "flops", "backward_macs", "backward_flops", "activation_bytes")
"""The numbers of a model that are the sums of those of its layers."""


@dataclass(frozen=True)
class LayerOperations:
    """What one layer computes, without the layers inside it; numbers as in `Operations`."""

    layer: str
    macs: int = 0
    flops: int = 0
    backward_macs: int = 0
    backward_flops: int = 0
    activation_bytes: int = 0


@dataclass(frozen=True)
class Operations:
    """What one pass over a batch computes, and what it keeps.

    Args:
        name: str, the name of the model.
        batch_size: int.
        macs: int, multiply-accumulates of a forward pass.
        flops: int, floating-point operations of a forward pass: two a MAC, and everything else.
        backward_macs: int, multiply-accumulates of a backward pass.
        backward_flops: int, floating-point operations of a backward pass.
        activation_bytes: int, what a forward pass in training keeps for the backward pass.
        largest_tensor_bytes: int, the largest tensor of a forward pass in training, in bytes.
        rows: tuple of `LayerOperations`, in the order in which the layers run.
        unknown: tuple of str, what is not known and not in any number, with its layer.

    Example:

    >>> from kerastune.counting import count_operations, open_model
    >>> count_operations(open_model("mlp_8_4").model).table().total[1:4]
    (32, 68, 32)
    """

    name: str
    batch_size: int
    macs: int
    flops: int
    backward_macs: int
    backward_flops: int
    activation_bytes: int
    largest_tensor_bytes: int
    rows: tuple[LayerOperations, ...]
    unknown: tuple[str, ...] = ()

    @property
    def totals(self) -> tuple[int, ...]:
        """MACs and FLOPs, forward and backward, and what is kept in between."""
        return tuple(getattr(self, name) for name in TOTALS)

    def table(self) -> Table:
        """The operations by layer as a `Table`, with what is unknown among its notes."""
        rows = tuple(tuple(vars(row).values()) for row in self.rows)
        notes = tuple(f"Not counted, because it is not known: {what}" for what in self.unknown)
        title = f"Operations of {self.name}, batch of {self.batch_size}"
        return Table(title, _COLUMNS, rows, notes, ("total", *self.totals))
