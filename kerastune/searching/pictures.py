"""The pictures of a search, as Optuna draws them, in the style of this library."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rc_context, style
from matplotlib.ticker import FormatStrFormatter, LogLocator, NullFormatter

from kerastune.display.pictures import PICTURE_STYLE, png_bytes
from kerastune.searching.optuna_library import import_optuna
from kerastune.searching.study import trials_of

if TYPE_CHECKING:
    from optuna.study import Study

_FEWEST_FOR_IMPORTANCE = 5
# A value so many times the median hides how the others differ.
_FAR = 20


def search_pictures(study: "Study", metric: str) -> dict[str, bytes]:
    """Returns the pictures of a study.

    Args:
        study: the `Study` of Optuna.
        metric: str, what is optimized.

    Returns:
        Dictionary from a caption to the bytes of a PNG file: the history; the importance of each
        setting, by fANOVA, where there are five complete trials that differ; and the metric
        over each setting. Empty without a complete trial.
    """
    complete = trials_of(study, "COMPLETE")
    if not complete:
        return {}
    name = metric.replace("_", " ")
    drawing = import_optuna().visualization.matplotlib
    found = {}
    with _drawn_in_style():
        found["Optimization history"] = _png(
            drawing.plot_optimization_history(study, target_name=name)
        )
        if len(complete) >= _FEWEST_FOR_IMPORTANCE and len({one.value for one in complete}) > 1:
            # Seeded, so that the same study has the same picture.
            judge = import_optuna().importance.FanovaImportanceEvaluator(seed=0)
            axes = drawing.plot_param_importances(study, evaluator=judge, target_name=name)
            # Of one colour, and over the longest bar; room for the number behind that.
            axes.get_legend().remove()
            axes.set_xlim(0, 1.1)
            found["Parameter importances"] = _png(axes)
        found["Slices"] = _png(drawing.plot_slice(study, target_name=name))
    return found


@contextmanager
def _drawn_in_style() -> Iterator[None]:
    """Matplotlib's settings and figures are as before afterwards: Optuna sets a style for good."""
    from matplotlib import pyplot

    former = set(pyplot.get_fignums())
    try:
        with rc_context(), style.context(PICTURE_STYLE), warnings.catch_warnings():
            # Optuna's of what is experimental, Matplotlib's of values that are all the same.
            warnings.simplefilter("ignore")
            yield
    finally:
        for number in set(pyplot.get_fignums()) - former:
            pyplot.close(number)


def _png(axes: Any) -> bytes:
    """The figure of what Optuna has drawn, in the colours of the other pictures."""
    drawn = list(axes.flat) if hasattr(axes, "flat") else [axes]
    figure = drawn[0].figure
    # The caption says what it is.
    figure.suptitle("")
    for one in drawn:
        one.set_title("")
        one.set_facecolor("white")
        one.grid(color="0.92")
        one.set_axisbelow(True)
        _show_all_trials(one)
        if one.get_xscale() == "log":
            low, high = one.get_xlim()
            # Of more decades numbers in between would be written over each other.
            one.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if high < 300 * low else (1,)))
            one.xaxis.set_major_formatter(FormatStrFormatter("%g"))
            one.xaxis.set_minor_formatter(NullFormatter())
        for side in ("left", "bottom"):
            one.spines[side].set(visible=True, color="0.6")
    return png_bytes(figure)


def _show_all_trials(axes: Any) -> None:
    """A logarithmic axis of the metric where a trial that failed hides how the others differ."""
    drawn = [line.get_ydata() for line in axes.lines]
    drawn += [points.get_offsets()[:, 1] for points in axes.collections]
    values = np.concatenate([np.empty(0), *(np.asarray(one, "float64").ravel() for one in drawn)])
    values = values[np.isfinite(values)]  # The best value, before there is one, is not.
    if len(values) and values.min() > 0 and values.max() > _FAR * np.median(values):
        axes.set_yscale("log")
