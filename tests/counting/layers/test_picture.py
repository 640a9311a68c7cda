"""The picture of parameters against width."""

from itertools import pairwise

import pytest
from matplotlib.text import Text

from kerastune.counting import LAYERS, layers_picture
from kerastune.counting.layers import LayerSizes
from kerastune.errors import InputError
from kerastune.evaluation import save_picture

pytestmark = pytest.mark.any_backend


def curves(figure):
    return {line.get_label(): list(line.get_ydata()) for line in figure.axes[0].lines}


def test_curves_are_the_parameters():
    figure = layers_picture(["dense", "lstm", "conv2d"], widths=[16, 8], kernel_size=5)
    assert list(figure.axes[0].lines[0].get_xdata()) == [8, 16]
    assert curves(figure) == {
        name: [
            LAYERS[name].build(LayerSizes(width, width, kernel_size=5)).count_params()
            for width in (8, 16)
        ]
        for name in ("conv2d", "lstm", "dense")
    }
    assert (figure.axes[0].get_xscale(), figure.axes[0].get_yscale()) == ("log", "log")


def test_inputs_can_stay_as_they_are():
    figure = layers_picture(["dense"], widths=[10, 20], inputs=3, use_bias=False)
    assert curves(figure) == {"dense": [30, 60]}
    assert figure.axes[0].get_xlabel() == "units, of 3 inputs"


def test_kinds_with_the_same_parameters_share_a_line():
    assert list(curves(layers_picture(["dense", "lstm", "einsum_dense", "lstm"]))) == [
        "lstm",
        "dense, einsum_dense",
    ]


def test_every_line_looks_different_and_no_names_touch():
    figure = layers_picture(list(LAYERS))
    axes = figure.axes[0]
    assert len({(line.get_color(), line.get_linestyle()) for line in axes.lines}) == len(axes.lines)
    assert {text.get_text() for text in axes.texts} == set(curves(figure))
    figure.draw_without_rendering()
    # Of the names alone: an annotation's own extent has its line in it.
    boxes = sorted((Text.get_window_extent(text) for text in axes.texts), key=lambda box: box.y0)
    assert all(lower.y1 <= upper.y0 + 1 for lower, upper in pairwise(boxes))


def test_one_width_is_enough(tmp_path):
    save_picture(layers_picture(["lstm"], widths=[100]), tmp_path / "lstm.png")
    assert (tmp_path / "lstm.png").read_bytes()[1:4] == b"PNG"


@pytest.mark.parametrize(
    ("kinds", "options", "said"),
    [
        (["lsmt"], {}, "Did you mean 'lstm'?"),
        (["lstm"], {"widths": []}, "Expected at least one width"),
        (["lstm"], {"widths": [8, 0]}, "Expected .* Received: 0"),
        (["attention"], {"widths": [8, 12]}, "Received: units=12, heads=8"),
    ],
)
def test_what_cannot_be_drawn_is_refused(kinds, options, said):
    with pytest.raises(InputError, match=said.replace("?", r"\?")):
        layers_picture(kinds, **options)
