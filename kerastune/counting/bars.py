"""Bars with names, kinds and numbers, of which the pictures of counts are made."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from kerastune.counting.weights import KINDS
from kerastune.display.formats import short_count
from kerastune.display.pictures import BLUE, GREEN, ORANGE, shortened
from kerastune.display.texts import format_text

MOST_BARS = 60
BAR_HEIGHT = 0.7

# What does not train is grey.
_COLOURS = {
    "trainable": BLUE,
    "frozen": "0.72",
    "adapter": GREEN,
    "state": ORANGE,
    "unknown": "0.88",
}


def bar_figure(bars: int) -> Figure:
    """A figure that is as high as its bars need."""
    return Figure(figsize=(8.4, 1.2 + 0.27 * bars), layout="constrained")


def largest(totals: Sequence[int]) -> list[int]:
    """Where the largest of some totals are, in their order."""
    return sorted(sorted(range(len(totals)), key=lambda place: -totals[place])[:MOST_BARS])


def draw_kinds(axes: Axes, kinds: Mapping[str, np.ndarray]) -> None:
    """One bar a row, in parts of one colour a kind."""
    start = np.zeros(len(kinds["trainable"]))
    for kind, part in kinds.items():
        if part.any():
            axes.barh(
                range(len(part)),
                part,
                left=start,
                color=_COLOURS[kind],
                height=BAR_HEIGHT,
                label=kind,
            )
            start = start + part


def draw_dots(axes: Axes, totals: Sequence[int]) -> None:
    """One dot a row on a logarithmic scale, where a bar would have no honest length."""
    known = [(total, place) for place, total in enumerate(totals) if total]
    axes.set_xscale("log")
    axes.plot(*zip(*known, strict=True), "o", ls="none", color="0.2", ms=5)
    # Room for a label at the right of the largest.
    axes.set_xlim(min(known)[0] / 3, max(known)[0] * (max(known)[0] / min(known)[0]) ** 0.35)
    axes.xaxis.set_minor_locator(NullLocator())
    for place, total in enumerate(totals):
        _write(axes, total or axes.get_xlim()[0], place, short_count(total))


def label_bars(axes: Axes, lengths: Sequence[float], texts: Sequence[str]) -> None:
    """A text at the end of each bar, and room for it."""
    axes.set_xlim(0, 1.22 * max(lengths) or 1)
    for place, (length, text) in enumerate(zip(lengths, texts, strict=True)):
        _write(axes, length, place, text)


def _write(axes: Axes, x: float, y: float, text: str) -> None:
    """A text at the right of a point."""
    axes.annotate(text, (x, y), xytext=(5, 0), textcoords="offset points", va="center", color="0.2")


def name_bars(panels: Sequence[Axes], names: Sequence[str], title: str) -> None:
    """The names of the bars, from top to bottom, the title, and the colours of the kinds."""
    first = panels[0]
    # A "$" in a name is a dollar, not the start of a formula.
    labels = [shortened(format_text(name)) for name in names]
    first.set_yticks(range(len(names)), labels, parse_math=False)
    first.set_ylim(len(names) - 0.4, -0.6)
    first.set_title(format_text(title), parse_math=False)
    for axes in panels:
        axes.grid(visible=False, axis="y")
        axes.tick_params(length=0)
        axes.spines["left"].set_visible(False)
    if panels[-1].get_legend_handles_labels()[0]:
        first.figure.legend(loc="outside lower center", ncols=len(KINDS))


def short_tick(parameters: float, position: float) -> str:  # noqa: ARG001
    """A round number at an axis: 25 M instead of 25.0 M."""
    number, _, prefix = short_count(round(parameters)).partition(" ")
    return f"{float(number):g} {prefix}".strip()
