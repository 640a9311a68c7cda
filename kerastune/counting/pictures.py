"""Pictures of counts: how large models are, where their parameters lie, what a plan trains."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator, PercentFormatter

from kerastune.counting.breakdown import parts
from kerastune.counting.weights import KINDS, ModelCount
from kerastune.display import Table
from kerastune.display.formats import format_bytes, format_share, short_count
from kerastune.display.pictures import BLUE, GREEN, ORANGE, PICTURE_STYLE, shortened
from kerastune.display.texts import NOTHING, format_text

_MOST_BARS = 60
_BAR_HEIGHT = 0.7
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


@style.context(PICTURE_STYLE)
def totals_picture(counts: Sequence[ModelCount]) -> Figure:
    """The parameters of models side by side, by kind; of more than 60, the largest.

    Where one model is more than 100 times as large as another, the totals are dots on a
    logarithmic scale, with the kinds as shares of the whole beside them: the parts of a bar
    cannot be compared on a logarithmic scale.
    """
    drawn = [counts[place] for place in _largest(counts)]
    totals = [count.parameters for count in drawn]
    kinds = {kind: np.array([count.by_kind()[kind] for count in drawn]) for kind in KINDS}
    title = "parameters"
    if len(drawn) < len(counts):
        title += f" of the {len(drawn)} largest of {len(counts):,} models"
    positive = [total for total in totals if total]
    wide = bool(positive) and max(positive) > _WIDEST_RANGE * min(positive)
    figure = _bar_figure(len(drawn))
    panels = figure.subplots(1, 2 if wide else 1, sharey=True, squeeze=False)[0]
    if wide:
        _draw_dots(panels[0], totals)
        whole = np.maximum(totals, 1)
        _draw_kinds(panels[1], {kind: part / whole for kind, part in kinds.items()})
        _label_bars(panels[1], [1.0] * len(drawn), list(map(_trained, drawn)))
        panels[1].set(xlim=(0, 1.5), xticks=(0, 0.5, 1), xlabel="share of the parameters")
        panels[1].xaxis.set_major_formatter(PercentFormatter(1))
    else:
        _draw_kinds(panels[0], kinds)
        _label_bars(panels[0], totals, list(map(short_count, totals)))
    panels[0].set_xlabel("parameters, logarithmic scale" if wide else "parameters")
    panels[0].xaxis.set_major_formatter(_short_tick)
    _name_bars(panels, [count.name for count in drawn], title)
    return figure


@style.context(PICTURE_STYLE)
def breakdown_picture(count: ModelCount, by: str = "layer", depth: int = 1) -> Figure:
    """Where the parameters of a model are, by kind, as `breakdown` splits it.

    Of more than 60 parts, the largest are drawn, and one bar more for all others.
    """
    found = parts(count, by, depth)
    drawn = _largest(found)
    shown = [found[place] for place in drawn]
    if len(shown) < len(found):
        rest = [part for place, part in enumerate(found) if place not in drawn]
        together = tuple(weight for part in rest for weight in part.weights)
        shown.append(ModelCount(f"{len(rest):,} others, together", together))
    figure = _bar_figure(len(shown))
    axes = figure.add_subplot()
    _draw_kinds(axes, {kind: np.array([part.by_kind()[kind] for part in shown]) for kind in KINDS})
    totals = [part.parameters for part in shown]
    _label_bars(axes, totals, list(map(short_count, totals)))
    axes.set_xlabel("parameters")
    axes.xaxis.set_major_formatter(_short_tick)
    title = f"parameters of {shortened(count.name)} by {by}"
    _name_bars([axes], [part.name for part in shown], title)
    return figure


@style.context(PICTURE_STYLE)
def plans_picture(table: Table) -> Figure:
    """What the plans in a table of `compare_plans` train, and the memory that they take."""
    rows = table.to_dict()["rows"][:_MOST_BARS]
    figure = _bar_figure(len(rows))
    panels = figure.subplots(1, 2, sharey=True)
    for axes, (name, write) in zip(
        panels, {"share": format_share, "memory": format_bytes}.items(), strict=True
    ):
        lengths = [row[name] for row in rows]
        axes.barh(range(len(rows)), lengths, color=BLUE, height=_BAR_HEIGHT)
        _label_bars(axes, lengths, list(map(write, lengths)))
    panels[0].set_xlabel("share of the parameters that trains")
    panels[0].xaxis.set_major_formatter(PercentFormatter(1))
    panels[0].set_xticks((0, 0.25, 0.5, 0.75, 1))
    panels[1].set_xlabel("memory of training")
    panels[1].set_xticks(())  # Powers of ten are no round numbers of bytes.
    _name_bars(panels, [row["plan"] for row in rows], shortened(table.title))
    return figure


def _trained(count: ModelCount) -> str:
    """What share of a model trains, which may be too little for its bar to show."""
    if not count.parameters or count.by_kind()["unknown"]:
        return NOTHING
    return f"{format_share(count.trainable / count.parameters)} trains"


def _largest(counts: Sequence[ModelCount]) -> list[int]:
    """Where the largest of some counts are, in their order."""
    return sorted(sorted(range(len(counts)), key=lambda at: -counts[at].parameters)[:_MOST_BARS])


def _bar_figure(bars: int) -> Figure:
    """A figure that is as high as its bars need."""
    return Figure(figsize=(8.4, 1.2 + 0.27 * bars), layout="constrained")


def _draw_kinds(axes: Axes, kinds: Mapping[str, np.ndarray]) -> None:
    """One bar a row, in parts of one colour a kind."""
    start = np.zeros(len(kinds["trainable"]))
    for kind, part in kinds.items():
        if part.any():
            style = {"color": _COLOURS[kind], "height": _BAR_HEIGHT, "label": kind}
            axes.barh(range(len(part)), part, left=start, **style)
            start = start + part


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


def _name_bars(panels: Sequence[Axes], names: Sequence[str], title: str) -> None:
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


def _short_tick(parameters: float, position: float) -> str:  # noqa: ARG001
    """A round number at an axis: 25 M instead of 25.0 M."""
    number, _, prefix = short_count(round(parameters)).partition(" ")
    return f"{float(number):g} {prefix}".strip()
