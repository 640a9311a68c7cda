"""Samples with the columns that a model was trained on, in every form."""

import json

import numpy as np
import pytest

from kerastune.data import Column, Source, open_as
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

COLUMNS = {"text": Column("text"), "label": Column("class", class_names=("bad", "good"))}
TEXTS, LABELS = ["a joy", "a bore"], ["good", "bad"]


def written(tmp_path, suffix):
    path = tmp_path / f"more{suffix}"
    if suffix == ".csv":
        path.write_text("text,label\na joy,good\na bore,bad\n", encoding="utf-8")
    else:
        rows = [{"text": t, "label": x} for t, x in zip(TEXTS, LABELS, strict=True)]
        path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    "data",
    [
        (TEXTS, LABELS),
        (TEXTS, [1, 0]),
        ({"text": TEXTS}, {"label": LABELS}),
        {"text": TEXTS, "label": LABELS, "extra": [1, 2]},
        [{"text": t, "label": x} for t, x in zip(TEXTS, LABELS, strict=True)],
        Source.of(TEXTS, [0, 1], class_names=("good", "bad")),
        ".csv",
        ".jsonl",
    ],
)
def test_every_form_gives_the_same(tmp_path, data):
    if isinstance(data, str):
        data = written(tmp_path, data)
    source = open_as(data, COLUMNS, ("label",))
    assert list(source.values["text"]) == TEXTS
    assert list(source.values["label"]) == [1, 0]
    assert source.columns == COLUMNS


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([{"text": "a joy"}], "Expected a column 'label'"),
        ({"texts": TEXTS, "label": LABELS}, "Did you mean 'texts'"),
        ((TEXTS, ["good", "odd"]), "Received: 'odd' in sample 1"),
        ((TEXTS, [0, 2]), "Expected labels from 0 to 1"),
        ("no/such/file.csv", "no such file"),
    ],
)
def test_what_is_refused(data, message):
    with pytest.raises(InputError, match=message) as caught:
        open_as(data, COLUMNS, ("label",))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("missing", [None, float("nan"), " "])
def test_samples_without_a_label_are_dropped(missing):
    records = [{"text": t, "label": x} for t, x in (("a", missing), ("b", "good "), ("c", "bad"))]
    source = open_as(records, COLUMNS, ("label",))
    assert list(source.values["text"]) == ["b", "c"]
    assert source.values["label"].tolist() == [1, 0]
    assert source.notes == ("1 of 3 samples dropped: no label",)
    with pytest.raises(InputError, match="Received: 'odd' in sample 1 of columns"):
        open_as({"text": ["a", "b"], "label": [missing, "odd"]}, COLUMNS, ("label",))


def test_what_a_folder_lacks_is_noted(tmp_path):
    for name, text in (("good/1", "a joy"), ("good/2", "a joy"), ("bad/1", "a bore")):
        path = tmp_path / f"{name}.txt"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    source = open_as(tmp_path, COLUMNS, ("label",))
    assert source.notes == ("1 of 3 files dropped: the same text and label came before",)


def test_quantities_and_tags():
    columns = {"array": Column("array", shape=(1,)), "age": Column("quantity")}
    rows = np.zeros((2, 1))
    assert open_as((rows, [1, 2]), columns, ("age",)).values["age"].tolist() == [1.0, 2.0]
    with pytest.raises(InputError, match="Expected numbers to predict"):
        open_as((rows, ["one", "two"]), columns, ("age",))
    named = Source.of(rows, [1, 0], class_names=("30", "40"), label_name="age")
    assert open_as(named, columns, ("age",)).values["age"].tolist() == [40.0, 30.0]
    named = Source.of(rows, [1, 0], class_names=("young", "old"), label_name="age")
    with pytest.raises(InputError, match="Expected numbers to predict.*'old'"):
        open_as(named, columns, ("age",))
    tagged = {"tokens": Column("tokens"), "tags": Column("tags", class_names=("O", "B-x"))}
    source = open_as([{"tokens": ["a", "b"], "tags": ["O", "B-x"]}], tagged, ("tags",))
    assert source.values["tags"] == [[0, 1]]
