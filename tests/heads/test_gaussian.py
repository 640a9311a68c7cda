"""The head for quantities with a mean and a deviation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from kerastune.errors import InputError
from kerastune.heads import Gaussian
from tests.heads.fitting import features, fitted

pytestmark = pytest.mark.first_backend

TARGETS = np.array([[10.0, 0.1], [30.0, 0.5], [20.0, 0.3]])


@pytest.mark.any_backend
def test_it_starts_from_the_distribution_of_the_training_targets():
    head = Gaussian.fitted_to(TARGETS, minimum_deviation=0.1)
    untrained = np.zeros((3, 4))
    np.testing.assert_allclose(head.decode(untrained), np.tile(TARGETS.mean(axis=0), (3, 1)))
    np.testing.assert_allclose(
        head.standard_deviations(untrained), np.tile(TARGETS.std(axis=0), (3, 1)), rtol=1e-6
    )
    found = head.evaluate(TARGETS, untrained)
    expected = -norm.logpdf(TARGETS, TARGETS.mean(axis=0), TARGETS.std(axis=0)).mean()
    assert found["negative_log_likelihood"] == pytest.approx(expected, rel=1e-6)


@given(arrays("float32", (5, 4), elements=st.floats(-1e6, 1e6, width=32)))
@settings(max_examples=25)
def test_deviations_are_finite_and_above_their_bound(outputs):
    head = Gaussian.fitted_to(TARGETS, minimum_deviation=0.01)
    deviations = head.standard_deviations(outputs) / TARGETS.std(axis=0)
    assert np.isfinite(deviations).all()
    assert (deviations >= 0.01 * (1 - 1e-6)).all()
    ends = head.intervals(outputs, coverage=0.5)
    assert (ends[..., 0] < ends[..., 1]).all()


def test_it_learns_where_it_is_unsure():
    x = features(600)
    noise = np.random.default_rng(1).normal(size=600)
    spread = np.where(x[:, 1] > 0, 8.0, 1.0)
    targets = 50 + 10 * x[:, 0] + spread * noise
    head = Gaussian.fitted_to(targets[:, None])
    _, before, after, _ = fitted(head, x, targets, steps=150)
    deviations = head.standard_deviations(after)[:, 0]
    assert 5 < np.median(deviations[x[:, 1] > 0.5]) < 11
    assert np.median(deviations[x[:, 1] < -0.5]) < 3
    start, end = head.evaluate(targets, before), head.evaluate(targets, after)
    assert end["crps"] < 0.6 * start["crps"]
    assert end["interval_width_90"] < 0.7 * start["interval_width_90"]
    assert abs(end["coverage_90"] - 0.9) < 0.06


@pytest.mark.any_backend
def test_intervals_are_central():
    head = Gaussian.fitted_to(TARGETS)
    ends = head.intervals(np.zeros((1, 4)), coverage=0.5)
    np.testing.assert_allclose(ends[0, 0], norm.interval(0.5, 20.0, TARGETS[:, 0].std()), rtol=1e-6)
    for coverage in (0.0, 1.0, 90):
        with pytest.raises(InputError, match="coverage between 0 and 1"):
            head.intervals(np.zeros((1, 4)), coverage=coverage)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "settings",
    [
        {"mean": (), "standard_deviation": ()},
        {"standard_deviation": (float("nan"),)},
        {"standard_deviation": (1.0, 1.0)},
        {"minimum_deviation": 0.0},
        {"minimum_deviation": 1.0},
        {"dropout": 1.0},
        {"deviation_scale": (0.0,)},
        {"deviation_scale": (1.0, 1.0)},
    ],
)
def test_bad_settings(settings):
    with pytest.raises(InputError, match="Received: "):
        Gaussian(**{"mean": (0.0,), "standard_deviation": (1.0,), **settings})


@pytest.mark.any_backend
def test_targets_of_another_number_are_refused():
    head = Gaussian.fitted_to(TARGETS)
    for wrong in (TARGETS[:, 0], TARGETS[:, :1], np.ones((3, 4))):
        with pytest.raises(InputError, match=r"shape \(samples, 2\)"):
            head.encode(wrong)
    assert Gaussian((0.0,), (2.0,)).encode(np.array([1.0, 2.0])).tolist() == [[0.5], [1.0]]


@pytest.mark.any_backend
def test_calibrated_deviations_make_the_samples_most_likely():
    generator = np.random.default_rng(0)
    head = Gaussian.fitted_to(TARGETS)
    # Deviations that the network finds, and targets three times and half as far from the means.
    outputs = generator.normal(size=(400, 4))
    deviations = head.standard_deviations(outputs)
    targets = head.decode(outputs) + generator.normal(size=(400, 2)) * deviations * [3.0, 0.5]
    scaled = head.calibrated(targets, outputs)
    np.testing.assert_allclose(scaled.deviation_scale, [3.0, 0.5], rtol=0.1)
    np.testing.assert_array_equal(scaled.decode(outputs), head.decode(outputs))
    found = scaled.evaluate(targets, outputs)
    assert found["coverage_90"] == pytest.approx(0.9, abs=0.03)
    for change in (0.9, 1.1):
        other = np.asarray(scaled.deviation_scale) * change
        worse = Gaussian.fitted_to(TARGETS, deviation_scale=tuple(other.tolist()))
        likelihood = worse.evaluate(targets, outputs)["negative_log_likelihood"]
        assert likelihood > found["negative_log_likelihood"]
    # Twice is once: the scale is found anew.
    assert scaled.calibrated(targets, outputs) == scaled


@pytest.mark.any_backend
def test_samples_that_are_met_exactly_leave_a_deviation():
    head = Gaussian.fitted_to(TARGETS)
    outputs = np.zeros((3, 4))
    found = head.calibrated(head.decode(outputs), outputs)
    assert (found.standard_deviations(outputs) > 0).all()
