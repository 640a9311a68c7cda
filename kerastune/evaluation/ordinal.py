"""Metrics of predicted ranks: classes in an order."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import sklearn
from numpy.typing import ArrayLike
from sklearn.utils.class_weight import compute_sample_weight

from kerastune.errors import InputError
from kerastune.evaluation.calibration import expected_calibration_error
from kerastune.evaluation.evaluation import Evaluation, Metric


def evaluate_ranks(
    ranks: ArrayLike,
    predicted: ArrayLike,
    probabilities: ArrayLike,
    class_names: Sequence[str],
) -> Evaluation:
    """Evaluates predicted ranks and the calibration of their probabilities.

    Args:
        ranks: int array of shape `(samples,)`, positions in `class_names`.
        predicted: int array of the same shape.
        probabilities: array of shape `(samples, classes)` whose rows sum to 1.
        class_names: sequence of str, at least two, the lowest class first.

    Returns:
        An `Evaluation`: `accuracy`; `mean_rank_error`, the mean absolute error counted in
        ranks; `macro_rank_error`, its mean over the classes that occur, each counting the
        same; `quadratic_weighted_kappa`, 1 for perfect predictions, 0 for those that are
        unrelated to the truth, and NaN where there is one class only; `within_one`, the
        share that is off by one rank at most; and `calibration_error`. The table
        `per_class` has `recall`, `mean_rank_error` (None without samples) and `support`;
        the detail `confusion` has a row for each true class.

    Raises:
        InputError: if the shapes do not fit, or a rank is not a class.

    Reference:
        Baccianella, Esuli and Sebastiani, 2009, "Evaluation Measures for Ordinal
        Regression", https://doi.org/10.1109/ISDA.2009.230; Cohen, 1968, "Weighted kappa",
        https://doi.org/10.1037/h0026256

    Example:

    >>> sure = np.eye(3)
    >>> found = evaluate_ranks([0, 1, 2, 2], [0, 1, 2, 0], sure[[0, 1, 2, 0]], "abc")
    >>> found["accuracy"], found["mean_rank_error"], round(found["macro_rank_error"], 3)
    (0.75, 0.5, 0.333)
    """
    classes = len(class_names)
    true, found, rows = _checked(ranks, predicted, probabilities, classes)
    errors = np.abs(true - found)
    balanced = compute_sample_weight("balanced", true)
    confusion = sklearn.metrics.confusion_matrix(true, found, labels=range(classes))
    return Evaluation(
        [
            Metric("accuracy", float((errors == 0).mean())),
            Metric("mean_rank_error", float(errors.mean()), higher_is_better=False),
            Metric(
                "macro_rank_error",
                float(np.average(errors, weights=balanced)),
                higher_is_better=False,
            ),
            Metric("quadratic_weighted_kappa", _kappa(true, found, classes)),
            Metric("within_one", float((errors <= 1).mean())),
            Metric(
                "calibration_error",
                expected_calibration_error(true, rows),
                higher_is_better=False,
            ),
        ],
        {
            "per_class": {
                name: _of_class(errors[true == index]) for index, name in enumerate(class_names)
            }
        },
        {"confusion": confusion.tolist()},
    )


def _of_class(errors: np.ndarray) -> dict[str, Any]:
    """Returns the row of one class, from the errors of its samples."""
    return {
        "recall": float((errors == 0).mean()) if errors.size else None,
        "mean_rank_error": float(errors.mean()) if errors.size else None,
        "support": int(errors.size),
    }


def _kappa(true: np.ndarray, predicted: np.ndarray, classes: int) -> float:
    if len(np.union1d(true, predicted)) == 1:
        return float("nan")
    return float(
        sklearn.metrics.cohen_kappa_score(
            true, predicted, labels=range(classes), weights="quadratic"
        )
    )


def _checked(
    ranks: ArrayLike, predicted: ArrayLike, probabilities: ArrayLike, classes: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns true and predicted ranks and probabilities, as arrays that fit each other."""
    true, found = np.asarray(ranks), np.asarray(predicted)
    rows = np.asarray(probabilities, "float64")
    if true.ndim != 1 or not true.size or found.shape != true.shape:
        raise InputError(
            "Expected at least one sample, and as many predicted ranks as true ones. "
            f"Received: shapes {true.shape} and {found.shape}"
        )
    if rows.shape != (len(true), classes) or not np.isfinite(rows).all():
        raise InputError(
            f"Expected finite probabilities of shape ({len(true)}, {classes}). Received: shape "
            f"{rows.shape}, {np.sum(~np.isfinite(rows))} infinite or NaN"
        )
    for values in (true, found):
        if values.dtype.kind not in "iu" or values.min() < 0 or values.max() >= classes:
            raise InputError(
                f"Expected whole ranks from 0 to {classes - 1}, positions in the class names. "
                f"Received: {values.dtype} from {values.min()} to {values.max()}"
            )
    return true.astype(int), found.astype(int), rows
