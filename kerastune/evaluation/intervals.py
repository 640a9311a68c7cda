"""Coverage of predicted intervals."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib import style
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from kerastune.display.pictures import BLUE, PICTURE_STYLE
from kerastune.errors import InputError
from kerastune.evaluation.evaluation import Metric


def interval_metrics(
    targets: ArrayLike, intervals: ArrayLike, coverage: float
) -> tuple[Metric, Metric]:
    """Returns the share of targets inside their intervals, and the mean width of these.

    Args:
        targets: array of shape `(samples, outputs)`.
        intervals: array of shape `(samples, outputs, 2)`, lower and upper ends, which are
            part of the interval.
        coverage: float between 0 and 1, the share that should be inside. It names the
            metrics.

    Returns:
        Two `Metric`: `coverage_90` and `interval_width_90` for a coverage of 0.9. The share
        should be near the coverage, so neither end is better.

    Raises:
        InputError: if the shapes do not fit.

    Example:

    >>> inside, width = interval_metrics([[1.0], [5.0]], [[[0.0, 2.0]], [[0.0, 4.0]]], 0.9)
    >>> inside.name, inside.value, width.name, width.value
    ('coverage_90', 0.5, 'interval_width_90', 3.0)
    """
    true, ends = np.asarray(targets, "float64"), np.asarray(intervals, "float64")
    if not true.size or ends.shape != (*true.shape, 2):
        raise InputError(
            "Expected targets of shape (samples, outputs), and intervals with a last axis of 2. "
            f"Received: shapes {true.shape} and {ends.shape}"
        )
    inside = (ends[..., 0] <= true) & (true <= ends[..., 1])
    name = f"{100 * coverage:g}".replace(".", "_")
    return (
        Metric(f"coverage_{name}", float(inside.mean()), higher_is_better=None),
        Metric(
            f"interval_width_{name}",
            float((ends[..., 1] - ends[..., 0]).mean()),
            higher_is_better=False,
        ),
    )


@style.context(PICTURE_STYLE)
def coverage_picture(
    nominal: Sequence[float], observed: ArrayLike, nominal_name: str, observed_name: str
) -> Figure:
    """Returns a figure of the observed against the nominal coverage.

    Args:
        nominal: sequence of shares from 0 to 1, in ascending order.
        observed: array of shape `(shares,)`, or `(shares, outputs)`.
        nominal_name: str, the label of the horizontal axis.
        observed_name: str, the label of the vertical axis.

    Returns:
        A Matplotlib `Figure` with a panel for each output, three in a row.

    Example:

    >>> figure = coverage_picture([0.5, 0.9], [0.4, 0.8], "predicted", "observed")
    >>> figure.axes[0].get_xlabel()
    'predicted'
    """
    shares = np.asarray(observed, "float64")
    shares = shares.reshape(len(shares), -1)
    outputs = shares.shape[1]
    columns = min(outputs, 3)
    rows = math.ceil(outputs / columns)
    figure = Figure(figsize=(0.6 + 3.6 * columns, 0.4 + 3.8 * rows), layout="constrained")
    for output in range(outputs):
        axes = figure.add_subplot(rows, columns, output + 1)
        axes.axline((0, 0), slope=1, color="0.55", linewidth=1, label="perfect calibration")
        axes.plot(nominal, shares[:, output], "o-", color=BLUE, linewidth=1, markersize=4)
        axes.set(xlim=(0, 1), ylim=(-0.02, 1.02), aspect="equal")
        axes.set_xlabel(nominal_name)
        axes.set_ylabel(observed_name)
        axes.set_title("calibration" if outputs == 1 else f"output {output + 1}")
        axes.legend(loc="upper left")
    return figure
