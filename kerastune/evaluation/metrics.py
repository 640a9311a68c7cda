"""Metrics from predictions, by scikit-learn, as plain numbers that JSON can hold."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sklearn
from numpy.typing import ArrayLike

from kerastune.errors import InputError
from kerastune.evaluation.calibration import expected_calibration_error
from kerastune.evaluation.evaluation import Evaluation, Metric

# Sixteen-bit outputs of 1,000 classes still sum to 1 within this.
_SUM_TOLERANCE = 0.02


def classification_metrics(
    labels: ArrayLike, probabilities: ArrayLike, class_names: Sequence[str]
) -> dict[str, Any]:
    """Returns the metrics of predicted probabilities of classes.

    The macro averages are over all classes, as those of Keras, and those of scikit-learn with
    `labels` given. A precision or recall without any case, 0 / 0, is 0. So a class that the
    labels lack counts 0, and its absence never makes an average better; `untested_classes`
    names such. Micro averages are all the accuracy, and not told again.

    Args:
        labels: int array of shape `(samples,)`, positions in `class_names`.
        probabilities: array of shape `(samples, classes)` whose rows sum to 1.
        class_names: sequence of str, at least two.

    Returns:
        A dict of `accuracy`, `macro_precision`, `macro_recall`, `macro_f1`, `weighted_f1` (by the
        number of samples), `roc_auc` and `average_precision` (means over the classes that the
        labels have, each against the others; NaN if they have one class only), `log_loss`
        (mean, in nats), `per_class` (for each name a dict of `precision`, `recall`,
        `f1`, `support`), `confusion` (a list of rows of counts: rows are true classes,
        columns are predicted ones), and `untested_classes` (a list of names).

    Raises:
        InputError: the shapes do not fit, a label is not a class, or a row is not a
            probability distribution.

    Example:

    >>> probabilities = [[0.9, 0.1], [0.8, 0.2], [0.4, 0.6], [0.7, 0.3]]
    >>> result = classification_metrics([0, 0, 1, 1], probabilities, ("no", "yes"))
    >>> result["accuracy"], result["per_class"]["yes"]["recall"], result["confusion"]
    (0.75, 0.5, [[2, 0], [1, 1]])
    """
    labels, probabilities = _checked(labels, probabilities, len(class_names))
    predicted = probabilities.argmax(axis=1)
    classes = np.arange(len(class_names))
    no_case: Any = 0  # Of 0 / 0. The annotation of scikit-learn's argument knows only "warn".
    macro = sklearn.metrics.precision_recall_fscore_support(
        labels, predicted, labels=classes, average="macro", zero_division=no_case
    )
    weighted = sklearn.metrics.f1_score(
        labels, predicted, labels=classes, average="weighted", zero_division=no_case
    )
    each: Any = sklearn.metrics.precision_recall_fscore_support(
        labels, predicted, labels=classes, average=None, zero_division=no_case
    )
    return {
        "accuracy": float(sklearn.metrics.accuracy_score(labels, predicted)),
        "macro_precision": float(macro[0]),
        "macro_recall": float(macro[1]),
        "macro_f1": float(macro[2]),
        "weighted_f1": float(weighted),
        **_ranking(labels, probabilities),
        "log_loss": float(sklearn.metrics.log_loss(labels, probabilities, labels=classes)),
        "per_class": {
            name: {
                "precision": float(precision),
                "recall": float(recall),
                "f1": float(f1),
                "support": int(support),
            }
            for name, precision, recall, f1, support in zip(class_names, *each, strict=True)
        },
        "confusion": sklearn.metrics.confusion_matrix(labels, predicted, labels=classes).tolist(),
        "untested_classes": [class_names[code] for code in np.setdiff1d(classes, labels)],
    }


def evaluate_classes(
    labels: ArrayLike, probabilities: ArrayLike, class_names: Sequence[str]
) -> Evaluation:
    """Returns `classification_metrics` and the calibration as an `Evaluation`.

    Args:
        labels: int array of shape `(samples,)`, positions in `class_names`.
        probabilities: array of shape `(samples, classes)` whose rows sum to 1.
        class_names: sequence of str, at least two.

    Returns:
        An `Evaluation` with the table `per_class` and the detail `confusion`; and the detail
        `untested_classes` where there are such.

    Raises:
        InputError: as for `classification_metrics`.

    Example:

    >>> evaluate_classes([0, 1], [[0.9, 0.1], [0.2, 0.8]], ("no", "yes"))["accuracy"]
    1.0
    """
    found = classification_metrics(labels, probabilities, class_names)
    error = expected_calibration_error(labels, probabilities)
    untested = found["untested_classes"]
    numbers = {name: value for name, value in found.items() if isinstance(value, float)}
    return Evaluation(
        [
            *(Metric(name, value, name != "log_loss") for name, value in numbers.items()),
            Metric("calibration_error", error, higher_is_better=False),
        ],
        {"per_class": found["per_class"]},
        {"confusion": found["confusion"]} | ({"untested_classes": untested} if untested else {}),
    )


def _ranking(labels: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """Returns how well probabilities tell each class that the labels have from the others."""
    present = np.unique(labels)
    if len(present) < 2:
        return {}
    scores: dict[str, Callable[..., Any]] = {
        "roc_auc": sklearn.metrics.roc_auc_score,
        "average_precision": sklearn.metrics.average_precision_score,
    }
    return {
        name: float(np.mean([score(labels == code, probabilities[:, code]) for code in present]))
        for name, score in scores.items()
    }


def _checked(
    labels: ArrayLike, probabilities: ArrayLike, classes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Returns labels and probabilities as arrays that fit each other, each row summing to 1."""
    labels = np.asarray(labels)
    probabilities = np.asarray(probabilities, dtype=np.float64)
    if classes < 2 or labels.size == 0 or probabilities.shape != (*labels.shape[:1], classes):
        raise InputError(
            "Expected at least one sample, two classes, and probabilities of shape "
            f"(samples, classes). Received: labels of shape {labels.shape}, probabilities "
            f"of shape {probabilities.shape} and {classes} class names"
        )
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        raise InputError(
            "Expected integer labels of shape (samples,). "
            f"Received: {labels.dtype} of shape {labels.shape}"
        )
    if labels.min() < 0 or labels.max() >= classes:
        raise InputError(
            f"Expected labels from 0 to {classes - 1}, positions in the class names. "
            f"Received: labels from {labels.min()} to {labels.max()}"
        )
    sums = probabilities.sum(axis=1, keepdims=True)
    # Written so that NaN fails too.
    wrong = ~((probabilities >= 0).all(axis=1) & (np.abs(sums[:, 0] - 1) <= _SUM_TOLERANCE))
    if wrong.any():
        raise InputError(
            "Expected rows of probabilities: not negative, with the sum 1. Received: "
            f"{wrong.sum()} other rows of {len(sums)}, the first {probabilities[wrong][0]}. "
            "Apply a softmax to logits; after NaN, train again with a lower learning rate"
        )
    return labels, probabilities / sums


