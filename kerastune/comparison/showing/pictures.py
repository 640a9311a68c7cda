"""The pictures of a comparison: loss curves over one another, differences by layer."""

from collections.abc import Sequence

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from kerastune.comparison.costs import Cost
from kerastune.comparison.showing.tables import titled
from kerastune.comparison.trial import Trial
from kerastune.display.pictures import (
    BLUE,
    GREEN,
    PICTURE_STYLE,
    PICTURE_WIDTH,
    VERMILION,
    shortened,
)

# Colour, line and marker, so that none is needed alone.
_LOOKS = ((BLUE, "-", "o"), (VERMILION, (0, (5, 2)), "s"), (GREEN, (0, (1.5, 1.5)), "^"))
_SMALLEST = 1e-9


@style.context(PICTURE_STYLE)
def loss_curves(trial: Trial) -> Figure:
    """The loss of each step on each backend, and how far they are from the reference.

    Args:
        trial: `Trial`.

    Returns:
        A Matplotlib `Figure`.

    Example:

    >>> losses = {"torch": [1.0, 0.5], "jax": [1.0, 0.6]}
    >>> len(loss_curves(Trial("float32", ("torch", "jax"), (), losses)).axes)
    2
    """
    figure = Figure(figsize=(PICTURE_WIDTH, 3.6), layout="constrained")
    above, below = figure.subplots(2, sharex=True, height_ratios=(2, 1))
    reference = np.array(trial.losses[trial.backends[0]], "float64")
    steps = np.arange(1, len(reference) + 1)
    for backend, (colour, line, marker) in zip(trial.backends, _LOOKS, strict=False):
        losses = np.array(trial.losses[backend], "float64")
        above.plot(steps, losses, ls=line, color=colour, lw=1.8, label=backend)
        if backend != trial.backends[0]:
            gaps = np.maximum(np.abs(losses - reference), _SMALLEST)
            below.plot(steps, gaps, ls="", marker=marker, ms=3.5, color=colour, label=backend)
    above.set_title("loss")
    above.legend(loc="best")
    below.set_yscale("log")
    below.set_title(f"difference from {trial.backends[0]}")
    below.set_xlabel("step")
    below.xaxis.set_major_locator(MaxNLocator(integer=True))
    return figure


@style.context(PICTURE_STYLE)
def layer_differences(trial: Trial) -> Figure:
    """The relative difference of each layer on a logarithmic scale, with what is allowed.

    Args:
        trial: `Trial`, of which layers were compared.

    Returns:
        A Matplotlib `Figure`.
    """
    figure = Figure(figsize=(PICTURE_WIDTH, 3.6), layout="constrained")
    axes = figure.subplots()
    looks = dict(zip(trial.backends, _LOOKS, strict=False))
    for backend in trial.backends[1:]:
        colour, _, marker = looks[backend]
        found = trial.of("layer", backend)
        places = [one.place + 1 for one in found]
        sizes = [min(max(one.relative, _SMALLEST), 10.0) for one in found]
        axes.plot(places, sizes, ls="", marker=marker, ms=4, color=colour, label=backend)
    limits = {one.place + 1: one.limit for one in trial.of("layer")}
    axes.step(
        list(limits), [min(limit, 10.0) for limit in limits.values()], where="mid",
        color="0.35", lw=1, ls=(0, (4, 2)), label="allowed",
    )  # fmt: skip
    _name_first(axes, trial)
    axes.set_yscale("log")
    axes.set_title(f"difference from {trial.backends[0]}, of the largest number")
    axes.set_xlabel("layer, in the order in which they run")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(loc="best")
    return figure


@style.context(PICTURE_STYLE)
def step_times(costs: Sequence[Cost]) -> Figure:
    """How long a training step takes on each backend, from quartile to quartile.

    Args:
        costs: sequence of `Cost`.

    Returns:
        A Matplotlib `Figure`.
    """
    figure = Figure(figsize=(PICTURE_WIDTH, 1.2 + 0.35 * len(costs)), layout="constrained")
    axes = figure.subplots()
    names = list(dict.fromkeys(cost.backend for cost in costs))
    for place, cost in enumerate(costs):
        colour, _, marker = _LOOKS[names.index(cost.backend) % len(_LOOKS)]
        lower, median, upper = (
            1000 * value for value in (cost.step.lower, cost.step.median, cost.step.upper)
        )
        axes.plot([lower, upper], [place, place], color=colour, lw=2.5, solid_capstyle="butt")
        axes.plot([median], [place], ls="", marker=marker, ms=7, color=colour)
    axes.set_yticks(range(len(costs)), [titled(one.backend, one.precision) for one in costs])
    axes.set_ylim(len(costs) - 0.5, -0.5)
    axes.set_xlim(left=0)
    axes.set_title("training step in milliseconds: median and quartiles")
    return figure


def _name_first(axes: Axes, trial: Trial) -> None:
    """Write the name of the first layer that differs beside its mark."""
    first = trial.first
    if first is None or first.stage != "layer":
        return
    at = (first.place + 1, min(max(first.relative, _SMALLEST), 10.0))
    last = max(one.place for one in trial.of("layer"))
    is_left = first.place < last / 2
    axes.annotate(
        shortened(first.name), at, xytext=(8 if is_left else -8, 6), textcoords="offset points",
        ha="left" if is_left else "right", fontsize=8, parse_math=False,
    )  # fmt: skip
