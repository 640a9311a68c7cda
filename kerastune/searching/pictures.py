"""The pictures of a search, as Optuna draws them, in the style of this library."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from matplotlib import rc_context, style

from kerastune.display.pictures import PICTURE_STYLE, png_bytes
from kerastune.searching.optuna_library import import_optuna
from kerastune.searching.study import trials_of

if TYPE_CHECKING:
    from optuna.study import Study

_FEWEST_FOR_IMPORTANCE = 5


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
        for side in ("left", "bottom"):
            one.spines[side].set(visible=True, color="0.6")
    return png_bytes(figure)
