"""What a recipe trains, validates and tests on, from what it is given."""

from functools import partial

import numpy as np
import pytest

from kerastune.data import Source, open_data, open_few_shot_splits, open_splits
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

TEXTS = [f"text {number}" for number in range(40)]
CLASSES = (TEXTS, ["no", "yes"] * 20)
QUANTITIES = (TEXTS, np.arange(40.0) / 8)


def sizes(splits):
    return {use: len(part) for use, part in splits.parts.items()}


def test_options_say_how_samples_are_shared_out():
    assert sizes(open_splits(CLASSES)) == {"training": 30, "test": 10}
    options = {"test_fraction": 0.5, "validation_fraction": 0.2, "seed": 5, "test_data": None}
    splits = open_splits(CLASSES, options)
    assert sizes(splits) == {"training": 16, "validation": 4, "test": 20}
    texts = [text for part in splits.parts.values() for text in part.values["text"]]
    assert sorted(texts) == sorted(TEXTS)
    again = open_splits(CLASSES, {**options, "seed": 6})
    assert again.test.values["text"] == splits.test.values["text"]


def test_test_data_have_the_classes_of_the_training_data():
    splits = open_splits(CLASSES, {"test_data": (["a", "b"], ["yes", "yes"]), "test_fraction": 9})
    assert sizes(splits) == {"training": 40, "test": 2}
    assert splits.test.values["label"].tolist() == [1, 1]
    assert splits.test.columns["label"].class_names == splits.class_names == ("no", "yes")
    with pytest.raises(InputError, match="Received: 'maybe'"):
        open_splits(CLASSES, {"test_data": (["a"], ["maybe"])})


def test_a_kind_that_is_wanted():
    ages = (TEXTS, list(range(18, 58)))
    splits = open_splits(ages, {"test_data": (["a", "b"], [20, 70])}, target_kind="quantity")
    assert splits.test.values["label"].tolist() == [20.0, 70.0]
    with pytest.raises(InputError, match="Choose a recipe for classification"):
        open_splits(CLASSES, target_kind="quantity")
    with pytest.raises(InputError, match="Choose a recipe for regression"):
        open_splits(QUANTITIES, target_kind="class")


def test_numbers_that_are_classes_are_so_in_the_test_data_too():
    data = (TEXTS, [0.0, 1.0] * 20)
    test_data = (["a", "b", "c"], [1.0, 1.0, 0.0])
    splits = open_splits(data, {"test_data": test_data}, target_kind="class")
    assert splits.class_names == ("0", "1")
    assert splits.test.values["label"].tolist() == [1, 1, 0]
    with pytest.raises(InputError, match="Received: '2'"):
        open_splits(data, {"test_data": (["a", "b"], [1.0, 2.0])}, target_kind="class")


def test_a_recipe_may_open_data_in_its_own_way(tmp_path):
    path = tmp_path / "reviews.csv"
    path.write_text("review,stars\n" + "".join(f"r{n},{n % 2 + 1}\n" for n in range(20)))
    opened = []

    def open_with(data, *, class_names=None):
        opened.append((data, class_names))
        return open_data(data, text_column="review", label_column="stars", class_names=class_names)

    splits = open_splits(path, {"test_data": str(path)}, open_with=open_with)
    assert opened == [(path, None), (str(path), ("1", "2"))]
    assert sizes(splits) == {"training": 20, "test": 20}
    given = partial(open_data, text_column="review", label_column="stars")
    assert splits.training.inputs == open_splits(path, open_with=given).training.inputs


class TestFewShots:
    def test_all_others_are_for_the_test(self):
        splits = open_few_shot_splits(CLASSES, samples_per_class=3)
        assert sizes(splits) == {"training": 6, "test": 34}
        assert np.bincount(splits.training.values["label"]).tolist() == [3, 3]

    def test_or_the_test_data(self):
        options = {"test_data": (["a"], ["no"]), "validation_fraction": 0.5}
        splits = open_few_shot_splits(CLASSES, options, samples_per_class=4)
        assert sizes(splits) == {"training": 4, "validation": 4, "test": 1}

    def test_or_left_out_where_the_test_is_on_a_share(self):
        assert sizes(open_splits(CLASSES, samples_per_class=3)) == {"training": 6, "test": 10}

    def test_without_a_number_it_is_a_share(self):
        assert sizes(open_few_shot_splits(CLASSES)) == {"training": 30, "test": 10}

    def test_of_quantities_there_are_none(self):
        with pytest.raises(InputError, match="a target of kind class"):
            open_few_shot_splits(QUANTITIES, samples_per_class=3)


def test_data_without_samples_of_a_part():
    with pytest.raises(InputError, match="at least 2 samples"):
        open_splits(Source.of(["a"], [0.5]))


def test_classes_that_are_not_tested_are_named():
    data = list("abcdef"), ["x", "y", "z"] * 2
    splits = open_splits(data, {"test_data": (["g", "h"], ["y", "y "])})
    assert splits.test.notes[-1].startswith("no test sample of 'x', 'z': the metrics say nothing")
    assert open_splits((list("abcdef"), ["x", "y"] * 3)).test.notes == ()
