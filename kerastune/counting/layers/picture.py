"""A picture of kinds of layers: their parameters as they grow wider."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import cycle, product
from typing import Any

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.optimize import isotonic_regression

from kerastune.backends import build_abstract
from kerastune.counting.bars import short_tick
from kerastune.counting.layers.catalogue import layer_kinds
from kerastune.counting.layers.kinds import LayerKind, LayerSizes
from kerastune.display.pictures import BLUE, GREEN, PICTURE_STYLE, PURPLE, VERMILION
from kerastune.errors import InputError

# Dark enough for lines and letters on white.
_COLOURS = (BLUE, VERMILION, GREEN, PURPLE, "#B87E00", "#4A9CC9", "0.35")
_LINES = ("-", "--", ":", "-.")
_MOST_TICKS = 12
_LABEL_POINTS = 10.5
_LABEL_DISTANCE = 22
_LEADER = {"arrowstyle": "-", "lw": 0.6, "relpos": (0, 0.5), "shrinkA": 1, "shrinkB": 3}


@style.context(PICTURE_STYLE)
def layers_picture(
    kinds: Sequence[str],
    *,
    widths: Sequence[int] = (32, 64, 128, 256, 512, 1024),
    inputs: int | None = None,
    **sizes: Any,
) -> Figure:
    """Draw the parameters of kinds of layers against their width.

    Both axes are logarithmic, so that a slope of 2 is a layer that costs four times as much
    at twice the width. Kinds with the same parameters everywhere share a line.

    Args:
        kinds: sequence of str, names in `LAYERS`.
        widths: sequence of int, the units to count at. Default: 32 to 1024.
        inputs: int, the features of the input, or None for as many as units. Default: None.
        **sizes: as for `kerastune.counting.compare_layers`.

    Returns:
        A Matplotlib `Figure`.

    Raises:
        InputError: if a kind is not known, or no such layer has one of these widths.

    Example:

    >>> figure = layers_picture(["dense", "lstm"], widths=[64, 128])
    >>> lstm, dense = figure.axes[0].lines
    >>> [int(parameters) for parameters in lstm.get_ydata()]
    [33024, 131584]
    """
    if not len(widths):
        raise InputError(f"Expected at least one width. Received: widths={widths!r}")
    every = [
        LayerSizes(width if inputs is None else inputs, width, **sizes)
        for width in sorted(set(widths))
    ]
    curves = _curves(layer_kinds(kinds), every)
    figure = Figure(figsize=(7.2, max(4.4, 0.2 * len(curves))), layout="constrained")
    axes = figure.add_subplot()
    label = "inputs = units" if inputs is None else f"units, of {inputs} inputs"
    axes.set(xscale="log", yscale="log", xlabel=label, ylabel="parameters")
    axes.set_title("parameters of one layer")
    ticks = [size.units for size in every]
    for (name, parameters), (line, colour) in zip(
        curves.items(), cycle(product(_LINES, _COLOURS)), strict=False
    ):
        axes.plot(ticks, parameters, ls=line, color=colour, marker="o", ms=3, label=name)
    axes.yaxis.set_major_formatter(short_tick)
    axes.minorticks_off()
    if len(ticks) <= _MOST_TICKS:
        axes.set_xticks(ticks, [str(width) for width in ticks])
    figure.draw_without_rendering()  # The heights are known after the layout.
    _name_lines(axes)
    return figure


def _curves(kinds: Sequence[LayerKind], sizes: Sequence[LayerSizes]) -> Mapping[str, list[int]]:
    """The parameters at each of the sizes, by the names of the kinds that have them."""
    names: defaultdict[tuple[int, ...], list[str]] = defaultdict(list)
    for kind in dict.fromkeys(kinds):
        models = [build_abstract(partial(kind.build, size)) for size in sizes]
        names[tuple(model.count_params() for model in models)].append(kind.name)
    # In the order of their ends, so that neighbours get different colours.
    ordered = sorted(names.items(), key=lambda curve: curve[0][-1], reverse=True)
    return {", ".join(same): list(parameters) for parameters, same in ordered}


def _name_lines(axes: Axes) -> None:
    """Write each line's name at its right end, moved up or down where names would touch."""
    lines = axes.lines[::-1]  # The lowest first.
    ends = [np.asarray(line.get_data())[:, -1] for line in lines]
    points = 72 / axes.figure.dpi
    heights = np.array([axes.transData.transform(end)[1] * points for end in ends])
    room = _LABEL_POINTS * np.arange(len(lines))
    # The places nearest to the ends, in their order, with room for a name between them.
    places = isotonic_regression(heights - room).x + room
    for line, end, move in zip(lines, ends, places - heights, strict=True):
        axes.annotate(
            str(line.get_label()),
            xy=tuple(end),
            xytext=(_LABEL_DISTANCE, move),
            textcoords="offset points",
            va="center",
            fontsize=8,
            color=line.get_color(),
            # From the left of the name, at half its height.
            arrowprops=_LEADER | {"color": line.get_color()},
        )
