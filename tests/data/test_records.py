"""Records of any library, and data sets that are known without being read."""

import grain
import numpy as np
import pytest

from kerastune import data
from kerastune.data import NAMED, Column, described_only, from_records, open_data, stand_ins
from kerastune.data.openers import find_opener
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend


def test_a_grain_source_plugs_in():
    records = [{"image": np.full((2, 2, 1), n), "label": "dark" if n else "light"} for n in (0, 9)]
    source = from_records(grain.MapDataset.source(records))
    assert source.columns["image"].kind == "image"
    assert source.columns["label"].class_names == ("dark", "light")
    assert source[1]["image"][0, 0, 0] == 9
    assert len(open_data(records)) == 2


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([{"text": "a", "label": "x"}, {"text": "b"}], "record 1 without"),
        ([{"text": object(), "label": "x"}], "Received: object"),
        ([{"text": "a", "label": ["x", "y"]}], "Describe the column with `columns`"),
        ([{"text": "a", "label": [1.0]}, {"text": "b", "label": [1.0, 2.0]}], "one shape"),
        ([{"text": "a", "label": 1.0}, {"text": "b", "label": [1.0]}], "in record 1"),
        ([{"text": "a", "label": None}, {"text": "b", "label": " "}], "none with 2 records"),
        ([{"text": "a", "label": 1.0}, {"text": "b", "label": "2"}], "'2' in record 1"),
        ([{"text": "a", "label": 1.0}, {"text": "b", "label": float("inf")}], "finite"),
    ],
)
def test_records_that_cannot_be_read(records, message):
    with pytest.raises(InputError, match=message) as caught:
        from_records(records)
    assert "\n" not in str(caught.value)


def test_records_without_a_label_are_dropped():
    records = [
        {"text": "a", "label": None, "age": 1.0},
        {"text": "b", "label": "x", "age": 2.0},
        {"text": "c", "label": "y", "age": float("nan")},
        {"text": "d", "label": "y ", "age": 4.0},
    ]
    source = from_records(records, targets=("label", "age"))
    assert list(source.values["text"]) == ["b", "d"]
    assert source.values["label"].tolist() == [0, 1]
    assert source.values["age"].tolist() == [2.0, 4.0]
    assert source.notes == ("2 of 4 records dropped: no label",)
    assert source.row(1) == 3


def test_ragged_labels_where_one_is_expected():
    with pytest.raises(InputError, match="Received"):
        open_data((["a", "b"], [["x"], ["y", "z"]]))


# The longest: it reads all files of NumPy and SciPy once more.
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.slow) if name == "docstring_prose" else name
        for name in NAMED
    ],
)
def test_what_is_published_is_what_is_there(name):
    try:
        source = NAMED[name].load()
    except data_not_installed():
        return
    assert set(source.columns) == set(NAMED[name].columns)
    assert source.targets == NAMED[name].targets
    for column, found in source.columns.items():
        published = NAMED[name].columns[column]
        assert (found.kind, found.shape) == (published.kind, published.shape), column
        if found.class_names is not None and published.class_names is not None:
            assert found.class_names == published.class_names


def data_not_installed():
    from kerastune.errors import MissingExtraError

    return MissingExtraError


def test_stand_ins_take_the_place_of_samples(monkeypatch):
    monkeypatch.setitem(NAMED, "digits", data.NamedData(fail, NAMED["digits"].columns))
    with described_only():
        source = open_data("digits")
        few, rest = data.few_shot_split(source, 100, seed=0)
    assert set(source.values["label"].tolist()) == set(range(10))
    assert len(few) == len(rest) == len(source)
    with pytest.raises(ArithmeticError):
        open_data("digits")


def fail():
    raise ArithmeticError("read")


def test_stand_ins_of_every_kind():
    columns = {
        "tokens": Column("tokens"),
        "tags": Column("tags", class_names=("O", "B-x")),
        "labels": Column("multilabel", class_names=("a", "b", "c")),
        "sound": Column("audio", shape=(None,)),
        "colour": Column("category", class_names=("red", "blue")),
    }
    source = stand_ins(columns, ("tags",), "made up")
    assert [len(source[0][name]) for name in ("tokens", "tags", "labels")] == [2, 2, 3]
    assert set(source.values["colour"]) == {"red", "blue"}


def test_an_opener_that_gives_no_source(monkeypatch):
    monkeypatch.setattr(data.openers, "_openers", dict(data.openers._openers))
    data.opener("broken")(lambda text: [text])
    with pytest.raises(InputError, match="opener that gives a Source. Received: list"):
        open_data("broken:it")
    with pytest.raises(InputError, match="scheme of at least two lower-case letters"):
        data.opener("C")
    assert find_opener("unknown:it") is None
