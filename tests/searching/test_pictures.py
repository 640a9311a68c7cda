"""Axes on which all trials can be told apart."""

import pytest
from matplotlib import pyplot

from kerastune.searching.pictures import _show_all_trials

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([0.4, 0.5, 0.45, 90.0], "log"),
        ([0.4, 0.5, 0.45, 0.9], "linear"),
        ([-0.4, 0.5, 0.45, 90.0], "linear"),
        ([float("inf"), 0.5, 0.45, 0.4], "linear"),
        ([], "linear"),
    ],
)
def test_one_that_went_wrong_hides_no_others(values, scale):
    figure, (points, lines) = pyplot.subplots(2)
    points.scatter(range(len(values)), values)
    lines.plot(range(len(values)), values)
    for axes in (points, lines):
        _show_all_trials(axes)
        assert axes.get_yscale() == scale
    pyplot.close(figure)
