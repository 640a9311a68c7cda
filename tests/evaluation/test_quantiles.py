"""Metrics of predicted quantiles against scikit-learn's and counts by hand."""

import json

import numpy as np
import pytest
from sklearn.metrics import mean_pinball_loss

from kerastune.errors import InputError
from kerastune.evaluation import central_pairs, evaluate_quantiles, quantile_picture

pytestmark = pytest.mark.any_backend

QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
GENERATOR = np.random.default_rng(0)
TARGETS = GENERATOR.exponential(size=(300, 2))
# The true quantiles of the exponential distribution; the second output's are too wide.
PREDICTED = np.tile(-np.log1p(-np.array(QUANTILES)), (300, 2, 1)) * np.array([[1.0], [2.0]])


def test_as_in_scikit_learn():
    found = evaluate_quantiles(TARGETS, PREDICTED, QUANTILES)
    for place, quantile in enumerate(QUANTILES):
        predicted = PREDICTED[..., place]
        row = found["per_quantile"][f"{quantile:g}"]
        expected = mean_pinball_loss(TARGETS, predicted, alpha=quantile)
        assert row["pinball_loss"] == pytest.approx(expected)
        assert row["share_below"] == pytest.approx((predicted >= TARGETS).mean())
    mean = np.mean([row["pinball_loss"] for row in found["per_quantile"].values()])
    assert found["pinball_loss"] == pytest.approx(mean)
    # The pinball loss of the median is half the absolute error.
    half = found["per_quantile"]["0.5"]["pinball_loss"]
    assert found["mean_absolute_error"] == pytest.approx(2 * half)
    assert len(found["per_output"]) == 2
    json.dumps(found.to_dict(), allow_nan=False)


def test_intervals_between_pairs_of_quantiles():
    found = evaluate_quantiles(TARGETS[:, 0], PREDICTED[:, :1], QUANTILES)
    assert found["coverage_50"] == pytest.approx(0.5, abs=0.06)
    assert found["coverage_90"] == pytest.approx(0.9, abs=0.04)
    assert found["interval_width_90"] == pytest.approx(np.log(19))
    names = [metric.name for metric in found.metrics]
    assert names == [
        "pinball_loss",
        "mean_absolute_error",
        "root_mean_squared_error",
        "r2",
        "coverage_50",
        "interval_width_50",
        "coverage_90",
        "interval_width_90",
    ]
    assert found.directions["coverage_90"] is None


def test_central_pairs_in_spite_of_rounding():
    thirds = (0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9)
    assert central_pairs(thirds) == {0.4: (2, 4), 0.6: (1, 5), 0.8: (0, 6)}
    assert central_pairs((0.1, 0.5, 0.8)) == {}


def test_picture_shows_the_share_below():
    figure = quantile_picture(TARGETS, PREDICTED, QUANTILES)
    nominal, observed = figure.axes[1].lines[-1].get_data()
    assert list(nominal) == list(QUANTILES)
    np.testing.assert_allclose(observed, (TARGETS[:, 1:] <= PREDICTED[:, 1]).mean(axis=0))
    assert (observed[1:] > np.array(QUANTILES)[1:]).all()


@pytest.mark.parametrize(
    ("targets", "predicted"),
    [
        ([], np.zeros((0, 1, 3))),
        ([1.0], [[1.0, 2.0, 3.0]]),
        ([1.0], [[[1.0, 2.0]]]),
        ([[1.0, 2.0]], [[[1.0, 2.0, 3.0]]]),
        ([1.0], [[[1.0, 2.0, float("nan")]]]),
    ],
)
def test_bad_values(targets, predicted):
    with pytest.raises(InputError, match="Received: "):
        evaluate_quantiles(targets, predicted, (0.1, 0.5, 0.9))
