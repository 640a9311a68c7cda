"""The picture of rates of plans of every shape."""

import numpy as np
import pytest

from kerastune.errors import InputError
from kerastune.evaluation import save_picture
from kerastune.evaluation.rates import rates_picture

pytestmark = pytest.mark.any_backend

NAMES = ("embeddings", *(f"block_{number}" for number in range(12)), "head")
RISING = np.linspace(0.1, 1.0, 10)


def drawn(axes, label):
    """The rate that a line shows at each step of the first stage."""
    line = next(line for line in axes.lines if line.get_label() == label)
    assert line.get_drawstyle() == "steps-post"
    assert np.all(np.diff(line.get_xdata()) == 1)
    return line.get_ydata()[:-1]


def legend(figure):
    (names,) = figure.legends
    return [text.get_text() for text in names.get_texts()]


def test_each_group_has_a_line_and_a_colour():
    rates = {name: RISING * 0.75 ** (13 - depth) for depth, name in enumerate(NAMES)}
    figure = rates_picture(rates)
    (axes,) = figure.axes
    assert axes.get_yscale() == "log"
    for name in NAMES:
        np.testing.assert_array_equal(drawn(axes, name), rates[name])
    assert len({line.get_color() for line in axes.lines}) == 14
    assert legend(figure) == list(reversed(NAMES))


def test_frozen_groups_have_gaps():
    rates = {"backbone": [0, 0, 0.1, 0.1], "head": [1, 1, 0, 0.1]}
    axes = rates_picture(rates).axes[0]
    np.testing.assert_array_equal(drawn(axes, "backbone"), [np.nan, np.nan, 0.1, 0.1])
    np.testing.assert_array_equal(drawn(axes, "head"), [1, 1, np.nan, 0.1])


def test_stages_have_borders_and_names_and_are_not_connected():
    figure = rates_picture(
        {"body": [0, 0, 0.2, 0.1], "head": [1, 1, 0.2, 0.1]}, [("probe", 2), ("tune", 2)]
    )
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts] == ["probe", "tune"]
    assert [text.xy[0] for text in axes.texts] == [0, 2]
    lines = [list(line.get_xdata()) for line in axes.lines]
    assert lines.count([2, 2]) == 1
    assert sorted(line for line in lines if len(line) > 2) == [[0, 1, 2]] * 2 + [[2, 3, 4]] * 2


def test_one_stage_has_neither_border_nor_name():
    axes = rates_picture({"body": [0.1, 0.2], "head": [1, 2]}, [("tune", 2)]).axes[0]
    assert not axes.texts
    assert not [line for line in axes.lines if len(set(line.get_xdata())) == 1]


@pytest.mark.parametrize(
    ("rates", "labels"),
    [
        ({"a": [1, 2], "b": [1, 2], "c": [1, 3]}, ["c", "a, b"]),
        ({"a": [1, 2], "b": [1, 3], "c": [1, 2]}, ["c", "b", "a"]),
        ({name: [1, 2] for name in "abcd"}, ["a to d"]),
        ({"a": [0, 0], "b": [0, 0], "c": [0, 0], "head": [1, 1]}, ["head", "a to c: frozen"]),
        ({"a$b$": [1, 2], "x" * 40: [3, 4]}, ["x" * 40, "a$b$"]),
    ],
)
def test_groups_of_the_same_rates_share_a_name(rates, labels):
    assert legend(rates_picture(rates)) == labels


def test_many_groups_are_named_every_so_many():
    rates = {f"block_{number}": RISING * 1.1**number for number in range(61)}
    figure = rates_picture(rates)
    names = legend(figure)
    assert (names[0], names[-1], len(names)) == ("block_60", "block_0", 16)
    assert len(figure.axes[0].lines) == 61


def test_one_group_needs_no_legend():
    assert not rates_picture({"learning rate": RISING}).legends


def test_a_schedule_that_ends_at_almost_zero_does_not_stretch_the_axis():
    axes = rates_picture({"body": [1e-3, 1e-30], "head": [1e-1, 1e-30]}).axes[0]
    lowest, highest = axes.get_ylim()
    assert 1e-5 < lowest < 1e-3
    assert 1e-1 < highest < 1


@pytest.mark.parametrize(
    ("rates", "stages"),
    [
        ({}, ()),
        ({"body": []}, ()),
        ({"body": [1, 2], "head": [1]}, ()),
        ({"body": [1, 2]}, [("one", 1)]),
        ({"body": [1, 2]}, [("one", 1), ("two", 2)]),
    ],
)
def test_numbers_of_steps_must_fit(rates, stages):
    with pytest.raises(InputError, match="training step.*Received: ") as caught:
        rates_picture(rates, stages)
    assert "\n" not in str(caught.value)


def test_long_names_are_shortened_to_the_width_of_the_picture():
    rates = {"i" * 80: RISING, "W" * 300: 2 * RISING}
    rates |= {f"{'W' * 90}_{number}": 0 * RISING for number in range(3)}
    figure = rates_picture(rates)
    frozen, wide, narrow = legend(figure)
    assert narrow == "i" * 80
    assert wide.startswith("W" * 30)
    assert wide.endswith("…")
    assert " to WWW" in frozen
    assert frozen.endswith("…: frozen")
    figure.draw_without_rendering()
    box = figure.legends[0].get_window_extent()
    assert 0 <= box.x0 < box.x1 <= figure.bbox.x1


@pytest.mark.parametrize(
    ("rates", "stages"),
    [
        ({"body": [0.1]}, ()),
        ({"body": [0, 0], "head": [0, 0]}, [("a", 1), ("b", 1)]),
        ({"body": [0, 1e-3], "head": [1e-2, 1e-3]}, [("a", 1), ("b", 1)]),
        ({name * 9: RISING * 1.1**depth for depth, name in enumerate(NAMES)}, ()),
    ],
    ids=["one step", "all frozen", "stages of one step", "long names"],
)
def test_every_plan_can_be_drawn(rates, stages, tmp_path):
    save_picture(rates_picture(rates, stages), tmp_path / "rates.png")
    assert (tmp_path / "rates.png").stat().st_size > 1000
