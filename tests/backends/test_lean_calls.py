"""Layers are called without detours where that changes nothing, and as always elsewhere."""

import keras
import numpy as np
import pytest
import torch

from kerastune.backends.lean_calls import is_plain, lean_calls
from kerastune.backends.native_layers import native_layers

pytestmark = pytest.mark.any_backend

layers = keras.layers


def _calls_of_keras(model, x, monkeypatch, **options):
    """The outputs of a model, and the names of the layers that Keras itself called."""
    called, usual = [], keras.Layer.__call__

    def counting(self, *given, **named):
        called.append(self.name)
        return usual(self, *given, **named)

    monkeypatch.setattr(keras.Layer, "__call__", counting)
    with lean_calls(model):
        outputs = model(x, **options)
    monkeypatch.undo()
    assert keras.Layer.__call__ is usual
    return outputs, called


def _small():
    return keras.Sequential(
        [
            keras.Input((6, 6, 2)),
            layers.Conv2D(4, 3, name="convolution"),
            layers.BatchNormalization(name="normalization"),
            layers.Activation("relu", name="activation"),
            layers.Flatten(name="flat"),
            layers.Dropout(0.5, seed=1, name="dropout"),
            layers.Dense(3, name="dense"),
        ],
        name="small",
    )


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_plain_layers_give_the_same_without_keras(training, policy, monkeypatch):
    found = []
    for is_lean in (False, True):
        keras.utils.set_random_seed(0)
        keras.config.set_dtype_policy(policy)
        try:
            model = _small()
        finally:
            keras.config.set_dtype_policy("float32")
        x = torch.tensor(np.random.default_rng(0).normal(size=(3, 6, 6, 2)), dtype=torch.float32)
        if is_lean:
            outputs, called = _calls_of_keras(model, x, monkeypatch, training=training)
            # Else Keras has changed, and nothing is gained.
            assert called == ["small", *(["convolution"] if policy != "float32" else [])]
        else:
            outputs = model(x, training=training)
        found.append([outputs.detach(), *(weight.value.detach() for weight in model.weights)])
    for usual, lean in zip(*found, strict=True):
        assert usual.dtype == lean.dtype
        assert torch.equal(usual, lean)


@pytest.mark.parametrize("outer", [True, False, None])
@pytest.mark.parametrize("inner", [True, False, None])
def test_an_explicit_training_is_heard_by_the_layers_after_it_as_in_keras(
    inner, outer, monkeypatch
):
    class Told(layers.Layer):
        def __init__(self):
            super().__init__()
            self.first, self.second = layers.BatchNormalization(), layers.BatchNormalization()

        def call(self, inputs):
            return self.second(self.first(inputs, training=inner))

    x = torch.tensor(np.random.default_rng(0).normal(size=(8, 3)), dtype=torch.float32)
    model = keras.Sequential([keras.Input((3,)), Told()])
    before = model.get_weights()
    usual = model(x, training=outer)
    moved = model.get_weights()
    model.set_weights(before)
    lean, _ = _calls_of_keras(model, x, monkeypatch, training=outer)
    assert torch.equal(usual, lean)
    for one, its in zip(moved, model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, its)


def test_masks_are_carried_on(monkeypatch):
    model = keras.Sequential(
        [
            keras.Input((4,), dtype="int32"),
            layers.Embedding(5, 3, mask_zero=True),
            layers.Dense(3, name="dense"),
            layers.GlobalAveragePooling1D(name="mean"),
        ]
    )
    tokens = torch.tensor([[1, 2, 0, 0], [3, 4, 1, 0]], dtype=torch.int32)
    usual = model(tokens)
    lean, called = _calls_of_keras(model, tokens, monkeypatch)
    assert {"dense", "mean"} <= set(called)
    assert torch.equal(usual, lean)


@pytest.mark.parametrize("kind", ["forward_hook", "forward_pre_hook", "full_backward_hook"])
def test_hooks_of_pytorch_are_heard(kind, monkeypatch):
    model, heard = _small(), []
    dense = model.get_layer("dense")
    handle = getattr(dense, f"register_{kind}")(lambda *_: heard.append("dense"))
    x = torch.zeros(1, 6, 6, 2, requires_grad=True)
    outputs, called = _calls_of_keras(model, x, monkeypatch, training=False)
    outputs.sum().backward()
    handle.remove()
    assert heard == ["dense"]
    assert called == ["small", "dense"]


def test_who_watches_all_calls_sees_them():
    model, seen = _small(), []
    usual = keras.Operation.__call__

    def watched(self, *given, **options):
        seen.append(self.name)
        return usual(self, *given, **options)

    with lean_calls(model), pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.Operation, "__call__", watched)
        model(torch.zeros(1, 6, 6, 2))
    assert {"convolution", "normalization", "dense"} <= set(seen)


def test_weights_that_are_quantized_within_the_block_are_read_as_such():
    model = keras.Sequential([keras.Input((6,)), layers.Dense(4)])
    x = torch.tensor(np.random.default_rng(0).normal(size=(3, 6)), dtype=torch.float32)
    with native_layers(model):
        expected = model(x, training=False).detach()
        model.layers[0].quantize("int8")
        outputs = model(x, training=False).detach()
    np.testing.assert_allclose(outputs, expected, atol=0.1)


@pytest.mark.parametrize(
    "layer",
    [
        layers.Dense(2, activity_regularizer="l2"),
        layers.Embedding(3, 2, mask_zero=True),
        layers.MultiHeadAttention(1, 2),
        layers.LSTM(2),
        keras.Sequential([layers.Dense(2)]),
        type("Own", (layers.Dense,), {})(2),
        layers.Lambda(lambda x: x),
    ],
)
def test_what_needs_keras_is_not_plain(layer):
    if not layer.built:
        shape = (None, 3, 2)
        layer.build(*[shape] * (2 if isinstance(layer, layers.MultiHeadAttention) else 1))
    assert not is_plain(layer)


def test_weights_in_few_bits_are_not_plain():
    dense = layers.Dense(4)
    dense.build((None, 6))
    assert is_plain(dense)
    dense.quantize("int8")
    assert not is_plain(dense)


def test_an_error_leaves_keras_as_it_was():
    usual, model = keras.Layer.__call__, _small()
    with pytest.raises(ValueError, match="own"), lean_calls(model):
        raise ValueError("own")
    assert keras.Layer.__call__ is usual
    assert not any("_kerastune_lean" in vars(layer) for layer in model.layers)


def test_a_model_within_the_block_of_another_may_share_layers():
    model = _small()
    inner = keras.Sequential([keras.Input((6, 6, 2)), *model.layers[:2]])
    with lean_calls(model), lean_calls(inner):
        pass
    assert not any("_kerastune_lean" in vars(layer) for layer in model.layers)
