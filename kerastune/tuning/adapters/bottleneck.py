"""Bottleneck adapters: a small network after a layer, on top of what it gives."""

from dataclasses import dataclass
from typing import Any, ClassVar

import keras
from keras import ops

from kerastune.errors import InputError
from kerastune.tuning.adapters.adapter import Adapter, AdapterLayer, Linear, require_rank
from kerastune.tuning.adapters.linear_maps import LinearMap


@dataclass(frozen=True, repr=False)
class Bottleneck(Adapter):
    """Bottleneck adapters: `y + up(activation(down(y)))` of what a layer gives.

    They cannot be merged into a kernel, as there is an activation between the two matrices.

    Args:
        size: int from 1, the numbers between the two matrices. Defaults to 32.
        activation: str, a name of Keras. Defaults to `"gelu"`.
        targets: str, see `Adapter`. Defaults to the last layer of every attention and of every
            feedforward network, as in the paper.
        name: str, see `Adapter`.

    Raises:
        InputError: if a setting is out of its range.

    Reference:
        Houlsby et al., 2019, "Parameter-Efficient Transfer Learning for NLP",
        https://arxiv.org/abs/1902.00751

    Example:

    >>> from kerastune.tuning import add_adapters
    >>> dense = keras.layers.Dense(3, name="dense")
    >>> model = keras.Sequential([keras.Input((4,)), dense], name="model")
    >>> add_adapters(model, Bottleneck(size=2, targets="dense"))
    ['model/dense']
    >>> [weight.name for weight in model.trainable_weights]
    ['bias', 'down', 'down_bias', 'up', 'up_bias']
    """

    size: int = 32
    activation: str = "gelu"

    method: ClassVar[str] = "bottleneck"
    usual_targets: ClassVar[tuple[str, ...]] = ("attention_output", "feedforward_output_dense")

    def __post_init__(self) -> None:
        super().__post_init__()
        require_rank(self.size)
        try:
            keras.activations.get(self.activation)
        except (ValueError, TypeError) as error:
            raise InputError(
                f"Expected `activation` as a name of Keras. Received: {self.activation!r}"
            ) from error

    def layer(
        self,
        linear_map: LinearMap,
        path: str,  # noqa: ARG002
        linear: Linear,  # noqa: ARG002
    ) -> "BottleneckLayer":
        """Returns the adapter of one layer, which is not built."""
        return BottleneckLayer(self, linear_map)


class BottleneckLayer(AdapterLayer):
    """The two matrices of one layer, with their biases.

    Args:
        adapter: the `Bottleneck`.
        linear_map: the `LinearMap` of the layer.
    """

    is_after_activation = True

    def __init__(self, adapter: Bottleneck, linear_map: LinearMap) -> None:
        super().__init__(adapter, linear_map)
        self.size = adapter.size
        self.activation = keras.activations.get(adapter.activation)

    def build(self, input_shape: Any = None) -> None:  # noqa: ARG002  (Keras gives it)
        """Makes the matrices: the second of zeros, so that at first nothing is added."""
        columns = self.linear_map.columns
        self.down = self.add_weight(
            name="down", shape=(columns, self.size), initializer="glorot_uniform"
        )
        self.down_bias = self.add_weight(name="down_bias", shape=(self.size,), initializer="zeros")
        self.up = self.add_weight(name="up", shape=(self.size, columns), initializer="zeros")
        self.up_bias = self.add_weight(name="up_bias", shape=(columns,), initializer="zeros")
        self.built = True

    def adapt(self, inputs: Any, linear: Linear) -> Any:
        """Returns what the layer gives with the adapter."""
        outputs = linear(inputs)
        flat = self.linear_map.flat_outputs(outputs)
        hidden = self.activation(ops.matmul(flat, self.down) + self.down_bias)
        added = ops.matmul(hidden, self.up) + self.up_bias
        return outputs + self.linear_map.shaped_outputs(added, outputs)
