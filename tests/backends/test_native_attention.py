"""PyTorch's attention gives what that of KerasHub's decoders gives, and its gradients."""

import keras
import keras_hub
import numpy as np
import pytest
import torch

import kerastune as kt
from kerastune.backends import nested_layers
from kerastune.backends.native_attention import native_attention
from kerastune.backends.native_layers import native_layers

pytestmark = pytest.mark.any_backend

SIZES = {
    "vocabulary_size": 20,
    "num_layers": 1,
    "num_query_heads": 4,
    "num_key_value_heads": 2,
    "hidden_dim": 16,
    "intermediate_dim": 12,
}
RNG = np.random.default_rng(0)
TOKENS = {
    "token_ids": RNG.integers(1, 20, (2, 5)).astype("int32"),
    # Its last position is padding, which sees and is seen by none.
    "padding_mask": np.array([[1] * 5, [1] * 4 + [0]], "int32"),
}
# A mask that hides later positions alone is left to PyTorch.
WHOLE = {**TOKENS, "padding_mask": np.ones((2, 5), "int32")}


def _attention(model):
    found = [layer for layer in nested_layers(model) if "call" in native_attention(layer)]
    assert len(found) == 1, "KerasHub has other attention than it had."
    return found[0]


def _found(model, tokens):
    outputs = model(tokens, training=True)
    weights = [weight.value for weight in model.trainable_weights]
    gradients = torch.autograd.grad((outputs.float() ** 3).sum(), weights, allow_unused=True)
    used = [one for one in gradients if one is not None]  # Not what maps back to tokens.
    return outputs.dtype, outputs.detach(), *used


@pytest.mark.parametrize("tokens", [TOKENS, WHOLE], ids=["padded", "whole"])
@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("name", ["Llama", "Mistral", "Qwen"])
def test_outputs_and_gradients_are_those_of_keras_hub(name, dtype, tokens):
    keras.utils.set_random_seed(0)
    model = getattr(keras_hub.models, f"{name}Backbone")(**SIZES, dtype=dtype)
    kind, *expected = _found(model, tokens)
    with native_layers(model):
        assert "call" in vars(_attention(model))
        other, *ours = _found(model, tokens)
        _, *again = _found(model, tokens)  # With the sines of before.
    assert kind == other
    close = 1e-5 if dtype == "float32" else 5e-2
    for one, its, same in zip(expected, ours, again, strict=True):
        scale = float(one.float().abs().max()) or 1.0
        np.testing.assert_allclose(one.float() / scale, its.float() / scale, atol=close)
        assert torch.equal(its, same)


def test_another_length_has_its_own_sines():
    keras.utils.set_random_seed(0)
    model = keras_hub.models.LlamaBackbone(**SIZES)
    shorter = {name: values[:, :3] for name, values in TOKENS.items()}
    expected = model(shorter).detach()
    with native_layers(model):
        model(TOKENS)
        np.testing.assert_allclose(model(shorter).detach(), expected, rtol=1e-4, atol=1e-5)


def test_blocks_share_a_mask_only_while_it_is_the_same():
    keras.utils.set_random_seed(0)
    model = keras_hub.models.LlamaBackbone(**{**SIZES, "num_layers": 2})
    others = [TOKENS, WHOLE, {name: values[:1] for name, values in TOKENS.items()}, TOKENS]
    expected = [model(tokens).detach() for tokens in others]
    with native_layers(model):
        for tokens, outputs in zip(others, expected, strict=True):
            np.testing.assert_allclose(model(tokens).detach(), outputs, rtol=1e-4, atol=1e-5)
        kept = [one for one in nested_layers(model) if "_compute_self_attention_mask" in vars(one)]
        assert len(kept) == 2, "KerasHub's blocks make their masks otherwise than they did."


@pytest.mark.filterwarnings(r"ignore:[\s\S]*with a mask attached to it:UserWarning")
def test_a_mask_that_hangs_on_the_sequence_is_not_taken_for_another():
    keras.utils.set_random_seed(0)
    block = keras_hub.models.LlamaBackbone(**SIZES).transformer_layers[0]
    tokens = keras.Input((5,), dtype="int32")
    embedded = keras.layers.Embedding(20, 16, mask_zero=True)(tokens)
    model = keras.Model(tokens, block(embedded))
    batches = [torch.tensor([[1, 2, 3, 4, 5]]), torch.tensor([[0, 0, 3, 4, 5]])]
    expected = [model(one.int()).detach() for one in batches]
    with native_layers(model):
        for one, outputs in zip(batches, expected, strict=True):
            np.testing.assert_allclose(model(one.int()).detach(), outputs, rtol=1e-4, atol=1e-5)


def test_what_was_made_while_nothing_may_be_differentiated_is_not_kept():
    keras.utils.set_random_seed(0)
    model = keras_hub.models.LlamaBackbone(**SIZES)
    with native_layers(model):
        with torch.inference_mode():
            model(TOKENS)
        _found(model, TOKENS)


def test_a_step_of_generation_goes_by_the_cache():
    keras.utils.set_random_seed(0)
    attention = _attention(keras_hub.models.LlamaBackbone(**SIZES))
    x, cache = torch.randn(2, 1, 16), torch.randn(2, 2, 3, 2, 4)
    options = {"cache": cache, "cache_update_index": 1, "attention_mask": torch.ones(2, 1, 3)}
    expected, _ = attention(x, **options)
    with native_layers(keras.Sequential([keras.Input((1, 16)), attention])):
        outputs, written = attention(x, **options)
    np.testing.assert_allclose(outputs.detach(), expected.detach(), rtol=1e-5, atol=1e-6)
    assert written.shape == cache.shape


def test_a_prefix_in_front_of_the_keys_is_read():
    keras.utils.set_random_seed(0)
    model = keras_hub.models.LlamaBackbone(**SIZES)
    kt.add_adapters(model, kt.PrefixTuning(num_virtual_tokens=3))
    expected = model(TOKENS).detach()
    with native_layers(model):
        np.testing.assert_allclose(model(TOKENS).detach(), expected, rtol=1e-5, atol=1e-6)


def test_other_attention_keeps_its_own():
    assert not native_attention(keras.layers.MultiHeadAttention(2, 4))
    sliding = {"use_sliding_window_attention": True, "sliding_window_size": 2}
    model = keras_hub.models.QwenBackbone(**SIZES, **sliding)
    assert not any(native_attention(layer) for layer in nested_layers(model))
