"""A picture of kinds of layers: their parameters as they grow wider."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import cycle, product

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from scipy.optimize import isotonic_regression

from kerastune.counting.bars import short_tick
from kerastune.counting.layers.catalogue import layer_kinds
from kerastune.counting.layers.kinds import LayerKind
from kerastune.counting.layers.sizes import LayerSizes
from kerastune.display.pictures import BLUE, GREEN, PICTURE_STYLE, PURPLE, VERMILION
from kerastune.errors import InputError

# Dark enough for lines and letters on white.
_COLOURS = (BLUE, VERMILION, GREEN, PURPLE, "#B87E00", "#4A9CC9", "0.35")
_LINES = ("-", "--", ":", "-.")
_MOST_TICKS = 12
_LABEL_POINTS = 10.5
_LABEL_DISTANCE = 22


@style.context(PICTURE_STYLE)
def layers_picture(
    kinds: Sequence[str],
    *,
    widths: Sequence[int] = (32, 64, 128, 256, 512, 1024),
    inputs: int | None = None,
    kernel_size: int = 3,
    groups: int = 4,
    heads: int = 8,
    key_value_heads: int = 2,
    use_bias: bool = True,
) -> Figure:
    """Draw the parameters of kinds of layers against their width.

    Both axes are logarithmic, so that a slope of 2 is a layer that costs four times as much
    at twice the width. Kinds with the same parameters everywhere share a line.

    Args:
        kinds: sequence of str, names in `LAYERS`.
        widths: sequence of int, the units to count at. Default: 32 to 1024.
        inputs: int, the features of the input, or None for as many as units. Default: None.
        kernel_size: int, the side of a convolution's kernel. Default: 3.
        groups: int, of a grouped convolution. Default: 4.
        heads: int, of attention. Default: 8.
        key_value_heads: int, of grouped-query attention. Default: 2.
        use_bias: bool, whether layers that can have biases do. Default: True.

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
    sizes = [
        LayerSizes(
            inputs=width if inputs is None else inputs,
            units=width,
            kernel_size=kernel_size,
            groups=groups,
            heads=heads,
            key_value_heads=key_value_heads,
            use_bias=use_bias,
        )
        for width in sorted(set(widths))
    ]
    curves = _curves(layer_kinds(kinds), sizes)
    figure = Figure(figsize=(7.2, max(4.4, 0.2 * len(curves))), layout="constrained")
    axes = figure.add_subplot()
    axes.set(xscale="log", yscale="log", xlabel=_width_label(inputs), ylabel="parameters")
    axes.set_title("parameters of one layer")
    ticks = [size.units for size in sizes]
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
    """The parameters at each of the sizes, by the names of the kinds that have them.

    The largest come first.
    """
    names: defaultdict[tuple[int, ...], list[str]] = defaultdict(list)
    for kind in dict.fromkeys(kinds):
        for size in sizes:
            kind.check(size)
        names[tuple(kind.parameters.value(size) for size in sizes)].append(kind.name)
    # In the order of their ends, so that neighbours get different colours.
    ordered = sorted(names.items(), key=lambda curve: curve[0][-1], reverse=True)
    return {", ".join(same): list(parameters) for parameters, same in ordered}


def _width_label(inputs: int | None) -> str:
    """What the horizontal axis shows."""
    return "inputs = units" if inputs is None else f"units, of {inputs} inputs"


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
            arrowprops={
                "arrowstyle": "-",
                "color": line.get_color(),
                "lw": 0.6,
                "relpos": (0, 0.5),  # From the left of the name, at half its height.
                "shrinkA": 1,
                "shrinkB": 3,
            },
        )
