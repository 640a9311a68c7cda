"""Pictures of predictions. They need no display and leave Matplotlib's settings alone."""

import io
import math
import os
import warnings
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import style
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.textpath import text_to_path
from numpy.typing import ArrayLike
from PIL import Image

from kerastune.errors import InputError
from kerastune.files import write_bytes

# Blue and vermilion of Okabe and Ito's palette, told apart by everyone.
BLUE, VERMILION = "#0072B2", "#D55E00"
PICTURE_DPI = 150
PICTURE_WIDTH = 5.2
"""Inches: letters are still legible when a telephone shows the picture 400 pixels wide."""
_MARGIN = 8  # Pixels.

# It starts from "default", so that a person's own settings do not change these pictures.
HOUSE_STYLE: list[Any] = [
    "default",
    {
        "font.size": 9,
        "axes.titlesize": 10,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.edgecolor": "0.6",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid": True,
        "axes.axisbelow": True,
        "grid.color": "0.92",
        "xtick.color": "0.6",
        "xtick.labelcolor": "0.2",
        "ytick.color": "0.6",
        "ytick.labelcolor": "0.2",
        "legend.frameon": False,
    },
]

_MOST_CLASSES_WITH_COUNTS = 20
_MOST_TICK_LABELS = 60
_LONGEST_NAME, _SHORTEST_NAME = 32, 8
_POINTS_PER_LETTER = 6


@style.context(HOUSE_STYLE)
def confusion_picture(confusion: ArrayLike, class_names: Sequence[str]) -> Figure:
    """A confusion matrix, coloured by the share of each true class.

    Up to 20 classes, each cell also holds its count. The row of a class without
    samples is left blank.

    Args:
        confusion: int array of shape `(classes, classes)`: rows are true classes,
            columns are predicted ones.
        class_names: sequence of str. Names over 32 characters are shortened.

    Returns:
        A Matplotlib `Figure`.

    Raises:
        InputError: the matrix does not fit the names.

    Example:

    >>> figure = confusion_picture([[5, 1], [0, 4]], ("no", "yes"))
    >>> figure.axes[0].get_xlabel()
    'predicted class'
    """
    counts = np.asarray(confusion)
    classes = len(class_names)
    if counts.shape != (classes, classes):
        raise InputError(
            f"Expected a confusion matrix of {classes} by {classes}, as there are class names. "
            f"Received: shape {counts.shape}"
        )
    totals = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, totals, out=np.full(counts.shape, np.nan), where=totals > 0)
    side = float(np.clip(0.46 * classes, 2.2, 12.0))
    figure = Figure(figsize=(side + 2.6, side + 1.6), layout="constrained")
    axes = figure.add_subplot()
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    shown = range(0, classes, math.ceil(classes / _MOST_TICK_LABELS))
    names = [shortened(class_names[position]) for position in shown]
    # A "$" in a name is a dollar, not the start of a formula.
    axes.set_yticks(shown, names, parse_math=False)
    fits = max(map(len, names)) * _POINTS_PER_LETTER < 72 * side / classes
    slanted: dict[str, Any] = (
        {} if fits else {"rotation": 45, "ha": "right", "rotation_mode": "anchor"}
    )
    axes.set_xticks(shown, names, parse_math=False, **slanted)
    axes.set_xlabel("predicted class")
    axes.set_ylabel("true class")
    axes.grid(False)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    if classes <= _MOST_CLASSES_WITH_COUNTS:
        for (row, column), share in np.ndenumerate(shares):
            if counts[row, column] or classes == 2:
                colour = "white" if share > 0.55 else "0.15"
                axes.text(
                    column, row, f"{counts[row, column]}", ha="center", va="center", color=colour
                )
    bar = figure.colorbar(image, ax=axes, shrink=0.8, pad=0.02, format="{x:.0%}")
    bar.set_label("share of the true class")
    bar.ax.spines["outline"].set_visible(False)
    return figure


