"""Metrics of predicted normal distributions against numerical integrals and SciPy."""

import json

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from kerastune.errors import InputError
from kerastune.evaluation import (
    evaluate_gaussian,
    evaluate_quantities,
    gaussian_coverage_picture,
    gaussian_crps,
    gaussian_intervals,
    interval_metrics,
)

pytestmark = pytest.mark.any_backend

GENERATOR = np.random.default_rng(0)
MEANS = GENERATOR.normal(10, 3, size=(200, 2))
DEVIATIONS = GENERATOR.uniform(0.5, 2, size=(200, 2))
TARGETS = MEANS + DEVIATIONS * GENERATOR.normal(size=(200, 2))


@pytest.mark.parametrize(
    ("target", "mean", "deviation"), [(0.0, 0.0, 1.0), (3.0, -1.0, 0.5), (-2.0, 1.0, 4.0)]
)
def test_crps_is_the_integral_that_defines_it(target, mean, deviation):
    below, _ = quad(lambda y: norm.cdf(y, mean, deviation) ** 2, -60, target, points=[mean])
    above, _ = quad(lambda y: norm.sf(y, mean, deviation) ** 2, target, 60, points=[mean])
    found = gaussian_crps([target], [mean], [deviation])
    assert found == pytest.approx([below + above], rel=1e-6)


def test_crps_of_a_sure_prediction_is_the_absolute_error():
    assert gaussian_crps([3.0], [1.0], [1e-9]) == pytest.approx([2.0])


def test_likelihood_and_errors():
    found = evaluate_gaussian(TARGETS, MEANS, DEVIATIONS)
    expected = -norm.logpdf(TARGETS, MEANS, DEVIATIONS).mean()
    assert found["negative_log_likelihood"] == pytest.approx(expected)
    assert found["crps"] == pytest.approx(gaussian_crps(TARGETS, MEANS, DEVIATIONS).mean())
    errors = evaluate_quantities(TARGETS, MEANS)
    assert found.metrics[:3] == errors.metrics
    first = evaluate_gaussian(TARGETS[:, 0], MEANS[:, :1], DEVIATIONS[:, 0])
    row = found["per_output"][0]
    assert row == pytest.approx({name: first[name] for name in row})
    assert "per_output" not in first
    json.dumps(found.to_dict(), allow_nan=False)


def test_intervals_hold_what_they_promise():
    ends = gaussian_intervals(MEANS, DEVIATIONS, 0.9)
    np.testing.assert_allclose(ends, np.stack(norm.interval(0.9, MEANS, DEVIATIONS), axis=-1))
    found = evaluate_gaussian(TARGETS, MEANS, DEVIATIONS)
    inside = (ends[..., 0] <= TARGETS) & (ends[..., 1] >= TARGETS)
    assert found["coverage_90"] == pytest.approx(inside.mean())
    assert found["coverage_90"] == pytest.approx(0.9, abs=0.04)
    assert found["coverage_50"] == pytest.approx(0.5, abs=0.06)
    assert found["interval_width_90"] == pytest.approx(2 * 1.6448536 * DEVIATIONS.mean())
    assert found.directions["coverage_90"] is None
    assert found.directions["interval_width_90"] is False
    assert "interval_width_50" not in found


def test_interval_ends_count_and_names_have_no_points():
    inside, width = interval_metrics([[1.0], [2.0], [4.0]], [[[1.0, 2.0]]] * 3, 0.975)
    assert (inside.name, inside.value) == ("coverage_97_5", pytest.approx(2 / 3))
    assert (width.name, width.value) == ("interval_width_97_5", 1.0)
    with pytest.raises(InputError, match=r"shapes \(3, 1\) and \(3, 2\)"):
        interval_metrics([[1.0], [2.0], [3.0]], [[0.0, 1.0]] * 3, 0.9)


def test_picture_shows_what_lies_inside():
    figure = gaussian_coverage_picture(TARGETS, MEANS, DEVIATIONS)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["output 1", "output 2"]
    line = figure.axes[1].lines[-1]
    nominal, observed = line.get_data()
    ends = gaussian_intervals(MEANS[:, 1], DEVIATIONS[:, 1], nominal[9])
    inside = (ends[:, 0] <= TARGETS[:, 1]) & (ends[:, 1] >= TARGETS[:, 1])
    assert (nominal[9], observed[9]) == (pytest.approx(0.5), pytest.approx(inside.mean()))


@pytest.mark.parametrize(
    ("targets", "means", "deviations"),
    [
        ([], [], []),
        ([1.0], [1.0, 2.0], [1.0]),
        ([1.0], [1.0], [0.0]),
        ([1.0], [1.0], [float("nan")]),
        ([1.0], [float("nan")], [1.0]),
        ([[1.0, 2.0]], [[1.0, 2.0]], [[1.0]]),
    ],
)
def test_bad_values(targets, means, deviations):
    with pytest.raises(InputError, match="Received: "):
        evaluate_gaussian(targets, means, deviations)
