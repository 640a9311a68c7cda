"""Samples without labels: what they must have, and what is left out of them."""

import numpy as np
import pytest

from kerastune import data
from kerastune.data.transfer import near_copies
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

TEXTS = ["the film is a joy to watch", "the film is a bore to watch", "a good book", "a bad book"]


def splits_of(inputs):
    samples = data.Source.of(inputs, [1, 0, 1, 0], class_names=("bad", "good"))
    return data.Splits(samples.select([0, 1]), samples.select([2]), samples.select([3]))


def test_near_copies_of_test_and_validation_texts_are_left_out():
    given = ["A good book!", "The friend of a bad book.", "a fine book", TEXTS[0]]
    found = data.open_transfer(given, splits_of(TEXTS))
    assert found.values["text"] == ["a fine book", TEXTS[0]]  # What is for training may return.
    assert found.targets == ()
    assert [note.split(",")[0] for note in found.notes] == [
        "transfer: 2 samples without labels from texts",
        "transfer: 2 more left out",
    ]


def test_a_text_that_shares_a_part_is_no_copy():
    test = "one two three four five six seven eight nine ten eleven twelve"
    words = test.split()
    near, far = ([*words[:count], "and", "more"] for count in (11, 9))
    assert near_copies([" ".join(near), " ".join(far), ""], [test]).tolist() == [True, False, False]


def test_labels_of_other_data_are_left_out():
    rows = np.arange(8.0).reshape(4, 2)
    more = (np.concatenate([rows[2:3], rows + 100]), np.zeros(5))
    found = data.open_transfer(more, splits_of(rows))
    assert found.values["array"].tolist() == (rows + 100).tolist()
    assert found.inputs == ("array",)


@pytest.mark.parametrize(
    ("given", "inputs", "message"),
    [
        (["a good book"], TEXTS, "not in the test or validation. Received: 1 in texts"),
        ("digits", np.zeros((4, 2)), "inputs of data, array. Received: image, label"),
        ("docstrings:labelled", TEXTS, "docstrings:unlabelled. Received: 'docstrings:labelled'"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(given, inputs, message):
    with pytest.raises(InputError, match=message) as caught:
        data.open_transfer(given, splits_of(inputs))
    assert "\n" not in str(caught.value)
