"""LoRA: a product of two narrow matrices beside a frozen kernel."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import keras
from keras import ops

from kerastune.errors import InputError
from kerastune.tuning.adapters.adapter import (
    Adapter,
    AdditiveLayer,
    Linear,
    require_number,
    require_rank,
)
from kerastune.tuning.adapters.initialization import INITIALIZATIONS, first_factors
from kerastune.tuning.adapters.linear_maps import LinearMap
from kerastune.tuning.adapters.path_patterns import check_by_path, setting_at


@dataclass(frozen=True, repr=False)
class LoRA(Adapter):
    """Low-rank adaptation: to a frozen kernel W comes `scale * A B`, and only A and B train.

    The product is computed beside the layer, `(x A) B`, so that no matrix of the size of the
    kernel is made, in gradients neither. A is a flat matrix `(inputs, rank)` and B one of
    `(rank, outputs)`, also of an attention's heads, as in PEFT.

    Args:
        rank: int from 1, the columns of A. Defaults to 8.
        alpha: float above 0, which scales what is added: by `alpha / rank`. Defaults to 16.
        dropout: float from 0 to 1, the share of the inputs of A that is dropped in training.
            Defaults to 0.
        rank_stabilized: bool, whether what is added is scaled by `alpha / sqrt(rank)`, with which
            higher ranks learn as fast. Defaults to False.
        initialization: str, how it starts. `"default"`: A uniform as a layer of PyTorch, B zero.
            `"gaussian"`: A normal with a deviation of `1 / rank`, B zero. `"pissa"`: on the largest
            singular values of the kernel. `"orthogonal"`: random, with a product of zero. From all
            of them the model computes at first what it did: what `"pissa"` starts from is kept
            beside the matrices and taken off again, and the kernel is not touched.
        ranks: dictionary from patterns of regular expressions on the path of a kernel to a rank of
            its own, or None.
        alphas: dictionary like `ranks`, to an alpha of its own, or None.
        targets: str, see `Adapter`. Defaults to the query and the value of every attention; in a
            model without any, to all kernels of the backbone.
        name: str, see `Adapter`.

    Raises:
        InputError: if a setting is out of its range.

    Reference:
        Hu et al., 2021, "LoRA: Low-Rank Adaptation of Large Language Models",
        https://arxiv.org/abs/2106.09685; Kalajdzievski, 2023, "A Rank Stabilization Scaling
        Factor for Fine-Tuning with LoRA", https://arxiv.org/abs/2312.03732; Meng et al., 2024,
        "PiSSA: Principal Singular Values and Singular Vectors Adaptation of Large Language
        Models", https://arxiv.org/abs/2404.02948

    Example:

    >>> from kerastune.tuning import add_adapters
    >>> dense = keras.layers.Dense(3, name="dense")
    >>> model = keras.Sequential([keras.Input((4,)), dense], name="model")
    >>> add_adapters(model, LoRA(rank=2, targets="dense"))
    ['model/dense']
    >>> [(weight.name, tuple(weight.shape)) for weight in model.trainable_weights]
    [('bias', (3,)), ('lora_a', (4, 2)), ('lora_b', (2, 3))]
    """

    rank: int = 8
    alpha: float = 16.0
    dropout: float = 0.0
    rank_stabilized: bool = False
    initialization: str = "default"
    ranks: Mapping[str, int] | None = None
    alphas: Mapping[str, float] | None = None

    method: ClassVar[str] = "lora"

    def __post_init__(self) -> None:
        super().__post_init__()
        require_rank(self.rank)
        require_number("alpha", self.alpha, 0)
        require_number("dropout", self.dropout, 0, 1)
        if not isinstance(self.rank_stabilized, bool):
            raise InputError(
                f"Expected `rank_stabilized` as true or false. Received: {self.rank_stabilized!r}"
            )
        if self.initialization not in INITIALIZATIONS:
            raise InputError(
                f"Expected `initialization` out of {', '.join(INITIALIZATIONS)}. Received: "
                f"{self.initialization!r}"
            )
        check_by_path("ranks", self.ranks, require_rank)
        check_by_path("alphas", self.alphas, lambda value: require_number("alphas", value, 0))

    def layer(self, linear_map: LinearMap, path: str, linear: Linear) -> "LoRALayer":
        """Returns the adapter of one layer, which is not built."""
        return LoRALayer(self, linear_map, path, linear)


class LoRALayer(AdditiveLayer):
    """The two matrices of one layer.

    Args:
        adapter: the `LoRA`.
        linear_map: the `LinearMap` of the layer.
        path: str, the path of its kernel.
        linear: function that computes the layer without its activation.
    """

    def __init__(self, adapter: LoRA, linear_map: LinearMap, path: str, linear: Linear) -> None:
        super().__init__(adapter, linear_map)
        self.rank = setting_at(path, adapter.ranks, adapter.rank)
        alpha = setting_at(path, adapter.alphas, adapter.alpha)
        self.scale = alpha / (self.rank**0.5 if adapter.rank_stabilized else self.rank)
        self.drop = keras.layers.Dropout(adapter.dropout) if adapter.dropout else None
        self.initialization = adapter.initialization
        self.linear = linear
        self.start: tuple[Any, Any] | None = None

    def build(self, input_shape: Any = None) -> None:  # noqa: ARG002  (Keras gives it)
        """Makes the matrices."""
        rows, columns = self.linear_map.rows, self.linear_map.columns
        first, second = first_factors(
            self.initialization, self.linear_map, self.rank, self.scale, self.linear
        )
        self.lora_a = self.add_weight(name="lora_a", shape=(rows, self.rank), initializer=first)
        self.lora_b = self.add_weight(name="lora_b", shape=(self.rank, columns), initializer=second)
        if self.initialization == "pissa":
            self.start = (self._as_it_is(self.lora_a), self._as_it_is(self.lora_b))
        self.built = True

    def _as_it_is(self, matrix: Any) -> Any:
        """What a matrix is now, as a weight that stays."""
        return self.add_weight(
            name=f"{matrix.name}_start",
            shape=matrix.shape,
            initializer=lambda *_, **__: ops.copy(ops.convert_to_tensor(matrix)),
            trainable=False,
        )

    def matrices(self) -> tuple[Any, Any]:
        """Returns A and B, with what they started from beside them where that is taken off."""
        first, second = ops.convert_to_tensor(self.lora_a), ops.convert_to_tensor(self.lora_b)
        if self.start is not None:
            former, after = map(ops.convert_to_tensor, self.start)
            first = ops.concatenate([first, former], axis=1)
            second = ops.concatenate([second, -after], axis=0)
        return first, second

    def factors(self) -> tuple[Any, Any]:
        """Returns two matrices whose product is added to the kernel."""
        first, second = self.matrices()
        return first, self.scale * second

    def reduced_inputs(self, inputs: Any) -> Any:
        """Returns the inputs as the adapter reads them."""
        # Tables of embeddings read numbers of tokens, which cannot be dropped.
        if self.drop is None or self.linear_map.features is None:
            return inputs
        return self.drop(inputs)
