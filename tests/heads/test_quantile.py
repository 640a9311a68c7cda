"""The head for quantiles of quantities."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from kerastune.errors import InputError
from kerastune.heads import Quantile
from tests.heads.fitting import features, fitted

pytestmark = pytest.mark.first_backend

TARGETS = np.array([[10.0, 0.1], [30.0, 0.5], [20.0, 0.3]])
FIVE = (0.05, 0.25, 0.5, 0.75, 0.95)


@pytest.mark.any_backend
@pytest.mark.parametrize("quantiles", [(0.5,), (0.05, 0.5, 0.95), (0.1, 0.2, 0.5), FIVE])
def test_it_starts_from_the_quantiles_of_a_normal_distribution(quantiles):
    head = Quantile.fitted_to(TARGETS, quantiles=quantiles)
    found = head.predicted_quantiles(np.zeros((2, 2 * len(quantiles))))
    expected = norm.ppf(quantiles) * TARGETS.std(axis=0)[:, None] + TARGETS.mean(axis=0)[:, None]
    np.testing.assert_allclose(found, np.tile(expected, (2, 1, 1)), rtol=1e-5, atol=1e-6)


@given(arrays("float32", (4, 10), elements=st.floats(-1e4, 1e4, width=32)))
@settings(max_examples=25)
def test_quantiles_never_cross(outputs):
    head = Quantile.fitted_to(TARGETS, quantiles=FIVE)
    found = head.predicted_quantiles(outputs)
    assert found.shape == (4, 2, 5)
    assert (np.diff(found, axis=-1) >= 0).all()
    np.testing.assert_allclose(found[..., 2], head.decode(outputs), rtol=1e-6)


def test_it_learns_a_skewed_distribution():
    x = features(800)
    waiting = np.random.default_rng(1).exponential(np.where(x[:, 0] > 0, 10.0, 2.0))
    head = Quantile.fitted_to(waiting[:, None], quantiles=(0.1, 0.5, 0.9))
    _, before, after, _ = fitted(head, x, waiting, steps=150)
    start, end = head.evaluate(waiting, before), head.evaluate(waiting, after)
    assert end["pinball_loss"] < 0.8 * start["pinball_loss"]
    for quantile, row in end["per_quantile"].items():
        assert row["share_below"] == pytest.approx(float(quantile), abs=0.06)
    low, median, high = np.median(head.predicted_quantiles(after)[x[:, 0] > 0.5, 0], axis=0)
    # Of the true distribution: 1.1, 6.9 and 23.
    assert high - median > 2 * (median - low)


@pytest.mark.any_backend
def test_intervals_between_two_quantiles():
    head = Quantile.fitted_to(TARGETS, quantiles=FIVE)
    outputs = np.random.default_rng(0).normal(size=(3, 10))
    found = head.predicted_quantiles(outputs)
    np.testing.assert_array_equal(head.intervals(outputs), found[..., [0, 4]])
    np.testing.assert_array_equal(head.intervals(outputs, 0.5), found[..., [1, 3]])
    with pytest.raises(InputError, match=r"bound: 0.5 or 0.9. Received: coverage=0.8"):
        head.intervals(outputs, 0.8)
    with pytest.raises(InputError, match="there is none"):
        Quantile.fitted_to(TARGETS, quantiles=(0.1, 0.5)).intervals(np.zeros((1, 4)))


@pytest.mark.any_backend
@pytest.mark.parametrize(
    "settings",
    [
        {"quantiles": ()},
        {"quantiles": (0.1, 0.9)},
        {"quantiles": (0.0, 0.5)},
        {"quantiles": (0.5, 1.0)},
        {"quantiles": (0.5, 0.1)},
        {"quantiles": (0.5, 0.5)},
        {"quantiles": (0.5, float("nan"))},
        {"dropout": 1.0},
        {"standard_deviation": (0.0,)},
        {"margins": ((0.0,), (1.0,))},
    ],
)
def test_bad_settings(settings):
    with pytest.raises(InputError, match="Received: "):
        Quantile(**{"mean": (0.0,), "standard_deviation": (1.0,), **settings})


@pytest.mark.any_backend
@pytest.mark.parametrize("spread", [0.2, 3.0])
def test_calibrated_intervals_hold_their_share_of_other_samples(spread):
    generator = np.random.default_rng(0)
    quantiles = (0.05, 0.25, 0.5, 0.75, 0.95)
    head = Quantile.fitted_to(np.array([[0.0, -5.0], [2.0, 5.0]]), quantiles=quantiles)
    outputs = generator.normal(size=(4000, 10)) * 0.3
    targets = head.decode(outputs) + generator.normal(size=(4000, 2)) * [spread, 5 * spread]
    found = head.calibrated(targets[:1000], outputs[:1000])
    measured = found.evaluate(targets[1000:], outputs[1000:])
    assert measured["coverage_90"] == pytest.approx(0.9, abs=0.03)
    assert measured["coverage_50"] == pytest.approx(0.5, abs=0.04)
    np.testing.assert_array_equal(found.decode(outputs), head.decode(outputs))
    assert (np.diff(found.predicted_quantiles(outputs), axis=-1) >= 0).all()
    assert found.calibrated(targets[:1000], outputs[:1000]) == found


@pytest.mark.any_backend
def test_few_samples_give_what_holds_them_all():
    head = Quantile.fitted_to(np.array([[0.0], [2.0]]))
    found = head.calibrated(np.array([[50.0], [1.0]]), np.zeros((2, 3)))
    assert found.intervals(np.zeros((1, 3)))[0, 0, 1] == pytest.approx(50.0)
