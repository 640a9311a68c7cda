"""Pictures: what is drawn, that nothing overlaps, and that they are saved whole."""

import io
import itertools

import matplotlib
import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from kerastune.display.pictures import _drawn, png_bytes
from kerastune.errors import InputError
from kerastune.evaluation import (
    calibration_picture,
    confusion_picture,
    learning_curves,
    prediction_scatter,
    rates_picture,
    save_picture,
)

pytestmark = pytest.mark.any_backend

TOPICS = [
    "statistics",
    "signal processing",
    "linear algebra",
    "optimization",
    "special functions",
    "image processing",
    "integration",
    "interpolation",
    "masked arrays",
    "random numbers",
]


def assert_apart(labels):
    """Assert that no two horizontal texts of a drawn figure overlap."""
    boxes = [label.get_window_extent() for label in labels if label.get_text()]
    assert boxes
    for one, other in itertools.combinations(boxes, 2):
        assert not one.overlaps(other)


def test_confusion_shows_shares_of_rows_and_counts():
    axes = confusion_picture([[3, 1], [0, 10]], ("no", "yes")).axes[0]
    np.testing.assert_allclose(axes.images[0].get_array(), [[0.75, 0.25], [0.0, 1.0]])
    assert [text.get_text() for text in axes.texts] == ["3", "1", "0", "10"]
    assert [text.get_position() for text in axes.texts][1] == (1, 0)


def test_the_row_of_an_absent_class_is_blank():
    axes = confusion_picture([[3, 1], [0, 0]], ("no", "yes")).axes[0]
    shares = axes.images[0].get_array()
    assert np.ma.getmaskarray(shares).tolist() == [[False, False], [True, True]]


@pytest.mark.parametrize(("classes", "texts"), [(20, 20), (21, 0)])
def test_counts_are_printed_up_to_twenty_classes(classes, texts):
    names = [f"class {number}" for number in range(classes)]
    axes = confusion_picture(np.eye(classes, dtype=int), names).axes[0]
    assert len(axes.texts) == texts


@pytest.mark.parametrize("names", [("negative", "positive"), TOPICS, ["x" * 300] * 10])
def test_labels_of_the_confusion_do_not_overlap(names):
    figure = confusion_picture(np.eye(len(names), dtype=int), names)
    figure.draw_without_rendering()
    axes = figure.axes[0]
    assert_apart(axes.get_yticklabels())
    upright = all(label.get_rotation() == 0 for label in axes.get_xticklabels())
    assert upright == (len(names) == 2)
    if upright:
        assert_apart(axes.get_xticklabels())


def test_many_classes_keep_readable_ticks():
    names = [f"species {number}" for number in range(200)]
    figure = confusion_picture(np.eye(200, dtype=int), names)
    figure.draw_without_rendering()
    labels = figure.axes[0].get_yticklabels()
    assert [label.get_text() for label in labels[:2]] == ["species 0", "species 4"]
    assert_apart(labels)


def test_names_are_text_and_not_formulas(tmp_path):
    names = ("$\\frac{$", "two\nlines")
    figure = confusion_picture([[1, 0], [0, 1]], names)
    save_picture(figure, tmp_path / "confusion.png")
    shown = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert shown == ["$\\frac{$", "two lines"]


def test_a_confusion_of_another_size_is_refused():
    with pytest.raises(InputError, match=r"Received: shape \(2, 2\)"):
        confusion_picture([[1, 0], [0, 1]], TOPICS)


def test_scatter_has_a_panel_for_each_output():
    targets = np.arange(8.0).reshape(4, 2)
    figure = prediction_scatter(targets, targets + 1, unit="$ a day")
    assert len(figure.axes) == 2
    for output, axes in enumerate(figure.axes):
        drawn = axes.collections[0].get_offsets()
        np.testing.assert_array_equal(drawn[:, 0], targets[:, output])
        np.testing.assert_array_equal(drawn[:, 1], targets[:, output] + 1)
        assert axes.get_xlim() == axes.get_ylim()
        assert axes.get_xlabel() == "true ($ a day)"


