"""The picture of rates: how fast each layer group learned, step by step."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from matplotlib import colormaps, style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from kerastune.display.pictures import PICTURE_STYLE, PICTURE_WIDTH, fitted, text_width
from kerastune.errors import InputError
from kerastune.evaluation.curves import name_stages

# From dark at the input to light at the output, without the yellow end that white hides.
_DEPTH_COLOURS = colormaps["viridis"]
_LIGHTEST = 0.75
_THICK, _THIN = 3.0, 1.2
_MOST_NAMES = 16
_HEIGHT = 3.2  # Inches, without the names.
_NAME_POINTS, _LINE_POINTS = 8, 34  # The latter is the line before a name, with its gaps.
# How far below the smallest peak a rate is still shown; schedules that end at zero would
# stretch a logarithmic axis without end.
_SHOWN_BELOW_PEAK = 1 / 30


@style.context(PICTURE_STYLE)
def rates_picture(
    rates: Mapping[str, Sequence[float] | np.ndarray], stages: Sequence[tuple[str, int]] = ()
) -> Figure:
    """Returns the learning rate of each layer group at each training step, with the stages marked.

    Groups in a row whose rates are the same are drawn as one. Where a group is frozen
    its line has a gap.

    Args:
        rates: dictionary from the name of a layer group to its rates, one a training
            step, all of the same number; 0 where it is frozen. From input to output.
        stages: sequence of (name, number of training steps), in their order. Default:
            one stage without a name.

    Returns:
        A Matplotlib `Figure`.

    Raises:
        InputError: there is no group, or the numbers of steps do not fit.

    Example:

    >>> rates = {"embeddings": [0.0, 0.1], "block_1": [0.0, 0.1], "head": [1.0, 0.2]}
    >>> figure = rates_picture(rates, stages=[("probe", 1), ("all", 1)])
    >>> [text.get_text() for text in figure.legends[0].get_texts()]
    ['head', 'embeddings, block_1']
    """
    steps = _checked_steps(rates, stages)
    lines = _same_in_a_row(rates)
    lengths = [length for _, length in stages] or [steps]
    starts = [0, *np.cumsum(lengths).tolist()]
    figure = Figure(layout="constrained")
    axes = figure.add_subplot()
    _draw(axes, lines, starts)
    _scale(axes, [values for _, values in lines], steps)
    named = _name_lines(figure, axes, len(lines)) if len(rates) > 1 else 0.0
    figure.set_size_inches(PICTURE_WIDTH, _HEIGHT + named)
    axes.set_title("learning rate")
    axes.set_xlabel("training step")
    for start in starts[1:-1]:
        axes.axvline(start, color="0.5", linewidth=0.8, linestyle=(0, (4, 3)), zorder=1)
    if len(stages) > 1:
        names = [(start, name) for start, (name, _) in zip(starts, stages, strict=False)]
        axes.set_title("learning rate", pad=name_stages(axes, names))
    return figure


def _checked_steps(
    rates: Mapping[str, Sequence[float] | np.ndarray], stages: Sequence[tuple[str, int]]
) -> int:
    """Returns the training steps, which all rates and the stages together must have."""
    lengths = {len(values) for values in rates.values()}
    if len(lengths) != 1 or lengths == {0}:
        raise InputError(
            "Expected layer groups with a rate for each training step. Received: "
            f"{ {name: len(values) for name, values in rates.items()} } rates"
        )
    (steps,) = lengths
    if stages and sum(length for _, length in stages) != steps:
        raise InputError(
            f"Expected stages of {steps} training steps together, as there are rates. "
            f"Received: {list(stages)!r}"
        )
    return steps


def _same_in_a_row(
    rates: Mapping[str, Sequence[float] | np.ndarray],
) -> list[tuple[str, np.ndarray]]:
    """Returns the lines to draw: a label, and rates with NaN where the groups are frozen."""
    found: list[tuple[list[str], np.ndarray]] = []
    for name, given in rates.items():
        values = np.asarray(given, dtype=float)
        values = np.where(values > 0, values, np.nan)
        if found and np.array_equal(found[-1][1], values, equal_nan=True):
            found[-1][0].append(name)
        else:
            found.append(([name], values))
    return [(_label(names, bool(np.isnan(values).all())), values) for names, values in found]


def _label(names: Sequence[str], is_frozen: bool) -> str:
    """Returns the groups of a line, as long as the picture is wide."""
    joint, ending = ", " if len(names) < 3 else " to ", ": frozen" if is_frozen else ""
    ends = names[:1] if len(names) == 1 else [names[0], names[-1]]
    room = 72 * PICTURE_WIDTH - _LINE_POINTS - text_width(joint + ending, _NAME_POINTS)
    return joint.join(fitted(name, _NAME_POINTS, room / len(ends)) for name in ends) + ending


def _draw(axes: Axes, lines: Sequence[tuple[str, np.ndarray]], starts: Sequence[int]) -> None:
    """Draws each line, coloured by its depth, with a gap between stages."""
    for number, (label, values) in enumerate(lines):
        depth = number / max(1, len(lines) - 1)
        for start, end in pairwise(starts):
            # Each step holds its rate until the next.
            axes.plot(
                np.arange(start, end + 1),
                np.append(values[start:end], values[end - 1]),
                drawstyle="steps-post",
                # What never trains is named, and has nothing to show beside its name.
                linestyle="none" if np.isnan(values).all() else "-",
                color=_DEPTH_COLOURS(_LIGHTEST * depth),
                # A line under another still shows at its edges.
                linewidth=_THICK + (_THIN - _THICK) * depth,
                label=label if start == 0 else "_",
            )


def _scale(axes: Axes, lines: Sequence[np.ndarray], steps: int) -> None:
    """Sets a logarithmic axis on which every line has its peak."""
    axes.set_yscale("log")
    axes.set_xlim(-0.02 * steps, 1.02 * steps)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    peaks = [np.nanmax(values) for values in lines if not np.isnan(values).all()]
    if peaks:
        lowest = min(np.nanmin(values) for values in lines if not np.isnan(values).all())
        axes.set_ylim(max(lowest, min(peaks) * _SHOWN_BELOW_PEAK) / 1.3, max(peaks) * 1.3)


def _name_lines(figure: Figure, axes: Axes, lines: int) -> float:
    """Returns the groups under the axes, the output first; every so many where they are many.

    Returns the inches that they take.
    """
    handles, labels = axes.get_legend_handles_labels()
    shown = np.unique(np.linspace(0, lines - 1, min(lines, _MOST_NAMES)).round().astype(int))[::-1]
    widest = max(text_width(labels[number], _NAME_POINTS) for number in shown)
    columns = 2 if 2 * (widest + _LINE_POINTS) < 72 * PICTURE_WIDTH else 1
    legend = figure.legend(
        [handles[number] for number in shown],
        [labels[number] for number in shown],
        loc="outside lower left",
        ncols=columns,
        fontsize=_NAME_POINTS,
        handlelength=1.4,
    )
    for text in legend.get_texts():
        text.set_parse_math(False)
    return -(-len(shown) // columns) * 1.65 * _NAME_POINTS / 72
