"""Metrics against numbers computed by hand."""

import json
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.errors import InputError
from kerastune.evaluation import classification_metrics, evaluate_classes, regression_metrics

pytestmark = pytest.mark.any_backend

NAMES = ("ant", "bee", "cat")
# Predicted: 0, 0, 1, 1, 0. True: 0, 0, 0, 1, 1. Nothing is or is called a cat.
LABELS = np.array([0, 0, 0, 1, 1])
PROBABILITIES = np.array(
    [[0.5, 0.25, 0.25], [0.8, 0.1, 0.1], [0.25, 0.5, 0.25], [0.2, 0.5, 0.3], [0.6, 0.2, 0.2]]
)


def test_classification_by_hand():
    metrics = classification_metrics(LABELS, PROBABILITIES, NAMES)
    assert metrics["accuracy"] == pytest.approx(3 / 5)
    assert metrics["confusion"] == [[2, 1, 0], [1, 1, 0], [0, 0, 0]]
    ant, bee = metrics["per_class"]["ant"], metrics["per_class"]["bee"]
    assert ant == pytest.approx({"precision": 2 / 3, "recall": 2 / 3, "f1": 2 / 3, "support": 3})
    assert bee == pytest.approx({"precision": 1 / 2, "recall": 1 / 2, "f1": 1 / 2, "support": 2})
    assert metrics["log_loss"] == pytest.approx(-np.log([0.5, 0.8, 0.25, 0.5, 0.2]).mean())


def test_what_is_ranked_by_hand():
    metrics = classification_metrics(LABELS, PROBABILITIES, NAMES)
    assert metrics["weighted_f1"] == pytest.approx((3 * 2 / 3 + 2 * 1 / 2) / 5)
    # Pairs of an ant and a bee whose ant has the higher probability of an ant: of 0.5, 0.8, 0.25
    # against 0.2, 0.6 it is 1 + 2 + 1 of 6. Of a bee, 0.5, 0.2 against 0.25, 0.1, 0.5: 2.5 + 1.
    assert metrics["roc_auc"] == pytest.approx((4 / 6 + 3.5 / 6) / 2)
    # In the order of the probability of an ant: ant, bee, ant, ant, bee. Of a bee: one of each in
    # a tie, ant, bee, ant.
    ant, bee = (1 + 2 / 3 + 3 / 4) / 3, (1 / 2 + 2 / 4) / 2
    assert metrics["average_precision"] == pytest.approx((ant + bee) / 2)


def test_one_class_is_not_told_from_others():
    metrics = classification_metrics([0, 0], [[0.9, 0.1], [0.2, 0.8]], ("no", "yes"))
    assert not {"roc_auc", "average_precision"} & metrics.keys()


def test_a_class_that_is_not_tested_counts_zero_and_is_named():
    metrics = classification_metrics(LABELS, PROBABILITIES, NAMES)
    zeros = {"precision": 0.0, "recall": 0.0, "f1": 0.0, "support": 0}
    assert metrics["per_class"]["cat"] == zeros
    for name in ("macro_precision", "macro_recall", "macro_f1"):
        assert metrics[name] == pytest.approx((2 / 3 + 1 / 2 + 0) / 3)
    assert metrics["untested_classes"] == ["cat"]
    assert evaluate_classes(LABELS, PROBABILITIES, NAMES)["untested_classes"] == ["cat"]


def test_a_test_without_a_class_is_not_better_than_one_with_it():
    certain = np.tile([0.9, 0.1], (40, 1))
    rare = classification_metrics([0] * 38 + [1] * 2, certain, ("common", "rare"))
    untested = classification_metrics([0] * 40, certain, ("common", "rare"))
    assert untested["macro_f1"] == 0.5
    assert untested["macro_f1"] - rare["macro_f1"] == pytest.approx(0.5 - 76 / 78 / 2)
    assert untested["untested_classes"] == ["rare"]


def test_a_class_that_is_only_predicted_counts():
    metrics = classification_metrics([0, 0], [[0.9, 0.1, 0.0], [0.1, 0.1, 0.8]], NAMES)
    # F1 is 2 * 1 * 0.5 / 1.5 for the first and 0 for the others.
    assert metrics["macro_f1"] == pytest.approx((2 / 3 + 0 + 0) / 3)


def test_json_holds_them():
    metrics = classification_metrics(LABELS, PROBABILITIES.astype("float32"), NAMES)
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics
    metrics = regression_metrics(np.ones((3, 2), "float32"), np.zeros((3, 2), "float32"))
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics


