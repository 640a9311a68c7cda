"""Stages in which layers compute as if they were quantized, beside what Keras makes of them."""

import keras
import numpy as np
import pytest

import kerastune
from kerastune import LoRA, Plan, Stage
from kerastune.backends.quantized_layers import as_if_quantized, is_quantizable
from kerastune.compression import quantize
from kerastune.errors import InputError

pytestmark = pytest.mark.first_backend

DRAWN = np.random.default_rng(0)
X = DRAWN.normal(size=(16, 6)).astype("float32")
Y = (X @ DRAWN.normal(size=(6, 1))).astype("float32")


def of_each_kind():
    """A model of each kind of layer that Keras quantizes."""
    keras.utils.set_random_seed(0)
    tokens = keras.Input((5,), dtype="int32")
    table = keras.layers.ReversibleEmbedding(11, 8, name="table")
    hidden = table(tokens) + keras.layers.Embedding(11, 8)(tokens)
    hidden = keras.layers.MultiHeadAttention(2, 4)(hidden, hidden)
    # More inputs than a scale in 4 bits is for.
    hidden = keras.layers.Dense(8)(keras.layers.Dense(140, "relu")(hidden))
    return keras.Model(tokens, table(hidden, reverse=True))


def regression():
    keras.utils.set_random_seed(1)
    return keras.Sequential([keras.Input((6,)), keras.layers.Dense(1, name="dense")])


def train(model, epochs=1, rate=0.1, **settings):
    plain = {"optimizer": "momentum", "weight_decay": 0, "clip_norm": None}
    stage = Stage("round", epochs, rate, **{**plain, **settings})
    options = {"loss": "mse", "batch_size": 16, "verbose": 0}
    return kerastune.fine_tune(model, (X, Y), plan=Plan("plan", [stage]), **options)


# Keras transposes the scales of a table, which are of one dimension, in a way that PyTorch regrets.
@pytest.mark.filterwarnings("ignore:.*use of `x.T` on tensors of dimension")
@pytest.mark.each_backend
@pytest.mark.parametrize(
    "to",
    [
        pytest.param("int8", marks=pytest.mark.quick_on_jax),
        pytest.param("int4", marks=pytest.mark.quick_on_tensorflow),
    ],
)
def test_a_model_computes_what_it_does_when_it_is_quantized(to):
    model = of_each_kind()
    tokens = DRAWN.integers(0, 11, (3, 5))
    before = model.predict_on_batch(tokens)
    with as_if_quantized(model, to) as layers:
        rounded = model.predict_on_batch(tokens)
    np.testing.assert_array_equal(model.predict_on_batch(tokens), before)
    quantize(model, to)
    np.testing.assert_allclose(model.predict_on_batch(tokens), rounded, rtol=1e-4, atol=1e-7)
    assert np.abs(rounded - before).max() > 1e-3 * np.abs(before).max()
    assert len(layers) == 8


def test_gradients_pass_the_rounding():
    model = regression()
    kernel, _ = model.get_weights()
    rounding = regression()
    quantize(rounding, "int4")
    # What it gives for each unit vector, without the bias, is the rounded kernel.
    rounded = rounding.predict_on_batch(np.eye(6, dtype="float32"))
    assert np.abs(rounded - kernel).max() > 1e-3
    train(model, quantization="int4")
    gradient = 2 / 16 * X.T @ (X @ rounded - Y)
    np.testing.assert_allclose(
        model.get_weights()[0], kernel - 0.1 * gradient, rtol=1e-4, atol=1e-6
    )


def test_a_model_learns_to_be_rounded():
    def loss_in_4_bits(**settings):
        model = regression()
        train(model, 20)
        if settings:
            train(model, 20, 0.01, **settings)
        quantize(model, "int4")
        return float(np.mean((model.predict_on_batch(X) - Y) ** 2))

    assert loss_in_4_bits(quantization="int4") < 0.9 * loss_in_4_bits()


def test_nothing_is_left_of_it_after_the_stage():
    model = regression()
    train(model, quantization="int8")
    kernel, bias = model.get_weights()
    np.testing.assert_allclose(model.predict_on_batch(X), X @ kernel + bias, rtol=1e-5)
    assert "call" not in vars(model.layers[0])


def test_what_is_zero_stays_so():
    model = regression()
    train(model, 2, quantization="int8", pruning=kerastune.Pruning(0.5, times=1))
    assert (model.get_weights()[0] == 0).sum() == 3


@pytest.mark.parametrize(
    ("change", "settings", "message"),
    [
        (None, {"quantization": "float8"}, "`quantization` out of"),
        ("pop", {"quantization": "int8"}, "Expected a model with layers that Keras quantizes"),
        ("adapt", {"quantization": "int8"}, "Expected no adapters where layers compute"),
    ],
)
def test_what_cannot_be_trained_is_told_before(change, settings, message):
    model = regression()
    if change == "pop":
        layers = [keras.layers.Conv1D(1, 3, name="conv"), keras.layers.GlobalMaxPooling1D()]
        model = keras.Sequential([keras.Input((6, 1)), *layers])
    if change == "adapt":
        kerastune.add_adapters(model, LoRA(rank=1, targets="dense"))
    with pytest.raises(InputError, match=message):
        train(model, **settings)


def test_keras_cannot_quantize_equations_that_leave_axes_out():
    """If this fails, Keras has mended it, and `is_quantizable` can let them in."""
    layer = keras.layers.EinsumDense("...a,ab->...b", output_shape=3)
    layer.build((None, 4))
    assert not is_quantizable(layer, "int8")
    with pytest.raises(TypeError):
        layer.quantize("int8")
