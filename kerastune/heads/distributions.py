"""From what a last layer computes to distributions of standardised targets."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops
from scipy.stats import norm


def gaussian_of(outputs: Any, minimum_deviation: float) -> tuple[Any, Any]:
    """Returns the means and standard deviations of normal distributions.

    A standard deviation is the softplus of an output, shifted so that zeros give the
    standard normal distribution: what standardised targets have before anything is learned.
    It grows no faster than the output and never falls below a bound, so that neither it nor
    its gradient overflows.

    Args:
        outputs: tensor or array of shape `(samples, 2 * targets)`: means, then what becomes
            standard deviations.
        minimum_deviation: float between 0 and 1, the lowest standard deviation, in those of
            the targets.

    Returns:
        Two tensors of shape `(samples, targets)`: means and standard deviations.

    Reference:
        Lakshminarayanan, Pritzel and Blundell, 2017, "Simple and Scalable Predictive
        Uncertainty Estimation using Deep Ensembles", section 2.2.1,
        https://arxiv.org/abs/1612.01474

    Example:

    >>> mean, deviation = gaussian_of(np.zeros((1, 2), "float32"), 0.001)
    >>> float(mean[0, 0]), round(float(deviation[0, 0]), 6)
    (0.0, 1.0)
    """
    mean, spread = ops.split(outputs, 2, axis=-1)
    return mean, minimum_deviation + _softplus_from(spread, 1 - minimum_deviation)


def quantiles_of(outputs: Any, quantiles: Sequence[float]) -> Any:
    """Returns quantiles that never cross: the median, and gaps to both sides of it.

    A gap is the softplus of an output, shifted so that zeros give the quantiles of the
    standard normal distribution. Sorting quantiles that were learned apart would keep them
    from crossing too, but then those that are measured are not those that the loss saw.

    Args:
        outputs: tensor or array of shape `(samples, quantiles * targets)`: medians, then for
            each gap between neighbouring quantiles, the lowest first, what becomes gaps.
        quantiles: sequence of float between 0 and 1, in ascending order, with 0.5.

    Returns:
        Tensor of shape `(samples, targets, quantiles)`.

    Example:

    >>> found = quantiles_of(np.zeros((1, 3), "float32"), (0.05, 0.5, 0.95))
    >>> ops.convert_to_numpy(found).astype("float64").round(2).tolist()
    [[[-1.64, 0.0, 1.64]]]
    """
    median = list(quantiles).index(0.5)
    places = norm.ppf(quantiles)
    middle, *spreads = ops.split(outputs, len(quantiles), axis=-1)
    gaps = [
        _softplus_from(spread, start)
        for spread, start in zip(spreads, np.diff(places), strict=True)
    ]
    found = [middle]
    for gap in reversed(gaps[:median]):
        found.insert(0, found[0] - gap)
    for gap in gaps[median:]:
        found.append(found[-1] + gap)
    return ops.stack(found, axis=-1)


def _softplus_from(outputs: Any, start: float) -> Any:
    """Returns positive numbers for any outputs; a start value for zeros."""
    return ops.softplus(outputs + math.log(math.expm1(start)))
