"""Pictures of counts: how large models are, and where their parameters lie."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import EngFormatter, NullLocator

from kerastune.counting.weights import KINDS, ModelCount
from kerastune.display.formats import short_count
from kerastune.display.pictures import BLUE, GREEN, ORANGE, PICTURE_STYLE, shortened
from kerastune.display.texts import format_text

_MOST_BARS = 60
_WIDEST_RANGE = 100
# What does not train is grey.
_COLOURS = {
    "trainable": BLUE,
    "frozen": "0.72",
    "adapter": GREEN,
    "state": ORANGE,
    "unknown": "0.88",
}


def totals_picture(counts: Sequence[ModelCount]) -> Figure:
    """The parameters of models: bars by kind, or dots on a logarithmic scale.

    They are dots where one model is more than 100 times as large as another: the shortest bars
    would not be seen, and on a logarithmic scale a bar and its parts have no honest length.
    """
    known = [count.parameters for count in counts if count.parameters]
    wide = bool(known) and max(known) > _WIDEST_RANGE * min(known)
    return _dots_picture(counts, "parameters") if wide else bars_picture(counts, "parameters")


@style.context(PICTURE_STYLE)
def bars_picture(counts: Sequence[ModelCount], title: str) -> Figure:
    """A bar in parts by kind for each model, or part of one, from top to bottom."""
    drawn, axes = _canvas(counts, title)
    start = np.zeros(len(drawn))
    for kind in KINDS:
        part = np.array([count.by_kind()[kind] for count in drawn])
        if part.any():
            colour = _COLOURS[kind]
            axes.barh(range(len(part)), part, left=start, color=colour, height=0.7, label=kind)
            start = start + part
    axes.set(xlabel="parameters", xlim=(0, 1.22 * max(start) or 1))
    return _labelled(axes, drawn)


@style.context(PICTURE_STYLE)
def _dots_picture(counts: Sequence[ModelCount], title: str) -> Figure:
    """A dot for each model on a logarithmic scale."""
    drawn, axes = _canvas(counts, title)
    known = [(count.parameters, at) for at, count in enumerate(drawn) if count.parameters]
    least, most = min(known)[0], max(known)[0]
    axes.plot(*zip(*known, strict=True), "o", ls="none", color="0.2", ms=5)
    axes.set(xscale="log", xlabel="parameters, logarithmic scale")
    # Room for a label at the right of the largest.
    axes.set_xlim(least / 3, most * (most / least) ** 0.35)
    axes.xaxis.set_minor_locator(NullLocator())
    return _labelled(axes, drawn)


def _canvas(counts: Sequence[ModelCount], title: str) -> tuple[list[ModelCount], Axes]:
    """What is drawn, and a panel as high as its bars need, with their names."""
    drawn = _drawn(counts)
    figure = Figure(figsize=(8.4, 1.2 + 0.27 * len(drawn)), layout="constrained")
    axes = figure.add_subplot()
    # A "$" in a name is a dollar, not the start of a formula.
    labels = [shortened(format_text(count.name)) for count in drawn]
    axes.set_yticks(range(len(drawn)), labels, parse_math=False)
    axes.set_ylim(len(drawn) - 0.4, -0.6)
    axes.set_title(format_text(title), parse_math=False)
    axes.grid(visible=False, axis="y")
    axes.tick_params(length=0)
    axes.spines["left"].set_visible(False)
    return drawn, axes


def _labelled(axes: Axes, counts: Sequence[ModelCount]) -> Figure:
    """The figure, with a number for each count and a legend of the kinds."""
    for place, count in enumerate(counts):
        text, at = short_count(count.parameters), (count.parameters or axes.get_xlim()[0], place)
        axes.annotate(text, at, (5, 0), textcoords="offset points", va="center", color="0.2")
    axes.xaxis.set_major_formatter(EngFormatter())
    figure = axes.get_figure(root=True)
    assert figure is not None  # It was just made.
    if axes.get_legend_handles_labels()[0]:
        figure.legend(loc="outside lower center", ncols=len(KINDS))
    return figure


def _drawn(counts: Sequence[ModelCount]) -> list[ModelCount]:
    """The largest 60 in their order, and all others together."""
    largest = sorted(counts, key=lambda count: -count.parameters)[:_MOST_BARS]
    kept = {id(count) for count in largest}
    rest = [count for count in counts if id(count) not in kept]
    drawn = [count for count in counts if id(count) in kept]
    if rest:
        # Weights of several models may have one path, which a count refuses.
        weights = (
            replace(weight, path=f"{place}/{weight.path}", shared_with=())
            for place, count in enumerate(rest)
            for weight in count.weights
        )
        drawn.append(ModelCount(f"{len(rest):,} others, together", tuple(weights)))
    return drawn
