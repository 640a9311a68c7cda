"""DoRA: LoRA for the direction of each column of a kernel, and its length apart."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from keras import ops

from kerastune.tuning.adapters.adapter import Linear
from kerastune.tuning.adapters.linear_maps import LinearMap
from kerastune.tuning.adapters.lora import LoRA, LoRALayer


@dataclass(frozen=True, repr=False)
class DoRA(LoRA):
    """Weight-decomposed low-rank adaptation: `magnitude * (W + scale * A B) / its column norms`.

    The norms are taken for constants in gradients, as in the paper (4.3). They are computed from
    those of W and products with A and B, so that no matrix of the size of the kernel is made.

    Args:
        rank: int, and all else as for `LoRA`.

    Reference:
        Liu et al., 2024, "DoRA: Weight-Decomposed Low-Rank Adaptation",
        https://arxiv.org/abs/2402.09353

    Example:

    >>> import keras
    >>> from kerastune.tuning import add_adapters
    >>> dense = keras.layers.Dense(3, name="dense")
    >>> model = keras.Sequential([keras.Input((4,)), dense], name="model")
    >>> add_adapters(model, DoRA(rank=2, targets="dense"))
    ['model/dense']
    >>> [weight.name for weight in model.trainable_weights]
    ['bias', 'lora_a', 'lora_b', 'magnitude']
    """

    method: ClassVar[str] = "dora"

    def layer(self, linear_map: LinearMap, path: str, linear: Linear) -> "DoRALayer":
        """Returns the adapter of one layer, which is not built."""
        return DoRALayer(self, linear_map, path, linear)


class DoRALayer(LoRALayer):
    """The two matrices of one layer, and the length of each column.

    Args:
        adapter: the `DoRA`.
        linear_map: the `LinearMap` of the layer.
        path: str, the path of its kernel.
        linear: function that computes the layer without its activation.
    """

    is_weighted = False

    def build(self, input_shape: Any = None) -> None:
        """Makes the matrices, and lengths as they are in the kernel."""
        super().build(input_shape)
        shape = (self.linear_map.columns,)
        self.magnitude = self.add_weight(
            name="magnitude",
            shape=shape,
            initializer=lambda *_, **__: ops.convert_to_tensor(np.sqrt(self._squares()), "float32"),
        )
        self.kernel_squares = self.add_weight(
            name="kernel_squares",
            shape=shape,
            initializer=lambda *_, **__: ops.convert_to_tensor(self._squares(), "float32"),
            trainable=False,
        )

    def _squares(self) -> np.ndarray:
        """The squared length of each column of the kernel."""
        return np.square(self.linear_map.values(self.linear), dtype="float64").sum(axis=0)

    def scales(self) -> Any:
        """Returns by what each column of kernel and product is multiplied."""
        first, second = (ops.cast(one, "float32") for one in self.factors())
        crossed = ops.cast(self.linear_map.rows_times_kernel(first, self.linear), "float32")
        added = ops.matmul(ops.matmul(ops.transpose(first), first), second)
        squares = ops.sum((2 * crossed + added) * second, axis=0)
        lengths = ops.sqrt(ops.maximum(ops.cast(self.kernel_squares, "float32") + squares, 0.0))
        return ops.cast(self.magnitude, "float32") / ops.stop_gradient(lengths)

    def adapt(self, inputs: Any, linear: Linear) -> Any:
        """Returns what the layer gives with the adapter."""
        read = self.reduced_inputs(inputs)
        whole = linear(inputs)
        base = self.linear_map.without_bias(whole if read is inputs else linear(read))
        scales = self.linear_map.along_outputs(ops.cast(self.scales(), whole.dtype))
        added = self.linear_map.low_rank(read, *self.factors())
        return whole + (scales - 1) * base + scales * added

    def merged(self, matrix: Any) -> Any:
        """Returns the kernel that does what kernel and adapter do together."""
        return super().merged(matrix) * self.scales()
