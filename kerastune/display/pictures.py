"""Style and saving of pictures; Matplotlib's own settings stay as they are."""

import io
import os
import warnings
from bisect import bisect_right
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.textpath import text_to_path
from PIL import Image

from kerastune.display.page import PICTURE_DPI
from kerastune.files import write_bytes

# Of Okabe and Ito's palette, told apart by everyone.
BLUE, VERMILION, GREEN, PURPLE, ORANGE = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00"
PICTURE_WIDTH = 4.8
"""Inches: two stand beside each other on a page, and letters stay legible at 400 pixels."""
_MARGIN = 8  # Pixels.
_LONGEST_NAME, _SHORTEST_NAME = 32, 8

# It starts from "default", so that a person's own settings do not change these pictures.
PICTURE_STYLE: list[Any] = [
    "default",
    {
        "font.size": 9,
        "axes.titlesize": 10,
        "axes.titleweight": "bold",
        "axes.titlelocation": "left",
        "axes.titley": 1.0,  # Else all tick labels are measured to see whether some are above it.
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


def save_picture(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Saves a figure as PNG, 150 dots an inch, atomically.

    Args:
        figure: Matplotlib `Figure`.
        path: str or path, the file, as in `kerastune.files.write_bytes`.

    Raises:
        OSError: the file cannot be written.

    Example:

    >>> import pathlib, tempfile
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "picture.png"
    >>> save_picture(Figure(), path)
    >>> path.read_bytes()[1:4]
    b'PNG'
    """
    write_bytes(path, png_bytes(figure))


def png_bytes(figure: Figure) -> bytes:
    """Returns a figure as a PNG file, 150 dots an inch, without the white around it.

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
    """Returns the pixels of a figure: red, green and blue."""
    former = figure.dpi
    figure.set_dpi(PICTURE_DPI)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    figure.set_dpi(former)
    return np.asarray(canvas.buffer_rgba())[..., :3]


def _without_margins(pixels: np.ndarray) -> np.ndarray:
    """Returns a picture without the rows and columns around it that have one colour."""
    is_drawn = (pixels != pixels[0, 0]).any(axis=2)
    if not is_drawn.any():
        return pixels
    spans = []
    for axis in (1, 0):
        indices = np.flatnonzero(is_drawn.any(axis=axis))
        spans.append(slice(max(0, indices[0] - _MARGIN), indices[-1] + 1 + _MARGIN))
    return np.ascontiguousarray(pixels[tuple(spans)])


def text_width(text: str, points: float) -> float:
    """Returns the width of a text in points, before anything is drawn.

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
    """Returns a name on one line, shortened to a width.

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
    index = bisect_right(
        lengths, width, lo=1, key=lambda length: text_width(shortened(name, length), points)
    )
    return shortened(name, lengths[index - 1])


def shortened(name: str, longest: int = _LONGEST_NAME) -> str:
    """Returns a name on one line, shortened to so many letters for a tick label."""
    name = " ".join(name.split())
    return name if len(name) <= longest else name[: longest - 1].rstrip() + "…"
