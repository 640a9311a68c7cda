"""Batch normalization by the statistics of the whole batch, on several processes of PyTorch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kerastune.backends.layers import nested_layers
from kerastune.distribution.torch_group import summed

if TYPE_CHECKING:
    import keras


@contextmanager
def whole_statistics(model: "keras.Model", is_left_out: Callable[[], bool]) -> Iterator[None]:
    """While this lasts, layers of batch normalization use the mean and variance of all processes.

    Keras' own `synchronized=True` is for TensorFlow alone.

    Args:
        model: a built Keras model.
        is_left_out: function that tells whether the rows of this process are no samples.

    Yields:
        None.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.BatchNormalization()])
    >>> with whole_statistics(model, lambda: False):
    ...     "_moments" in vars(model.layers[0])
    True
    """
    import keras

    changed: list[tuple[keras.Layer, Any]] = []
    for layer in nested_layers(model):
        if isinstance(layer, keras.layers.BatchNormalization):
            # What may be there computes the statistics of one process.
            native = vars(layer).get("call")
            if native is not None:
                del layer.call
            layer._moments = _moments(layer, is_left_out)
            changed.append((layer, native))
    try:
        yield
    finally:
        for layer, native in changed:
            del layer._moments
            if native is not None:
                layer.call = native


def _moments(layer: Any, is_left_out: Callable[[], bool]) -> Callable[[Any, Any], tuple[Any, Any]]:
    """What computes the mean and the variance of a layer's inputs."""
    import keras

    def moments(inputs: Any, mask: Any) -> tuple[Any, Any]:
        axes = tuple(layer._reduction_axes)
        counts = inputs.new_ones(()) if mask is None else mask.unsqueeze(-1).to(inputs.dtype)
        if is_left_out():
            counts = counts * 0.0
        shape = [1] * inputs.ndim
        shape[layer.axis] = -1
        total = summed(counts.expand_as(inputs).sum(axes))
        if mask is not None:
            total = total + keras.config.epsilon()  # As Keras does it.
        mean = summed((inputs * counts).sum(axes)) / total
        distance = (inputs - mean.view(shape)) * counts
        return mean, summed(distance.square().sum(axes)) / total

    return moments
