"""The recipes that predict quantities and several labels of texts, on this backend."""

import json

import numpy as np
import polars
import pytest

import kerastune
from kerastune import data, recipes
from kerastune.errors import InputError
from kerastune.evaluation import best_thresholds
from tests.tiny import tiny_bert_preset

GENERATOR = np.random.default_rng(0)
WORDS = {"good": 4.0, "fine": 3.0, "poor": 2.0, "bad": 1.0}
TEXTS = [f"the film {i} is {' '.join(GENERATOR.choice(list(WORDS), 3))}" for i in range(80)]
STARS = [float(np.mean([WORDS[word] for word in text.split()[-3:]])) for text in TEXTS]
HELD = [sorted(set(text.split()) & {"good", "bad"}) for text in TEXTS]


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    return str(tiny_bert_preset(tmp_path_factory.mktemp("tiny") / "preset", num_layers=1))


def settings(preset, tmp_path, **more):
    return {
        "backbone": preset,
        "sequence_length": 12,
        "run_dir": tmp_path / "run",
        "plan": "full",
        "epochs": 12,
        # Divides the training samples, so that every step is compiled once.
        "batch_size": 17,
        "learning_rate": 2e-2,
        "dropout": 0.0,
        "precision": "float32",
        **more,
    }


@pytest.mark.first_backend
def test_quantities_with_intervals(preset, tmp_path):
    path = tmp_path / "films.csv"
    polars.DataFrame({"review": TEXTS, "stars": STARS}).write_csv(path)
    result = recipes.text_regression(
        str(path), text_column="review", label_column="stars", **settings(preset, tmp_path)
    )
    written = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert set(written["baselines"]) == {"mean", "TF-IDF + ridge regression"}
    assert result.metrics["r2"] > 0.8 > 0.1 > written["baselines"]["mean"]["r2"]
    assert 0 <= result.metrics["coverage_90"] <= 1
    high, low = result.predict(["the film 90 is good good good", "the film 91 is bad bad bad"])
    assert high[0] - low[0] > 1.5
    loaded = kerastune.load(tmp_path / "run")
    np.testing.assert_allclose(loaded.predict(TEXTS[:3]), result.predict(TEXTS[:3]), atol=1e-4)
    assert loaded.evaluate(str(path))["r2"] > 0.8


@pytest.mark.parametrize("head", ["quantile", "regression"])
@pytest.mark.first_backend
def test_other_heads_for_quantities(preset, tmp_path, head):
    result = recipes.text_regression(
        (TEXTS, STARS), head=head, **settings(preset, tmp_path, epochs=1)
    )
    assert any(name.startswith("coverage") for name in result.metrics) == (head == "quantile")
    assert np.isfinite(result.history.step_loss).all()


@pytest.mark.quick_on_jax
def test_several_labels_above_thresholds_of_the_validation_samples(preset, tmp_path):
    path = tmp_path / "films.jsonl"
    rows = [{"text": t, "labels": held} for t, held in zip(TEXTS, HELD, strict=True)]
    path.write_text("\n".join(map(json.dumps, rows)))
    chosen = settings(preset, tmp_path)
    result = recipes.text_multilabel(str(path), **chosen)
    assert result.head.class_names == ("bad", "good")
    assert result.metrics["macro_f1"] > 0.9
    unseen = ["the film 90 is good bad fine", "the film 91 is poor poor fine"]
    assert result.predict(unseen) == [("bad", "good"), ()]

    job = recipes.text_multilabel.build(str(path), **chosen)
    validation = job.splits.validation
    probabilities = result.head.probabilities(result.outputs(validation.values["text"]))
    assert result.head.thresholds == pytest.approx(
        best_thresholds(validation.target_values, probabilities), abs=1e-6
    )
    loaded = kerastune.load(tmp_path / "run")
    assert loaded.head.thresholds == result.head.thresholds
    assert loaded.evaluate(str(path))["macro_f1"] > 0.9
    written = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert set(written["baselines"]) == {"label shares", "TF-IDF + logistic regression"}


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("recipe", "given", "more", "message"),
    [
        ("text_regression", {"text": TEXTS, "label": STARS}, {"label_column": "star"}, "'star'"),
        ("text_regression", {"text": TEXTS, "label": STARS}, {"text_column": "x"}, "column 'x'"),
        ("text_regression", {"text": TEXTS, "label": ["a"] * 80}, {}, "for classification"),
        ("text_regression", {"text": TEXTS, "label": STARS}, {"head": "linear"}, "a head"),
        ("text_regression", {"text": STARS, "label": STARS}, {}, "Expected text"),
        ("text_multilabel", {"text": TEXTS, "label": HELD}, {}, "Expected a column 'labels'"),
        ("text_multilabel", {"text": TEXTS, "labels": ["a"] * 80}, {}, "Expected a list"),
        ("text_multilabel", {"text": TEXTS, "labels": STARS}, {}, "Expected a list"),
        ("text_multilabel", {"text": TEXTS, "labels": [["a"]] * 80}, {}, "two different"),
    ],
)
def test_what_cannot_be_trained_on_is_told_in_one_line(
    preset, tmp_path, recipe, given, more, message
):
    with pytest.raises(InputError, match=message) as caught:
        getattr(recipes, recipe)(given, **settings(preset, tmp_path), **more)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("recipe", "first", "second"),
    [
        ("text_regression", "movielens_ratings", "docstring_lengths"),
        ("text_multilabel", "movielens_genres", "docstring_imports"),
    ],
)
def test_the_default_is_what_is_installed(preset, monkeypatch, recipe, first, second):
    build = getattr(recipes, recipe).build
    with data.described_only():
        assert build(backbone=preset, sequence_length=8).splits.training.name == first
    monkeypatch.setattr("kerastune.data.movielens._PACKAGE", "no_such_package")
    training = build(backbone=preset, sequence_length=8).splits.training
    assert training.name == second
    assert f"{first} was not available" in training.notes[0]
    assert "pip install --no-deps" in training.notes[0]
