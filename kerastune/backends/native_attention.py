"""Attention of KerasHub's decoders like Llama in fewer operations of PyTorch.

KerasHub repeats keys and values for each query that shares them, and computes the mask and the
sines and cosines of all positions for each block anew. PyTorch's own attention reads shared keys
where they are, and skips what is masked where a mask hides later positions alone.
"""

from collections.abc import Callable
from typing import Any

# Of KerasHub, whose `call` is the same but for names.
_KINDS = ("LlamaAttention", "CachedMistralAttention", "QwenAttention")
# The block whose mask depends on nothing but what the block is given.
_BLOCK, _MASKS = "LlamaTransformerDecoder", "_compute_self_attention_mask"


class Remembered:
    """What was made of some tensors the last time, for the blocks of a model after the first.

    Example:

    >>> shared, mask = Remembered(), object()
    >>> shared.get("twice", [mask], 2, lambda: "made"), shared.get("twice", [mask], 2, input)
    ('made', 'made')
    """

    def __init__(self) -> None:
        self._held: dict[str, tuple[list[Any], Any, Any]] = {}

    def get(self, name: str, tensors: list[Any], about: Any, make: Callable[[], Any]) -> Any:
        """Returns what `make` gave under a name for the same tensors, or gives now.

        Args:
            name: str, under which one thing is remembered.
            tensors: list of objects, compared by identity. They are held, so that none is taken
                for a later one.
            about: anything else that it depends on, compared by value.
            make: function without arguments.
        """
        import torch

        if torch.compiler.is_compiling() or torch.is_inference_mode_enabled():
            return make()  # Nothing of it could be used elsewhere.
        former, other, made = self._held.get(name, ([], None, None))
        is_same = len(former) == len(tensors) and other == about
        if is_same and all(one is its for one, its in zip(former, tensors, strict=True)):
            return made
        self._held[name] = (tensors, about, make())
        return self._held[name][2]


def native_attention(layer: Any, shared: Remembered | None = None) -> dict[str, Any]:
    """Returns the methods to call on PyTorch in the place of a layer's own.

    Args:
        layer: a Keras layer. What is not one of KerasHub's decoders like Llama or their attention
            keeps its own, and so does attention that masks by a sliding window itself.
        shared: what the layers of one model remember for each other. Defaults to nothing of
            others.

    Returns:
        dict from the names of methods to functions with the same arguments.

    Example:

    >>> import keras
    >>> native_attention(keras.layers.MultiHeadAttention(2, 4))
    {}
    """
    kind = type(layer)
    shared = shared or Remembered()
    if not kind.__module__.startswith("keras_hub."):
        return {}
    if kind.__name__ == _BLOCK:
        return {_MASKS: _masking(layer, shared)}
    if kind.__name__ in _KINDS and not getattr(layer, "use_sliding_window_attention", False):
        return {"call": _attending(layer, shared)}
    return {}


def _attending(layer: Any, shared: Remembered) -> Callable[..., Any]:
    """What an attention layer does without a cache."""
    own = layer.call
    rotated = _rotating(layer.rotary_embedding_layer)

    def call(hidden_states: Any, attention_mask: Any = None, **options: Any) -> Any:
        cached = (options.get("cache"), options.get("cache_update_index"))
        if attention_mask is None or any(one is not None for one in cached):
            return own(hidden_states, attention_mask=attention_mask, **options)
        query = rotated(layer._query_dense(hidden_states))
        key = rotated(layer._key_dense(hidden_states))
        value = layer._value_dense(hidden_states)
        dtype = query.dtype
        hidden = shared.get(
            "hidden", [attention_mask], dtype, lambda: _hidden(attention_mask, dtype)
        )
        attended = _attended(query, key, value, hidden, layer._inv_norm_factor)
        attended = layer._dropout_layer(attended, training=options.get("training"))
        return layer._output_dense(attended)

    return call


def _hidden(mask: Any, dtype: Any) -> Any:
    """What is added to the scores by a mask, or None for one that hides later positions alone."""
    import torch

    is_seen = mask.to(torch.bool)
    # On a GPU, to look at values would be to wait for them.
    may_look = is_seen.device.type == "cpu" and not torch.compiler.is_compiling()
    if may_look and torch.equal(is_seen, torch.ones_like(is_seen).tril()):
        return None
    # A number and no truth, as Keras has it: positions that see none see all alike.
    lowest = torch.finfo(dtype).min / 2
    return torch.where(is_seen, 0.0, lowest).to(dtype)[:, None]


def _attended(query: Any, key: Any, value: Any, hidden: Any, scale: float) -> Any:
    """Attention of heads in the third axis, of which several queries share a key."""
    import torch

    attended = torch.nn.functional.scaled_dot_product_attention(
        query.transpose(1, 2),
        key.transpose(1, 2),
        value.transpose(1, 2),
        attn_mask=hidden,
        is_causal=hidden is None,
        scale=scale,
        enable_gqa=True,
    )
    return attended.transpose(1, 2)


def _rotating(layer: Any) -> Callable[[Any], Any]:
    """The rotation by positions of a layer, which keeps its sines while the length is the same."""
    own = Remembered()

    def rotated(heads: Any) -> Any:
        import torch

        about = (heads.shape[1], heads.dtype, heads.device)
        with torch.no_grad():
            cosines, sines = own.get(
                "sines", [], about, lambda: layer._compute_cos_sin_embedding(heads)
            )
        first, second = heads.chunk(2, dim=-1)
        turned = torch.cat((-second, first), dim=-1)
        return torch.addcmul(heads * cosines, turned, sines)

    return rotated


def _masking(layer: Any, shared: Remembered) -> Callable[..., Any]:
    """The mask of a block, which is that of the block before it, if both are given the same."""
    own = getattr(layer, _MASKS)

    def mask(*, decoder_sequence: Any, self_attention_cache: Any, **others: Any) -> Any:
        def make() -> Any:
            return own(
                decoder_sequence=decoder_sequence,
                self_attention_cache=self_attention_cache,
                **others,
            )

        if self_attention_cache is not None or decoder_sequence.device.type == "meta":
            return make()
        given = sorted(others)
        # Keras may have hung the mask of padding on the sequence.
        hung = getattr(decoder_sequence, "_keras_mask", None)
        tensors = [hung, *(others[name] for name in given)]
        about = (given, tuple(decoder_sequence.shape[:2]), decoder_sequence.device)
        return shared.get("mask", tensors, about, make)

    return mask