def regression_metrics(targets: ArrayLike, predictions: ArrayLike) -> dict[str, Any]:
    """Returns the metrics of predicted quantities.

    Args:
        targets: array of shape `(samples,)` or `(samples, outputs)`.
        predictions: array of the same shape, in the same unit.

    Returns:
        A dict of `mean_absolute_error` and `root_mean_squared_error`, in the unit of
        the targets, and `r2`, which is 1 for perfect predictions, 0 for the mean of
        the targets, and NaN for a single sample. With several outputs these are means
        over the outputs, and `per_output` is a list with the same three for each.

    Raises:
        InputError: the shapes differ, there is no sample, or a number is not finite.

    Example:

    >>> regression_metrics([1.0, 2.0, 3.0], [1.0, 2.0, 4.5])["mean_absolute_error"]
    0.5
    """
    true, predicted = (np.asarray(values, dtype=np.float64) for values in (targets, predictions))
    if len(true.reshape(-1)) == 0 or true.shape[:1] != predicted.shape[:1]:
        raise InputError(
            "Expected at least one sample and as many predictions as targets. "
            f"Received: targets of shape {true.shape}, predictions of shape {predicted.shape}"
        )
    # A model with one output gives a column where the targets are often flat.
    true, predicted = true.reshape(len(true), -1), predicted.reshape(len(predicted), -1)
    if true.shape != predicted.shape or not np.isfinite([true, predicted]).all():
        raise InputError(
            "Expected finite targets and predictions of the same shape. Received: shapes "
            f"{true.shape} and {predicted.shape}, {np.sum(~np.isfinite(true))} targets and "
            f"{np.sum(~np.isfinite(predicted))} predictions infinite or NaN"
        )
    each = [
        {
            "mean_absolute_error": float(sklearn.metrics.mean_absolute_error(*column)),
            "root_mean_squared_error": float(sklearn.metrics.root_mean_squared_error(*column)),
            "r2": float(sklearn.metrics.r2_score(*column)) if len(true) > 1 else float("nan"),
        }
        for column in zip(true.T, predicted.T, strict=True)
    ]
    result: dict[str, Any] = {name: float(np.mean([one[name] for one in each])) for name in each[0]}
    return result if len(each) == 1 else {**result, "per_output": each}


def evaluate_quantities(targets: ArrayLike, predictions: ArrayLike) -> Evaluation:
    """Returns `regression_metrics` as an `Evaluation`.

    Args:
        targets: array of shape `(samples,)` or `(samples, outputs)`.
        predictions: array of the same shape, in the same unit.

    Returns:
        An `Evaluation`, with the table `per_output` where there are several outputs.

    Raises:
        InputError: as for `regression_metrics`.

    Example:

    >>> evaluate_quantities([1.0, 2.0, 3.0], [1.0, 2.0, 4.5])["mean_absolute_error"]
    0.5
    """
    found = regression_metrics(targets, predictions)
    per_output = found.pop("per_output", None)
    return Evaluation(
        [Metric(name, value, name == "r2") for name, value in found.items()],
        {} if per_output is None else {"per_output": per_output},
    )
