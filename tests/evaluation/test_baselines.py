"""Baselines that a fine-tuned model has to beat."""

import numpy as np
import pytest

from kerastune.errors import InputError
from kerastune.evaluation import (
    image_baselines,
    least_squares_baseline,
    mean_baseline,
    regression_metrics,
    text_baselines,
)

pytestmark = pytest.mark.any_backend

TRAIN = ["red apple", "green apple", "sweet apple", "fast car", "old car"]
LABELS = np.array([0, 0, 0, 1, 1])
NAMES = ("fruit", "machine", "nothing")


def test_majority_class_predicts_the_most_frequent():
    metrics = text_baselines(TRAIN, LABELS, ["a car", "an apple"], [1, 0], NAMES)
    majority = metrics["majority class"]
    assert majority["confusion"] == [[1, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert majority["log_loss"] == pytest.approx(-np.log([0.4, 0.6]).mean())


def test_words_tell_the_classes_apart():
    metrics = text_baselines(TRAIN, LABELS, ["slow car", "sour apple"], [1, 0], NAMES)
    assert metrics["TF-IDF + logistic regression"]["accuracy"] == 1.0


def test_a_test_class_that_training_lacks_is_counted_as_wrong():
    labels = np.array([0, 0, 0, 2, 2])
    names = ("fruit", "nothing", "machine")
    metrics = text_baselines(TRAIN, labels, ["an apple", "a car", "void"], [0, 2, 1], names)
    words = metrics["TF-IDF + logistic regression"]
    assert words["accuracy"] == pytest.approx(2 / 3)
    assert words["per_class"]["machine"]["recall"] == 1.0
    assert words["per_class"]["nothing"]["recall"] == 0.0


def test_the_same_twice():
    arguments = (TRAIN, LABELS, ["apple car"], [0], NAMES)
    assert text_baselines(*arguments) == text_baselines(*arguments)


@pytest.mark.parametrize(("texts", "labels"), [(["!", "?"], [0, 1]), (["one", "two"], [0, 0])])
def test_texts_that_nothing_can_be_learned_from_are_one_line(texts, labels):
    with pytest.raises(InputError, match="texts with words, of at least two classes") as caught:
        text_baselines(texts, labels, ["one"], [0], ("a", "b"))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("outputs", [1, 2])
def test_least_squares_finds_an_exact_line(outputs):
    generator = np.random.default_rng(0)
    features = generator.normal(size=(30, 3))
    targets = features @ generator.normal(size=(3, outputs)) + 5.0
    metrics = least_squares_baseline(features[:20], targets[:20], features[20:], targets[20:])
    assert metrics["r2"] == pytest.approx(1.0)
    assert metrics["mean_absolute_error"] == pytest.approx(0.0, abs=1e-9)


def test_least_squares_of_noise_by_hand():
    # The best line through (0, 0), (1, 1), (2, 0) is the constant 1/3.
    metrics = least_squares_baseline([[0.0], [1.0], [2.0]], [0.0, 1.0, 0.0], [[9.0]], [1.0])
    assert metrics["mean_absolute_error"] == pytest.approx(2 / 3)


class TestImages:
    images = np.random.default_rng(0).uniform(0, 100, (20, 3, 3, 1))
    labels = np.arange(20) % 2

    def test_bright_and_dark_are_told_apart(self):
        images = self.images + 150 * self.labels[:, None, None, None]
        scores = image_baselines(images, self.labels, images, self.labels, ("dark", "light"))
        assert scores["logistic regression on pixels"]["accuracy"] == 1.0
        assert scores["majority class"]["accuracy"] == 0.5

    @pytest.mark.parametrize("test_images", [list(images), np.zeros((20, 4, 4, 1))])
    def test_pixels_of_several_sizes_or_in_files_are_not_weighed(self, test_images):
        names = ("dark", "light", "none")
        scores = image_baselines(self.images, self.labels, test_images, self.labels, names)
        assert list(scores) == ["majority class"]
        assert np.shape(scores["majority class"]["confusion"]) == (3, 3)


def test_the_mean_of_the_training_targets_is_predicted():
    train, test = np.array([[1.0, 0.0], [3.0, 8.0]]), np.array([[2.0, 5.0], [6.0, 5.0]])
    expected = regression_metrics(test, [[2.0, 4.0], [2.0, 4.0]])
    assert mean_baseline(train, test) == expected
    assert mean_baseline([1.0, 3.0], [2.0, 4.0])["mean_absolute_error"] == 1.0
