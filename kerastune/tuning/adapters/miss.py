"""MiSS: one narrow matrix that all shards of a kernel's rows share."""

from dataclasses import dataclass
from typing import Any, ClassVar

from keras import ops

from kerastune.errors import InputError
from kerastune.tuning.adapters.adapter import Adapter, AdditiveLayer, Linear, require_rank
from kerastune.tuning.adapters.linear_maps import LinearMap


@dataclass(frozen=True, repr=False)
class MiSS(Adapter):
    """Matrix shard sharing: inputs are summed in `rank` places, and multiplied by one matrix.

    It has half the parameters of `LoRA`, or less, and starts from zero.

    Args:
        rank: int from 1, the rows of the matrix. Defaults to 64.
        targets: str, see `Adapter`. Defaults to the query and the value of every attention.
        name: str, see `Adapter`.

    Raises:
        InputError: if the rank is out of its range.

    Reference:
        Kang and Yin, 2024, "MiSS: Revisiting the Trade-off in LoRA with an Efficient
        Shard-Sharing Structure", https://arxiv.org/abs/2409.15371

    Example:

    >>> import keras
    >>> from kerastune.tuning import add_adapters
    >>> dense = keras.layers.Dense(3, name="dense")
    >>> model = keras.Sequential([keras.Input((4,)), dense], name="model")
    >>> add_adapters(model, MiSS(rank=2, targets="dense"))
    ['model/dense']
    >>> [(weight.name, tuple(weight.shape)) for weight in model.trainable_weights]
    [('bias', (3,)), ('shard', (2, 3))]
    """

    rank: int = 64

    method: ClassVar[str] = "miss"

    def __post_init__(self) -> None:
        super().__post_init__()
        require_rank(self.rank)

    def layer(self, linear_map: LinearMap, path: str, linear: Linear) -> "MiSSLayer":  # noqa: ARG002
        """Returns the adapter of one layer, which is not built."""
        if self.rank > linear_map.rows:
            raise InputError(
                f"Expected a rank of at most the {linear_map.rows} rows of {path!r}. Received: "
                f"{self.rank}"
            )
        return MiSSLayer(self, linear_map)


class MiSSLayer(AdditiveLayer):
    """The matrix of one layer.

    Args:
        adapter: the `MiSS`.
        linear_map: the `LinearMap` of the layer.
    """

    def __init__(self, adapter: MiSS, linear_map: LinearMap) -> None:
        super().__init__(adapter, linear_map)
        self.rank = adapter.rank

    def build(self, input_shape: Any = None) -> None:  # noqa: ARG002  (Keras gives it)
        """Makes the matrix, of zeros."""
        shape = (self.rank, self.linear_map.columns)
        self.shard = self.add_weight(name="shard", shape=shape, initializer="zeros")
        self.built = True

    def factors(self) -> tuple[Any, Any]:
        """Returns two matrices whose product is added to the kernel."""
        # Row i of the kernel gets row i modulo the rank of the matrix.
        shard = ops.convert_to_tensor(self.shard)
        repeats = -(-self.linear_map.rows // self.rank)
        summing = ops.tile(ops.eye(self.rank, dtype=shard.dtype), (repeats, 1))
        return summing[: self.linear_map.rows], shard
