"""The parts of the memory that a model takes, in bytes."""

from dataclasses import dataclass

from kerastune.display import Column, Table

PARTS = {
    "weights": ("weights", "weights"),
    "compute_copies": ("copies", "weights in the compute dtype"),
    "gradients": ("gradients", "gradients"),
    "slots": ("slots", "optimizer slots"),
    "averages": ("averages", "averages of weights"),
    "accumulators": ("accumulators", "accumulated gradients"),
    "activations": ("activations", "activations"),
    "working": ("working", "working memory"),
}
"""The parts of a `Memory`, with a short and a full heading."""
ROUGH = (
    "Rough: with AdamW the total was 0.77 to 1.16 times what XLA compiled on a CPU for ResNet50, "
    "BERT, GPT-2 and dense layers, and 0.34 to 10.6 times for LeNet (docs/counting.md). Weights, "
    "gradients and slots are exact."
)
"""How far estimates with activations were off, for the tables that they are in."""


@dataclass(frozen=True)
class Memory:
    """What training or using a model takes, part by part, in bytes.

    Args:
        name: str, what is done, with which model and how.
        weights: int, all variables of the model.
        compute_copies: int, the weights once more in the dtype in which layers compute, under
            mixed precision.
        gradients: int, of the weights that train.
        slots: int, what the optimizer remembers of each weight that trains.
        averages: int, the moving averages of weights.
        accumulators: int, gradients that are added up over several batches.
        activations: int, what the forward pass keeps for the backward pass; None if it was
            not asked for.
        working: int, the largest tensor beside what it is computed from, taken to be as large;
            None if it was not asked for.
        notes: tuple of str, what a reader has to know beside it.

    Example:

    >>> memory = Memory("training", 400, 0, 400, 800, 0, 0, activations=1000, working=200)
    >>> memory.total
    2800
    """

    name: str
    weights: int
    compute_copies: int
    gradients: int
    slots: int
    averages: int
    accumulators: int
    activations: int | None
    working: int | None
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """All parts together, in bytes."""
        return sum(self.parts().values())

    def parts(self) -> dict[str, int]:
        """The parts by name, in bytes, without what was not asked for."""
        sizes = {name: getattr(self, name) for name in PARTS}
        return {name: size for name, size in sizes.items() if size is not None}

    def table(self) -> Table:
        """The parts as a `Table`, those that take nothing left out."""
        whole = self.total
        rows = tuple(
            (PARTS[name][1], size, size / whole) for name, size in self.parts().items() if size
        )
        columns = (Column("part", "text"), Column("memory", "bytes"), Column("share", "share"))
        total = ("total", whole, 1.0)
        notes = (*self.notes, ROUGH) if self.activations else self.notes
        return Table(f"Memory of {self.name}", columns, rows, notes, total)
