"""What adapters compute, against the formulas of their papers written out in NumPy."""

import keras
import numpy as np
import pytest

from kerastune.tuning import IA3, Bottleneck, DoRA, LoRA, MiSS, add_adapters, train_only

DRAW = np.random.default_rng(0)
INPUTS = DRAW.normal(size=(5, 6)).astype("float32")


def _adapted(adapter, name: str = "dense") -> tuple[keras.Model, dict[str, np.ndarray]]:
    """A dense layer with an adapter, and its weights, all of them random."""
    dense = keras.layers.Dense(4, activation="tanh", name=name)
    model = keras.Sequential([keras.Input((6,)), dense], name="model")
    draw = np.random.default_rng(1)
    for weight in model.weights:
        weight.assign(draw.normal(size=weight.shape))
    add_adapters(model, adapter)
    train_only(model, "adapters")
    for weight in model.trainable_weights:
        weight.assign(keras.ops.convert_to_numpy(weight) + draw.normal(size=weight.shape))
    return model, {
        weight.name: keras.ops.convert_to_numpy(weight).astype("float64")
        for weight in model.weights
    }


def _check(model: keras.Model, expected: np.ndarray) -> None:
    outputs = keras.ops.convert_to_numpy(model(INPUTS))
    np.testing.assert_allclose(outputs, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("is_stabilized", "scale"), [(False, 6 / 4), (True, 6 / 2)])
def test_lora(is_stabilized, scale):
    adapter = LoRA(rank=4, alpha=6, rank_stabilized=is_stabilized, targets="dense")
    model, w = _adapted(adapter)
    kernel = w["kernel"] + scale * w["lora_a"] @ w["lora_b"]
    _check(model, np.tanh(INPUTS @ kernel + w["bias"]))


def test_dora():
    model, w = _adapted(DoRA(rank=2, alpha=4, targets="dense"))
    kernel = w["kernel"] + 2 * w["lora_a"] @ w["lora_b"]
    kernel *= w["magnitude"] / np.linalg.norm(kernel, axis=0)
    _check(model, np.tanh(INPUTS @ kernel + w["bias"]))


def test_ia3():
    model, w = _adapted(IA3(targets="dense"))
    _check(model, np.tanh((INPUTS @ w["kernel"] + w["bias"]) * w["scale"]))
    model, w = _adapted(IA3(targets="dense", feedforward="dense/"))
    _check(model, np.tanh(INPUTS * w["scale"] @ w["kernel"] + w["bias"]))


def test_miss():
    model, w = _adapted(MiSS(rank=4, targets="dense"))
    summed = np.zeros((5, 4))
    for place in range(6):
        summed[:, place % 4] += INPUTS[:, place]
    _check(model, np.tanh(INPUTS @ w["kernel"] + w["bias"] + summed @ w["shard"]))


def test_bottleneck():
    model, w = _adapted(Bottleneck(size=3, activation="relu", targets="dense"))
    outputs = np.tanh(INPUTS @ w["kernel"] + w["bias"])
    hidden = np.maximum(outputs @ w["down"] + w["down_bias"], 0)
    _check(model, outputs + hidden @ w["up"] + w["up_bias"])


def test_a_convolution_is_the_one_with_the_whole_kernel():
    layer = keras.layers.Conv2D(4, 3, padding="same", name="layer")
    model = keras.Sequential([keras.Input((6, 6, 2)), layer], name="model")
    add_adapters(model, LoRA(rank=2, alpha=2, targets="layer"))
    draw = np.random.default_rng(0)
    for weight in model.weights:
        weight.assign(draw.normal(size=weight.shape))
    kernel, bias, first, second = (keras.ops.convert_to_numpy(one) for one in model.weights)
    images = draw.normal(size=(2, 6, 6, 2)).astype("float32")
    outputs = keras.ops.convert_to_numpy(model(images))
    whole = kernel + (first @ second).reshape(kernel.shape)
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    expected = np.einsum("bhwcij,ijcf->bhwf", windows, whole) + bias
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-4)


def test_dropout_is_of_the_inputs_of_the_matrices_and_in_training_alone():
    model, w = _adapted(LoRA(rank=2, alpha=2, dropout=0.5, targets="dense"))
    kernel = w["kernel"] + w["lora_a"] @ w["lora_b"]
    _check(model, np.tanh(INPUTS @ kernel + w["bias"]))
    dropped = keras.ops.convert_to_numpy(model(INPUTS, training=True))
    again = keras.ops.convert_to_numpy(model(INPUTS, training=True))
    assert np.abs(dropped - again).max() > 1e-3


def test_pissa_starts_on_the_largest_singular_values_and_leaves_the_kernel():
    dense = keras.layers.Dense(4, name="dense")
    model = keras.Sequential([keras.Input((6,)), dense], name="model")
    kernel = keras.ops.convert_to_numpy(dense.kernel).copy()
    adapter = LoRA(rank=2, alpha=6, initialization="pissa", targets="dense")
    add_adapters(model, adapter)
    first, second = (
        keras.ops.convert_to_numpy(one) for one in model.weights if one.name in ("lora_a", "lora_b")
    )
    left, values, right = np.linalg.svd(kernel)
    best = (left[:, :2] * values[:2]) @ right[:2]
    np.testing.assert_allclose(3 * first @ second, best, atol=1e-5)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(dense.kernel), kernel)
