"""Each recipe reaches what its docstring says, on this backend."""

import keras
import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.metrics import r2_score

import kerastune
import recipes
from kerastune import data
from kerastune.errors import InputError
from tests.tiny import tiny_bert_preset


def test_linear_regression_reaches_least_squares(tmp_path):
    result = recipes.linear_regression(run_dir=tmp_path / "run")
    train, test = data.split(data.diabetes(), 0.25, seed=0)
    exact = LinearRegression().fit(train.features, train.labels)
    expected = r2_score(test.labels, exact.predict(test.features))
    assert abs(result.metrics["r2"] - expected) < 0.005
    assert r2_score(test.labels, result.predict(test.features)) == pytest.approx(
        result.metrics["r2"]
    )


def test_lenet_learns_digits(tmp_path):
    result = recipes.lenet("digits", run_dir=tmp_path / "run")
    assert result.model.count_params() == 225_034
    assert result.metrics["accuracy"] >= 0.98
    _, test = data.split(data.digits(), 0.25, seed=0)
    right = np.array(result.predict(test.features)) == np.array(test.classes)[test.labels]
    assert right.mean() == result.metrics["accuracy"]


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    return str(tiny_bert_preset(tmp_path_factory.mktemp("tiny") / "preset"))


@pytest.fixture(scope="module")
def reviews():
    """Sentences that one word decides."""
    generator = np.random.default_rng(0)
    words = {"good": ["great", "fine", "good"], "bad": ["bad", "poor", "error"]}
    labels = ["good", "bad"] * 40
    texts = [
        f"the film {i} is {' '.join(generator.choice(words[x], 4))}" for i, x in enumerate(labels)
    ]
    return data.from_arrays(texts, labels)


def settings(preset, tmp_path, **more):
    return {
        "backbone": preset,
        "sequence_length": 12,
        "run_dir": tmp_path / "run",
        "epochs": 2,
        "batch_size": 8,
        "learning_rate": 1e-2,
        **more,
    }


def test_text_classification_learns_and_loads(preset, reviews, tmp_path):
    result = recipes.text_classification(reviews, **settings(preset, tmp_path, epochs=4))
    assert result.metrics["accuracy"] == 1.0
    assert result.predict(["a great fine film", "a poor bad film"]) == ["good", "bad"]
    loaded = kerastune.load(tmp_path / "run")
    sentences = ["a great film", "", "poor poor error"]
    np.testing.assert_allclose(loaded.outputs(sentences), result.outputs(sentences), atol=1e-5)
    assert loaded.metrics == result.metrics
    assert loaded.plan == result.plan
    assert loaded.history == result.history


@pytest.mark.parametrize(
    "more",
    [
        {"pooling": "first"},
        {"balance_classes": True, "label_smoothing": 0.0},
        {"validation_fraction": 0.0, "plan": "head_only"},
        {"plan": kerastune.Plan("mine", (kerastune.Stage("top", 1, 0.01, "transformer_layer_1"),))},
        {"precision": "mixed_bfloat16", "dropout": 0.0},
    ],
)
def test_text_classification_options(preset, reviews, tmp_path, more):
    result = recipes.text_classification(reviews, **settings(preset, tmp_path, **more))
    assert 0 <= result.metrics["accuracy"] <= 1
    assert np.isfinite(result.history.step_loss).all()
    assert ("val_loss" in result.history.epochs[0]) == (more.get("validation_fraction") != 0.0)


def test_the_same_run_twice_is_the_same_run(preset, reviews, tmp_path):
    first, second = (
        recipes.text_classification(reviews, **settings(preset, tmp_path / name, seed=4))
        for name in "ab"
    )
    assert first.history == second.history
    for one, other in zip(first.model.weights, second.model.weights, strict=True):
        np.testing.assert_array_equal(
            keras.ops.convert_to_numpy(one), keras.ops.convert_to_numpy(other)
        )


def test_another_seed_is_another_run_on_the_same_test_samples(preset, reviews, tmp_path):
    first, second = (
        recipes.text_classification(reviews, **settings(preset, tmp_path / str(seed), seed=seed))
        for seed in (0, 1)
    )
    assert first.history != second.history
    assert first.metrics["per_class"]["good"]["support"] == 10
    assert second.metrics["per_class"]["good"]["support"] == 10


@pytest.mark.any_backend
def test_a_recipe_for_classes_refuses_quantities(preset, tmp_path):
    with pytest.raises(InputError, match="quantities"):
        recipes.text_classification("diabetes", **settings(preset, tmp_path))
    assert not (tmp_path / "run").exists()
