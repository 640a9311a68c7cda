"""Losses against other implementations of them, on this backend."""

import json

import keras
import numpy as np
import pytest
import torch
from scipy.stats import norm
from sklearn.metrics import mean_pinball_loss

from kerastune.heads import (
    CornLoss,
    GaussianNegativeLogLikelihood,
    PinballLoss,
    TokenCrossentropy,
    WeightedBinaryCrossentropy,
)
from tests.heads.fitting import gradient

GENERATOR = np.random.default_rng(0)
LOGITS = GENERATOR.normal(scale=3, size=(7, 4)).astype("float32")
LABELS = GENERATOR.integers(0, 2, (7, 4)).astype("float32")
TARGETS = GENERATOR.normal(size=(7, 2)).astype("float32")
WEIGHTS = np.array([0.0, 1.0, 2.0, 0.5, 1.0, 3.0, 1.0], "float32")
LEVELS = (GENERATOR.integers(0, 5, 7)[:, None] > np.arange(4)).astype("float32")
QUANTILES = (0.05, 0.25, 0.5, 0.95)

CASES = {
    "labels": (WeightedBinaryCrossentropy((1.0, 2.0, 0.5, 1.0), (3.0,) * 4, 0.1), LABELS, LOGITS),
    "gaussian": (GaussianNegativeLogLikelihood(0.01), TARGETS, LOGITS),
    "pinball": (PinballLoss(QUANTILES), TARGETS[:, :1], LOGITS),
    "corn": (CornLoss(), LEVELS, LOGITS),
}


def test_tokens_as_in_keras():
    tokens = GENERATOR.integers(0, 4, (3, 5))
    logits = GENERATOR.normal(scale=3, size=(3, 5, 4)).astype("float32")
    weights = GENERATOR.integers(0, 2, (3, 5)).astype("float32")
    for reduction in (None, "mean_with_sample_weight"):
        expected = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=reduction)
        loss = keras.losses.deserialize(
            keras.losses.serialize(TokenCrossentropy(reduction=reduction))
        )
        for true in (tokens, tokens[..., None]):
            found = loss(true, logits, sample_weight=weights)
            np.testing.assert_allclose(
                keras.ops.convert_to_numpy(found),
                keras.ops.convert_to_numpy(expected(tokens, logits, sample_weight=weights)),
                rtol=1e-5,
                atol=1e-6,
            )


def inverse_softplus(value):
    return np.log(np.expm1(value))


def near(expected):
    return pytest.approx(expected, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weights", [None, (1.0, 2.0, 0.0, 0.5)])
@pytest.mark.parametrize("positive", [None, (3.0, 1.0, 0.25, 10.0)])
def test_labels_as_in_torch(weights, positive, smoothing):
    ones = (1.0,) * 4
    reference = torch.nn.BCEWithLogitsLoss(
        weight=torch.tensor(weights or ones, dtype=torch.float64),
        pos_weight=torch.tensor(positive or ones, dtype=torch.float64),
    )
    smoothed = torch.tensor(LABELS.astype("float64")) * (1 - smoothing) + smoothing / 2
    expected = float(reference(torch.tensor(LOGITS.astype("float64")), smoothed))
    loss = WeightedBinaryCrossentropy(weights, positive, smoothing)
    assert float(loss(LABELS, LOGITS)) == near(expected)


def test_labels_without_weights_as_in_keras():
    for weights in (None, WEIGHTS):
        expected = keras.losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.3)(
            LABELS, LOGITS, weights
        )
        found = WeightedBinaryCrossentropy(label_smoothing=0.3)(LABELS, LOGITS, weights)
        assert float(found) == near(float(expected))


@pytest.mark.parametrize("minimum", [1e-3, 0.3])
def test_gaussian_as_in_torch(minimum):
    means, spreads = (part.astype("float64") for part in np.split(LOGITS, 2, axis=1))
    deviations = minimum + np.logaddexp(0, spreads + inverse_softplus(1 - minimum))
    reference = torch.nn.GaussianNLLLoss(full=True, eps=1e-12)
    arrays = (means, TARGETS.astype("float64"), deviations**2)
    expected = float(reference(*(torch.tensor(array) for array in arrays)))
    assert float(GaussianNegativeLogLikelihood(minimum)(TARGETS, LOGITS)) == near(expected)


