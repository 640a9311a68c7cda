"""Pictures of counts: what is drawn."""

import pytest
from matplotlib.axes import Axes
from matplotlib.container import BarContainer

from kerastune.counting.pictures import bars_picture, totals_picture
from kerastune.counting.tables import parts
from kerastune.counting.weights import ModelCount, Weight
from kerastune.evaluation import save_picture

pytestmark = pytest.mark.any_backend


def model(name: str, **kinds: int) -> ModelCount:
    """A model with one layer of each kind."""
    weights = (
        Weight(f"{kind}_layer/w", (size,), "float32", kind, size, 4 * size)
        for kind, size in kinds.items()
    )
    return ModelCount(name, tuple(weights))


def bars(axes: Axes) -> dict[str, list[tuple[float, float]]]:
    """The start and the length of each bar, by kind."""
    return {
        str(held.get_label()): [(bar.get_x(), bar.get_width()) for bar in held]
        for held in axes.containers
        if isinstance(held, BarContainer)
    }


def texts(axes: Axes) -> list[str]:
    """What is written at the bars."""
    return [text.get_text() for text in axes.texts]


def names(axes: Axes) -> list[str]:
    """The names of the bars, from top to bottom."""
    return [label.get_text() for label in axes.get_yticklabels()]


def test_models_of_like_size_are_stacked_by_kind() -> None:
    [axes] = totals_picture([model("a", trainable=30, state=10), model("b", frozen=100)]).axes
    assert bars(axes) == {
        "trainable": [(0, 30), (0, 0)],
        "frozen": [(30, 0), (0, 100)],
        "state": [(30, 10), (100, 0)],
    }
    assert texts(axes) == ["40", "100"]
    assert names(axes) == ["a", "b"]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_models_of_unlike_size_are_dots_on_a_logarithmic_scale() -> None:
    small, large = model("s", trainable=50), model("l", frozen=9_999_000, adapter=1000)
    [dots] = totals_picture([small, large, model("none")]).axes
    assert dots.get_xscale() == "log"
    assert list(dots.lines[0].get_xdata()) == [50, 10_000_000]
    assert texts(dots) == ["50", "10.0 M", "0"]
    assert not bars(dots)


def test_parts_of_a_model_of_unlike_size_keep_their_kinds() -> None:
    [axes] = bars_picture([model("s", trainable=1), model("l", frozen=1000)], "net").axes
    assert bars(axes)["frozen"] == [(1, 0), (0, 1000)]


def test_of_very_many_models_the_largest_are_drawn_in_their_order_and_the_rest_together() -> None:
    [axes] = totals_picture([model(f"m{size}", trainable=100 + size) for size in range(70)]).axes
    assert names(axes) == [*(f"m{size}" for size in range(10, 70)), "10 others, together"]
    assert bars(axes)["trainable"][-1] == (0, 10 * 100 + 45)


def test_a_breakdown_has_a_bar_for_each_part() -> None:
    [axes] = bars_picture(parts(model("net", trainable=30, state=10)), "net").axes
    assert names(axes) == ["trainable_layer", "state_layer"]
    assert texts(axes) == ["30", "10"]
    assert bars(axes)["state"] == [(30, 0), (0, 10)]


@pytest.mark.parametrize("name", ["$x$ \\frac{", "层" * 60, "a\nb\x1b", " "])
def test_any_name_can_be_drawn(name: str, tmp_path) -> None:
    for figure in (
        totals_picture([model(name, trainable=1), model(name, trainable=1000)]),
        bars_picture(parts(model(name, trainable=1)), name),
    ):
        save_picture(figure, tmp_path / "picture.png")
        assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")
