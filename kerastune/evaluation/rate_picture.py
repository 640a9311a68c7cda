"""The curve of a rate finder, with the learning rates that it suggests."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib import style
from matplotlib.figure import Figure

from kerastune.display.pictures import BLUE, PICTURE_STYLE, VERMILION
from kerastune.errors import InputError

_SUGGESTION_MARKERS = ("o", "s", "^", "D", "v", "P")
_DIVERGING_POINTS = 5


@style.context(PICTURE_STYLE)
def rate_search_picture(search: Mapping[str, Any]) -> Figure:
    """Returns the loss against the learning rate of a search, with the suggested rates marked.

    The losses of single steps are drawn as dots. Where the loss diverges, it may leave
    the picture at the top.

    Args:
        search: dict of `learning_rates`, growing, `losses` and `smoothed_losses`, each a
            list of float with one value a step, and `suggestions`, a dict from name to
            rate; what `RateSearch.to_dict` returns.

    Returns:
        A Matplotlib `Figure`.

    Raises:
        InputError: if there are no steps, or not as many losses as rates.

    Example:

    >>> search = {
    ...     "learning_rates": [1e-3, 1e-2, 1e-1],
    ...     "losses": [2.0, 1.0, 3.0],
    ...     "smoothed_losses": [2.0, 1.5, 2.0],
    ...     "suggestions": {"valley": 1e-2},
    ... }
    >>> rate_search_picture(search).axes[0].get_xscale()
    'log'
    """
    rates, losses, smoothed = (
        np.asarray(search[name], dtype=float)
        for name in ("learning_rates", "losses", "smoothed_losses")
    )
    if not len(rates) == len(losses) == len(smoothed) > 0:
        raise InputError(
            "Expected as many losses and smoothed losses as learning rates, at least one. "
            f"Received: {len(losses)}, {len(smoothed)} and {len(rates)}"
        )
    figure = Figure(figsize=(6.4, 3.8), layout="constrained")
    axes = figure.add_subplot()
    axes.set_xscale("log")
    axes.plot(rates, losses, ".", color="0.75", ms=4, label="each step")
    axes.plot(rates, smoothed, color=BLUE, linewidth=1.8, label="smoothed")
    for number, (name, rate) in enumerate(search["suggestions"].items()):
        axes.plot(
            rate,
            np.interp(np.log(rate), np.log(rates), smoothed),
            _SUGGESTION_MARKERS[number % len(_SUGGESTION_MARKERS)],
            ls="none",
            ms=7,
            # The first is the one to take.
            color=VERMILION if number == 0 else "0.35",
            label=f"{name}, {rate:.1e}",
            zorder=3,
        )
    axes.set_ylim(*_loss_limits(losses, smoothed))
    axes.set_title("loss at growing learning rates")
    axes.set_xlabel("learning rate")
    axes.set_ylabel("training loss")
    axes.legend(loc="best")
    return figure


def _loss_limits(losses: np.ndarray, smoothed: np.ndarray) -> tuple[float, float]:
    """Returns the range of the losses before their diverging end, with room around it."""
    shown = slice(-_DIVERGING_POINTS if len(losses) > 2 * _DIVERGING_POINTS else None)
    low = min(losses[shown].min(), smoothed[shown].min())
    # A few steps are far above all others; most are to be seen.
    high = max(np.quantile(losses[shown], 0.9), smoothed[shown].max())
    room = 0.1 * ((high - low) or 1.0)
    return float(low - room), float(high + room)
