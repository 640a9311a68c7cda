"""Targets as another kind, where the labels allow it."""

import numpy as np
import pytest

from kerastune.data import Source, as_kind, from_arrays, require_known_classes
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

TEXTS = [f"text {number}" for number in range(16)]


def test_whole_numbers_are_ages_for_a_regression():
    ages = [18 + number for number in range(16)]
    source = as_kind(from_arrays(TEXTS, ages), "quantity")
    assert source.columns["label"].kind == "quantity"
    assert source.values["label"].tolist() == ages


def test_zeros_and_ones_of_a_table_with_gaps_are_classes():
    source = as_kind(from_arrays(TEXTS, [0.0, 1.0] * 8), "class")
    assert source.columns["label"].class_names == ("0", "1")
    assert source.values["label"].tolist() == [0, 1] * 8


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (["yes", "no"] * 8, "quantity"),
        ([0.5, 1.5] * 8, "class"),
        ([float(number) for number in range(16)], "class"),
        (np.arange(32.0).reshape(16, 2), "class"),
    ],
)
def test_what_cannot_be_read_so_stays(labels, kind):
    source = from_arrays(TEXTS, labels)
    assert as_kind(source, kind) is source


def test_classes_are_put_in_the_order_that_is_known():
    source = from_arrays(["a", "b", "c"], ["no", "yes", "no"])
    again = require_known_classes(source, ("yes", "maybe", "no"))
    assert again.values["label"].tolist() == [2, 0, 2]
    with pytest.raises(InputError, match="Received: 'yes'"):
        require_known_classes(source, ("no", "maybe"))


def test_several_targets_are_left_alone():
    source = Source.of(TEXTS, np.arange(16.0)).with_targets()
    assert as_kind(source, "class") is source
