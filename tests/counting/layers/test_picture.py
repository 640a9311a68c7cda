"""The picture of parameters against width."""

import pytest

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


def test_every_line_looks_different_and_the_legend_names_them_as_they_end():
    figure = layers_picture(list(LAYERS))
    lines = figure.axes[0].lines
    assert len({(line.get_color(), line.get_linestyle()) for line in lines}) == len(lines)
    ends = {line.get_label(): line.get_ydata()[-1] for line in lines}
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == sorted(ends, key=ends.get, reverse=True)


def test_the_legend_is_within_the_figure():
    figure = layers_picture(list(LAYERS))
    figure.draw_without_rendering()
    legend = figure.legends[0].get_window_extent()
    assert figure.bbox.x1 >= legend.x1
    assert figure.bbox.y0 <= legend.y0
    assert legend.x0 >= figure.axes[0].get_window_extent().x1


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
