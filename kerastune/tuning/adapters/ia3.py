"""IA³: learned vectors that scale what layers give, or what they read."""

from dataclasses import dataclass
from typing import Any, ClassVar

from keras import ops

from kerastune.errors import InputError
from kerastune.tuning.adapters.adapter import Adapter, AdapterLayer, Linear
from kerastune.tuning.adapters.linear_maps import LinearMap
from kerastune.tuning.adapters.path_patterns import is_found


@dataclass(frozen=True, repr=False)
class IA3(Adapter):
    """Infused adapters: a vector scales keys and values, and what a feedforward layer reads.

    Args:
        feedforward: str, a regular expression found in the paths of the kernels of which the
            inputs are scaled, and not the outputs. Defaults to KerasHub's name of the second layer
            of a transformer's feedforward network.
        targets: str, see `Adapter`. Defaults to the key and the value of every attention, and that
            second layer.
        name: str, see `Adapter`.

    Raises:
        InputError: if a setting is out of its range.

    Reference:
        Liu et al., 2022, "Few-Shot Parameter-Efficient Fine-Tuning is Better and Cheaper than
        In-Context Learning", https://arxiv.org/abs/2205.05638

    Example:

    >>> import keras
    >>> from kerastune.tuning import add_adapters
    >>> dense = keras.layers.Dense(3, name="dense")
    >>> model = keras.Sequential([keras.Input((4,)), dense], name="model")
    >>> add_adapters(model, IA3(targets="dense"))
    ['model/dense']
    >>> [(weight.name, tuple(weight.shape)) for weight in model.trainable_weights]
    [('bias', (3,)), ('scale', (3,))]
    """

    feedforward: str = "feedforward_output_dense/"

    method: ClassVar[str] = "ia3"
    usual_targets: ClassVar[tuple[str, ...]] = (
        "key",
        "value",
        "key_dense",
        "value_dense",
        "feedforward_output_dense",
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.feedforward, str):
            raise InputError(
                f"Expected `feedforward` as a regular expression. Received: {self.feedforward!r}"
            )
        is_found(self.feedforward, "")

    def layer(self, linear_map: LinearMap, path: str, linear: Linear) -> "IA3Layer":  # noqa: ARG002
        """Returns the adapter of one layer, which is not built."""
        return IA3Layer(self, linear_map, path)


class IA3Layer(AdapterLayer):
    """The vector of one layer.

    Args:
        adapter: the `IA3`.
        linear_map: the `LinearMap` of the layer.
        path: str, the path of its kernel.
    """

    def __init__(self, adapter: IA3, linear_map: LinearMap, path: str) -> None:
        super().__init__(adapter, linear_map)
        self.is_feedforward = is_found(adapter.feedforward, path) and bool(adapter.feedforward)
        if self.is_feedforward and linear_map.features is None:
            raise InputError(
                f"Expected a layer whose inputs can be scaled. Received: {path!r}, a table of "
                "embeddings, in `feedforward`"
            )

    def build(self, input_shape: Any = None) -> None:  # noqa: ARG002  (Keras gives it)
        """Makes the vector, of ones."""
        size = self.linear_map.features if self.is_feedforward else self.linear_map.columns
        self.scale = self.add_weight(name="scale", shape=(size,), initializer="ones")
        self.built = True

    def adapt(self, inputs: Any, linear: Linear) -> Any:
        """Returns what the layer gives with the adapter."""
        scale = ops.convert_to_tensor(self.scale)
        if self.is_feedforward:
            return linear(inputs * self.linear_map.along_inputs(scale))
        return linear(inputs) * self.linear_map.along_outputs(scale)

    def merged(self, matrix: Any) -> Any:
        """Returns the kernel that does what kernel and adapter do together."""
        scale = ops.convert_to_tensor(self.scale)
        if self.is_feedforward:
            return self.linear_map.scaled_rows(matrix, scale)
        return matrix * scale

    def merged_bias(self, bias: Any) -> Any:
        """Returns the bias that goes with the merged kernel."""
        if self.is_feedforward:
            return bias
        return self.linear_map.scaled_bias(bias, ops.convert_to_tensor(self.scale))
