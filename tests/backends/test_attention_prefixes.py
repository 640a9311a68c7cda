"""Attention with keys and values in front: against NumPy, and against the caches of KerasHub."""

import keras
import keras_hub
import numpy as np
import pytest
from keras import layers, ops

from kerastune.backends import nested_layers
from kerastune.backends.attention_prefixes import (
    PREFIXABLE,
    attention_heads,
    prefixed_attention,
)
from kerastune.errors import InputError

pytestmark = pytest.mark.first_backend

DRAW = np.random.default_rng(0)
COUNT, LENGTH, WIDTH = 3, 5, 8
LAYERS = {
    "multi-head": lambda: layers.MultiHeadAttention(2, 4),
    "dropout": lambda: layers.MultiHeadAttention(2, 4, value_dim=3, dropout=0.5),
    "flash": lambda: layers.MultiHeadAttention(2, 4, flash_attention=True),
    "grouped": lambda: layers.GroupQueryAttention(4, 4, 2),
    "grouped dropout": lambda: layers.GroupQueryAttention(4, 4, 2, dropout=0.5),
    "cached": lambda: keras_hub.layers.CachedMultiHeadAttention(2, 4),
}
PADDED = np.array([[1, 1, 1, 0, 0], [1, 1, 1, 1, 0]], "bool")
CAUSAL = np.tril(np.ones((1, LENGTH, LENGTH), "bool"))
BLIND = np.array([[1, 0, 1, 1, 1], [1, 1, 1, 1, 0]], "bool")[:, :, None]
# What is given to the layer, and the mask of the sequence that it stands for.
MASKS = {
    "none": ({}, None),
    "causal": ({"use_causal_mask": True}, CAUSAL),
    "explicit": ({"attention_mask": CAUSAL.astype("int32")}, CAUSAL),
    "padded": ({"attention_mask": PADDED[:, None, :]}, PADDED[:, None, :]),
    "padded and causal": (
        {"value_mask": PADDED, "use_causal_mask": True},
        PADDED[:, None] & CAUSAL,
    ),
    "one for all keys": ({"attention_mask": BLIND}, BLIND),
}
ON_EACH = {("multi-head", "causal")}
PAIRS = [
    pytest.param(kind, mask, marks=[pytest.mark.each_backend] * ((kind, mask) in ON_EACH))
    for kind in LAYERS
    for mask in MASKS
    # KerasHub's layer takes an explicit mask alone.
    if kind != "cached" or set(MASKS[mask][0]) <= {"attention_mask"}
]


def _normal(*shape: int) -> np.ndarray:
    return DRAW.normal(size=shape).astype("float32")


def _attended(weights, x, keys, values, mask):
    """Attention with a prefix, as in the papers."""
    q, k, v, out = (
        (weights[f"{name}/kernel"], weights[f"{name}/bias"])
        for name in ("query", "key", "value", "attention_output")
    )
    query, key, value = (np.einsum("btm,mhd->bthd", x, one) + bias for one, bias in (q, k, v))
    key, value = (
        np.concatenate([np.broadcast_to(prefix, (len(x), *prefix.shape)), one], axis=1)
        for prefix, one in ((keys, key), (values, value))
    )
    groups = query.shape[2] // key.shape[2]
    key, value = (np.repeat(one, groups, axis=2) for one in (key, value))
    scores = np.einsum("bqhd,bkhd->bhqk", query, key) / np.sqrt(query.shape[-1])
    if mask is not None:
        mask = np.broadcast_to(mask, (len(x), LENGTH, LENGTH))
        seen = np.concatenate([np.ones((len(x), LENGTH, len(keys)), "bool"), mask], axis=-1)
        scores = np.where(seen[:, None], scores, -np.inf)
    shares = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares /= shares.sum(axis=-1, keepdims=True)
    return np.einsum("bhqk,bkhd,hdm->bqm", shares, value, out[0]) + out[1]


@pytest.mark.parametrize(("kind", "mask"), PAIRS)
def test_a_prefix_is_read_as_written_out(kind, mask):
    layer, x = LAYERS[kind](), _normal(2, LENGTH, WIDTH)
    layer.build(x.shape, x.shape)
    for weight in layer.weights:
        weight.assign(_normal(*weight.shape))
    heads, key_size, value_size = attention_heads(layer)
    keys, values = _normal(COUNT, heads, key_size), _normal(COUNT, heads, value_size)
    given, seen = MASKS[mask]
    with prefixed_attention(layer, ops.convert_to_tensor(keys), ops.convert_to_tensor(values)):
        outputs = ops.convert_to_numpy(layer(query=x, value=x, training=False, **given))
    weights = {
        "/".join(one.path.split("/")[-2:]): ops.convert_to_numpy(one) for one in layer.weights
    }
    expected = _attended(weights, x, keys, values, seen)
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-4)
    assert "_compute_attention" not in vars(layer)


