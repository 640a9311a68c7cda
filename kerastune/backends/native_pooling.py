"""Pooling of images in PyTorch's own operations, where channels are last as they come.

Keras copies the images to channels first, and what it makes of them is copied back by the layers
that follow.
"""

from collections.abc import Callable
from typing import Any


def native_pooling(layer: Any) -> Callable[..., Any] | None:
    """Returns what to call on PyTorch in the place of a layer's own `call`, or None.

    Args:
        layer: a Keras layer. What is not exactly a `MaxPooling2D` or an `AveragePooling2D` of
            channels last, without padding, keeps its `call`.

    Returns:
        A function with the arguments of the layer's `call`, or None.

    Example:

    >>> import keras
    >>> native_pooling(keras.layers.MaxPooling2D(padding="same")) is None
    True
    """
    import keras
    import torch

    operations: dict[type, Callable[..., Any]] = {
        keras.layers.MaxPooling2D: torch.nn.functional.max_pool2d,
        keras.layers.AveragePooling2D: torch.nn.functional.avg_pool2d,
    }
    pooled = operations.get(type(layer))
    if pooled is None or layer.data_format != "channels_last" or layer.padding != "valid":
        return None

    def call(inputs: Any) -> Any:
        channels_second = keras.ops.convert_to_tensor(inputs).permute(0, 3, 1, 2)
        return pooled(channels_second, layer.pool_size, layer.strides).permute(0, 2, 3, 1)

    return call
