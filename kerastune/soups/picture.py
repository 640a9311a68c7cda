"""The picture of a line between a model before its training and after it."""

from collections.abc import Sequence

from matplotlib import style
from matplotlib.figure import Figure

from kerastune.display.pictures import BLUE, PICTURE_STYLE, VERMILION


@style.context(PICTURE_STYLE)
def line_picture(
    alphas: Sequence[float], values: Sequence[float], metric: str, kept: int
) -> Figure:
    """Returns a metric along the line, with the point that is kept marked.

    Args:
        alphas: sequence of float, where on the line each point is.
        values: sequence of float, the metric of each.
        metric: str, its name.
        kept: int, which point is kept.

    Returns:
        A Matplotlib `Figure`.

    Example:

    >>> line_picture([0.0, 0.5, 1.0], [0.6, 0.8, 0.7], "accuracy", 1).axes[0].get_ylabel()
    'accuracy'
    """
    figure = Figure(figsize=(4.8, 3.2), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(alphas, values, color=BLUE, marker="o", markersize=4)
    axes.plot(alphas[kept], values[kept], "o", color=VERMILION, markersize=8, label="kept")
    axes.set_xlabel("α: 0 before the training of the backbone, 1 after it")
    axes.set_ylabel(metric.replace("_", " "))
    axes.set_title("on the validation samples")
    axes.legend(loc="best")
    return figure