def test_pinball_as_in_scikit_learn():
    target = TARGETS[:, :1]
    # As the outputs are arranged for one target: the median, then three gaps.
    median, low, middle, high = LOGITS.astype("float64").T
    starts = inverse_softplus(np.diff(norm.ppf(QUANTILES)))
    low, middle, high = (
        np.logaddexp(0, spread + start)
        for spread, start in zip((low, middle, high), starts, strict=True)
    )
    predicted = (median - middle - low, median - middle, median, median + high)
    expected = np.mean(
        [
            mean_pinball_loss(target[:, 0], values, alpha=quantile)
            for values, quantile in zip(predicted, QUANTILES, strict=True)
        ]
    )
    assert float(PinballLoss(QUANTILES)(target, LOGITS)) == near(expected)


def corn_by_the_paper(logits, ranks):
    """Equation 5 of Shi, Cao and Raschka (2021), task by task."""
    total, pairs = 0.0, 0
    for task in range(logits.shape[1]):
        subset = ranks >= task  # The samples that rank above the class before.
        probability = 1 / (1 + np.exp(-logits[subset, task].astype("float64")))
        above = ranks[subset] > task
        total -= np.sum(np.log(np.where(above, probability, 1 - probability)))
        pairs += subset.sum()
    return total / pairs


@pytest.mark.parametrize("seed", range(4))
def test_corn_by_the_paper(seed):
    generator = np.random.default_rng(seed)
    ranks = generator.integers(0, 5, 9)
    logits = generator.normal(scale=2, size=(9, 4)).astype("float32")
    levels = (ranks[:, None] > np.arange(4)).astype("float32")
    assert float(CornLoss()(levels, logits)) == near(corn_by_the_paper(logits, ranks))


def test_corn_as_its_authors_compute_it():
    """Numbers from `corn_loss` of coral-pytorch 1.4.0, in float64."""
    logits = np.array(
        [
            [2.1, 1.8, -2.1, -1.8],
            [1.9, -1.0, -1.5, -1.3],
            [1.9, 1.8, 1.7, 1.6],
            [-0.4, 0.7, 2.5, -3.0],
            [0.3, -0.2, 0.1, 4.0],
            [-2.2, -5.0, 1.0, 0.5],
        ]
    )
    levels = (np.array([2, 1, 4, 0, 3, 0])[:, None] > np.arange(4)).astype("float32")
    assert float(CornLoss()(levels, logits)) == near(0.540923701052037)
    # No sample reaches the second class.
    assert float(CornLoss()(np.zeros((3, 4)), logits[3:])) == near(0.4908179388790586)


@pytest.mark.parametrize("case", CASES)
def test_sample_weights_weigh_the_loss_of_each_sample(case):
    loss, targets, outputs = CASES[case]
    each = type(loss).from_config({**loss.get_config(), "reduction": None})(targets, outputs)
    each = keras.ops.convert_to_numpy(each)
    assert each.shape == (7,)
    assert float(loss(targets, outputs)) == near(each.mean())
    assert float(loss(targets, outputs, WEIGHTS)) == near((each * WEIGHTS).sum() / 7)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("extreme", [-100.0, 100.0, 1e4])
def test_gradients_stay_finite(case, extreme):
    loss, targets, outputs = CASES[case]
    outputs = np.full_like(outputs, extreme)
    assert np.isfinite(float(loss(targets, outputs)))
    found = gradient(loss, targets, outputs)
    assert np.isfinite(found).all()


@pytest.mark.parametrize("case", CASES)
def test_gradient_by_finite_differences(case):
    loss, targets, outputs = CASES[case]
    found = gradient(loss, targets, outputs)
    direction = np.random.default_rng(1).choice([-1.0, 1.0], outputs.shape).astype("float32")
    step = 2e-3
    rise = float(loss(targets, outputs + step * direction)) - float(
        loss(targets, outputs - step * direction)
    )
    assert np.sum(found * direction) == pytest.approx(rise / (2 * step), rel=5e-3)


@pytest.mark.parametrize("case", CASES)
def test_losses_come_back_from_json(case):
    loss, targets, outputs = CASES[case]
    text = json.dumps(keras.saving.serialize_keras_object(loss))
    again = keras.saving.deserialize_keras_object(json.loads(text))
    assert type(again) is type(loss)
    assert float(again(targets, outputs)) == float(loss(targets, outputs))
