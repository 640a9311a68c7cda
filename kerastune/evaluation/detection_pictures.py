"""Pictures of images with boxes."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import patheffects, style
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from kerastune.display.pictures import ORANGE, PICTURE_STYLE, shortened

_COLUMNS = 3
_INCHES = 2.6  # the width of an image
_WHITE = "white"

Boxes = tuple[np.ndarray, Sequence[str]]


@style.context(PICTURE_STYLE)
def detections_picture(
    images: Sequence[np.ndarray], true: Sequence[Boxes], found: Sequence[Boxes]
) -> Figure:
    """Returns images with the true boxes, dashed, and those that were found, with their labels.

    Args:
        images: sequence of arrays of shape `(height, width, channels)`, values from 0 to 255.
        true: sequence of as many tuples of an array of shape `(boxes, 4)`, left, top, right and
            bottom in pixels, and their names.
        found: sequence of as many, likewise, with what is written at each box.

    Returns:
        A Matplotlib `Figure`, three images in a row.

    Example:

    >>> box = (np.array([[1, 1, 5, 5]]), ["cat 0.9"])
    >>> figure = detections_picture([np.zeros((8, 8, 3))], [box], [box])
    >>> len(figure.axes[0].patches)
    2
    """
    columns = min(_COLUMNS, len(images))
    rows = math.ceil(len(images) / columns)
    ratio = max(image.shape[0] / image.shape[1] for image in images)
    size = (_INCHES * columns, (_INCHES * ratio + 0.3) * rows + 0.3)
    figure = Figure(figsize=size, layout="constrained")
    for place, (image, own, others) in enumerate(zip(images, true, found, strict=True), start=1):
        axes = figure.add_subplot(rows, columns, place)
        _show(axes, image)
        for box in own[0]:
            _frame(axes, box, _WHITE, linestyle="--", linewidth=2.2)
        for box, name in zip(*others, strict=True):
            _frame(axes, box, ORANGE, linewidth=1.4)
            _write(axes, box, name)
        names = ", ".join(own[1]) or "nothing"
        axes.set_title(f"true: {shortened(names)}", fontsize=8, parse_math=False)
    figure.supxlabel("dashed: true boxes; orange: found, with class and score", fontsize=8)
    return figure


def _show(axes: Any, image: np.ndarray) -> None:
    pixels = np.asarray(image)
    grey = {"cmap": "gray", "vmin": 0, "vmax": 255} if pixels.shape[-1] == 1 else {}
    axes.imshow(np.clip(pixels, 0, 255).astype("uint8").squeeze(), **grey)
    axes.set_axis_off()
    axes.autoscale(False)


def _frame(axes: Any, box: np.ndarray, colour: str, **line: Any) -> None:
    left, top, right, bottom = box[:4] - 0.5  # Pixels of Matplotlib are around whole numbers.
    outline = Rectangle(
        (left, top), right - left, bottom - top, fill=False, edgecolor=colour, **line
    )
    # A frame of any colour is to be seen on any image.
    outline.set_path_effects(
        [patheffects.withStroke(linewidth=line["linewidth"] + 1.4, foreground="black")]
    )
    axes.add_patch(outline)


def _write(axes: Any, box: np.ndarray, name: str) -> None:
    left, top = box[:2]
    axes.text(
        left,
        max(top, 1),
        shortened(name),
        color="black",
        fontsize=6.5,
        va="bottom" if top > 6 else "top",
        parse_math=False,
        clip_on=True,
        bbox={"facecolor": ORANGE, "edgecolor": "none", "pad": 0.8},
    )
