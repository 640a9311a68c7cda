"""Pictures of counts: how large models are, where their parameters lie, what a plan trains."""

from collections.abc import Sequence

import numpy as np
from matplotlib import style
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from kerastune.counting.bars import (
    BAR_HEIGHT,
    MOST_BARS,
    bar_figure,
    draw_dots,
    draw_kinds,
    label_bars,
    largest,
    name_bars,
    short_tick,
)
from kerastune.counting.breakdown import Part, parts
from kerastune.counting.weights import KINDS, ModelCount
from kerastune.display import Table
from kerastune.display.formats import format_bytes, format_share, short_count
from kerastune.display.pictures import BLUE, PICTURE_STYLE, shortened
from kerastune.display.texts import NOTHING, format_text
from kerastune.errors import InputError

# In a wider range, the smallest bar of a common scale is thinner than a line.
_WIDEST_RANGE = 100


@style.context(PICTURE_STYLE)
def totals_picture(counts: Sequence[ModelCount]) -> Figure:
    """The parameters of models side by side, by kind.

    Where one model is more than 100 times as large as another, the totals are dots on a
    logarithmic scale, with the kinds as shares of the whole beside them: the parts of a bar
    cannot be compared on a logarithmic scale.

    Args:
        counts: sequence of `ModelCount`. Of more than 60, the largest are drawn.

    Returns:
        A Matplotlib `Figure`.

    Raises:
        InputError: if there are no models.

    Example:

    >>> from kerastune.counting.weights import Weight
    >>> kernel = Weight("dense/kernel", (20, 3), "float32", "trainable", 60, 240)
    >>> figure = totals_picture([ModelCount("small", (kernel,))])
    >>> figure.axes[0].get_xlabel()
    'parameters'
    """
    if not counts:
        raise InputError("Expected at least one model to draw. Received: none")
    drawn = [counts[place] for place in largest([count.parameters for count in counts])]
    totals = [count.parameters for count in drawn]
    kinds = {kind: np.array([count.by_kind()[kind] for count in drawn]) for kind in KINDS}
    title = "parameters"
    if len(drawn) < len(counts):
        title += f" of the {len(drawn)} largest of {len(counts):,} models"
    positive = [total for total in totals if total]
    wide = bool(positive) and max(positive) > _WIDEST_RANGE * min(positive)
    figure = bar_figure(len(drawn))
    panels = figure.subplots(1, 2 if wide else 1, sharey=True, squeeze=False)[0]
    if wide:
        draw_dots(panels[0], totals)
        whole = np.maximum(totals, 1)
        draw_kinds(panels[1], {kind: part / whole for kind, part in kinds.items()})
        label_bars(panels[1], [1.0] * len(drawn), list(map(_trained, drawn)))
        panels[1].set(xlim=(0, 1.5), xticks=(0, 0.5, 1), xlabel="share of the parameters")
        panels[1].xaxis.set_major_formatter(PercentFormatter(1))
    else:
        draw_kinds(panels[0], kinds)
        label_bars(panels[0], totals, list(map(short_count, totals)))
    panels[0].set_xlabel("parameters, logarithmic scale" if wide else "parameters")
    panels[0].xaxis.set_major_formatter(short_tick)
    name_bars(panels, [count.name for count in drawn], title)
    return figure


@style.context(PICTURE_STYLE)
def breakdown_picture(count: ModelCount, by: str = "layer", depth: int = 1) -> Figure:
    """Where the parameters of a model are, by kind.

    Args:
        count: the `ModelCount`.
        by: str, as for `kerastune.counting.breakdown`. Default: `"layer"`.
        depth: int, as for `kerastune.counting.breakdown`. Default: 1.

    Returns:
        A Matplotlib `Figure`, with a bar for each part from input to output. Of more than 60
        parts, the largest are drawn, and one bar more for all others.

    Raises:
        InputError: as for `kerastune.counting.breakdown`, or if the model has no parameters.

    Example:

    >>> from kerastune.counting.weights import Weight
    >>> kernel = Weight("dense/kernel", (20, 3), "float32", "trainable", 60, 240)
    >>> figure = breakdown_picture(ModelCount("small", (kernel,)))
    >>> figure.axes[0].get_title(loc="left")
    'parameters of small by layer'
    """
    found = parts(count, by, depth)
    if not found:
        raise InputError(f"Expected a model with parameters. Received: {count.name!r}, without")
    drawn = largest([part.parameters for part in found])
    shown = [found[place] for place in drawn]
    if len(shown) < len(found):
        rest = [part for place, part in enumerate(found) if place not in drawn]
        together = tuple(weight for part in rest for weight in part.weights)
        shown.append(Part(f"{len(rest):,} others, together", together))
    figure = bar_figure(len(shown))
    axes = figure.add_subplot()
    draw_kinds(axes, {kind: np.array([part.of(kind) for part in shown]) for kind in KINDS})
    totals = [part.parameters for part in shown]
    label_bars(axes, totals, list(map(short_count, totals)))
    axes.set_xlabel("parameters")
    axes.xaxis.set_major_formatter(short_tick)
    title = f"parameters of {shortened(count.name)} by {by}"
    name_bars([axes], [part.name for part in shown], title)
    return figure


@style.context(PICTURE_STYLE)
def plans_picture(table: Table) -> Figure:
    """What plans train, and the memory that they take.

    Args:
        table: the `Table` of `kerastune.counting.compare_plans`. Of more than 60 rows, the
            first are drawn.

    Returns:
        A Matplotlib `Figure`: at the left the share of the parameters that each plan trains,
        at the right its memory.

    Raises:
        InputError: if the table has no rows, or not the columns `plan`, `share` and `memory`.

    Example:

    >>> from kerastune.display import Column
    >>> columns = Column("plan", "text"), Column("share", "share"), Column("memory", "bytes")
    >>> figure = plans_picture(Table("Plans", columns, (("full", 1.0, 2048),)))
    >>> figure.axes[0].get_xlabel()
    'share of the parameters that trains'
    """
    rows = table.to_dict()["rows"][:MOST_BARS]
    if not rows or not {"plan", "share", "memory"} <= rows[0].keys():
        raise InputError(
            "Expected a table of plans with the columns plan, share and memory. "
            f"Received: {format_text(table.title)!r} with {len(table.rows)} rows and the columns "
            f"{', '.join(column.name for column in table.columns)}"
        )
    figure = bar_figure(len(rows))
    panels = figure.subplots(1, 2, sharey=True)
    for axes, (name, write) in zip(
        panels, {"share": format_share, "memory": format_bytes}.items(), strict=True
    ):
        values = [row[name] for row in rows]
        lengths = [value or 0 for value in values]
        axes.barh(range(len(rows)), lengths, color=BLUE, height=BAR_HEIGHT)
        label_bars(axes, lengths, [NOTHING if value is None else write(value) for value in values])
    panels[0].set_xlabel("share of the parameters that trains")
    panels[0].xaxis.set_major_formatter(PercentFormatter(1))
    panels[0].set_xticks((0, 0.25, 0.5, 0.75, 1))
    panels[1].set_xlabel("memory of training")
    panels[1].set_xticks(())  # Powers of ten are no round numbers of bytes.
    name_bars(panels, [row["plan"] for row in rows], shortened(table.title))
    return figure


def _trained(count: ModelCount) -> str:
    """What share of a model trains, which may be too little for its bar to show."""
    if not count.parameters or count.by_kind()["unknown"]:
        return NOTHING
    return f"{format_share(count.trainable / count.parameters)} trains"
