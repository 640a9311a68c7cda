"""The rates that a curve suggests, against fastai's definitions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.errors import InputError
from kerastune.tuning.finder.suggestions import suggest_rates

pytestmark = pytest.mark.any_backend

RATES = np.geomspace(1e-6, 1, 61)  # Ten a decade.


def at(rate):
    """The position of a rate."""
    return int(np.argmin(np.abs(np.log(RATES) - np.log(rate))))


def curve():
    """Flat, then falling to 1e-2, then rising."""
    depth = 0.5 * np.exp(-(((np.log10(RATES) + 2) / 0.8) ** 2))
    return 2 - depth + 0.1 * np.log10(RATES / RATES[0])


def longest_falling_series(losses):
    """Its end and its length, by looking at every pair."""
    lengths = []
    for index, loss in enumerate(losses):
        before = [lengths[other] for other in range(index) if losses[other] > loss]
        lengths.append(1 + max(before, default=0))
    end = lengths.index(max(lengths))
    return end, lengths[end]


def slid(losses):
    """The slide, one step after another."""
    slopes = np.gradient(np.asarray(losses))
    low = max(len(losses) - 16, 0)
    for step in range(low, -1, -1):
        if abs(slopes[min(step + 15, len(slopes) - 1)] - slopes[step]) <= 0.005:
            break
        low = step
    return low


def test_minimum_is_a_tenth_of_the_rate_with_the_lowest_loss():
    losses = curve()
    losses[at(1e-2)] = 0.0
    assert suggest_rates(RATES, losses)["minimum"] == pytest.approx(1e-3)


def test_steep_is_where_the_loss_falls_most_in_a_step():
    losses = np.full(61, 2.0)
    losses[at(1e-3) + 1 :] = 1.0
    assert suggest_rates(RATES, losses)["steep"] == pytest.approx(1e-3)


def test_steepness_is_against_the_logarithm_of_the_rate():
    # A fall of 1 over a decade is steeper than one of 1.5 over two decades.
    found = suggest_rates([1e-5, 1e-3, 1e-2, 1e-1], [4.0, 2.5, 1.5, 1.6])
    assert found["steep"] == 1e-3


def test_valley_is_in_the_middle_of_a_falling_run():
    losses = np.full(61, 2.0)
    losses[20:51] = np.linspace(2, 1, 31)
    losses[51:] = 3.0
    # 31 losses fall to position 50: from 19, a third of 31 in, and half a third.
    assert suggest_rates(RATES, losses)["valley"] == RATES[19 + 10 + 5]


def test_valley_passes_over_losses_that_rise_for_a_moment():
    losses = np.linspace(2, 1, 61)
    losses[[10, 30]] += 0.5
    assert suggest_rates(RATES, losses)["valley"] == RATES[60 - 59 + 19 + 9]


def test_rising_losses_suggest_the_first_rate():
    assert suggest_rates(RATES, np.linspace(1, 2, 61))["valley"] == RATES[0]


def test_slide_stays_at_the_high_end_of_a_curve_without_a_bend():
    assert suggest_rates(RATES, np.linspace(2, 1, 61))["slide"] == RATES[61 - 16]


def test_slide_goes_down_to_where_the_slopes_agree():
    # A flat start, and slopes that grow by 0.001 a step from position 30 on: two of them
    # fifteen steps apart differ by 0.015, until the lower one is in the flat part.
    losses = 2 + np.concatenate([np.zeros(30), np.cumsum(0.001 * np.arange(31))])
    low = slid(losses)
    assert suggest_rates(RATES, losses)["slide"] == RATES[low]
    assert 15 < low < 30


@settings(max_examples=60)
@given(losses=st.lists(st.floats(-5, 5).map(lambda loss: round(loss, 2)), min_size=4, max_size=40))
def test_suggestions_equal_the_definitions_spelled_out(losses):
    rates = np.geomspace(1e-6, 1, len(losses))
    found = suggest_rates(rates, losses)
    end, length = longest_falling_series(losses)
    assert found["valley"] == rates[max(end - length + length // 3 + length // 6, 0)]
    assert found["slide"] == rates[slid(losses)]
    assert found["minimum"] == pytest.approx(rates[losses.index(min(losses))] / 10)
    falls = np.diff(losses)
    assert falls[rates.tolist().index(found["steep"])] == pytest.approx(falls.min())


@settings(max_examples=30)
@given(seed=st.integers(0, 10**6), factor=st.floats(0.01, 100))
def test_suggestions_move_with_the_rates(seed, factor):
    losses = np.random.default_rng(seed).normal(size=40)
    found = suggest_rates(RATES[:40], losses)
    for name, rate in suggest_rates(RATES[:40] * factor, losses).items():
        assert rate == pytest.approx(found[name] * factor)


@pytest.mark.parametrize(
    ("rates", "losses"),
    [
        ([0.1, 0.2, 0.3], [1.0, 1.0, 1.0]),
        ([0.1, 0.2, 0.3, 0.4], [1.0, 1.0, 1.0]),
        ([[0.1, 0.2, 0.3, 0.4]], [[1.0, 1.0, 1.0, 1.0]]),
        ([0.1, 0.2, 0.3, 0.4], [1.0, np.nan, 1.0, 1.0]),
        ([0.1, 0.3, 0.2, 0.4], [1.0, 1.0, 1.0, 1.0]),
        ([0.0, 0.2, 0.3, 0.4], [1.0, 1.0, 1.0, 1.0]),
    ],
)
def test_curves_that_are_none_are_refused(rates, losses):
    with pytest.raises(InputError, match="Expected .* Received: "):
        suggest_rates(rates, losses)
