"""Measures of made images, against SciPy, and the baseline that they stand beside."""

import numpy as np
import pytest
import scipy

from kerastune.baselines import gaussian_mixture
from kerastune.data import Source, Splits
from kerastune.evaluation import Evaluation, evaluate_generated, frechet_distance, sample_sheet

pytestmark = pytest.mark.any_backend

GENERATOR = np.random.default_rng(0)


def test_frechet_distance_is_that_of_scipy():
    """The formula of Heusel et al., with the root of a matrix by SciPy."""
    first, second = GENERATOR.normal(size=(40, 5)), 1 + 2 * GENERATOR.normal(size=(60, 5)) ** 2
    covariances = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
    expected = np.sum((first.mean(axis=0) - second.mean(axis=0)) ** 2)
    expected += np.trace(covariances[0] + covariances[1] - 2 * root)
    np.testing.assert_allclose(frechet_distance(first, second), expected, rtol=1e-9)


def test_frechet_distance_of_fewer_samples_than_features():
    features = GENERATOR.normal(size=(6, 20))
    assert frechet_distance(features, features) < 1e-5
    assert frechet_distance(features, features + 1) == pytest.approx(20, abs=1e-4)


def test_the_share_that_is_recognized():
    features = GENERATOR.normal(size=(4, 3))
    found = evaluate_generated([0, 1, 2, 2], [0, 1, 1, 2], features, features)
    assert found["class_accuracy"] == 0.75
    assert found.directions == {"class_accuracy": True, "frechet_distance": False}


def test_the_mixture_draws_images_of_each_class():
    """Two classes of flat images, dark and bright, of which one has fewer than components."""
    dark, bright = GENERATOR.uniform(0, 40, (9, 3, 3, 1)), GENERATOR.uniform(200, 255, (2, 3, 3, 1))
    images = np.concatenate([dark, bright]).astype("float32")
    labels = np.array([0] * 9 + [1] * 2)
    samples = Source.of(images, labels, class_names=("dark", "bright"))
    seen = {}

    def evaluate(made, asked):
        seen["made"], seen["asked"] = made, asked
        return Evaluation([])

    splits = Splits(samples, samples)
    baseline = gaussian_mixture(evaluate, lambda _: (images, labels), count=11)
    assert list(baseline(splits)) == ["Gaussian mixture of pixels"]
    assert seen["made"].shape == (11, 3, 3, 1)
    assert np.bincount(seen["asked"]).tolist() == [6, 5]
    assert seen["made"][seen["asked"] == 0].mean() < 60
    assert seen["made"][seen["asked"] == 1].mean() > 190
    assert 0 <= seen["made"].min() <= seen["made"].max() <= 255
    assert gaussian_mixture(evaluate, None, count=0)(splits) == {}


def test_a_sheet_has_an_image_in_each_place():
    rows = [np.full((2, 4, 4, 3), 255.0), np.zeros((2, 4, 4, 3))]
    figure = sample_sheet(rows, ["epoch 1", "epoch 9"], ["cat", "a very long name"])
    shown = [axes.images[0].get_array().mean() for axes in figure.axes]
    assert shown == [1.0, 1.0, 0.0, 0.0]
    assert [axes.get_title(loc="center") for axes in figure.axes[:2]] == ["cat", "a very…"]
    assert [axes.get_ylabel() for axes in figure.axes[::2]] == ["epoch 1", "epoch 9"]
