from pathlib import Path

import numpy as np
import pytest

from kerastune.data import Source, open_data
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

OURS = Source.of(["a", "b"], np.array([0, 1]), class_names=("no", "yes"))


def test_a_source_is_returned_as_it_is():
    assert open_data(OURS) is OURS
    assert open_data(OURS, class_names=["no", "yes"]) is OURS


def test_a_source_gets_the_order_of_the_known_classes():
    source = open_data(OURS, class_names=("yes", "maybe", "no"))
    assert source.columns["label"].class_names == ("yes", "maybe", "no")
    assert source.values["label"].tolist() == [2, 0]
    assert source.values["text"] == ["a", "b"]


def test_a_source_of_other_classes():
    with pytest.raises(InputError, match=r"Received: 'no' in sample 0 of data"):
        open_data(OURS, class_names=("yes", "maybe"))


def test_a_source_of_one_class():
    with pytest.raises(InputError, match="Received: 'yes'"):
        open_data(OURS.select([1]))


def test_arrays():
    source = open_data((["a", "b"], ["x", "y"]), class_names=("x", "y", "z"))
    assert source.values["label"].tolist() == [0, 1]
    assert source.columns["label"].class_names == ("x", "y", "z")


@pytest.mark.parametrize(("name", "size"), [("digits", 1797), ("diabetes", 442)])
def test_names(name, size):
    source = open_data(name)
    assert source.name == name
    assert len(source) == size


def test_docstrings():
    assert open_data("docstrings").columns["label"].class_names[0] == "statistics"


def test_names_have_their_own_classes():
    with pytest.raises(InputError, match="of digits"):
        open_data("digits", class_names=("one", "two"))


@pytest.mark.parametrize("kind", [str, Path])
def test_table(tmp_path, kind):
    path = tmp_path / "reviews.tsv"
    path.write_text("review\tstars\na\t5\nb\t1\n")
    source = open_data(kind(path), text_column="review", label_column="stars")
    assert source.values["review"] == ["a", "b"]
    assert source.columns["stars"].class_names == ("1", "5")
    path.write_text("review\tstars\na\t5\n")
    test = open_data(
        kind(path),
        text_column="review",
        label_column="stars",
        class_names=source.columns["stars"].class_names,
    )
    assert test.values["stars"].tolist() == [1]


@pytest.mark.parametrize("kind", [str, Path])
def test_folder(tmp_path, kind):
    for label in ("neg", "pos"):
        (tmp_path / label).mkdir()
        (tmp_path / label / "1.txt").write_text(label)
    assert open_data(kind(tmp_path)).values["text"] == ["neg", "pos"]
    known = open_data(kind(tmp_path), class_names=("pos", "neg"))
    assert known.values["label"].tolist() == [1, 0]


@pytest.mark.parametrize(
    ("data", "name", "split"),
    [
        ("tfds:mnist", "mnist", "train"),
        ("tfds:mnist:test", "mnist", "test"),
        ("tfds:imdb_reviews/plain_text:train[:80%]", "imdb_reviews/plain_text", "train[:80%]"),
    ],
)
def test_tensorflow_datasets(monkeypatch, data, name, split):
    asked = []

    def read_tfds(name, *, split):
        asked.append((name, split))
        return OURS

    monkeypatch.setattr("kerastune.data.open.read_tfds", read_tfds)
    assert open_data(data) is OURS
    assert asked == [(name, split)]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("reviews.csv", "Received: 'reviews.csv', no such file or data set"),
        ("digit", r"Did you mean 'digits'\?"),
        (Path("no") / "folder", "no such file or data set"),
        (["a", "b"], "Received: list"),
        (("a", "b", "c"), "Received: tuple"),
        (None, "Received: NoneType"),
        ("long" * 100, "Expected .*data.* Received: 'longlong"),
        ("no\0name.csv", r"Received: 'no\\x00name\.csv'"),
    ],
)
def test_what_cannot_be_opened(data, expected):
    with pytest.raises(InputError, match=expected):
        open_data(data)


def test_a_folder_that_is_called_a_table(tmp_path):
    (tmp_path / "reviews.csv").mkdir()
    with pytest.raises(InputError, match=r"in .*reviews\.csv\. Received: no files"):
        open_data(tmp_path / "reviews.csv")


def test_a_place_that_may_not_be_looked_at(monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.is_dir", refuse)
    with pytest.raises(InputError, match="Received: 'secret/reviews': Permission denied$"):
        open_data("secret/reviews")
