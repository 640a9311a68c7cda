"""Keys and values that an attention layer reads before those of a sequence.

Keras and KerasHub have no public place where queries, keys, values and the mask of an attention
meet, rotary positions and a cache of generation included: it is their `_compute_attention`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from kerastune.errors import InputError

if TYPE_CHECKING:
    import keras

_COMPUTES, _SLIDES, _FLASH = "_compute_attention", "_mask_sliding_window", "_flash_attention"

# Of layers that KerasHub does not export. Others of it add to the scores by position, as those of
# T5 and DeBERTa, slide a window over what they are given, as that of GPT-OSS, or do not generate
# with a cache what they do without, as that of GPT-NeoX.
_OF_KERAS_HUB = (
    "CachedGemma3Attention",
    "CachedGemmaAttention",
    "CachedMistralAttention",
    "CachedMixtralAttention",
    "LlamaAttention",
    "Phi3Attention",
    "Qwen3Attention",
    "Qwen3MoeAttention",
    "QwenAttention",
    "QwenMoeAttention",
)

PREFIXABLE = ("MultiHeadAttention", "GroupedQueryAttention", *_OF_KERAS_HUB)
"""The names of the layers that can read a prefix."""


class AttentionHeads(NamedTuple):
    """The keys and values of an attention layer at one position.

    Args:
        heads: int, how many heads have keys and values.
        key_size: int, the numbers of a key.
        value_size: int, the numbers of a value.

    Example:

    >>> AttentionHeads(2, 4, 4).heads
    2
    """

    heads: int
    key_size: int
    value_size: int


def attention_heads(layer: "keras.Layer") -> AttentionHeads:
    """Returns how many keys and values an attention layer has at one position.

    Args:
        layer: a built Keras layer.

    Raises:
        ValueError: if it is none of `PREFIXABLE`, or computes otherwise.

    Example:

    >>> import keras
    >>> attention = keras.layers.MultiHeadAttention(2, 4)
    >>> attention.build((None, 3, 8), (None, 3, 8))
    >>> attention_heads(attention)
    AttentionHeads(heads=2, key_size=4, value_size=4)
    """
    if not _is_known(layer):
        raise ValueError(f"it is {type(layer).__name__}, which is none of {', '.join(PREFIXABLE)}")
    shapes = []
    for name in ("key_dense", "value_dense"):
        dense = getattr(layer, f"_{name}", None) or getattr(layer, name, None)
        if dense is None:
            raise ValueError("it is not built, or otherwise than in keras-hub 0.32")
        # Of a kernel the shape is another where it is quantized.
        shapes.append(dense.partial_output_shape)
    if len(shapes[0]) != 3:
        raise ValueError("it reads more than one sequence of vectors")
    (_, heads, key_size), (*_, value_size) = shapes
    return AttentionHeads(heads, key_size, value_size)


@contextmanager
def prefixed_attention(layer: "keras.Layer", keys: Any, values: Any) -> Iterator[None]:
    """Lets an attention layer read more keys and values, in front of others and never masked.

    Positions of the sequence stay what they are, and so do sliding windows: each query sees the
    prefix, and of the sequence what it saw. Where prefixes are nested, all are read.

    Args:
        layer: a Keras layer for which `attention_heads` gives something.
        keys: tensor of shape `(count, heads, key_size)`, as after rotary positions.
        values: tensor of shape `(count, heads, value_size)`.

    Yields:
        None.

    Raises:
        InputError: if the layer was called, and computed in a way that leaves the prefix out.

    Example:

    >>> import keras
    >>> attention = keras.layers.MultiHeadAttention(1, 2)
    >>> x = keras.ops.ones((1, 3, 2))
    >>> with prefixed_attention(attention, keras.ops.ones((4, 1, 2)), keras.ops.ones((4, 1, 2))):
    ...     _, scores = attention(x, x, return_attention_scores=True)
    >>> scores.shape[-1]
    7
    """
    compute: Callable[..., Any] = getattr(layer, _COMPUTES)
    count, is_computed = keys.shape[0], False

    def computing(query: Any, key: Any, value: Any, mask: Any = None, *more: Any, **named: Any):
        nonlocal is_computed
        is_computed = True
        mask = named.pop("attention_mask", mask)
        if named.pop("use_causal_mask", False):
            # Keras leaves the mask to an operation that knows of no prefix.
            mask = _causal(query, key)
        changed: dict[str, Any] = {_SLIDES: _behind(count, getattr(layer, _SLIDES, None))}
        if getattr(layer, _FLASH, None):
            # With a mask it is an error on PyTorch; left open, it is used where it can be.
            changed[_FLASH] = None
        with _held(layer, changed):
            return compute(
                query,
                _joined(keys, key),
                _joined(values, value),
                None if mask is None else _widened(mask, count, _length(key)),
                *more,
                **named,
            )

    with _held(layer, {_COMPUTES: computing}):
        yield
    if not is_computed:
        raise InputError(
            "Expected an attention layer that computes with its keys and values. Received: "
            f"{layer.path!r}, which goes around them here, and so around the prefix"
        )


def _is_known(layer: Any) -> bool:
    """Whether a layer computes in the way that is known here."""
    import keras

    of_keras = (keras.layers.MultiHeadAttention, keras.layers.GroupQueryAttention)
    for kind in of_keras:
        if isinstance(layer, kind):
            return getattr(type(layer), _COMPUTES, None) is getattr(kind, _COMPUTES)
    kind = type(layer)
    return kind.__name__ in _OF_KERAS_HUB and kind.__module__.startswith("keras_hub.")


@contextmanager
def _held(layer: Any, changed: dict[str, Any]) -> Iterator[None]:
    """Attributes of one object, found before those of its class."""
    held = vars(layer)
    former = {name: held[name] for name in changed if name in held}
    held.update(changed)
    try:
        yield
    finally:
        for name in changed:
            del held[name]
        held.update(former)


def _joined(prefix: Any, sequence: Any) -> Any:
    """A prefix in front of keys or values, which may have been repeated for groups of heads."""
    from keras import ops

    prefix = ops.cast(prefix, sequence.dtype)
    repeats = sequence.shape[2] // prefix.shape[1]
    if repeats > 1:
        prefix = ops.repeat(prefix, repeats, axis=1)
    shape = (ops.shape(sequence)[0], *prefix.shape)
    return ops.concatenate([ops.broadcast_to(prefix[None], shape), sequence], axis=1)


def _widened(mask: Any, count: int, length: Any) -> Any:
    """A mask with ones in front of its last axis."""
    from keras import ops

    if mask.shape[-1] == 1:  # It may stand for every key.
        mask = ops.repeat(mask, length, axis=-1)
    ones = ops.repeat(ops.ones_like(mask[..., :1]), count, axis=-1)
    return ops.concatenate([ones, mask], axis=-1)


def _causal(query: Any, key: Any) -> Any:
    """The mask of shape `(1, queries, keys)` by which a query sees no later key."""
    from keras import ops

    queries, keys = ops.arange(_length(query)), ops.arange(_length(key))
    return (queries[:, None] >= keys[None, :])[None]


def _length(sequence: Any) -> Any:
    from keras import ops

    return ops.shape(sequence)[1]


def _behind(count: int, slide: Callable[..., Any] | None) -> Callable[..., Any]:
    """What limits a mask to a sliding window, for a mask with a prefix."""

    def sliding(mask: Any, *arguments: Any, **named: Any) -> Any:
        from keras import ops

        assert slide is not None
        seen = slide(mask[..., count:], *arguments, **named)
        return ops.concatenate([ops.cast(mask[..., :count], seen.dtype), seen], axis=-1)

    return sliding
