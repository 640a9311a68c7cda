"""Metrics and pictures of predicted quantiles."""

from collections.abc import Sequence

import numpy as np
import sklearn
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from kerastune.errors import InputError
from kerastune.evaluation.evaluation import Evaluation, Metric
from kerastune.evaluation.intervals import coverage_picture, interval_metrics
from kerastune.evaluation.metrics import evaluate_quantities


def central_pairs(quantiles: Sequence[float]) -> dict[float, tuple[int, int]]:
    """Returns the central intervals that some quantiles bound.

    Args:
        quantiles: sequence of float between 0 and 1, in ascending order.

    Returns:
        Dictionary from coverage, the narrowest first, to the positions of the lower and the
        upper quantile.

    Example:

    >>> central_pairs((0.05, 0.25, 0.5, 0.75, 0.95))
    {0.5: (1, 3), 0.9: (0, 4)}
    """
    found = {
        round(upper - lower, 12): (position, other)
        for position, lower in enumerate(quantiles)
        for other, upper in enumerate(quantiles)
        if lower < 0.5 and abs(lower + upper - 1) < 1e-9
    }
    return dict(sorted(found.items()))


def evaluate_quantiles(
    targets: ArrayLike, predicted: ArrayLike, quantiles: Sequence[float]
) -> Evaluation:
    """Returns the pinball loss of predicted quantiles, the errors of the median, and the coverage.

    Args:
        targets: array of shape `(samples,)` or `(samples, outputs)`.
        predicted: array of shape `(samples, outputs, quantiles)`, in the same unit.
        quantiles: sequence of float between 0 and 1, in ascending order, with 0.5.

    Returns:
        An `Evaluation`: `pinball_loss`, the mean over samples, outputs and quantiles in the
        unit of the targets; what `evaluate_quantities` gives for the median; and for each
        pair of quantiles around it, such as 0.05 and 0.95, `coverage_90`, the share of
        targets between them, and `interval_width_90`. The table `per_quantile` has the
        `share_below`, which should be near the quantile (a target that equals it counts),
        and the `pinball_loss` of each; `per_output` stands where there are several.

    Raises:
        InputError: if the shapes do not fit, or a number is not finite.

    Example:

    >>> predicted = [[[0.0, 1.0, 3.0]], [[0.0, 3.0, 3.5]]]
    >>> found = evaluate_quantiles([1.0, 2.0], predicted, (0.1, 0.5, 0.9))
    >>> found["mean_absolute_error"], found["coverage_80"], found["interval_width_80"]
    (0.5, 1.0, 3.25)
    >>> found["per_quantile"]["0.5"]["share_below"]
    1.0
    """
    true, found = _checked(targets, predicted, quantiles)
    of_median = evaluate_quantities(true, found[..., list(quantiles).index(0.5)])
    rows = {
        f"{quantile:g}": {
            "share_below": float((true <= found[..., position]).mean()),
            "pinball_loss": float(
                sklearn.metrics.mean_pinball_loss(true, found[..., position], alpha=quantile)
            ),
        }
        for position, quantile in enumerate(quantiles)
    }
    loss = float(np.mean([row["pinball_loss"] for row in rows.values()]))
    inside = [
        metric
        for coverage, pair in central_pairs(quantiles).items()
        for metric in interval_metrics(true, found[..., list(pair)], coverage)
    ]
    return Evaluation(
        [Metric("pinball_loss", loss, higher_is_better=False), *of_median.metrics, *inside],
        {"per_quantile": rows, **of_median.tables},
    )


def quantile_picture(
    targets: ArrayLike, predicted: ArrayLike, quantiles: Sequence[float]
) -> Figure:
    """Returns the share of targets below each predicted quantile, against the quantile.

    Args:
        targets: array of shape `(samples,)` or `(samples, outputs)`.
        predicted: array of shape `(samples, outputs, quantiles)`, in the same unit.
        quantiles: sequence of float between 0 and 1, in ascending order, with 0.5.

    Returns:
        A Matplotlib `Figure` with a panel for each output.

    Raises:
        InputError: as for `evaluate_quantiles`.

    Example:

    >>> quantile_picture([1.0], [[[0.0, 1.0, 3.0]]], (0.1, 0.5, 0.9)).axes[0].get_xlabel()
    'quantile'
    """
    true, found = _checked(targets, predicted, quantiles)
    observed = (true[..., np.newaxis] <= found).mean(axis=0).T
    return coverage_picture(quantiles, observed, "quantile", "share of targets below it")


def _checked(
    targets: ArrayLike, predicted: ArrayLike, quantiles: Sequence[float]
) -> tuple[np.ndarray, np.ndarray]:
    """Returns targets of shape `(samples, outputs)`, and quantiles that fit them."""
    true, found = np.asarray(targets, "float64"), np.asarray(predicted, "float64")
    true = true.reshape(len(true), -1) if true.size else true
    if not true.size or found.shape != (*true.shape, len(quantiles)):
        raise InputError(
            "Expected at least one sample, and predictions of shape (samples, outputs, "
            f"{len(quantiles)}). Received: shapes {true.shape} and {found.shape}"
        )
    if not np.isfinite(found).all():
        raise InputError(
            f"Expected finite predictions. Received: {np.sum(~np.isfinite(found))} infinite or "
            "NaN. Train again with a lower learning rate"
        )
    return true, found
