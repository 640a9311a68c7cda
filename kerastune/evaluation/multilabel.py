"""Metrics of labels of which several may hold at once."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import sklearn
from numpy.typing import ArrayLike

from kerastune.errors import InputError
from kerastune.evaluation.calibration import probability_calibration_error
from kerastune.evaluation.evaluation import Evaluation, Metric


def evaluate_labels(
    labels: ArrayLike,
    probabilities: ArrayLike,
    class_names: Sequence[str],
    thresholds: Sequence[float] | None = None,
) -> Evaluation:
    """Evaluates predicted labels and the calibration of their probabilities.

    A label is predicted where its probability is above its threshold. The macro F1 is over all
    labels, so that one that holds nowhere counts 0, and the mean average precision over those
    that hold somewhere, as it is not defined for others; the detail `labels_without_positives`
    names these. A precision or recall without any case, 0 / 0, is 0.

    Args:
        labels: array of shape `(samples, labels)`, 1 for each label that holds, else 0.
        probabilities: array of the same shape, from 0 to 1.
        class_names: sequence of str, the labels' names.
        thresholds: sequence of float, one a label. Defaults to 0.5 for each.

    Returns:
        An `Evaluation`: `micro_f1`; `macro_f1`; `subset_accuracy`, the share of samples
        whose labels are all right; `hamming_loss`, the share of labels that are wrong;
        `mean_average_precision`; `log_loss` and `calibration_error`, means over the labels.
        The table `per_label` has `precision`, `recall`, `f1`, `support`, `threshold`,
        `average_precision` (None without positives) and `calibration_error`.

    Raises:
        InputError: the shapes do not fit, or a value is out of its range.

    Example:

    >>> labels = [[1, 0], [1, 1], [0, 1]]
    >>> found = evaluate_labels(labels, [[0.9, 0.2], [0.8, 0.3], [0.1, 0.7]], ("cat", "dog"))
    >>> round(found["micro_f1"], 3), found["per_label"]["dog"]["recall"]
    (0.857, 0.5)
    """
    true, given = _checked(labels, probabilities, class_names)
    limits = [0.5] * len(class_names) if thresholds is None else list(thresholds)
    if len(limits) != len(class_names):
        raise InputError(
            f"Expected a threshold for each of {len(class_names)} labels. Received: {limits}"
        )
    predicted = (given > np.asarray(limits)).astype(int)
    rows = {
        name: _of_label(true[:, index], predicted[:, index], given[:, index], limits[index])
        for index, name in enumerate(class_names)
    }
    each_f1 = [row["f1"] for row in rows.values()]
    precisions = [row["average_precision"] for row in rows.values() if row["support"]]
    errors = [row["calibration_error"] for row in rows.values()]
    no_case: Any = 0  # Of 0 / 0. The annotation of scikit-learn's argument knows only "warn".
    micro = sklearn.metrics.f1_score(true.ravel(), predicted.ravel(), zero_division=no_case)
    absent = [name for name, row in rows.items() if not row["support"]]
    return Evaluation(
        [
            Metric("micro_f1", float(micro)),
            Metric("macro_f1", _mean(each_f1)),
            Metric("subset_accuracy", float(np.all(true == predicted, axis=1).mean())),
            Metric("hamming_loss", float(np.mean(true != predicted)), higher_is_better=False),
            Metric("mean_average_precision", _mean(precisions)),
            Metric("log_loss", _log_loss(true, given), higher_is_better=False),
            Metric("calibration_error", _mean(errors), higher_is_better=False),
        ],
        {"per_label": rows},
        {"labels_without_positives": absent} if absent else {},
    )


def best_thresholds(labels: ArrayLike, probabilities: ArrayLike) -> tuple[float, ...]:
    """Returns the threshold of each label above which predicting it gives the highest F1.

    A threshold lies in the middle between two probabilities that occur. Of equally good ones
    it is the nearest to 0.5; it is 0.5 where that is as good as any, and for a label that
    never holds. Give samples that the model was neither trained on nor is measured on.

    Args:
        labels: array of shape `(samples, labels)`, 1 for each label that holds, else 0.
        probabilities: array of the same shape, from 0 to 1.

    Returns:
        Tuple of floats, one a label.

    Raises:
        InputError: as for `evaluate_labels`.

    Example:

    >>> best_thresholds([[0], [1], [1]], [[0.1], [0.3], [0.4]])
    (0.2,)
    """
    width = np.shape(labels)[-1] if np.ndim(labels) else 0
    true, given = _checked(labels, probabilities, [str(index) for index in range(width)])
    return tuple(_best_threshold(*columns) for columns in zip(true.T, given.T, strict=True))


def _best_threshold(holds: np.ndarray, probabilities: np.ndarray) -> float:
    if not holds.any():
        return 0.5
    # For each distinct probability: predicted are the samples with that one or more.
    precision, recall, distinct = sklearn.metrics.precision_recall_curve(holds, probabilities)
    total = precision + recall
    f1 = np.divide(2 * precision * recall, total, out=np.zeros_like(total), where=total > 0)
    below = np.concatenate([[0.0], distinct[:-1]])
    middles = (below + distinct) / 2
    # Nothing lies between neighbouring numbers, and no threshold lets a probability of 0 pass.
    cuts = np.where(middles < distinct, middles, below)[distinct > 0]
    above = np.flatnonzero(distinct > 0.5)
    candidates = np.append(cuts, 0.5)
    reached = np.append(f1[:-1][distinct > 0], f1[above[0]] if above.size else 0.0)
    # Scores that differ at all differ by more than rounding does.
    best = candidates[reached >= reached.max() - 1e-12]
    return float(best[np.abs(best - 0.5).argmin()])


def _of_label(
    holds: np.ndarray, predicted: np.ndarray, probabilities: np.ndarray, threshold: float
) -> dict[str, Any]:
    no_case: Any = 0
    precision, recall, f1, _ = sklearn.metrics.precision_recall_fscore_support(
        holds, predicted, average="binary", zero_division=no_case
    )
    support = int(holds.sum())
    return {
        "precision": float(precision),
        "recall": float(recall),
        "f1": float(f1),
        "support": support,
        "threshold": float(threshold),
        "average_precision": (
            float(sklearn.metrics.average_precision_score(holds, probabilities))
            if support
            else None
        ),
        "calibration_error": probability_calibration_error(probabilities, holds),
    }


def _log_loss(true: np.ndarray, probabilities: np.ndarray) -> float:
    """Returns mean binary cross-entropy over samples and labels, in nats."""
    return float(sklearn.metrics.log_loss(true.ravel(), probabilities.ravel(), labels=[0, 1]))


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def _checked(
    labels: ArrayLike, probabilities: ArrayLike, class_names: Sequence[str]
) -> tuple[np.ndarray, np.ndarray]:
    """Returns labels as zeros and ones, and probabilities, as arrays of one shape."""
    true, given = np.asarray(labels), np.asarray(probabilities, "float64")
    if (
        true.ndim != 2
        or not true.size
        or true.shape != given.shape
        or true.shape[1] != len(class_names)
    ):
        raise InputError(
            "Expected labels and probabilities of shape (samples, labels), at least one of each. "
            f"Received: labels of shape {true.shape}, probabilities of shape {given.shape} and "
            f"{len(class_names)} names"
        )
    if not np.isin(true, (0, 1)).all():
        raise InputError(
            "Expected 1 for each label that holds and 0 for the others. "
            f"Received: {true[~np.isin(true, (0, 1))][0]} among the labels"
        )
    # Written so that NaN fails too.
    wrong = ~((given >= 0) & (given <= 1))
    if wrong.any():
        raise InputError(
            "Expected probabilities from 0 to 1. Received: "
            f"{given[wrong][0]}. After NaN, train again with a lower learning rate"
        )
    return true.astype(int), given
