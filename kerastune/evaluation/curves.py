"""Learning curves: what the loss and the metrics did while the model trained."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from kerastune.display.pictures import (
    BLUE,
    PICTURE_STYLE,
    PICTURE_WIDTH,
    VERMILION,
    fitted,
    shortened,
    text_width,
)

_LOSS_HEIGHT, _METRIC_HEIGHT = 2.7, 1.7  # Inches.
_MOST_EPOCH_TICKS = 10
_STAGE_NAME_POINTS = 8
_TITLE_POINTS = 12  # Of the house's style, and the bold letters are wider than those measured.
_ROOM_FOR_TICKS = 60  # Points beside the axes, for the numbers of the vertical one.
_SMOOTHED_POINTS = 15
_NOT_METRICS = {"stage", "epoch", "steps", "loss"}


@style.context(PICTURE_STYLE)
def learning_curves(history: Mapping[str, Any]) -> Figure:
    """Returns the loss of every step and the metrics of every epoch, with the stages marked.

    Args:
        history: dict of `step_loss`, a list of the loss of each training step, and
            `epochs`, a list of dicts, one an epoch: `stage` (str), `epoch` (int,
            counted from 1 over the run), `steps` (int, training steps of the run done
            at its end), `loss`, and any metric, with `val_` before its name when it
            is of the validation data.

    Returns:
        A Matplotlib `Figure`: the loss, and under it one panel for each other metric.

    Example:

    >>> epoch = {"stage": "head", "epoch": 1, "steps": 2, "loss": 0.8, "accuracy": 0.6}
    >>> figure = learning_curves({"step_loss": [0.9, 0.7], "epochs": [epoch]})
    >>> [axes.get_title(loc="left") for axes in figure.axes]
    ['loss', 'accuracy']
    """
    step_loss, epochs = list(history["step_loss"]), list(history["epochs"])
    names = {name.removeprefix("val_"): None for epoch in epochs for name in epoch}
    metrics = [name for name in names if name not in _NOT_METRICS]
    stages = _stage_starts(epochs)
    heights = [_LOSS_HEIGHT, *[_METRIC_HEIGHT] * len(metrics)]
    figure = Figure(figsize=(PICTURE_WIDTH, sum(heights) + 0.3), layout="constrained")
    loss_axes, *panels = figure.subplots(
        len(heights), sharex=True, squeeze=False, height_ratios=heights
    )[:, 0]
    _draw_loss(loss_axes, step_loss, epochs, [start for start, _ in stages])
    for axes, name in zip(panels, metrics, strict=True):
        _draw_epochs(axes, epochs, name, BLUE, "training")
        _draw_epochs(axes, epochs, f"val_{name}", VERMILION, "validation")
        title = fitted(name.replace("_", " "), _TITLE_POINTS, 72 * PICTURE_WIDTH - _ROOM_FOR_TICKS)
        axes.set_title(title, parse_math=False)
        axes.legend(loc="best")
    for axes in (loss_axes, *panels):
        for start, _ in stages[1:]:
            axes.axvline(start, color="0.5", linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    _mark_epochs(loss_axes, len(step_loss), epochs)
    figure.axes[-1].set_xlabel("epoch" if epochs else "training step")
    if len(stages) > 1:
        loss_axes.set_title("loss", pad=name_stages(loss_axes, stages))
    return figure


def _stage_starts(epochs: Sequence[Mapping[str, Any]]) -> list[tuple[int, str]]:
    """Returns the training step at which each stage starts, and its name."""
    starts: list[tuple[int, str]] = []
    done = 0
    for epoch in epochs:
        if not starts or epoch["stage"] != starts[-1][1]:
            starts.append((done, epoch["stage"]))
        done = epoch["steps"]
    return starts


def _draw_loss(
    axes: Axes, step_loss: Sequence[float], epochs: Sequence[Mapping[str, Any]], starts: list[int]
) -> None:
    """Draws the loss of each step, smoothed within each stage, and of the validation data."""
    if step_loss:
        steps, loss = np.arange(1, len(step_loss) + 1), np.asarray(step_loss, dtype=float)
        axes.plot(steps, loss, color=BLUE, alpha=0.35, linewidth=0.8, label="each training step")
        window = np.ones(max(1, len(loss) // _SMOOTHED_POINTS))
        label = "training, smoothed"
        for part in np.split(np.arange(len(loss)), [start for start in starts if start]):
            # Divided by the weights inside, so that the ends are not drawn down to zero.
            weights = np.convolve(np.ones(len(part)), window, mode="full")
            smooth = np.convolve(loss[part], window, mode="full") / weights
            middle = (len(window) - 1) // 2
            smooth = smooth[middle : middle + len(part)]
            axes.plot(steps[part], smooth, color=BLUE, linewidth=1.8, label=label)
            label = "_"  # Matplotlib's mark for a line that the legend leaves out.
    else:
        _draw_epochs(axes, epochs, "loss", BLUE, "training")
    _draw_epochs(axes, epochs, "val_loss", VERMILION, "validation")
    axes.set_title("loss")
    if axes.lines:
        axes.legend(loc="upper right")


def _draw_epochs(
    axes: Axes, epochs: Sequence[Mapping[str, Any]], name: str, colour: str, label: str
) -> None:
    """Draws a metric at the end of each epoch that has it."""
    points = [(epoch["steps"], epoch[name]) for epoch in epochs if epoch.get(name) is not None]
    if points:
        marker = "s" if colour == VERMILION else "o"
        axes.plot(*zip(*points, strict=True), marker, ls="-", ms=4.5, color=colour, label=label)


def _mark_epochs(axes: Axes, steps: int, epochs: Sequence[Mapping[str, Any]]) -> None:
    """Sets ticks at the ends of epochs, with their numbers, where there is room for them."""
    ends = [(0, 0), *((epoch["steps"], epoch["epoch"]) for epoch in epochs)]
    total = max(steps, ends[-1][0], 1)
    axes.set_xlim(-0.02 * total, 1.02 * total)
    if epochs:
        shown = ends[:1]
        for end in ends[1:]:
            if end[0] - shown[-1][0] >= total / _MOST_EPOCH_TICKS:
                shown.append(end)
        axes.set_xticks([step for step, _ in shown], [str(epoch) for _, epoch in shown])
    else:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def name_stages(axes: Axes, stages: Sequence[tuple[int, str]]) -> float:
    """Writes the stages' names above the axes; returns their height in points."""
    # How wide the axes are is known after the layout, which takes most of the time of a picture.
    # Where they turn out wider, names stand further apart.
    room = 72 * PICTURE_WIDTH - _ROOM_FOR_TICKS
    left, right = axes.get_xlim()
    line_ends: list[float] = []
    for start, name in stages:
        name = shortened(name)
        width = text_width(name, _STAGE_NAME_POINTS)
        border = (start - left) / (right - left) * room
        location = max(0.0, min(border, room - width))
        line = next((i for i, end in enumerate(line_ends) if location > end + 8), len(line_ends))
        line_ends[line : line + 1] = [location + width]
        axes.annotate(
            name,
            xy=(start, 1),
            xycoords=axes.get_xaxis_transform(),
            xytext=(location - border, 4 + 11 * line),
            textcoords="offset points",
            fontsize=_STAGE_NAME_POINTS,
            color="0.35",
            parse_math=False,
        )
    return 8.0 + 11 * len(line_ends)
