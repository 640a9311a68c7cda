"""A picture of kinds of layers: their parameters as they grow wider."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from itertools import cycle, product
from typing import Any

from matplotlib import style
from matplotlib.figure import Figure

from kerastune.backends import build_abstract
from kerastune.counting.bars import short_tick
from kerastune.counting.layers.catalogue import layer_kinds
from kerastune.counting.layers.kinds import LayerKind, LayerSizes
from kerastune.display.pictures import BLUE, GREEN, PICTURE_STYLE, PURPLE, VERMILION
from kerastune.errors import InputError

# Dark enough for lines on white.
_COLOURS = (BLUE, VERMILION, GREEN, PURPLE, "#B87E00", "#4A9CC9", "0.35")
_LINES = ("-", "--", ":", "-.")
_MOST_TICKS = 12


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
    figure.legend(loc="outside right upper", fontsize=8)
    return figure


def _curves(kinds: Sequence[LayerKind], sizes: Sequence[LayerSizes]) -> Mapping[str, list[int]]:
    """The parameters at each of the sizes, by the names of the kinds that have them."""
    names: defaultdict[tuple[int, ...], list[str]] = defaultdict(list)
    for kind in dict.fromkeys(kinds):
        models = [build_abstract(partial(kind.build, size)) for size in sizes]
        names[tuple(model.count_params() for model in models)].append(kind.name)
    # From the highest at the right end, as the legend stands there.
    ordered = sorted(names.items(), key=lambda curve: curve[0][-1], reverse=True)
    return {", ".join(same): list(parameters) for parameters, same in ordered}
