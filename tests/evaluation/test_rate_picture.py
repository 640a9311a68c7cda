"""The picture of a rate search."""

import matplotlib as mpl
import numpy as np
import pytest

from kerastune.errors import InputError
from kerastune.evaluation.rate_picture import rate_search_picture

pytestmark = pytest.mark.any_backend

SUGGESTIONS = {"valley": 1e-3, "steep": 1e-4, "minimum": 1e-2, "slide": 1e-5}


def search(steps=60, **changes):
    rates = np.geomspace(1e-7, 10, steps)
    smoothed = 3 - 2 * np.exp(-((np.log10(rates) + 2) ** 2))
    return {
        "learning_rates": rates.tolist(),
        "losses": (smoothed + 0.1).tolist(),
        "smoothed_losses": smoothed.tolist(),
        "suggestions": SUGGESTIONS,
        **changes,
    }


def lines(figure):
    return {line.get_label(): line for line in figure.axes[0].lines}


def test_both_curves_are_drawn_against_the_rates():
    found = search()
    drawn = lines(rate_search_picture(found))
    for label, name in (("each step", "losses"), ("smoothed", "smoothed_losses")):
        assert drawn[label].get_xdata().tolist() == found["learning_rates"]
        assert drawn[label].get_ydata().tolist() == found[name]


def test_each_suggestion_is_marked_on_the_curve():
    found = search()
    drawn = lines(rate_search_picture(found))
    for name, rate in SUGGESTIONS.items():
        mark = drawn[f"{name}, {rate:.1e}"]
        assert mark.get_xdata().tolist() == [rate]
        below = np.interp(
            np.log10(rate), np.log10(found["learning_rates"]), found["smoothed_losses"]
        )
        np.testing.assert_allclose(mark.get_ydata(), [below])


def test_the_first_suggestion_stands_out():
    drawn = list(lines(rate_search_picture(search())).values())[2:]
    colours = [mark.get_color() for mark in drawn]
    assert colours[0] not in colours[1:]
    assert len({mark.get_marker() for mark in drawn}) == 4


def test_a_diverging_end_does_not_flatten_the_curve():
    found = search()
    found["smoothed_losses"][-1] = 1e9
    low, high = rate_search_picture(found).axes[0].get_ylim()
    assert low < 1.01
    assert 3.0 < high < 5.0


@pytest.mark.parametrize("steps", [1, 2, 9, 10, 11])
def test_short_searches_can_be_drawn(steps):
    rate_search_picture(search(steps=steps)).draw_without_rendering()


def test_a_constant_loss_can_be_drawn():
    found = search(losses=[1.0] * 60, smoothed_losses=[1.0] * 60)
    rate_search_picture(found).draw_without_rendering()


def test_a_search_without_suggestions_can_be_drawn():
    assert len(lines(rate_search_picture(search(suggestions={})))) == 2


@pytest.mark.parametrize(
    "changes",
    [{"losses": [1.0]}, {"learning_rates": [], "losses": [], "smoothed_losses": []}],
)
def test_lists_that_do_not_fit_are_refused(changes):
    with pytest.raises(InputError, match=r"as many losses .* Received: "):
        rate_search_picture(search(**changes))


def test_settings_of_matplotlib_are_left_alone():
    before = dict(mpl.rcParams)
    rate_search_picture(search())
    assert dict(mpl.rcParams) == before
