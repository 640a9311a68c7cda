"""Metrics of ranks against other libraries and counts by hand."""

import json

import numpy as np
import pytest
from sklearn import metrics

from kerastune.errors import InputError
from kerastune.evaluation import evaluate_ranks, expected_calibration_error

pytestmark = pytest.mark.any_backend

NAMES = ("poor", "fair", "good", "fine", "never")
TRUE = np.array([0, 0, 0, 0, 1, 1, 2, 3, 3, 3])
PREDICTED = np.array([0, 1, 0, 0, 3, 1, 0, 3, 2, 3])
PROBABILITIES = np.random.default_rng(0).dirichlet(np.ones(5), size=10)
FOUND = evaluate_ranks(TRUE, PREDICTED, PROBABILITIES, NAMES)


def test_errors_by_hand():
    assert FOUND["accuracy"] == 0.6
    assert FOUND["mean_rank_error"] == pytest.approx(6 / 10)
    assert FOUND["within_one"] == pytest.approx(8 / 10)
    assert FOUND["per_class"]["fair"] == {"recall": 0.5, "mean_rank_error": 1.0, "support": 2}
    assert FOUND["per_class"]["never"] == {"recall": None, "mean_rank_error": None, "support": 0}
    assert FOUND["confusion"][1] == [0, 1, 0, 1, 0]
    json.dumps(FOUND.to_dict(), allow_nan=False)


def test_macro_error_as_in_imbalanced_learn():
    """Number from `macro_averaged_mean_absolute_error` of imbalanced-learn 0.14.2."""
    assert FOUND["macro_rank_error"] == pytest.approx(0.8958333333333334)


def test_kappa_by_its_definition():
    """Cohen, 1968: one minus observed over expected squared distance."""
    observed = np.mean((TRUE - PREDICTED) ** 2)
    expected = np.mean((TRUE[:, None] - PREDICTED[None, :]) ** 2)
    assert FOUND["quadratic_weighted_kappa"] == pytest.approx(1 - observed / expected)
    kappa = metrics.cohen_kappa_score(TRUE, PREDICTED, weights="quadratic")
    assert FOUND["quadratic_weighted_kappa"] == pytest.approx(kappa)


def test_calibration_is_of_the_most_probable_class():
    expected = expected_calibration_error(TRUE, PROBABILITIES)
    assert FOUND["calibration_error"] == expected


def test_one_class_only_has_no_kappa():
    found = evaluate_ranks([1, 1], [1, 1], np.full((2, 3), 1 / 3), ("a", "b", "c"))
    assert np.isnan(found["quadratic_weighted_kappa"])
    assert found["macro_rank_error"] == 0.0


@pytest.mark.parametrize(
    ("ranks", "predicted", "rows"),
    [
        ([], [], np.zeros((0, 2))),
        ([0, 1], [0], np.full((2, 2), 0.5)),
        ([0, 2], [0, 1], np.full((2, 2), 0.5)),
        ([0, 1], [0, -1], np.full((2, 2), 0.5)),
        ([0.0, 1.0], [0, 1], np.full((2, 2), 0.5)),
        ([0, 1], [0, 1], np.full((2, 3), 1 / 3)),
        ([0, 1], [0, 1], np.full((2, 2), np.nan)),
    ],
)
def test_bad_values(ranks, predicted, rows):
    with pytest.raises(InputError, match="Received: "):
        evaluate_ranks(ranks, predicted, rows, ("a", "b"))
