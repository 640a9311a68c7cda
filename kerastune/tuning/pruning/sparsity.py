"""How many weights of a model are zero."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from kerastune.backends import nested_layers
from kerastune.display import AsTable, Column, Table
from kerastune.tuning.groups.graph import own_weights
from kerastune.tuning.groups.roles import weights_of_role

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class SparsityRow:
    """One kernel, and what of it is zero.

    Args:
        layer: str, the path of the layer.
        weights: int, the numbers in the kernel.
        zeros: int, how many of them are zero.
        outputs: int, the length of its last axis.
        zero_outputs: int, how many of these hold nothing but zeros.

    Example:

    >>> SparsityRow("dense", 12, 6, 3, 0).sparsity
    0.5
    """

    layer: str
    weights: int
    zeros: int
    outputs: int
    zero_outputs: int

    @property
    def sparsity(self) -> float:
        """float, the share that is zero."""
        return self.zeros / self.weights


@dataclass(frozen=True, repr=False)
class Sparsity(AsTable):
    """Table of the kernels of a model, and how many of their weights are zero.

    Args:
        model: str, the name of the model.
        rows: tuple of `SparsityRow`, in the order of the model.
        parameters: int, the numbers in all of its weights.

    Example:

    >>> Sparsity("lenet", (SparsityRow("dense", 12, 6, 3, 0),), 15).share
    0.5
    """

    model: str
    rows: tuple[SparsityRow, ...]
    parameters: int

    @property
    def share(self) -> float:
        """float, the share of all kernels that is zero."""
        weights = sum(row.weights for row in self.rows)
        return sum(row.zeros for row in self.rows) / weights if weights else 0.0

    def to_dicts(self) -> list[dict[str, Any]]:
        """Returns the rows as dictionaries, for JSON."""
        return [{**asdict(row), "sparsity": row.sparsity} for row in self.rows]

    def to_table(self) -> Table:
        """Returns a row for each kernel, and what all of them hold below."""
        columns = (
            Column("layer", "text"),
            Column("weights"),
            Column("zeros"),
            Column("share", "share"),
            Column("outputs"),
            Column("zero outputs"),
        )
        rows = tuple(
            (one.layer, one.weights, one.zeros, one.sparsity, one.outputs, one.zero_outputs)
            for one in self.rows
        )
        counts = [sum(column) for column in zip(*(row[1:3] for row in rows), strict=True)]
        weights, zeros = counts or (0, 0)
        total = ("all kernels", weights, zeros, self.share, None, None)
        return Table(f"Zeros in the kernels of {self.model}", columns, rows, (), total)


def sparsity(model: "keras.Model") -> Sparsity:
    """Returns how many weights of each kernel of a model are zero.

    Args:
        model: a built Keras model. Kernels quantized to 4 bits, which share bytes by twos and have
            a zero of their own for each group, are left out.

    Returns:
        A `Sparsity`, which prints itself as a table.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="dense")])
    >>> model.layers[0].kernel.assign(np.eye(4, 3)) is None or sparsity(model).share
    0.75
    """
    import keras

    kernels = {id(weight) for weight in weights_of_role(model, "kernels")}
    rows = []
    for layer in nested_layers(model):
        for weight in own_weights(layer):
            if id(weight) not in kernels or layer.quantization_mode == "int4":
                continue
            is_zero = np.asarray(keras.ops.convert_to_numpy(weight)) == 0
            outputs = is_zero.reshape(-1, is_zero.shape[-1]).all(axis=0)
            counts = (is_zero.size, int(is_zero.sum()), outputs.size, int(outputs.sum()))
            rows.append(SparsityRow(weight.path.rpartition("/")[0], *counts))
    return Sparsity(model.name, tuple(rows), model.count_params())
