"""Pictures of counts: how large models are, and where their parameters lie."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, PercentFormatter

from kerastune.counting.weights import KINDS, ModelCount
from kerastune.display.formats import format_share, short_count
from kerastune.display.pictures import BLUE, GREEN, ORANGE, PICTURE_STYLE, shortened
from kerastune.display.texts import NOTHING, format_text

_MOST_BARS = 60
# In a wider range, the smallest bar of a common scale is thinner than a line.
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
    """The parameters of models side by side, by kind.

    Where one model is more than 100 times as large as another, the totals are dots on a
    logarithmic scale, with the kinds as shares of the whole beside them: the parts of a bar
    cannot be compared on a logarithmic scale.
    """
    positive = [count.parameters for count in counts if count.parameters]
    wide = bool(positive) and max(positive) > _WIDEST_RANGE * min(positive)
    return _wide_picture(counts) if wide else bars_picture(counts, "parameters")


@style.context(PICTURE_STYLE)
def bars_picture(counts: Sequence[ModelCount], title: str) -> Figure:
    """A bar for each model, or part of one, from top to bottom, in parts by kind.

    Of more than 60, the largest have a bar, and one more is for all others.
    """
    drawn = _drawn(counts)
    figure, [axes] = _panels(drawn, title, 1)
    totals = [count.parameters for count in drawn]
    _draw_kinds(axes, _by_kind(drawn))
    _label_bars(axes, totals, list(map(short_count, totals)))
    axes.set_xlabel("parameters")
    axes.xaxis.set_major_formatter(_short_tick)
    return figure


@style.context(PICTURE_STYLE)
def _wide_picture(counts: Sequence[ModelCount]) -> Figure:
    """The totals as dots, and the shares of the kinds at their right."""
    drawn = _drawn(counts)
    figure, [dots, shares] = _panels(drawn, "parameters", 2)
    totals = [count.parameters for count in drawn]
    _draw_dots(dots, totals)
    dots.set_xlabel("parameters, logarithmic scale")
    dots.xaxis.set_major_formatter(_short_tick)
    whole = np.maximum(totals, 1)
    _draw_kinds(shares, {kind: part / whole for kind, part in _by_kind(drawn).items()})
    _label_bars(shares, [1.0] * len(drawn), list(map(_trained, drawn)))
    shares.set(xlim=(0, 1.5), xticks=(0, 0.5, 1), xlabel="share of the parameters")
    shares.xaxis.set_major_formatter(PercentFormatter(1))
    return figure


def _drawn(counts: Sequence[ModelCount]) -> list[ModelCount]:
    """The largest in their order, and all others together."""
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


def _by_kind(counts: Sequence[ModelCount]) -> dict[str, np.ndarray]:
    return {kind: np.array([count.by_kind()[kind] for count in counts]) for kind in KINDS}


def _trained(count: ModelCount) -> str:
    """What share of a model trains, which may be too little for its bar to show."""
    if not count.parameters or count.by_kind()["unknown"]:
        return NOTHING
    return f"{format_share(count.trainable / count.parameters)} trains"


def _panels(counts: Sequence[ModelCount], title: str, panels: int) -> tuple[Figure, list[Axes]]:
    """A figure as high as its bars need, and its panels, with the names of the bars."""
    figure = Figure(figsize=(8.4, 1.2 + 0.27 * len(counts)), layout="constrained")
    every = list(figure.subplots(1, panels, sharey=True, squeeze=False)[0])
    # A "$" in a name is a dollar, not the start of a formula.
    labels = [shortened(format_text(count.name)) for count in counts]
    every[0].set_yticks(range(len(counts)), labels, parse_math=False)
    every[0].set_ylim(len(counts) - 0.4, -0.6)
    every[0].set_title(format_text(title), parse_math=False)
    for axes in every:
        axes.grid(visible=False, axis="y")
        axes.tick_params(length=0)
        axes.spines["left"].set_visible(False)
    return figure, every


def _draw_kinds(axes: Axes, kinds: Mapping[str, np.ndarray]) -> None:
    """One bar a row, in parts of one colour a kind."""
    start = np.zeros(len(kinds["trainable"]))
    for kind, part in kinds.items():
        if part.any():
            colour = _COLOURS[kind]
            axes.barh(range(len(part)), part, left=start, color=colour, height=0.7, label=kind)
            start = start + part
    if start.any():
        axes.figure.legend(loc="outside lower center", ncols=len(KINDS))


def _draw_dots(axes: Axes, totals: Sequence[int]) -> None:
    """One dot a row on a logarithmic scale, where a bar would have no honest length."""
    known = [(total, place) for place, total in enumerate(totals) if total]
    axes.set_xscale("log")
    axes.plot(*zip(*known, strict=True), "o", ls="none", color="0.2", ms=5)
    # Room for a label at the right of the largest.
    axes.set_xlim(min(known)[0] / 3, max(known)[0] * (max(known)[0] / min(known)[0]) ** 0.35)
    axes.xaxis.set_minor_locator(NullLocator())
    for place, total in enumerate(totals):
        _write(axes, total or axes.get_xlim()[0], place, short_count(total))


def _label_bars(axes: Axes, lengths: Sequence[float], texts: Sequence[str]) -> None:
    """A text at the end of each bar, and room for it."""
    axes.set_xlim(0, 1.22 * max(lengths) or 1)
    for place, (length, text) in enumerate(zip(lengths, texts, strict=True)):
        _write(axes, length, place, text)


def _write(axes: Axes, x: float, y: float, text: str) -> None:
    """A text at the right of a point."""
    axes.annotate(text, (x, y), xytext=(5, 0), textcoords="offset points", va="center", color="0.2")


def _short_tick(parameters: float, position: float) -> str:  # noqa: ARG001
    """A round number at an axis: 25 M instead of 25.0 M."""
    number, _, prefix = short_count(round(parameters)).partition(" ")
    return f"{float(number):g} {prefix}".strip()
