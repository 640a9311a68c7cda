"""Linear models solved rather than trained: least squares in closed form, logistic by L-BFGS.

All penalize the squares of the weights and not the offset, and choose the penalty by samples
that were left out. Features are centred and divided by one number for all, the root of their mean
variance, so that penalties do not depend on their unit. Each by its own would let a feature that
hardly varies get a weight without bounds, and fine-tuning start from there.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_expit, log_softmax, softmax

_FOLDS = 5
# Enough to choose a penalty by.
_MOST_TO_CHOOSE_BY = 5_000
# From strong to weak, so that each solution starts the next one.
_PENALTIES = tuple(np.logspace(0, -5, 11).tolist())
_RIDGE_PENALTIES = tuple(np.logspace(2, -8, 31).tolist())
_LEAST_DEVIATION = 1e-12
# By how little the loss changes in the last step, relative to it: of what is kept, and of what
# only tells one penalty from another.
_EXACT, _ROUGH = 1e-9, 1e-5


@dataclass(frozen=True)
class Solution:
    """A linear layer.

    Args:
        kernel: float array of shape `(features, outputs)`.
        bias: float array of shape `(outputs,)`.
        penalty: float, what was chosen: the objective is the mean loss and half of this times
            the sum of the squared weights of scaled features.
        loss: float, the mean loss of the samples that were left out, at this penalty.

    Example:

    >>> Solution(np.zeros((2, 1)), np.zeros(1), penalty=0.1, loss=0.7).kernel.shape
    (2, 1)
    """

    kernel: np.ndarray
    bias: np.ndarray
    penalty: float
    loss: float


def least_squares(features: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> Solution:
    """Returns the linear layer of least squared error, its penalty chosen by leave-one-out.

    The error of each sample, left out, is known exactly from the fit to all.

    Args:
        features: float array of shape `(samples, features)`.
        targets: float array of shape `(samples, outputs)`.
        weights: float array of shape `(samples,)`, the weight of each sample.

    Returns:
        A `Solution`.

    Reference:
        Golub, Heath and Wahba, 1979, "Generalized Cross-Validation as a Method for Choosing a
        Good Ridge Parameter", Technometrics 21(2), section 1 (PRESS).

    Example:

    >>> features = np.random.default_rng(0).normal(size=(50, 2))
    >>> found = least_squares(features, features @ [[1.0], [2.0]] + 3, np.ones(50))
    >>> found.kernel.round(3).ravel().tolist(), found.bias.round(3).tolist()
    ([1.0, 2.0], [3.0])
    """
    scaled = _Scaled(features, weights)
    shares = (weights / weights.sum())[:, np.newaxis]
    roots = np.sqrt(shares)
    rows = roots * scaled.values
    middle = (shares * targets).sum(axis=0)
    wanted = roots * (targets - middle)
    values, vectors = np.linalg.eigh(rows.T @ rows)
    turned = rows @ vectors
    along = turned.T @ wanted

    def left_out(penalty: float) -> float:
        factors = 1 / (np.maximum(values, 0) + penalty)
        errors = wanted - turned @ (factors[:, np.newaxis] * along)
        leverage = np.square(turned) @ factors + shares[:, 0]
        return float(np.square(errors / np.maximum(1 - leverage, 1e-12)[:, np.newaxis]).sum())

    penalty = min(_RIDGE_PENALTIES, key=left_out)
    slopes = vectors @ (along / (np.maximum(values, 0) + penalty)[:, np.newaxis])
    return scaled.solution(slopes, middle, penalty, left_out(penalty) / targets.shape[1])


def softmax_regression(features: np.ndarray, targets: np.ndarray, weights: np.ndarray) -> Solution:
    """Returns the linear layer of least categorical cross-entropy.

    Args:
        features: float array of shape `(samples, features)`.
        targets: float array of shape `(samples, classes)`, the probability of each class.
        weights: float array of shape `(samples,)`, the weight of each sample.

    Returns:
        A `Solution`, whose penalty is chosen by cross-validation.

    Example:

    >>> features = np.random.default_rng(0).normal(size=(60, 2))
    >>> labels = features.argmax(axis=1)
    >>> found = softmax_regression(features, np.eye(2)[labels], np.ones(60))
    >>> float(((features @ found.kernel + found.bias).argmax(axis=1) == labels).mean())
    1.0
    """

    def loss(logits: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        losses = -(wanted * log_softmax(logits, axis=1)).sum(axis=1)
        return losses, softmax(logits, axis=1) * wanted.sum(axis=1, keepdims=True) - wanted

    return _descended(features, targets, weights, loss)


def logistic_regressions(
    features: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    *,
    output_weights: Sequence[float] | None = None,
    positive_weights: Sequence[float] | None = None,
) -> Solution:
    """Returns the linear layer of least binary cross-entropy, the mean over its outputs.

    Args:
        features: float array of shape `(samples, features)`.
        targets: float array of shape `(samples, outputs)`, the probability of each to hold.
        weights: float array of shape `(samples,)`, the weight of each sample.
        output_weights: sequence of float, the weight of each output, or None for equal ones.
        positive_weights: sequence of float, by how much more a sample counts for which an output
            holds, or None for equally much.

    Returns:
        A `Solution`, whose penalty, the same for all outputs, is chosen by cross-validation.

    Example:

    >>> features = np.random.default_rng(0).normal(size=(60, 2))
    >>> holds = (features[:, :1] > 0).astype(float)
    >>> found = logistic_regressions(features, holds, np.ones(60))
    >>> bool((((features @ found.kernel + found.bias) > 0) == (holds > 0)).all())
    True
    """
    times = np.ones(targets.shape[1]) if output_weights is None else np.asarray(output_weights)
    positive = times if positive_weights is None else times * np.asarray(positive_weights)

    def loss(logits: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        holds, fails = positive * wanted, times * (1 - wanted)
        losses = -(holds * log_expit(logits) + fails * log_expit(-logits))
        by_logit = fails * expit(logits) - holds * expit(-logits)
        return losses.mean(axis=1), by_logit / wanted.shape[1]

    return _descended(features, targets, weights, loss)


# From logits and targets to the loss of each sample, and its gradient by the logits.
_Loss = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


class _Scaled:
    """Features with mean 0, and variance 1 on average, and the way back."""

    def __init__(self, features: np.ndarray, weights: np.ndarray) -> None:
        values = np.asarray(features, "float64")
        self.mean = np.average(values, axis=0, weights=weights)
        centred = values - self.mean
        variances = np.average(np.square(centred), axis=0, weights=weights)
        deviation = float(np.sqrt(variances.mean()))
        # What never varies says nothing: its weights stay at 0.
        self.deviation = deviation if deviation > _LEAST_DEVIATION else np.inf
        self.values = centred / self.deviation

    def solution(
        self, slopes: np.ndarray, offset: np.ndarray, penalty: float, loss: float
    ) -> Solution:
        """The layer for the features as they came."""
        kernel = slopes / self.deviation
        return Solution(kernel, offset - self.mean @ kernel, penalty, loss)


def _descended(
    features: np.ndarray, targets: np.ndarray, weights: np.ndarray, loss: _Loss
) -> Solution:
    """The layer of the least loss, by L-BFGS."""
    scaled = _Scaled(features, weights)
    penalty, left_out = _chosen_penalty(scaled.values, targets, weights, loss)
    start = np.zeros((features.shape[1] + 1, targets.shape[1]))
    found = _fit(scaled.values, targets, weights, loss, penalty, start, _EXACT)
    return scaled.solution(found[:-1], found[-1], penalty, left_out)


def _chosen_penalty(
    features: np.ndarray, targets: np.ndarray, weights: np.ndarray, loss: _Loss
) -> tuple[float, float]:
    """The penalty of the least loss in cross-validation, and that loss."""
    order, folds = _folds(targets)
    if folds.max() < 1:
        # Nothing can be left out: as much as a regression with C=1 of scikit-learn has.
        return 1 / len(features), np.inf
    shape = (features.shape[1] + 1, targets.shape[1])
    starts = [np.zeros(shape) for _ in range(folds.max() + 1)]
    best, least = _PENALTIES[0], np.inf
    for penalty in _PENALTIES:
        total = 0.0
        for fold, start in enumerate(starts):
            kept, left = order[folds != fold], order[folds == fold]
            chosen = (features[kept], targets[kept], weights[kept])
            found = _fit(*chosen, loss, penalty, start, _ROUGH)
            starts[fold] = found
            logits = features[left] @ found[:-1] + found[-1]
            total += float(loss(logits, targets[left])[0] @ weights[left])
        mean = total / weights[order[folds >= 0]].sum()
        if mean >= least:
            break  # The loss has one minimum along the path but for noise.
        best, least = penalty, mean
    return best, least


def _folds(targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Samples to choose by, and for each when it is left out; -1 for never.

    The samples of a class are spread over the folds, and one that is alone in its class is always
    kept: the offset of a class without a sample has no bound.
    """
    order = np.random.default_rng(0).permutation(len(targets))[:_MOST_TO_CHOOSE_BY]
    rows = targets[order]
    classes = rows.argmax(axis=1) if rows.shape[1] > 1 else (rows[:, 0] > 1 / 2).astype(int)
    by_class = np.argsort(classes, kind="stable")
    order, classes = order[by_class], classes[by_class]
    can_leave = np.bincount(classes)[classes] > 1
    folds = np.full(len(order), -1)
    folds[can_leave] = np.arange(can_leave.sum()) % _FOLDS
    return order, folds


def _fit(
    features: np.ndarray,
    targets: np.ndarray,
    weights: np.ndarray,
    loss: _Loss,
    penalty: float,
    start: np.ndarray,
    tolerance: float,
) -> np.ndarray:
    """The weights of scaled features, the offset as their last row."""
    shares = weights / weights.sum()

    def objective(flat: np.ndarray) -> tuple[float, np.ndarray]:
        table = flat.reshape(start.shape)
        losses, by_logit = loss(features @ table[:-1] + table[-1], targets)
        by_logit = by_logit * shares[:, np.newaxis]
        gradient = np.vstack([features.T @ by_logit + penalty * table[:-1], by_logit.sum(axis=0)])
        value = float(losses @ shares) + penalty / 2 * float(np.square(table[:-1]).sum())
        return value, gradient.ravel()

    options = {"maxiter": 1_000, "ftol": tolerance, "gtol": 10 * tolerance}
    found = minimize(objective, start.ravel(), jac=True, method="L-BFGS-B", options=options)
    return found.x.reshape(start.shape)
