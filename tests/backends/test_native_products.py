"""PyTorch's product with a bias gives what Keras' dense layers give, and their gradients."""

import keras
import numpy as np
import pytest
import torch

import kerastune as kt
from kerastune.backends.attached_layers import calls_beneath
from kerastune.backends.native_layers import native_layers
from kerastune.backends.native_products import native_product

pytestmark = pytest.mark.any_backend

DENSE = keras.layers.Dense
EINSUM = keras.layers.EinsumDense
LAYERS = {
    "dense": (lambda: DENSE(5, activation="gelu"), (4, 6)),
    "without bias": (lambda: DENSE(5, use_bias=False), (2, 3, 6)),
    "to heads": (lambda: EINSUM("abc,cde->abde", (None, 2, 4), bias_axes="de"), (2, 3, 6)),
    "from heads": (lambda: EINSUM("abcd,cde->abe", (None, 5), bias_axes="e"), (2, 3, 2, 4)),
    "heads alone": (lambda: EINSUM("bqm,muh->bquh", (None, 2, 4)), (2, 3, 6)),
    "any axes": (lambda: EINSUM("...x,xy->...y", 5, bias_axes="y"), (2, 3, 6)),
}
OTHERS = {
    "made in the middle": (lambda: EINSUM("abc,cd->adb", (4, 3)), (2, 3, 6)),
    "a kernel for each place": (lambda: EINSUM("abc,bcd->abd", (3, 4)), (2, 3, 6)),
    "summed in another order": (lambda: EINSUM("abcd,dce->abe", (None, 4)), (2, 3, 2, 4)),
    "a bias of one axis": (lambda: EINSUM("abc,cde->abde", (None, 2, 4), bias_axes="e"), (2, 3, 6)),
    "no dense layer": (lambda: keras.layers.Conv1D(2, 2), (2, 3, 6)),
}


def _built(make, shape, dtype="float32"):
    keras.config.set_dtype_policy(dtype)
    try:
        layer = make()
        model = keras.Sequential([keras.Input(shape[1:]), layer])
    finally:
        keras.config.set_dtype_policy("float32")
    drawn = np.random.default_rng(0)
    for weight in layer.weights:
        weight.assign(drawn.normal(size=weight.shape))
    return model, layer, drawn.normal(size=shape).astype("float32")


def _found(model, layer, x):
    inputs = torch.tensor(x, requires_grad=True)
    outputs = model(inputs)
    weights = [weight.value for weight in layer.weights if weight.trainable]
    gradients = torch.autograd.grad((outputs.float() ** 2).sum(), (inputs, *weights))
    return outputs.dtype, outputs.detach(), *gradients


@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
@pytest.mark.parametrize("name", LAYERS)
def test_outputs_and_gradients_are_those_of_keras(name, dtype):
    model, layer, x = _built(*LAYERS[name], dtype)
    kind, *expected = _found(model, layer, x)
    with native_layers(model):
        assert "call" in vars(layer)
        other, *ours = _found(model, layer, x)
    assert "call" not in vars(layer)
    assert kind == other
    close = 1e-5 if dtype == "float32" else 3e-2
    for one, its in zip(expected, ours, strict=True):
        scale = float(one.float().abs().max())
        np.testing.assert_allclose(one.float() / scale, its.float() / scale, atol=close)


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_product_by_one_matrix_keeps_its_own(name):
    _, layer, _ = _built(*OTHERS[name])
    assert native_product(layer) is None


def test_weights_in_few_bits_and_adapters_of_keras_keep_their_own():
    few, adapted = DENSE(4), DENSE(4)
    for layer in (few, adapted):
        layer.build((None, 6))
    few.quantize("int8")
    adapted.enable_lora(2)
    assert native_product(few) is None
    assert native_product(adapted) is None


def test_what_an_adapter_adds_to_is_computed_so_too():
    make, shape = LAYERS["to heads"]
    model, layer, x = _built(make, shape)
    kt.add_adapters(model, kt.LoRA(rank=2, targets="kernel"))
    for weight in model.trainable_variables:
        weight.assign(np.random.default_rng(1).normal(size=weight.shape))
    expected = model(x).detach()
    with native_layers(model):
        assert "call" in calls_beneath(layer)
        np.testing.assert_allclose(model(x).detach(), expected, rtol=1e-5, atol=1e-5)
    assert not calls_beneath(layer)
