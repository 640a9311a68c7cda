"""How much classes count, set in one place for every head that weighs them."""

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from kerastune import recipes
from kerastune.data import Column, Source
from kerastune.errors import InputError
from kerastune.heads import (
    Classification,
    Multilabel,
    Ordinal,
    Regression,
    Several,
    TokenClassification,
)
from kerastune.jobs.recipe import recipe

pytestmark = pytest.mark.any_backend

LABELS = np.array([0, 0, 0, 1, 2, 2])
TAGS = [[0, 0, 1], [0, -1], [1], [0], [0, 0], [2]]
NAMES = ("low", "middle", "high")
SAMPLES = Source(
    {
        "array": np.zeros((6, 2), "float32"),
        "kind": LABELS,
        "labels": np.array([[1, 0], [1, 1], [1, 0], [1, 0], [0, 0], [0, 1]]),
        "tags": TAGS,
        "price": np.arange(6.0),
    },
    {
        "array": Column("array", shape=(2,)),
        "kind": Column("class", class_names=NAMES),
        "labels": Column("multilabel", class_names=("a", "b")),
        "tags": Column("tags", class_names=("O", "X", "Y")),
        "price": Column("quantity"),
    },
    ("kind", "labels", "tags", "price"),
)


def test_balanced_classes_are_those_of_scikit_learn():
    head = Classification.for_samples(SAMPLES).with_class_weights("balanced", SAMPLES)
    expected = compute_class_weight("balanced", classes=np.arange(3), y=LABELS)
    np.testing.assert_allclose(head.class_weights, expected)
    assert head == Classification.for_samples(SAMPLES, balance_classes=True)
    np.testing.assert_allclose(head.sample_weights(LABELS), expected[LABELS], rtol=1e-6)


def test_tags_are_balanced_over_tokens():
    head = TokenClassification.for_samples(SAMPLES).with_class_weights("balanced", SAMPLES)
    flat = [tag for row in TAGS for tag in row if tag >= 0]
    expected = compute_class_weight("balanced", classes=np.arange(3), y=flat)
    np.testing.assert_allclose(head.class_weights, expected)


def test_labels_are_balanced_one_by_one():
    head = Multilabel.for_samples(SAMPLES).with_class_weights("balanced", SAMPLES)
    assert head.positive_weights == (0.5, 2.0)
    named = head.with_class_weights({"b": 3}, SAMPLES)
    assert (named.class_weights, named.positive_weights) == ((1.0, 3.0), None)


def test_several_targets_are_weighed_by_column():
    several = Several.for_samples(SAMPLES)
    balanced = several.with_class_weights("balanced", SAMPLES)
    assert balanced.heads["kind"].class_weights is not None
    assert balanced.heads["labels"].positive_weights == (0.5, 2.0)
    assert balanced.heads["price"] == several.heads["price"]
    one = several.with_class_weights({"kind": {"high": 4}}, SAMPLES)
    assert one.heads["kind"].class_weights == (1.0, 1.0, 4.0)
    assert one.heads["labels"] == several.heads["labels"]


@pytest.mark.parametrize(
    ("head", "weights", "message"),
    [
        (Regression, "balanced", "a head that weighs classes.*Received: Regression"),
        (Ordinal, {"low": 2}, "a head that weighs classes.*Received: Ordinal"),
        (Classification, {"lwo": 2}, "out of low, middle, high. Received: 'lwo'. Did you mean"),
        (Classification, {"low": {"a": 1}}, "a number as the class weight of 'low'"),
        (Several, {"knd": "balanced"}, "columns out of .*'kind'.*Received: 'knd'"),
        (Several, {"price": "balanced"}, "a head that weighs classes"),
    ],
)
def test_what_cannot_be_weighed_is_refused(head, weights, message):
    column = {"Ordinal": "kind", "Regression": "price"}.get(head.__name__)
    with pytest.raises(InputError, match=message):
        head.for_samples(SAMPLES, column).with_class_weights(weights, SAMPLES)


class TestOption:
    def build(self, **options):
        return recipes.tabular_classification.build("wine", widths=(4,), **options)

    def test_it_is_the_old_name_in_every_recipe(self):
        old, new = self.build(balance_classes=True), self.build(class_weights="balanced")
        assert old.head == new.head != self.build().head
        with pytest.raises(InputError, match="`balance_classes` or `class_weights`.*Received"):
            self.build(balance_classes=True, class_weights={"1": 2})

    def test_names_may_look_like_numbers(self):
        names = self.build().head.class_names
        weights = self.build(class_weights={names[1]: 2.5}).head.class_weights
        assert weights == (1.0, 2.5, *[1.0] * (len(names) - 2))

        @recipe
        def digits(data="digits", **options):
            """Tell digits."""
            return recipes.lenet.build(data, **options)

        assert digits.build(class_weights={3: 2}).head.class_weights[3] == 2.0

    def test_a_head_without_classes_refuses_it(self):
        with pytest.raises(InputError, match="Received: Regression"):
            recipes.linear_regression.build(class_weights="balanced")
