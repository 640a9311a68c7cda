import numpy as np
import pandas
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


MISSING = [None, float("nan"), "", " \t", pandas.NA, pandas.NaT, np.datetime64("NaT")]


@pytest.mark.parametrize("missing", MISSING, ids=repr)
@pytest.mark.parametrize(
    "features", [list("abcd"), np.arange(4.0)[:, None], np.zeros((4, 2, 2, 3))]
)
def test_a_missing_label_is_dropped_whatever_the_features_are(missing, features):
    labels = np.array(["cat", missing, "dog", "cat "], dtype=object)
    source = from_arrays(features, labels)
    assert source.columns["label"].class_names == ("cat", "dog")
    assert source.values["label"].tolist() == [0, 1, 0]
    assert source.notes == ("1 of 4 samples dropped: no label",)
    assert len(source.values[source.inputs[0]]) == 3


@pytest.mark.parametrize(
    "labels",
    [
        pandas.Series(["x", None, "y"], dtype="string"),
        pandas.Series(["x", None, "y"], dtype="category"),
        pandas.Series([True, None, False], dtype="boolean"),
        pandas.Series([3, None, 5], dtype="Int64"),
        polars.Series(["x", None, "y"]),
        polars.Series([3, None, 5]),
        [1, None, 0],
    ],
)
def test_columns_of_frames_with_gaps(labels):
    for features in (pandas.Series(["a", "b", "c"], dtype="string"), np.zeros((3, 8, 8, 3))):
        source = from_arrays(features, labels)
        assert len(source.columns["label"].class_names) == 2
        assert source.notes == ("1 of 3 samples dropped: no label",)


@pytest.mark.parametrize("missing", [None, float("nan"), pandas.NA, "", " "])
def test_missing_texts(missing):
    source = from_arrays(["a ", missing, "b"], ["x", "x", "y"])
    assert source.values["text"] == ["a", "b"]
    assert source.notes == ("1 of 3 samples dropped: no text",)
    source = from_arrays(["a ", missing, "b"], [0.5, 1.5, 2.5])
    assert source.values["text"] == ["a", "b"]
    assert source.values["label"].tolist() == [0.5, 2.5]


def test_missing_quantities():
    source = from_arrays(np.arange(3.0)[:, None], [[0.5, 1.0], [None, 2.0], [1.5, 3.0]])
    assert source.values["label"].tolist() == [[0.5, 1.0], [1.5, 3.0]]
    assert source.values["array"].tolist() == [[0.0], [2.0]]
    assert source.notes == ("1 of 3 samples dropped: no label",)
    assert source.select([1]).row(0) == 2


def test_positions_in_known_classes_with_gaps():
    source = from_arrays(np.zeros((3, 1)), [1, None, 0], class_names=("cat", "dog"))
    assert source.values["label"].tolist() == [1, 0]
    with pytest.raises(InputError, match="'7' in sample 2"):
        from_arrays(np.zeros((3, 1)), [1, None, 7], class_names=("cat", "dog"))


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
        (np.zeros((2, 1)), [0.5, float("inf")], {}, "inf in sample 1"),
        (np.zeros((2, 1)), [None, ""], {}, "none with 2 samples"),
        (["a", " "], [None, 0.5], {}, "1 of 2 samples dropped: no text"),
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
