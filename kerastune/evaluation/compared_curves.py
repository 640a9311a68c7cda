"""The learning curves of several trainings over one another."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from kerastune.display.pictures import (
    BLUE,
    GREEN,
    ORANGE,
    PICTURE_STYLE,
    PURPLE,
    VERMILION,
    shortened,
)
from kerastune.errors import InputError

_COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE)
_NOT_MEASURED = ("stage", "epoch", "steps")


@style.context(PICTURE_STYLE)
def compared_curves(histories: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Returns a figure of several trainings by epoch, a panel each for loss and metrics.

    A line is solid for training data and dashed for validation data.

    Args:
        histories: dictionary from the name of a training to its history, as
            `learning_curves` takes it; at most five.

    Returns:
        A Matplotlib `Figure`.

    Raises:
        InputError: if there are more, or no epoch was completed.

    Example:

    >>> epochs = [{"epoch": 1, "loss": 0.8}, {"epoch": 2, "loss": 0.6}]
    >>> figure = compared_curves({"a": {"epochs": epochs}, "b": {"epochs": epochs[:1]}})
    >>> [axes.get_title(loc="left") for axes in figure.axes]
    ['loss']
    """
    measured = _measured(histories)
    if not 0 < len(histories) <= len(_COLOURS) or not measured:
        raise InputError(
            f"Expected one to {len(_COLOURS)} trainings with a complete epoch. "
            f"Received: {', '.join(histories) or 'none'}"
        )
    figure = Figure(figsize=(6.4, 0.6 + 2.2 * len(measured)), layout="constrained")
    panels = figure.subplots(len(measured), sharex=True, squeeze=False)[:, 0]
    for axes, quantity in zip(panels, measured, strict=True):
        for (name, history), colour in zip(histories.items(), _COLOURS, strict=False):
            _draw(axes, history["epochs"], quantity, shortened(name), colour)
        axes.set_title(quantity.replace("_", " "), parse_math=False)
    panels[0].legend(loc="best")
    panels[-1].xaxis.set_major_locator(MaxNLocator(integer=True))
    panels[-1].set_xlabel("epoch")
    return figure


def _measured(histories: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Returns the names of the metrics of all epochs, the loss first."""
    names = {
        name.removeprefix("val_"): None
        for history in histories.values()
        for epoch in history["epochs"]
        for name in epoch
        if name not in _NOT_MEASURED
    }
    return sorted(names, key=lambda name: name != "loss")


def _draw(
    axes: Axes, epochs: Sequence[Mapping[str, Any]], quantity: str, name: str, colour: str
) -> None:
    """Draws a quantity of one training, for its training and its validation data."""
    for key, label, line in (
        (quantity, name, "-"),
        (f"val_{quantity}", f"{name}, validation", (0, (4, 2))),
    ):
        points = [(epoch["epoch"], epoch[key]) for epoch in epochs if epoch.get(key) is not None]
        if points:
            x, y = zip(*points, strict=True)
            axes.plot(x, y, marker="o", ms=3.5, ls=line, color=colour, label=label)
