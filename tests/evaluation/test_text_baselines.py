"""Baselines for texts with quantities and with several labels."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import average_precision_score

from kerastune.baselines import label_shares, tf_idf_labels, tf_idf_ridge
from kerastune.data import Column, Source, Splits
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

GENERATOR = np.random.default_rng(0)
WORDS = np.array(["red", "green", "apple", "car", "old"])
HELD = GENERATOR.random((120, 5)) < 0.4
HELD[:, 4] = True  # So that each text has a word.
TEXTS = [" ".join(WORDS[row]) for row in HELD]
NAMES = ("fruit", "machine", "never")
LABELS = np.stack([HELD[:, 2], HELD[:, 3], np.zeros(120, bool)], axis=1).astype("int64")


def labelled(rows):
    columns = {"text": Column("text"), "tags": Column("multilabel", class_names=NAMES)}
    values = {"text": [TEXTS[row] for row in rows], "tags": LABELS[rows]}
    return Source(values, columns, ("tags",))


def test_words_tell_labels():
    splits = Splits(labelled(np.arange(60)), labelled(np.arange(80, 120)))
    (found,) = tf_idf_labels(splits).values()
    assert found["micro_f1"] == 1.0
    assert found["mean_average_precision"] == 1.0
    assert found["labels_without_positives"] == ["never"]


def test_thresholds_are_those_of_the_validation_samples():
    """A label is predicted for all where that is best there, whatever is best in the test."""
    training, test = labelled(np.arange(60)), labelled(np.arange(80, 120))
    only = labelled(np.arange(60, 80)[HELD[60:80, 2]])
    (without,) = label_shares(Splits(training, test)).values()
    (with_validation,) = label_shares(Splits(training, test, only)).values()
    assert [row["threshold"] for row in without["per_label"].values()] == [0.5] * 3
    assert with_validation["per_label"]["fruit"]["threshold"] < 0.5
    assert with_validation["per_label"]["fruit"]["recall"] == 1.0
    shares = np.tile(LABELS[:60].mean(axis=0), (40, 1))
    expected = average_precision_score(LABELS[80:, :2], shares[:, :2], average="macro")
    assert without["mean_average_precision"] == pytest.approx(expected)


def test_a_label_that_is_never_likely_is_predicted_above_a_lower_threshold():
    """It holds for three of ten texts of one word, which are never above 0.5."""
    columns = {"text": Column("text"), "tags": Column("multilabel", class_names=("rare",))}
    holds = np.arange(20)[:, None] < 3
    values = {"text": ["red"] * 10 + ["green"] * 10, "tags": holds.astype("int64")}
    samples = Source(values, columns, ("tags",))
    (without,) = tf_idf_labels(Splits(samples, samples)).values()
    (tuned,) = tf_idf_labels(Splits(samples, samples, samples)).values()
    assert without["per_label"]["rare"]["recall"] == 0.0
    assert tuned["per_label"]["rare"]["recall"] == 1.0
    assert tuned["per_label"]["rare"]["precision"] == pytest.approx(0.3)


def test_ridge_is_that_of_scikit_learn():
    weights = np.array([1.0, -2.0, 3.0, 0.5, 0.0])
    targets = HELD @ weights + GENERATOR.normal(0, 0.1, 120)
    splits = Splits(Source.of(TEXTS[:90], targets[:90]), Source.of(TEXTS[90:], targets[90:]))
    (found,) = tf_idf_ridge(splits).values()
    assert found["r2"] > 0.8
    exact = Ridge(1.0).fit(HELD[:90], targets[:90]).score(HELD[90:], targets[90:])
    assert found["r2"] < exact


def test_texts_without_words():
    blank = Source.of(["!", "?"], [1.0, 2.0])
    with pytest.raises(InputError, match="training texts with words"):
        tf_idf_ridge(Splits(blank, blank))
    columns = {"text": Column("text"), "tags": Column("multilabel", class_names=("a", "b"))}
    source = Source({"text": ["!", "?"], "tags": np.eye(2, dtype=int)}, columns, ("tags",))
    with pytest.raises(InputError, match="training texts with words"):
        tf_idf_labels(Splits(source, source))