@style.context(HOUSE_STYLE)
def prediction_scatter(targets: ArrayLike, predictions: ArrayLike, unit: str = "") -> Figure:
    """Predicted quantities against true ones, with the line where they are equal.

    Args:
        targets: array of shape `(samples,)` or `(samples, outputs)`.
        predictions: array with as many values, in the same order.
        unit: str, the unit of both, written at the axes. Default: none.

    Returns:
        A Matplotlib `Figure` with a panel for each output, three in a row.

    Example:

    >>> figure = prediction_scatter([1.0, 2.0], [1.1, 1.8], unit="metres")
    >>> figure.axes[0].get_ylabel()
    'predicted (metres)'
    """
    true = np.asarray(targets, dtype=float)
    true = true.reshape(len(true), -1)
    predicted = np.asarray(predictions, dtype=float).reshape(true.shape)
    outputs = true.shape[1]
    columns = min(outputs, 3)
    rows = math.ceil(outputs / columns)
    figure = Figure(figsize=(1 + 3.6 * columns, 0.4 + 3.8 * rows), layout="constrained")
    for output in range(outputs):
        axes = figure.add_subplot(rows, columns, output + 1)
        axes.axline((0, 0), slope=1, color="0.55", linewidth=1, label="predicted = true")
        axes.scatter(
            true[:, output],
            predicted[:, output],
            s=14,
            color=BLUE,
            # Fewer samples are drawn stronger, many so that their density shows.
            alpha=float(np.clip(80 / len(true), 0.08, 0.6)),
            linewidths=0,
        )
        both = np.concatenate([true[:, output], predicted[:, output]])
        margin = 0.05 * (np.ptp(both) or 1.0)
        limits = both.min() - margin, both.max() + margin
        axes.set(xlim=limits, ylim=limits, aspect="equal")
        suffix = f" ({unit})" if unit else ""
        axes.set_xlabel(f"true{suffix}", parse_math=False)
        axes.set_ylabel(f"predicted{suffix}", parse_math=False)
        axes.legend(loc="upper left")
        if outputs > 1:
            axes.set_title(f"output {output + 1}")
    return figure


def save_picture(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Save a figure as PNG, 150 dots an inch, atomically.

    Args:
        figure: Matplotlib `Figure`.
        path: str or path, the file, as in `kerastune.files.write_bytes`.

    Raises:
        OSError: the file cannot be written.

    Example:

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "confusion.png"
    >>> save_picture(confusion_picture([[5, 1], [0, 4]], ("no", "yes")), path)
    >>> path.read_bytes()[1:4]
    b'PNG'
    """
    write_bytes(path, png_bytes(figure))


def png_bytes(figure: Figure) -> bytes:
    """A figure as a PNG file, 150 dots an inch, without the white around it.

    Args:
        figure: Matplotlib `Figure`.

    Returns:
        The content of the file, bytes.

    Example:

    >>> png_bytes(Figure())[1:4]
    b'PNG'
    """
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # Letters that the font lacks show as boxes in the picture.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        if isinstance(figure.get_layout_engine(), ConstrainedLayoutEngine):
            # Everything is inside already. To ask for it once more would take twice the time.
            pixels = _without_margins(_drawn(figure))
            dots = (PICTURE_DPI, PICTURE_DPI)
            Image.fromarray(pixels).save(buffer, "png", dpi=dots)
        else:
            figure.savefig(buffer, format="png", dpi=PICTURE_DPI, bbox_inches="tight")
    return buffer.getvalue()


def _drawn(figure: Figure) -> np.ndarray:
    """The pixels of a figure: red, green and blue."""
    former = figure.dpi
    figure.set_dpi(PICTURE_DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    figure.set_dpi(former)
    return np.asarray(canvas.buffer_rgba())[..., :3]


def _without_margins(pixels: np.ndarray) -> np.ndarray:
    """A picture without the rows and columns around it that have one colour."""
    is_drawn = (pixels != pixels[0, 0]).any(axis=2)
    if not is_drawn.any():
        return pixels
    spans = []
    for axis in (1, 0):
        places = np.flatnonzero(is_drawn.any(axis=axis))
        spans.append(slice(max(0, places[0] - _MARGIN), places[-1] + 1 + _MARGIN))
    return np.ascontiguousarray(pixels[tuple(spans)])


def text_width(text: str, points: float) -> float:
    """How wide a text is, in points, before anything is drawn.

    Args:
        text: str, one line.
        points: float, the size of the font.

    Returns:
        float.

    Example:

    >>> 10 < text_width("mm", 8) < 20
    True
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        font = FontProperties(size=points)
        return text_to_path.get_text_width_height_descent(text, font, ismath=False)[0]


def fitted(name: str, points: float, width: float) -> str:
    """A name on one line, shortened to a width.

    Args:
        name: str.
        points: float, the size of the font.
        width: float, points that there are.

    Returns:
        str.

    Example:

    >>> fitted("block_1", 8, 200), len(fitted("W" * 90, 8, 200)) < 30
    ('block_1', True)
    """
    lengths = range(_SHORTEST_NAME, max(_SHORTEST_NAME, len(name)) + 1)
    # The first that is too long for the width.
    place = bisect_right(
        lengths, width, lo=1, key=lambda length: text_width(shortened(name, length), points)
    )
    return shortened(name, lengths[place - 1])


def shortened(name: str, longest: int = _LONGEST_NAME) -> str:
    """A name on one line and short enough for a tick label."""
    name = " ".join(name.split())
    return name if len(name) <= longest else name[: longest - 1].rstrip() + "…"
