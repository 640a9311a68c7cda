"""The recipe `mlp`: what it builds, and that it learns what a textbook says it does."""

import json

import keras
import numpy as np
import pytest
from scipy.special import softmax
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

import kerastune
from kerastune import recipes
from kerastune.errors import InputError

GENERATOR = np.random.default_rng(0)
ROWS = GENERATOR.normal(3.0, 2.0, (400, 10)).astype("float32")
CODES = ((ROWS - 3) @ GENERATOR.normal(size=(10, 5)) + GENERATOR.gumbel(size=(400, 5))).argmax(
    axis=1
)
LABELS = np.array(list("abcde"))[CODES]
EVERY = {"batch_size": "all", "test_data": (ROWS, LABELS), "data": (ROWS, LABELS)}


def kernels(result):
    return [
        keras.ops.convert_to_numpy(one)
        for one in result.model.trainable_weights
        if one.name == "kernel"
    ]


@pytest.mark.slow
@pytest.mark.first_backend
def test_784_128_10_beats_logistic_regression_on_pixels(tmp_path):
    result = recipes.mlp(epochs=2, run_dir=tmp_path / "run")
    assert result.model.count_params() == 784 * 128 + 128 + 128 * 10 + 10 == 101_770
    written = json.loads((tmp_path / "run" / "metrics.json").read_text())
    reached = {name: found["accuracy"] for name, found in written["baselines"].items()}
    assert reached["majority class"] == 0.1
    assert 0.88 < reached["logistic regression on pixels"] < 0.91
    assert result.metrics["accuracy"] > reached["logistic regression on pixels"] + 0.01
    loaded = kerastune.load(tmp_path / "run")
    images = kerastune.data.mnist_5000().values["image"][::500]
    np.testing.assert_allclose(loaded.outputs(images), result.outputs(images), atol=1e-4)
    assert result.probabilities(images).sum(axis=1) == pytest.approx(1)


@pytest.mark.slow
@pytest.mark.first_backend
def test_a_linear_layer_from_10_to_5_is_softmax_regression(tmp_path):
    """Full-batch gradient descent ends where L-BFGS does, which minimises the same sum."""
    l2 = 0.05
    result = recipes.mlp(
        **EVERY, hidden=(), l2=l2, epochs=160, learning_rate=0.3, run_dir=tmp_path / "run"
    )
    assert result.model.count_params() == 10 * 5 + 5
    assert len(result.history.step_loss) == 160
    scaled = StandardScaler().fit_transform(ROWS)
    # scikit-learn minimises C times the summed cross-entropy plus half the sum of squares.
    exact = LogisticRegression(C=1 / (2 * l2 * len(ROWS)), tol=1e-6).fit(scaled, LABELS)
    np.testing.assert_allclose(result.probabilities(ROWS), exact.predict_proba(scaled), atol=2e-3)


def test_a_step_of_plain_full_batch_gradient_descent_is_the_gradient(tmp_path):
    result = recipes.mlp(
        **EVERY, hidden=(), optimizer="sgd", epochs=1, learning_rate=0.5, run_dir=tmp_path / "run"
    )
    scaled = StandardScaler().fit_transform(ROWS)
    gradient = scaled.T @ (softmax(np.zeros((400, 5)), axis=1) - np.eye(5)[CODES]) / len(ROWS)
    np.testing.assert_allclose(kernels(result)[0], -0.5 * gradient, atol=1e-5)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("batch_size", "steps"), [("all", 1), (100, 4), pytest.param(1, 400, marks=pytest.mark.slow)]
)
def test_the_batch_size_makes_it_full_batch_mini_batch_or_stochastic(tmp_path, batch_size, steps):
    result = recipes.mlp(
        **{**EVERY, "batch_size": batch_size}, hidden=(), epochs=1, run_dir=tmp_path / "run"
    )
    assert len(result.history.step_loss) == steps


@pytest.mark.any_backend
def test_the_penalties_are_those_of_all_kernels():
    job = recipes.mlp.build((ROWS, LABELS), hidden=(8, 6), l1=0.1, l2=0.01)
    for weight in job.model.trainable_weights:
        weight.assign(GENERATOR.normal(size=weight.shape))
    values = [
        keras.ops.convert_to_numpy(one)
        for one in job.model.trainable_weights
        if one.name == "kernel"
    ]
    assert [value.shape for value in values] == [(10, 8), (8, 6), (6, 5)]
    expected = sum(0.1 * np.abs(value).sum() + 0.01 * (value**2).sum() for value in values)
    found = sum(map(keras.ops.convert_to_numpy, job.model.losses))
    assert found == pytest.approx(expected, rel=1e-5)
    assert not recipes.mlp.build((ROWS, LABELS)).model.losses


@pytest.mark.any_backend
def test_dropout_is_before_each_layer_but_the_first():
    model = recipes.mlp.build((ROWS, LABELS), hidden=(8, 6), dropout=0.4).model
    body = [type(layer).__name__ for layer in model.get_layer("mlp").layers]
    assert body == ["InputLayer", "Flatten", "Dense", "Dropout", "Dense"]
    assert [layer.rate for layer in model.layers if isinstance(layer, keras.layers.Dropout)] == [
        0.4
    ]
    linear = recipes.mlp.build((ROWS, LABELS), hidden=(), dropout=0.4).model
    assert sum(isinstance(layer, keras.layers.Dropout) for layer in linear.layers) == 1


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"hidden": (8, 0)}, r"units of at least 1 .* Received: hidden=\(8, 0\)"),
        ({"dropout": 1.0}, "dropout=1.0"),
        ({"l1": -0.1}, "`l1` of at least 0.*l1=-0.1"),
        ({"l2": float("nan")}, "`l2` of at least 0.*l2=nan"),
        ({"batch_size": "whole"}, "'auto' or 'all'. Received: batch_size='whole'"),
        ({"data": (np.ones((6, 4, 4)), list("ababab"))}, r"shape \(4, 4, 4\).*images\[..., None\]"),
    ],
)
def test_what_cannot_be_trained_on_writes_nothing(tmp_path, more, message):
    with pytest.raises(InputError, match=message) as caught:
        recipes.mlp(**{"data": (ROWS, LABELS), **more}, run_dir=tmp_path / "run")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()
