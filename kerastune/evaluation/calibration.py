"""Calibration of predicted probabilities."""

import numpy as np
from matplotlib import style
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from kerastune.display.pictures import BLUE, PICTURE_STYLE

_BINS = 15


def expected_calibration_error(labels: ArrayLike, probabilities: ArrayLike) -> float:
    """Returns the expected calibration error of predicted classes.

    Predictions are binned by their confidence, the probability of the predicted class, in
    15 bins of equal width. The error is the mean of the gaps between mean confidence and
    accuracy, weighted by the number of predictions in each bin.

    Args:
        labels: int array of shape `(samples,)`.
        probabilities: array of shape `(samples, classes)`.

    Returns:
        A float from 0, perfectly calibrated, to 1.

    Reference:
        Guo et al., 2017, "On Calibration of Modern Neural Networks", equation 3,
        https://arxiv.org/abs/1706.04599

    Example:

    >>> round(expected_calibration_error([0, 1], [[0.9, 0.1], [0.8, 0.2]]), 3)
    0.45
    """
    rows = np.asarray(probabilities, "float64")
    is_right = rows.argmax(axis=1) == np.asarray(labels)
    confidence, accuracy, share = _binned(rows.max(axis=1), is_right)
    return float(np.sum(share * np.abs(accuracy - confidence)))


def probability_calibration_error(predicted: ArrayLike, holds: ArrayLike) -> float:
    """Returns the expected calibration error of probabilities of an event.

    Probabilities are binned in 15 bins of equal width, whatever they say, where
    `expected_calibration_error` bins those of the predicted class.

    Args:
        predicted: array of probabilities.
        holds: bool array of the same shape, or zeros and ones.

    Returns:
        A float from 0, perfectly calibrated, to 1: the mean of the gaps between mean
        probability and share, weighted by the number of cases in each bin.

    Example:

    >>> round(probability_calibration_error([0.9, 0.8, 0.1], [True, False, False]), 3)
    0.333
    """
    probability, share_that_holds, share = _binned(np.ravel(predicted), np.ravel(holds))
    return float(np.sum(share * np.abs(share_that_holds - probability)))


@style.context(PICTURE_STYLE)
def calibration_picture(labels: ArrayLike, probabilities: ArrayLike) -> Figure:
    """Returns the share of predictions that is right against their confidence.

    Args:
        labels: int array of shape `(samples,)`.
        probabilities: array of shape `(samples, classes)`.

    Returns:
        A Matplotlib `Figure`.

    Example:

    >>> calibration_picture([0, 1], [[0.9, 0.1], [0.2, 0.8]]).axes[0].get_xlabel()
    'confidence'
    """
    rows = np.asarray(probabilities, "float64")
    is_right = rows.argmax(axis=1) == np.asarray(labels)
    return reliability_picture(rows.max(axis=1), is_right, "confidence", "share that is right")


@style.context(PICTURE_STYLE)
def reliability_picture(
    predicted: ArrayLike, holds: ArrayLike, predicted_name: str, share_name: str
) -> Figure:
    """Returns a figure of observed frequencies against predicted probabilities.

    Args:
        predicted: array of probabilities.
        holds: bool array of the same shape.
        predicted_name: str, the label of the horizontal axis.
        share_name: str, the label of the vertical axis.

    Returns:
        A Matplotlib `Figure`: a point for each bin of probabilities, larger where there are
        more predictions, beside the line of perfect calibration.

    Example:

    >>> reliability_picture([0.1, 0.9], [False, True], "predicted", "true").axes[0].get_ylabel()
    'true'
    """
    confidence, accuracy, share = _binned(np.ravel(predicted), np.ravel(holds))
    figure = Figure(figsize=(4.2, 4.2), layout="constrained")
    axes = figure.add_subplot()
    axes.axline((0, 0), slope=1, color="0.55", linewidth=1, label="perfect calibration")
    axes.plot(confidence, accuracy, color=BLUE, linewidth=1, alpha=0.5)
    axes.scatter(confidence, accuracy, s=15 + 300 * share, color=BLUE, label="predictions, binned")
    axes.set(xlim=(0, 1), ylim=(-0.02, 1.02), aspect="equal", title="calibration")
    axes.set_xlabel(predicted_name)
    axes.set_ylabel(share_name)
    axes.legend(loc="upper left")
    return figure


def _binned(confidence: np.ndarray, holds: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns mean confidence, share that holds and weight of each bin that is not empty."""
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    _, index, counts = np.unique(bins, return_inverse=True, return_counts=True)
    return (
        np.bincount(index, confidence) / counts,
        np.bincount(index, holds.astype(float)) / counts,
        counts / counts.sum(),
    )