def test_scatter_of_one_sample_can_be_drawn(tmp_path):
    save_picture(prediction_scatter([2.0], [[2.0]]), tmp_path / "scatter.png")
    assert (tmp_path / "scatter.png").stat().st_size > 0


def test_saved_as_png_at_150_dots_an_inch(tmp_path):
    path = tmp_path / "scatter.png"
    save_picture(prediction_scatter([1.0, 2.0], [1.0, 2.5]), path)
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    position = data.index(b"pHYs") + 4
    assert round(int.from_bytes(data[position : position + 4], "big") * 0.0254) == 150
    assert [file.name for file in tmp_path.iterdir()] == ["scatter.png"]


def test_letters_that_the_font_lacks_do_not_stop_it(tmp_path):
    figure = confusion_picture([[1, 0], [0, 1]], ("猫", "犬"))
    save_picture(figure, tmp_path / "confusion.png")
    assert (tmp_path / "confusion.png").exists()


def test_settings_of_matplotlib_neither_change_nor_matter():
    with matplotlib.rc_context({"figure.facecolor": "black", "axes.grid": False, "font.size": 30}):
        before = dict(matplotlib.rcParams)
        figure = prediction_scatter([1.0, 2.0], [1.0, 2.5])
        assert dict(matplotlib.rcParams) == before
    assert figure.get_facecolor() == (1.0, 1.0, 1.0, 1.0)
    assert figure.axes[0].xaxis.label.get_fontsize() == 9


def curves(name, metrics):
    epochs = [
        {
            "stage": f"{name} {number}",
            "epoch": number,
            "steps": number,
            **dict.fromkeys(metrics, 1e5),
        }
        for number in range(1, 5)
    ]
    return learning_curves({"step_loss": [1e7, 1.0, 2.0, 3.0], "epochs": epochs})


LONG = "a very long name_" * 9


@pytest.mark.parametrize(
    "draw",
    [
        lambda: confusion_picture(np.eye(3, dtype=int), [LONG] * 3),
        lambda: confusion_picture(np.eye(12, dtype=int) * 99_999, [LONG] * 12),
        lambda: prediction_scatter([1e-7, 2e9], [1.1, -1.8e9], unit=LONG[:40]),
        lambda: prediction_scatter(np.eye(4), np.eye(4)),
        lambda: calibration_picture([0, 1], [[0.9, 0.1], [0.2, 0.8]]),
        lambda: curves(LONG, ["accuracy", "a" * 60]),
        lambda: curves("one", []),
        lambda: rates_picture(
            {f"{LONG} {depth}": [0, 0.8**depth] for depth in range(14)}, [(LONG, 1), ("all", 1)]
        ),
    ],
)
def test_nothing_is_cut_off(draw):
    pixels = _drawn(draw())
    edges = [pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]]
    assert all((edge == pixels[0, 0]).all() for edge in edges)


def test_a_picture_has_little_white_around_it():
    picture = np.asarray(Image.open(io.BytesIO(png_bytes(confusion_picture(np.eye(2), "ab")))))
    places = np.argwhere((picture != 255).any(axis=2))
    assert places.min(axis=0).max() <= 8
    assert (picture.shape[:2] - places.max(axis=0)).max() <= 9


def test_what_lies_beyond_a_figure_of_ones_own_is_in_its_picture():
    figure = Figure(figsize=(2, 2))
    figure.text(0, 0.5, "left")
    figure.text(1.5, 0.5, "far right")
    assert Image.open(io.BytesIO(png_bytes(figure))).width > 1.5 * 2 * 150


def test_a_figure_keeps_its_own_dots():
    figure = confusion_picture(np.eye(2), "ab")
    png_bytes(figure)
    assert figure.dpi == Figure().dpi
