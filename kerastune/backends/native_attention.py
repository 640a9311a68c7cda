"""Attention of KerasHub's decoders like Llama in fewer operations of PyTorch.

KerasHub repeats keys and values for each query that shares them, and computes the sines and cosines
of all positions for queries and for keys of every block anew. PyTorch's own attention reads shared
keys where they are, and the sines are the same as long as the length is.
"""

from collections.abc import Callable
from typing import Any

# Of KerasHub, whose `call` is the same but for names.
_KINDS = ("LlamaAttention", "CachedMistralAttention", "QwenAttention")


def native_attention(layer: Any) -> Callable[..., Any] | None:
    """Returns what to call on PyTorch in the place of a layer's own `call`, or None.

    Args:
        layer: a Keras layer. What is not the attention of one of KerasHub's decoders keeps its
            `call`, and so do those that mask by a sliding window themselves.

    Returns:
        A function with the arguments of the layer's `call`, or None.

    Example:

    >>> import keras
    >>> native_attention(keras.layers.MultiHeadAttention(2, 4)) is None
    True
    """
    kind = type(layer)
    if kind.__name__ not in _KINDS or not kind.__module__.startswith("keras_hub."):
        return None
    if getattr(layer, "use_sliding_window_attention", False):
        return None
    own = layer.call
    rotated = _rotating(layer.rotary_embedding_layer)

    def call(hidden_states: Any, attention_mask: Any = None, **options: Any) -> Any:
        cached = (options.get("cache"), options.get("cache_update_index"))
        if attention_mask is None or any(one is not None for one in cached):
            return own(hidden_states, attention_mask=attention_mask, **options)
        query = rotated(layer._query_dense(hidden_states))
        key = rotated(layer._key_dense(hidden_states))
        value = layer._value_dense(hidden_states)
        attended = _attended(query, key, value, attention_mask, layer._inv_norm_factor)
        attended = layer._dropout_layer(attended, training=options.get("training"))
        return layer._output_dense(attended)

    return call


def _attended(query: Any, key: Any, value: Any, mask: Any, scale: float) -> Any:
    """Attention of heads in the third axis, of which several queries share a key."""
    import torch

    # A number and no truth, as Keras has it: positions that see none see all alike.
    lowest = torch.finfo(query.dtype).min / 2
    hidden = torch.where(mask.to(torch.bool), 0.0, lowest).to(query.dtype)
    attended = torch.nn.functional.scaled_dot_product_attention(
        query.transpose(1, 2),
        key.transpose(1, 2),
        value.transpose(1, 2),
        attn_mask=hidden[:, None],
        scale=scale,
        enable_gqa=True,
    )
    return attended.transpose(1, 2)


def _rotating(layer: Any) -> Callable[[Any], Any]:
    """The rotation by positions of a layer, which keeps its sines while the length is the same."""
    held: list[Any] = [None, None]

    def rotated(heads: Any) -> Any:
        import torch

        described = (heads.shape[1], heads.dtype, heads.device)
        if held[0] != described:
            with torch.no_grad():
                held[:] = described, layer._compute_cos_sin_embedding(heads)
        cosines, sines = held[1]
        first, second = heads.chunk(2, dim=-1)
        turned = torch.cat((-second, first), dim=-1)
        return torch.addcmul(heads * cosines, turned, sines)

    return rotated
