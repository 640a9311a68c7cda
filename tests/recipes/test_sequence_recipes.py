"""The recipes that train networks from nothing to classify texts, on this backend."""

import json

import numpy as np
import pytest

import kerastune
from kerastune import recipes
from kerastune.errors import InputError

pytestmark = pytest.mark.first_backend

# Texts of both labels have the same words: what counts is which of two comes first.
GENERATOR = np.random.default_rng(0)
FILLERS = ["the", "film", "of", "a", "day"]


def sentence(label):
    words = list(GENERATOR.choice(FILLERS, GENERATOR.integers(3, 6)))
    place = int(GENERATOR.integers(len(words)))
    told = ["bad", "good"] if label == "poor" else ["good", "bad"]
    return " ".join([*words[:place], "not", *told, *words[place:]])


LABELS = ["fine", "poor"] * 150
TEXTS = [sentence(label) for label in LABELS]
SMALL = {
    "rnn_classification": {
        "cell": "lstm",
        "width": 12,
        "units": 8,
        "dropout": 0.0,
        "word_dropout": 0.0,
        "epochs": 6,
        "learning_rate": 1e-2,
    },
    "transformer_classification": {
        "layers": 1,
        "heads": 2,
        "width": 16,
        "dropout": 0.0,
        "word_dropout": 0.0,
    },
}


def settings(recipe, tmp_path, **more):
    return {
        "run_dir": tmp_path / "run",
        "epochs": 10,
        # Divides the training samples, so that every step is compiled once.
        "validation_fraction": 0.06,
        "batch_size": 19,
        "learning_rate": 5e-3,
        "sequence_length": 9,
        **SMALL[recipe],
        **more,
    }


@pytest.mark.each_backend
@pytest.mark.parametrize(
    "recipe",
    [
        pytest.param("rnn_classification", marks=pytest.mark.quick_on_jax),
        pytest.param("transformer_classification", marks=pytest.mark.quick_on_tensorflow),
    ],
)
def test_the_order_of_words_is_learned(recipe, tmp_path):
    result = getattr(recipes, recipe)((TEXTS, LABELS), **settings(recipe, tmp_path))
    assert result.metrics["accuracy"] > 0.7
    written = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert set(written["baselines"]) == {
        "majority class",
        "bag of embeddings",
        "TF-IDF + logistic regression",
    }
    # Both sorts of texts have the same words.
    assert written["baselines"]["bag of embeddings"]["accuracy"] < 0.6
    loaded = kerastune.load(tmp_path / "run")
    unseen = ["a film not good bad", "a film not bad good", "?"]
    assert loaded.predict(unseen) == result.predict(unseen)
    np.testing.assert_allclose(
        loaded.probabilities(unseen), result.probabilities(unseen), atol=1e-6
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    "settings_of_network",
    [{"cell": "simple_rnn", "pooling": "last"}, {"cell": "gru", "bidirectional": False}],
)
def test_other_recurrent_networks_train(settings_of_network, tmp_path):
    given = settings("rnn_classification", tmp_path, epochs=1, **settings_of_network)
    result = recipes.rnn_classification((TEXTS, LABELS), **given)
    assert np.isfinite(result.history.step_loss).all()


@pytest.mark.slow
def test_post_norm_trains(tmp_path):
    given = settings("transformer_classification", tmp_path, epochs=1, normalize_first=False)
    result = recipes.transformer_classification((TEXTS, LABELS), **given)
    assert np.isfinite(result.history.step_loss).all()


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("recipe", "data", "more", "message"),
    [
        ("rnn_classification", None, {"cell": "lstmm"}, "Did you mean 'lstm'"),
        ("rnn_classification", None, {"pooling": "mean"}, "pooling out of last, attention"),
        ("rnn_classification", None, {"units": 0}, "units=0"),
        ("rnn_classification", None, {"word_dropout": 1.0}, "dropout=1.0"),
        ("rnn_classification", None, {"vocabulary_size": 4}, "vocabulary_size of at least 5"),
        ("rnn_classification", None, {"sequence_length": 0}, "sequence_length of at least 1"),
        ("rnn_classification", (TEXTS, ["one"] * 300), {}, "two different labels"),
        ("transformer_classification", None, {"word_dropout": 1.0}, "`word_dropout` from 0"),
        ("transformer_classification", None, {"heads": 3}, "heads=3, width=16"),
        ("transformer_classification", None, {"layers": 0}, "'layers': 0"),
        ("transformer_classification", {"words": TEXTS, "label": LABELS}, {}, "column 'text'"),
    ],
)
def test_what_cannot_be_trained_is_told_in_one_line(recipe, data, more, message, tmp_path):
    given = settings(recipe, tmp_path, **more)
    with pytest.raises(InputError, match=message) as caught:
        getattr(recipes, recipe)((TEXTS, LABELS) if data is None else data, **given)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()


@pytest.mark.any_backend
def test_a_vocabulary_of_one_word_is_enough_to_train(tmp_path):
    given = settings("rnn_classification", tmp_path, epochs=1, vocabulary_size=5)
    job = recipes.rnn_classification.build((TEXTS, LABELS), **given)
    (note,) = [line for line in job.splits.training.notes if "none of the 1 that are" in line]
    assert note.startswith("training: ")