def test_sixteen_bit_probabilities_are_accepted():
    generator = np.random.default_rng(0)
    probabilities = generator.dirichlet(np.ones(200), size=20).astype("float16")
    assert not np.allclose(probabilities.astype("float64").sum(axis=1), 1, rtol=1e-6)
    names = [str(number) for number in range(200)]
    metrics = classification_metrics(np.arange(20), probabilities, names)
    assert math.isfinite(metrics["log_loss"])


def test_a_probability_of_zero_gives_a_finite_log_loss():
    assert math.isfinite(classification_metrics([1], [[1.0, 0.0]], ("no", "yes"))["log_loss"])


@pytest.mark.parametrize(
    ("labels", "probabilities", "message"),
    [
        ([], np.zeros((0, 2)), "at least one sample"),
        ([0, 1], [[1.0, 0.0]], "of shape"),
        ([0], [[0.2, 0.3, 0.5]], "of shape"),
        ([0.0], [[1.0, 0.0]], "integer labels"),
        ([2], [[1.0, 0.0]], "from 0 to 1"),
        ([-1], [[1.0, 0.0]], "from 0 to 1"),
        ([0], [[3.1, -0.2]], "1 other rows of 1"),
        ([0], [[2.0, -1.0]], "1 other rows of 1"),
        ([0, 1], [[1.0, 0.0], [np.nan, np.nan]], "lower learning rate"),
    ],
)
def test_bad_classification_input_is_one_line(labels, probabilities, message):
    with pytest.raises(InputError, match=message) as caught:
        classification_metrics(labels, probabilities, ("no", "yes"))
    assert "\n" not in str(caught.value)
    assert "Received:" in str(caught.value)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=20))
def test_confusion_agrees_with_the_other_metrics(pairs):
    labels = np.array([true for true, _ in pairs])
    probabilities = np.eye(3)[[predicted for _, predicted in pairs]]
    metrics = classification_metrics(labels, probabilities, NAMES)
    confusion = np.array(metrics["confusion"])
    assert metrics["accuracy"] == pytest.approx(np.trace(confusion) / len(pairs))
    supports = [metrics["per_class"][name]["support"] for name in NAMES]
    assert confusion.sum(axis=1).tolist() == supports
    for true, predicted in pairs:
        assert confusion[true, predicted] > 0


def test_regression_by_hand():
    metrics = regression_metrics([1.0, 2.0, 3.0, 6.0], [1.0, 2.0, 5.0, 6.0])
    # The mean of the targets is 3, and their squares around it are 4 + 1 + 0 + 9.
    expected = {
        "mean_absolute_error": 0.5,
        "root_mean_squared_error": 1.0,
        "r2": 1 - 4 / 14,
    }
    assert metrics == pytest.approx(expected)


def test_a_column_of_predictions_fits_flat_targets():
    flat, column = np.array([1.0, 2.0, 4.0]), np.array([[1.0], [2.0], [3.0]])
    assert regression_metrics(flat, column) == regression_metrics(flat, column[:, 0])


def test_several_outputs_are_also_shown_one_by_one():
    targets = np.array([[0.0, 10.0], [2.0, 30.0]])
    metrics = regression_metrics(targets, targets + np.array([1.0, 2.0]))
    assert [one["mean_absolute_error"] for one in metrics["per_output"]] == [1.0, 2.0]
    assert [one["r2"] for one in metrics["per_output"]] == pytest.approx([0.0, 0.96])
    assert metrics["root_mean_squared_error"] == pytest.approx(1.5)
    assert metrics["r2"] == pytest.approx(0.48)


def test_r2_of_one_sample_is_undefined():
    metrics = regression_metrics([1.0], [3.0])
    assert math.isnan(metrics["r2"])
    assert metrics["mean_absolute_error"] == 2.0


@pytest.mark.parametrize(
    ("targets", "predictions"),
    [
        ([], []),
        ([1.0, 2.0], [1.0]),
        (np.zeros((2, 2)), np.zeros((2, 3))),
        ([1.0, np.nan], [1.0, 2.0]),
        ([1.0, 2.0], [1.0, np.inf]),
    ],
)
def test_bad_regression_input_is_one_line(targets, predictions):
    with pytest.raises(InputError, match="Received:") as caught:
        regression_metrics(targets, predictions)
    assert "\n" not in str(caught.value)


def test_evaluation_loads_no_framework():
    code = (
        "import sys, kerastune.evaluation\n"
        "loaded = {'keras', 'tensorflow', 'jax', 'torch', 'matplotlib.pyplot'} & set(sys.modules)\n"
        "print(sorted(loaded))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr
