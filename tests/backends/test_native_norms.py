"""PyTorch's normalization gives what that of KerasHub's decoders gives."""

import keras
import keras_hub
import numpy as np
import pytest
import torch

from kerastune.backends import nested_layers
from kerastune.backends.native_layers import native_layers
from kerastune.backends.native_norms import native_norm

pytestmark = pytest.mark.any_backend

SIZES = {
    "vocabulary_size": 20,
    "num_layers": 1,
    "num_query_heads": 2,
    "num_key_value_heads": 1,
    "hidden_dim": 8,
    "intermediate_dim": 12,
}
MORE = {
    "Mixtral": {"num_experts": 2, "top_k": 1},
    "QwenMoe": {
        "num_experts": 2,
        "top_k": 1,
        "moe_intermediate_dim": 4,
        "shared_expert_intermediate_dim": 4,
    },
}


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("name", ["Llama", "Mistral", "Mixtral", "Phi3", "Qwen", "QwenMoe"])
def test_outputs_and_gradients_are_those_of_keras_hub(name, dtype):
    backbone = getattr(keras_hub.models, f"{name}Backbone")
    model = backbone(**SIZES, **MORE.get(name, {}), dtype=dtype)
    norms = [layer for layer in nested_layers(model) if native_norm(layer)]
    assert len(norms) == 3, "KerasHub has other norms than it had."
    norm = norms[0]
    drawn = np.random.default_rng(0)
    norm.scale.assign(drawn.uniform(0.5, 1.5, 8))
    x = drawn.normal(size=(2, 3, 8)).astype("float32")

    def found():
        inputs = torch.tensor(x, requires_grad=True)
        outputs = norm(inputs)
        scale = norm.scale.value
        gradients = torch.autograd.grad((outputs.float() ** 3).sum(), (inputs, scale))
        return outputs.dtype, outputs.detach(), *gradients

    kind, *expected = found()
    with native_layers(model):
        assert "call" in vars(norm)
        other, *ours = found()
    assert kind == other
    close = 1e-5 if dtype == "float32" else 2e-2
    for one, its in zip(expected, ours, strict=True):
        np.testing.assert_allclose(one.float(), its.float(), rtol=close, atol=close)


def test_what_is_no_such_norm_keeps_its_own():
    class LlamaLayerNorm(keras.layers.Layer):
        pass

    assert native_norm(LlamaLayerNorm()) is None
    assert native_norm(keras.layers.RMSNormalization()) is None
