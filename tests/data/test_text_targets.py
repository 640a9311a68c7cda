"""Texts with quantities and with lists of labels, from tables of every form."""

import json

import numpy as np
import polars
import pytest

from kerastune.data import Column, Source, open_as, open_data, open_splits, text_reader
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

TEXTS = ["a joy", "a bore", "so so", "great"]
STARS = [4.5, 1.0, 3.0, 5.0]
TAGS = [["fun", "new"], ["slow"], [], ["new"]]
KNOWN = ("fun", "new", "slow")
ENCODED = [[1, 1, 0], [0, 0, 1], [0, 0, 0], [0, 1, 0]]
quantities = text_reader(target_kind="quantity")
several = text_reader(target_kind="multilabel")


def as_file(path, name, texts, labels):
    """The table in a file of the format that the name tells."""
    path = path / name
    rows = [{"text": text, "label": label} for text, label in zip(texts, labels, strict=True)]
    if path.suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, rows)))
    elif path.suffix == ".parquet":
        polars.DataFrame({"text": texts, "label": labels}).write_parquet(path)
    else:
        cells = [str(label) for label in labels]
        polars.DataFrame({"text": texts, "label": cells}).write_csv(path)
    return str(path)


IN_MEMORY = {
    "a pair": lambda labels: (TEXTS, labels),
    "records": lambda labels: [
        {"text": text, "label": label} for text, label in zip(TEXTS, labels, strict=True)
    ],
    "a frame": lambda labels: polars.DataFrame({"text": TEXTS, "label": labels}),
    "columns": lambda labels: {"text": TEXTS, "label": labels},
}
FILES = ("a.csv", "a.jsonl", "a.parquet")


@pytest.fixture(params=[*IN_MEMORY, *FILES])
def table(request, tmp_path):
    """A function from labels to a table with them."""
    if request.param in IN_MEMORY:
        return IN_MEMORY[request.param]
    return lambda labels: as_file(tmp_path, request.param, TEXTS, labels)


def test_quantities_of_every_form(table):
    source = quantities(table(STARS))
    assert source.values["text"] == TEXTS
    assert source.values["label"].tolist() == STARS
    assert source.columns["label"].kind == "quantity"


def test_whole_numbers_are_quantities_too(table):
    assert quantities(table([4, 1, 3, 5])).values["label"].tolist() == [4.0, 1.0, 3.0, 5.0]


def test_lists_of_labels_of_every_form(table):
    source = several(table(TAGS))
    assert source.columns["label"] == Column("multilabel", class_names=KNOWN, shape=(3,))
    assert source.values["label"].tolist() == ENCODED


def test_the_same_table_for_a_trained_model(table):
    columns = {"text": Column("text"), "label": Column("multilabel", class_names=KNOWN[::-1])}
    source = open_as(table(TAGS), columns, ("label",))
    assert np.asarray(source.values["label"]).tolist() == [row[::-1] for row in ENCODED]
    columns["label"] = Column("quantity")
    assert open_as(table(STARS), columns, ("label",)).values["label"].tolist() == STARS


def test_zeros_and_ones_are_labels_of_a_trained_model_too():
    columns = {"text": Column("text"), "label": Column("multilabel", class_names=KNOWN)}
    for given in (ENCODED, np.array(ENCODED)):
        source = open_as((TEXTS, given), columns, ("label",))
        assert np.asarray(source.values["label"]).tolist() == ENCODED
    with pytest.raises(
        InputError, match="Expected a target kind out of class, quantity, multilabel"
    ):
        text_reader(target_kind="number")


def test_rows_that_lack_something_are_counted():
    texts = ["a joy ", None, "a joy", "so so", "a bore", "great"]
    source = quantities({"text": texts, "label": [4.0, 3.0, 2.0, None, 1.0, 5.0]})
    assert source.values["text"] == ["a joy", "a bore", "great"]
    assert source.values["label"].tolist() == [3.0, 1.0, 5.0]
    assert source.notes == (
        "1 of 6 rows dropped: no text",
        "1 of 6 rows dropped: no quantity",
        "1 of 6 rows joined: the same text came before, and its quantity is their mean",
    )
    assert [source.row(position) for position in range(3)] == [0, 4, 5]


def test_labels_that_agree_are_kept_once_and_others_dropped():
    texts = ["a joy", "a joy", "a bore", "a bore", "so so", " "]
    tags = [["x", "y"], ["y", "x"], ["x"], ["y"], None, ["x"]]
    source = several({"text": texts, "label": tags})
    assert source.values["text"] == ["a joy"]
    assert source.notes == (
        "1 of 6 rows dropped: no text",
        "1 of 6 rows dropped: no label",
        "2 of 6 rows dropped: the same text has different labels",
        "1 of 6 rows dropped: the same text and label came before",
    )


def test_labels_of_test_data_are_those_of_the_training_data():
    training = {"text": TEXTS, "label": TAGS}
    other = {"text": ["dull"], "label": [["slow"]]}
    splits = open_splits(
        training, {"test_data": other}, target_kind="multilabel", open_with=several
    )
    assert splits.test.values["label"].tolist() == [[0, 0, 1]]
    other["label"] = [["slwo"]]
    with pytest.raises(InputError, match=r"Received: 'slwo' in row 1\. Did you mean 'slow'"):
        open_splits(training, {"test_data": other}, target_kind="multilabel", open_with=several)
    values = {"text": ["dull"], "tags": np.array([[1, 0]])}
    columns = {"text": Column("text"), "tags": Column("multilabel", class_names=("slow", "fun"))}
    source = Source(values, columns, ("tags",))
    assert open_data(source, class_names=KNOWN).values["tags"].tolist() == [[0, 0, 1]]


@pytest.mark.parametrize(
    ("read", "label", "message"),
    [
        (quantities, ["4", "good", "3", "5"], "'good' in row 2"),
        (quantities, [None] * 4, "4 rows without"),
        (quantities, [[1.0], [2.0], [3.0], [4.0]], "number"),
        (several, ["fun"] * 4, r"Expected a list of labels in column 'label'. Received: 'fun' in"),
        (several, [3, 1, 2, 2], "Received: 3 in row 1"),
        (several, [["a"], ["b"], [1.5], ["a"]], "Received: 1.5 in row 3"),
        (several, [["a"], [" "], ["b"], ["a"]], "Received: ' ' in row 2"),
        (several, [{"a": 1}] * 4, "Expected a list of labels"),
        (several, np.eye(4, 2, dtype=int), r"an array of shape \(4, 2\)"),
        (several, [None] * 4, "4 of 4 rows dropped: no label"),
        (several, [["a"]] * 4, "at least two different labels"),
    ],
)
def test_a_column_of_another_kind_is_told_in_one_line(read, label, message):
    with pytest.raises(InputError, match=message) as caught:
        read({"text": TEXTS, "label": label})
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_a_file_whose_column_is_no_list(tmp_path, name):
    path = as_file(tmp_path, name, TEXTS, ["fun|new", "slow", "new", "new"])
    with pytest.raises(InputError, match=r"Received: 'fun\|new' in row 1.*Write lists such as"):
        several(path)
    with pytest.raises(InputError, match=r"Expected a column 'tags'.*`--label_column`"):
        text_reader(label_column="tags", target_kind="multilabel")(path)
