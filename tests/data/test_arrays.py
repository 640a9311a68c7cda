import numpy as np
import polars
import pytest

from kerastune.data import Column, from_arrays
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize(
    "texts",
    [["b", "a"], ("b", "a"), np.array(["b", "a"]), polars.Series(["b", "a"])],
    ids=["list", "tuple", "array", "series"],
)
def test_texts_become_a_list_of_str(texts):
    source = from_arrays(texts, ["x", "y"])
    assert source.values["text"] == ["b", "a"]
    assert all(type(text) is str for text in source.values["text"])


def test_texts_with_classes_are_cleaned():
    source = from_arrays(["a", None, "b", "a"], ["x", "x", "y", "x"])
    assert source.values["text"] == ["a", "b"]
    assert source.notes == (
        "1 of 4 samples dropped: no text",
        "1 of 4 samples dropped: the same text and label came before",
    )


def test_a_missing_label_among_str():
    source = from_arrays(["a", "b", "c"], ["x", float("nan"), "y"])
    assert source.columns["label"].class_names == ("x", "y")
    assert source.notes == ("1 of 3 samples dropped: no label",)


@pytest.mark.parametrize("labels", [[5, 3, 5], np.array([5, 3, 5], "uint8"), ["5", "3", "5"]])
def test_whole_numbers_are_classes(labels):
    source = from_arrays(np.zeros((3, 2)), labels)
    assert source.columns["label"].class_names == ("3", "5")
    assert source.values["label"].tolist() == [1, 0, 1]


def test_whole_numbers_are_positions_in_known_class_names():
    source = from_arrays(np.zeros((2, 1)), [1, 0], class_names=("cat", "dog"))
    assert source.values["label"].tolist() == [1, 0]
    with pytest.raises(InputError, match="Received: '2' in sample 1"):
        from_arrays(np.zeros((2, 1)), [1, 2], class_names=("cat", "dog"))


def test_whole_numbers_name_classes_that_are_whole_numbers():
    source = from_arrays(np.zeros((2, 1)), [5, 3], class_names=("3", "5"))
    assert source.values["label"].tolist() == [1, 0]


@pytest.mark.parametrize("shape", [(3,), (3, 2)])
def test_floats_are_quantities(shape):
    labels = np.full(shape, 0.5, "float32")
    source = from_arrays(np.zeros((3, 4)), labels)
    assert source.columns["label"] == Column("quantity", shape=shape[1:])
    assert np.array_equal(source.values["label"], labels)


@pytest.mark.parametrize(
    ("features", "labels", "options", "expected"),
    [
        (["a", "b"], ["x"], {}, "2 samples and 1 labels"),
        (["a"], "x", {}, "1 samples and 1 labels"),
        ([], [], {}, "0 samples and 0 labels"),
        (["a", "b"], ["x", "x"], {}, "at least two different labels"),
        (np.zeros((2, 1)), [1, 1], {}, "at least two different labels"),
        (np.zeros((2, 1)), [[0, 1], [1, 0]], {}, r"int64 of shape \(2, 2\)"),
        (np.zeros((2, 1)), [0.5, float("nan")], {}, "NaN or infinite"),
        (np.zeros((2, 1)), [0.5, 1.5], {"class_names": ("a", "b")}, "Received: floats"),
        ([[1.0], [1.0, 2.0]], [0, 1], {}, "Expected features of one shape"),
        (["a", 3], [0, 1], {}, "Received: int"),
        ([{"a": 1}, {"a": 2}], [0, 1], {}, "Received: dict"),
        (None, [0, 1], {}, "Expected"),
    ],
)
def test_what_cannot_be_a_source(features, labels, options, expected):
    with pytest.raises(InputError, match=expected) as caught:
        from_arrays(features, labels, **options)
    assert "\n" not in str(caught.value)
