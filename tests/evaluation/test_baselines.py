"""Baselines that a fine-tuned model has to beat."""

import numpy as np
import pytest

from kerastune.data import Column, Source, Splits
from kerastune.errors import InputError
from kerastune.evaluation import baselines, evaluate_quantities

pytestmark = pytest.mark.any_backend

TRAIN = ["red apple", "green apple", "sweet apple", "fast car", "old car"]
LABELS = np.array([0, 0, 0, 1, 1])
NAMES = ("fruit", "machine", "nothing")


def classes(inputs, labels, test_inputs, test_labels, names):
    """Splits with a class to tell."""
    training = Source.of(inputs, labels, class_names=names)
    return Splits(training, Source.of(test_inputs, test_labels, class_names=names))


def quantities(inputs, targets, test_inputs, test_targets):
    """Splits with quantities to predict."""
    return Splits(Source.of(inputs, targets), Source.of(test_inputs, test_targets))


def test_majority_class_predicts_the_most_frequent():
    splits = classes(TRAIN, LABELS, ["a car", "an apple"], [1, 0], NAMES)
    majority = baselines.majority_class(splits)["majority class"]
    assert majority["confusion"] == [[1, 0, 0], [1, 0, 0], [0, 0, 0]]
    assert majority["log_loss"] == pytest.approx(-np.log([0.4, 0.6]).mean())


def test_words_tell_the_classes_apart():
    splits = classes(TRAIN, LABELS, ["slow car", "sour apple"], [1, 0], NAMES)
    assert baselines.tf_idf(splits)["TF-IDF + logistic regression"]["accuracy"] == 1.0


def test_a_test_class_that_training_lacks_is_counted_as_wrong():
    labels = np.array([0, 0, 0, 2, 2])
    names = ("fruit", "nothing", "machine")
    splits = classes(TRAIN, labels, ["an apple", "a car", "void"], [0, 2, 1], names)
    words = baselines.tf_idf(splits)["TF-IDF + logistic regression"]
    assert words["accuracy"] == pytest.approx(2 / 3)
    assert words["per_class"]["machine"]["recall"] == 1.0
    assert words["per_class"]["nothing"]["recall"] == 0.0


@pytest.mark.parametrize("baseline", [baselines.majority_class, baselines.tf_idf])
def test_the_same_twice(baseline):
    splits = classes(TRAIN, LABELS, ["apple car"], [0], NAMES)
    assert baseline(splits) == baseline(splits)


@pytest.mark.parametrize(("texts", "labels"), [(["!", "?"], [0, 1]), (["one", "two"], [0, 0])])
def test_texts_that_nothing_can_be_learned_from_are_one_line(texts, labels):
    splits = classes(texts, labels, ["one"], [0], ("a", "b"))
    with pytest.raises(InputError, match="texts with words, of at least two classes") as caught:
        baselines.tf_idf(splits)
    assert "\n" not in str(caught.value)


def test_words_are_of_one_column_of_texts():
    with pytest.raises(InputError, match="an input of kind text"):
        baselines.tf_idf(classes(np.ones((2, 1)), [0, 1], np.ones((1, 1)), [0], ("a", "b")))


@pytest.mark.parametrize("outputs", [1, 2])
def test_least_squares_finds_an_exact_line(outputs):
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(30, 3))
    targets = rows @ generator.normal(size=(3, outputs)) + 5.0
    splits = quantities(rows[:20], targets[:20], rows[20:], targets[20:])
    found = baselines.least_squares(splits)["least squares"]
    assert found["r2"] == pytest.approx(1.0)
    assert found["mean_absolute_error"] == pytest.approx(0.0, abs=1e-9)


def test_least_squares_of_noise_by_hand():
    # The best line through (0, 0), (1, 1), (2, 0) is the constant 1/3.
    splits = quantities([[0.0], [1.0], [2.0]], [0.0, 1.0, 0.0], [[9.0]], [1.0])
    found = baselines.least_squares(splits)["least squares"]
    assert found["mean_absolute_error"] == pytest.approx(2 / 3)


class TestImages:
    images = np.random.default_rng(0).uniform(0, 100, (20, 3, 3, 1))
    labels = np.arange(20) % 2

    def test_bright_and_dark_are_told_apart(self):
        images = self.images + 150 * self.labels[:, None, None, None]
        splits = classes(images, self.labels, images, self.labels, ("dark", "light"))
        found = baselines.pixels(splits)
        assert found["logistic regression on pixels"]["accuracy"] == 1.0
        assert baselines.majority_class(splits)["majority class"]["accuracy"] == 0.5

    @pytest.mark.parametrize("test_images", [list(images), np.zeros((20, 4, 4, 1))])
    def test_pixels_of_several_sizes_or_in_files_are_not_weighed(self, test_images):
        names = ("dark", "light", "none")
        splits = classes(self.images, self.labels, test_images, self.labels, names)
        assert baselines.pixels(splits) == {}
        majority = baselines.majority_class(splits)["majority class"]
        assert np.shape(majority["confusion"]) == (3, 3)


def test_the_mean_of_the_training_targets_is_predicted():
    train, test = np.array([[1.0, 0.0], [3.0, 8.0]]), np.array([[2.0, 5.0], [6.0, 5.0]])
    expected = evaluate_quantities(test, [[2.0, 4.0], [2.0, 4.0]])
    texts = ["a", "b"]
    assert baselines.mean(quantities(texts, train, texts, test))["mean"] == expected
    flat = baselines.mean(quantities(texts, [1.0, 3.0], texts, [2.0, 4.0]))["mean"]
    assert flat["mean_absolute_error"] == 1.0


def test_one_of_several_targets_is_chosen_by_its_name():
    training = classes(TRAIN, LABELS, TRAIN, LABELS, NAMES).training
    both = training.with_column("size", np.arange(5.0), Column("quantity"))
    both = both.with_targets("label", "size")
    splits = Splits(both, both)
    assert baselines.majority_class(splits, target="label")["majority class"]["accuracy"] == 0.6
    assert baselines.mean(splits, target="size")["mean"]["mean_absolute_error"] == 1.2


@pytest.mark.parametrize(
    ("baseline", "labels", "class_names", "expected"),
    [
        (baselines.majority_class, [0.5, 1.5], None, "a target of kind class"),
        (baselines.mean, [0, 1], ("a", "b"), "a target of kind quantity"),
        (baselines.least_squares, [0, 1], ("a", "b"), "a target of kind quantity"),
    ],
)
def test_targets_of_another_kind(baseline, labels, class_names, expected):
    samples = Source.of(np.ones((2, 3)), labels, class_names=class_names)
    with pytest.raises(InputError, match=expected):
        baseline(Splits(samples, samples))