HEADS = {"num_query_heads": 4, "num_key_value_heads": 2}
SIZES = {"vocabulary_size": 9, "num_layers": 1, "hidden_dim": 16, "intermediate_dim": 8}
EXPERTS = {"num_experts": 2, "top_k": 1, "moe_intermediate_dim": 8, "head_dim": 4}
BACKBONES = {
    "LlamaAttention": ("Llama", HEADS),
    "CachedMistralAttention": ("Mistral", {**HEADS, "sliding_window": 99}),
    "CachedMixtralAttention": ("Mixtral", {**HEADS, "num_experts": 2, "top_k": 1}),
    "Phi3Attention": ("Phi3", HEADS),
    "QwenAttention": ("Qwen", HEADS),
    "Qwen3Attention": ("Qwen3", {**HEADS, "head_dim": 4}),
    "QwenMoeAttention": (
        "QwenMoe",
        {**HEADS, "num_experts": 2, "top_k": 1, "moe_intermediate_dim": 8}
        | {"shared_expert_intermediate_dim": 8},
    ),
    "Qwen3MoeAttention": ("Qwen3Moe", {**HEADS, **EXPERTS}),
    "CachedGemmaAttention": ("Gemma", {**HEADS, "head_dim": 4}),
    "CachedGemma3Attention": (
        "Gemma3",
        {**HEADS, "head_dim": 4, "image_size": 4, "vision_encoder": None},
    ),
}


def _layer(kind: str, **more: object) -> keras.Layer:
    """The attention layer of a tiny model of KerasHub."""
    family, settings = BACKBONES[kind]
    backbone = getattr(keras_hub.models, f"{family}Backbone")(**{**SIZES, **settings, **more})
    return next(one for one in nested_layers(backbone) if type(one).__name__ == kind)


@pytest.mark.parametrize("kind", BACKBONES)
def test_a_prefix_is_what_a_cache_holds_of_the_tokens_before(kind):
    layer = _layer(kind)
    x = _normal(1, COUNT + LENGTH, 16)
    heads, key_size, _ = attention_heads(layer)
    empty = np.zeros((1, 2, COUNT + LENGTH, heads, key_size), "float32")
    if kind == "CachedGemma3Attention":  # Keys and values apart.
        empty = (empty[:, 0], empty[:, 1])
    mask = np.tril(np.ones((1, COUNT + LENGTH, COUNT + LENGTH), "bool"))
    whole, cache = layer(x, attention_mask=mask, cache=empty, cache_update_index=0)
    keys, values = cache if isinstance(cache, tuple) else (cache[:, 0], cache[:, 1])
    mask = mask[:, COUNT:].copy()
    mask[..., :COUNT] = False
    with prefixed_attention(layer, keys[0, :COUNT], values[0, :COUNT]):
        outputs, _ = layer(x[:, COUNT:], attention_mask=mask, cache=empty, cache_update_index=COUNT)
    np.testing.assert_allclose(
        ops.convert_to_numpy(outputs), ops.convert_to_numpy(whole)[:, COUNT:], rtol=1e-4, atol=1e-5
    )


def test_every_known_layer_is_tested():
    assert set(PREFIXABLE) == {"MultiHeadAttention", "GroupedQueryAttention", *BACKBONES}


def test_a_sliding_window_is_of_the_sequence_alone():
    layer = _layer("CachedGemmaAttention", use_sliding_window_attention=True, sliding_window_size=2)
    x, mask = _normal(1, LENGTH, 16), CAUSAL
    heads, key_size, _ = attention_heads(layer)
    prefix = [ops.convert_to_tensor(_normal(COUNT, heads, key_size)) for _ in range(2)]
    first = [one[:1] for one in prefix], [one[1:] for one in prefix]
    with prefixed_attention(layer, *first[0]), prefixed_attention(layer, *first[1]):
        slid = layer(x, attention_mask=mask)
    layer.use_sliding_window_attention = False
    with prefixed_attention(layer, *prefix):
        window = mask & ~np.tril(mask, -2)
        expected = layer(x, attention_mask=window)
        whole = layer(x, attention_mask=mask)
    np.testing.assert_allclose(*(ops.convert_to_numpy(one) for one in (slid, expected)), atol=1e-5)
    assert np.abs(ops.convert_to_numpy(whole) - ops.convert_to_numpy(slid)).max() > 1e-4


class Around(layers.MultiHeadAttention):
    def call(self, query, value, **_):
        return self._query_dense(query)


class Otherwise(layers.MultiHeadAttention):
    def _compute_attention(self, query, key, value, *_, **__):
        return query, None


def test_layers_that_compute_otherwise_are_refused():
    x = _normal(1, LENGTH, WIDTH)
    for layer, reason in [
        (Otherwise(2, 4), "it is Otherwise, which is none of"),
        (layers.Dense(2), "it is Dense"),
        (layers.MultiHeadAttention(2, 4), "it is not built"),
        (keras_hub.layers.TransformerEncoder(8, 2), "it is TransformerEncoder"),
    ]:
        with pytest.raises(ValueError, match=reason):
            attention_heads(layer)
    grid = layers.MultiHeadAttention(2, 4)
    grid.build((1, 3, 3, 8), (1, 3, 3, 8))
    with pytest.raises(ValueError, match="more than one sequence"):
        attention_heads(grid)
    around = Around(2, 4)
    around.build(x.shape, x.shape)
    prefix = ops.ones((1, 2, 4))
    with (
        pytest.raises(InputError, match="which goes around them here"),
        prefixed_attention(around, prefix, prefix),
    ):
        around(x, x)
