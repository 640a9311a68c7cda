"""Pictures of predictions: confusions of classes, quantities against true ones."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import style
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from kerastune.display.pictures import BLUE, PICTURE_STYLE, shortened
from kerastune.errors import InputError

_MOST_CLASSES_WITH_COUNTS = 20
_MOST_TICK_LABELS = 60
_POINTS_PER_LETTER = 6


@style.context(PICTURE_STYLE)
def confusion_picture(confusion: ArrayLike, class_names: Sequence[str]) -> Figure:
    """Returns a confusion matrix, coloured by the share of each true class.

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


@style.context(PICTURE_STYLE)
def prediction_scatter(targets: ArrayLike, predictions: ArrayLike, unit: str = "") -> Figure:
    """Returns predicted quantities against true ones, with the line where they are equal.

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
