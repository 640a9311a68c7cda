"""Metrics and pictures of predicted normal distributions."""

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import ArrayLike
from scipy.stats import norm

from kerastune.errors import InputError
from kerastune.evaluation.evaluation import Evaluation, Metric
from kerastune.evaluation.intervals import coverage_picture, interval_metrics
from kerastune.evaluation.metrics import evaluate_quantities

_LEVELS = np.linspace(0.05, 0.95, 19)


def gaussian_crps(
    targets: ArrayLike, means: ArrayLike, standard_deviations: ArrayLike
) -> np.ndarray:
    """Returns the continuous ranked probability score of normal distributions, lower is better.

    It is the integral of the squared gap between the predicted distribution function and
    that of the true value, has the unit of the targets, and is the absolute error where the
    standard deviation is 0.

    Args:
        targets: array of any shape.
        means: array of the same shape.
        standard_deviations: array of the same shape, above 0.

    Returns:
        float64 array of the same shape.

    Reference:
        Gneiting and Raftery, 2007, "Strictly Proper Scoring Rules, Prediction, and
        Estimation", section 4.2, https://doi.org/10.1198/016214506000001437. There it has
        the other sign.

    Example:

    >>> gaussian_crps([0.0], [0.0], [1.0]).round(4).tolist()
    [0.2337]
    """
    true, mean, deviation = _checked(targets, means, standard_deviations)
    z = (true - mean) / deviation
    return deviation * (z * (2 * norm.cdf(z) - 1) + 2 * norm.pdf(z) - 1 / np.sqrt(np.pi))


def gaussian_intervals(
    means: ArrayLike, standard_deviations: ArrayLike, coverage: float
) -> np.ndarray:
    """Returns the central intervals of normal distributions.

    Args:
        means: array of any shape.
        standard_deviations: array of the same shape, above 0.
        coverage: float between 0 and 1, the probability of the interval.

    Returns:
        float64 array with one more axis, of 2: lower and upper ends.

    Raises:
        InputError: if the coverage is not between 0 and 1.

    Example:

    >>> gaussian_intervals([0.0], [1.0], 0.95).round(2).tolist()
    [[-1.96, 1.96]]
    """
    if not 0 < coverage < 1:
        raise InputError(f"Expected a coverage between 0 and 1. Received: coverage={coverage}")
    reach = norm.ppf((1 + coverage) / 2) * np.asarray(standard_deviations, "float64")
    return np.stack([np.asarray(means) - reach, np.asarray(means) + reach], axis=-1)


def evaluate_gaussian(
    targets: ArrayLike, means: ArrayLike, standard_deviations: ArrayLike
) -> Evaluation:
    """Returns the errors of the means, and how far the whole distributions can be believed.

    Args:
        targets: array of shape `(samples,)` or `(samples, outputs)`.
        means: array of the same shape, in the same unit.
        standard_deviations: array of the same shape, above 0.

    Returns:
        An `Evaluation`: what `evaluate_quantities` gives for the means;
        `negative_log_likelihood`, the mean over samples and outputs in nats, of densities
        in the unit of the targets; `crps`, see `gaussian_crps`; `coverage_50` and
        `coverage_90`, the shares of targets inside their central intervals of 50 and 90 %;
        and `interval_width_90`. The table `per_output` stands where there are several.

    Raises:
        InputError: if the shapes differ, or a number is not finite or a deviation not above 0.

    Example:

    >>> found = evaluate_gaussian([1.0, 2.0, 3.0], [1.0, 2.0, 4.5], [1.0, 1.0, 1.0])
    >>> found["mean_absolute_error"], round(found["coverage_50"], 3), found["coverage_90"]
    (0.5, 0.667, 1.0)
    """
    true, mean, deviation = _as_rows(targets, means, standard_deviations)
    found = evaluate_quantities(true, mean)
    surprise = -norm.logpdf(true, mean, deviation)
    scores = gaussian_crps(true, mean, deviation)
    half, most = (
        interval_metrics(true, gaussian_intervals(mean, deviation, coverage), coverage)
        for coverage in (0.5, 0.9)
    )
    added = {"negative_log_likelihood": surprise.mean(axis=0), "crps": scores.mean(axis=0)}
    rows = [
        {**row, **{name: float(values[output]) for name, values in added.items()}}
        for output, row in enumerate(found.tables.get("per_output", ()))
    ]
    return Evaluation(
        [
            *found.metrics,
            *(
                Metric(name, float(values.mean()), higher_is_better=False)
                for name, values in added.items()
            ),
            half[0],
            *most,
        ],
        {"per_output": rows} if rows else {},
    )


def gaussian_coverage_picture(
    targets: ArrayLike, means: ArrayLike, standard_deviations: ArrayLike
) -> Figure:
    """Returns the share of targets in central intervals of 5 to 95 %, against these percentages.

    Args:
        targets: array of shape `(samples,)` or `(samples, outputs)`.
        means: array of the same shape, in the same unit.
        standard_deviations: array of the same shape, above 0.

    Returns:
        A Matplotlib `Figure` with a panel for each output.

    Raises:
        InputError: as for `evaluate_gaussian`.

    Example:

    >>> gaussian_coverage_picture([1.0, 2.0], [1.1, 1.8], [0.2, 0.2]).axes[0].get_xlabel()
    'predicted coverage'
    """
    true, mean, deviation = _as_rows(targets, means, standard_deviations)
    # A target is inside the interval whose coverage is at least this one.
    needed = 2 * norm.cdf(np.abs(true - mean) / deviation) - 1
    observed = (needed <= _LEVELS[:, None, None]).mean(axis=1)
    return coverage_picture(
        _LEVELS.tolist(), observed, "predicted coverage", "share inside the interval"
    )


def _as_rows(*arrays: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns targets, means and deviations as arrays of shape `(samples, outputs)`."""
    targets = np.asarray(arrays[0], "float64")
    if not targets.size:
        raise InputError(f"Expected at least one sample. Received: shape {targets.shape}")
    return _checked(*(_flat(np.asarray(values, "float64")) for values in arrays))


def _flat(values: np.ndarray) -> np.ndarray:
    """Returns a model with one output gives a column where the targets are often flat."""
    return values.reshape(len(values), -1)


def _checked(*arrays: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    true, mean, deviation = (np.asarray(values, "float64") for values in arrays)
    # Written so that NaN fails too.
    if not true.shape == mean.shape == deviation.shape or not (deviation > 0).all():
        raise InputError(
            "Expected targets, means and standard deviations above 0, of one shape. Received: "
            f"shapes {true.shape}, {mean.shape} and {deviation.shape}, smallest deviation "
            f"{deviation.min(initial=np.inf)}"
        )
    return true, mean, deviation
