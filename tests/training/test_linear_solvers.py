"""Against scikit-learn, and against leaving each sample out in turn."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

from kerastune.training.linear_solvers import (
    least_squares,
    logistic_regressions,
    softmax_regression,
)

pytestmark = pytest.mark.any_backend

DRAWN = np.random.default_rng(0)
FEATURES = DRAWN.normal(size=(60, 5)) * [1, 2, 3, 4, 5] + 1
WEIGHTS = DRAWN.uniform(0.5, 2, 60)
MEAN = np.average(FEATURES, axis=0, weights=WEIGHTS)
DEVIATION = np.sqrt(np.average(np.square(FEATURES - MEAN), axis=0, weights=WEIGHTS).mean())
SCALED = (FEATURES - MEAN) / DEVIATION
SCORES = FEATURES @ DRAWN.normal(size=(5, 3)) + 3 * DRAWN.normal(size=(60, 3))


def test_least_squares_are_those_of_scikit_learn():
    found = least_squares(FEATURES, SCORES, WEIGHTS)
    ridge = Ridge(alpha=found.penalty * WEIGHTS.sum()).fit(SCALED, SCORES, sample_weight=WEIGHTS)
    np.testing.assert_allclose(found.kernel, ridge.coef_.T / DEVIATION, atol=1e-12)
    np.testing.assert_allclose(FEATURES @ found.kernel + found.bias, ridge.predict(SCALED))


def test_the_error_of_samples_left_out_is_exact():
    found = least_squares(FEATURES, SCORES, WEIGHTS)
    total = 0.0
    for left in range(60):
        kept = np.arange(60) != left
        ridge = Ridge(alpha=found.penalty * WEIGHTS.sum())
        ridge.fit(SCALED[kept], SCORES[kept], sample_weight=WEIGHTS[kept])
        error = ridge.predict(SCALED[[left]]) - SCORES[[left]]
        total += WEIGHTS[left] / WEIGHTS.sum() * np.square(error).mean()
    assert found.loss == pytest.approx(total)


def test_classes_are_those_of_scikit_learn():
    labels = SCORES.argmax(axis=1)
    found = softmax_regression(FEATURES, np.eye(3)[labels], WEIGHTS)
    strength = 1 / (found.penalty * WEIGHTS.sum())
    logistic = LogisticRegression(C=strength, tol=1e-10, max_iter=5_000)
    logistic.fit(SCALED, labels, sample_weight=WEIGHTS)
    logits = FEATURES @ found.kernel + found.bias
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(shares, logistic.predict_proba(SCALED), atol=2e-4)


def test_labels_are_those_of_scikit_learn():
    holds = SCORES > 0
    found = logistic_regressions(FEATURES, holds.astype(float), WEIGHTS)
    # The mean over outputs divides the loss, and not the penalty.
    strength = 1 / (3 * found.penalty * WEIGHTS.sum())
    for output in range(3):
        logistic = LogisticRegression(C=strength, tol=1e-10, max_iter=5_000)
        logistic.fit(SCALED, holds[:, output], sample_weight=WEIGHTS)
        logits = FEATURES @ found.kernel[:, output] + found.bias[output]
        np.testing.assert_allclose(logits, logistic.decision_function(SCALED), atol=2e-3)


def test_a_label_that_counts_more_is_a_sample_that_does():
    holds = (SCORES[:, :1] > 0).astype(float)
    found = logistic_regressions(
        FEATURES, holds, np.ones(60), output_weights=[2.0], positive_weights=[3.0]
    )
    doubled = np.where(holds[:, 0] == 1, 3.0, 1.0)
    strength = 2 / (found.penalty * 60)
    deviation = np.sqrt(FEATURES.var(axis=0).mean())
    scaled = (FEATURES - FEATURES.mean(axis=0)) / deviation
    logistic = LogisticRegression(C=strength, tol=1e-10, max_iter=5_000)
    logistic.fit(scaled, holds[:, 0], sample_weight=doubled)
    logits = (FEATURES @ found.kernel + found.bias)[:, 0]
    np.testing.assert_allclose(logits, logistic.decision_function(scaled), atol=5e-3)


@pytest.mark.parametrize("solver", [least_squares, softmax_regression, logistic_regressions])
def test_features_that_never_vary_and_few_samples(solver):
    features = np.ones((3, 4))
    targets = np.eye(3)
    found = solver(features, targets, np.ones(3))
    assert np.isfinite(found.kernel).all()
    assert np.isfinite(found.bias).all()
    assert not found.kernel.any()


@pytest.mark.parametrize("solver", [least_squares, softmax_regression, logistic_regressions])
def test_a_feature_that_hardly_varies_gets_no_weight(solver):
    tiny = 1e-9 * DRAWN.normal(size=(60, 1)) + 0.2
    targets = np.eye(3)[SCORES.argmax(axis=1)]
    found = solver(np.hstack([FEATURES, tiny]), targets, WEIGHTS)
    assert np.abs(found.kernel[-1]).max() < 1e-3 * np.abs(found.kernel[:-1]).max()


@pytest.mark.parametrize("solver", [least_squares, softmax_regression, logistic_regressions])
def test_a_single_sample(solver):
    found = solver(np.ones((1, 2)), np.array([[1.0, 0.0]]), np.ones(1))
    assert np.isfinite(found.kernel).all()


@pytest.mark.parametrize("count", [1, 2])
def test_few_samples_of_many_classes(count):
    """Cross-validation that leaves out all of a class would choose by offsets without bounds."""
    generator = np.random.default_rng(0)
    centres = generator.normal(size=(60, 32))

    def drawn(times):
        rows = np.repeat(centres, times, axis=0)
        return rows + generator.normal(0, 0.8, rows.shape), np.repeat(np.arange(60), times)

    features, labels = drawn(count)
    found = softmax_regression(features, np.eye(60)[labels], np.ones(len(labels)))
    others, theirs = drawn(20)
    right = ((others @ found.kernel + found.bias).argmax(axis=1) == theirs).mean()
    assert right > 0.9
