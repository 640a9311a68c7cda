"""Root mean square normalization in PyTorch's own operation.

Of KerasHub's decoders those like Llama square with a power whose exponent is a tensor, which is
slow, and of which PyTorch keeps three arrays of the size of the inputs for the way back, where its
own operation keeps one or two.
"""

from collections.abc import Callable
from typing import Any

# Of KerasHub, all of which compute the same.
_KINDS = (
    "LlamaLayerNorm",
    "MistralLayerNormalization",
    "MixtralLayerNormalization",
    "Phi3LayerNorm",
    "QwenLayerNorm",
    "QwenMoeLayerNorm",
)


def native_norm(layer: Any) -> Callable[[Any], Any] | None:
    """Returns what to call on PyTorch in the place of a layer's own `call`, or None.

    Args:
        layer: a Keras layer. What is not the normalization of one of KerasHub's decoders keeps
            its `call`.

    Returns:
        A function from a tensor to one of the same shape, or None.

    Example:

    >>> import keras
    >>> native_norm(keras.layers.LayerNormalization()) is None
    True
    """
    kind = type(layer)
    if kind.__name__ not in _KINDS or not kind.__module__.startswith("keras_hub."):
        return None

    def call(inputs: Any) -> Any:
        from keras import ops
        from torch.nn.functional import rms_norm

        # In 32 bits, as KerasHub does, whatever the layer computes in.
        wide, scale = inputs.float(), ops.convert_to_tensor(layer.scale).float()
        normed = rms_norm(wide, wide.shape[-1:], scale, layer.epsilon)
        return ops.cast(normed, layer.compute_dtype)

    return call
