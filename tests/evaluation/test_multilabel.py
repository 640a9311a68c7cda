"""Metrics of labels against scikit-learn's own for several labels."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn import metrics
from sklearn.calibration import calibration_curve

from kerastune.errors import InputError
from kerastune.evaluation import (
    best_thresholds,
    evaluate_labels,
    probability_calibration_error,
)

pytestmark = pytest.mark.any_backend

GENERATOR = np.random.default_rng(0)
LABELS = (GENERATOR.uniform(size=(60, 4)) < [0.5, 0.3, 0.1, 0.7]).astype(int)
PROBABILITIES = np.clip(0.35 * LABELS + GENERATOR.uniform(0, 0.7, size=(60, 4)), 0, 1)
NAMES = ("a", "b", "c", "d")
THRESHOLDS = (0.5, 0.6, 0.2, 0.5)


def test_as_in_scikit_learn():
    found = evaluate_labels(LABELS, PROBABILITIES, NAMES, THRESHOLDS)
    predicted = (np.array(THRESHOLDS) < PROBABILITIES).astype(int)
    expected = {
        "micro_f1": metrics.f1_score(LABELS, predicted, average="micro"),
        "macro_f1": metrics.f1_score(LABELS, predicted, average="macro"),
        "subset_accuracy": metrics.accuracy_score(LABELS, predicted),
        "hamming_loss": metrics.hamming_loss(LABELS, predicted),
        "mean_average_precision": metrics.average_precision_score(LABELS, PROBABILITIES),
        "log_loss": np.mean(
            [metrics.log_loss(LABELS[:, k], PROBABILITIES[:, k]) for k in range(4)]
        ),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(LABELS, predicted)
    for place, name in enumerate(NAMES):
        row = found["per_label"][name]
        assert row["precision"] == pytest.approx(precision[place])
        assert row["recall"] == pytest.approx(recall[place])
        assert (row["f1"], row["support"]) == (pytest.approx(f1[place]), support[place])
        assert row["threshold"] == THRESHOLDS[place]
    assert "labels_without_positives" not in found


def test_calibration_error_from_the_curve_of_scikit_learn():
    holds, given = LABELS[:, 0], PROBABILITIES[:, 0]
    shares, means = calibration_curve(holds, given, n_bins=15)
    counts = np.histogram(given, bins=np.linspace(0, 1, 16))[0]
    expected = np.sum(counts[counts > 0] / len(given) * np.abs(shares - means))
    assert probability_calibration_error(given, holds) == pytest.approx(expected)
    found = evaluate_labels(LABELS, PROBABILITIES, NAMES)
    assert found["per_label"]["a"]["calibration_error"] == pytest.approx(expected)
    rows = found["per_label"].values()
    mean = np.mean([row["calibration_error"] for row in rows])
    assert found["calibration_error"] == pytest.approx(mean)


def test_labels_without_positives_are_left_out_and_named():
    labels = LABELS.copy()
    labels[:, [1, 2]] = 0
    probabilities = PROBABILITIES.copy()
    probabilities[:, 2] = 0.1
    found = evaluate_labels(labels, probabilities, NAMES)
    assert found["labels_without_positives"] == ["b", "c"]
    rows = found["per_label"]
    assert rows["b"]["average_precision"] is None
    there = [rows["a"], rows["d"]]
    expected = np.mean([row["average_precision"] for row in there])
    assert found["mean_average_precision"] == pytest.approx(expected)
    assert found["macro_f1"] == pytest.approx(sum(row["f1"] for row in there) / 4)
    json.dumps(found.to_dict(), allow_nan=False)


def test_nothing_to_find():
    found = evaluate_labels([[0], [0]], [[0.1], [0.2]], ("a",))
    assert found["subset_accuracy"] == 1.0
    assert np.isnan(found["mean_average_precision"])
    assert found["macro_f1"] == 0.0
    assert found["micro_f1"] == 0.0


def f1_above(holds, probabilities, thresholds):
    """scikit-learn's, of each threshold: as many columns, since it checks each call for long."""
    columns = np.tile(holds[:, None], len(thresholds))
    above = probabilities[:, None] > np.array(thresholds)
    return metrics.f1_score(columns, above, average=None, zero_division=0)


@given(
    arrays("int8", 12, elements=st.integers(0, 1)),
    arrays("float64", 12, elements=st.floats(0, 1)),
)
@settings(max_examples=100)
def test_no_threshold_is_better(holds, probabilities):
    (threshold,) = best_thresholds(holds[:, None], probabilities[:, None])
    assert 0 <= threshold < 1
    if not holds.any():
        assert threshold == 0.5
        return
    *found, usual, reached = f1_above(holds, probabilities, [*probabilities, 0.0, 0.5, threshold])
    best = max(*found, usual)
    assert reached == pytest.approx(best, abs=1e-9)
    if usual > best - 1e-9:
        assert threshold == 0.5


@pytest.mark.parametrize(
    ("labels", "probabilities", "names"),
    [
        ([0, 1], [0.5, 0.5], ("a", "b")),
        (np.zeros((0, 2)), np.zeros((0, 2)), ("a", "b")),
        ([[0, 1]], [[0.5, 0.5]], ("a",)),
        ([[0, 1]], [[0.5]], ("a", "b")),
        ([[0, 2]], [[0.5, 0.5]], ("a", "b")),
        ([[0, 1]], [[0.5, 1.5]], ("a", "b")),
        ([[0, 1]], [[0.5, float("nan")]], ("a", "b")),
    ],
)
def test_bad_values(labels, probabilities, names):
    with pytest.raises(InputError, match="Received: "):
        evaluate_labels(labels, probabilities, names)


def test_a_threshold_for_each_label():
    with pytest.raises(InputError, match="a threshold for each of 4 labels"):
        evaluate_labels(LABELS, PROBABILITIES, NAMES, (0.5,))
