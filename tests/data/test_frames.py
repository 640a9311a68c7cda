"""Frames and data sets of other libraries, as data of every kind."""

import numpy as np
import pandas
import polars
import pyarrow
import pytest
from PIL import Image

from kerastune.data import image_reader, open_as, open_data, open_splits, open_table, token_reader
from kerastune.data.frames import looks_like_frame
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

COLUMNS = {
    "text": ["a joy ", None, "a bore", "a bore", "fine"],
    "label": ["good", "bad", " bad", "bad", None],
}
NOTES = (
    "1 of 5 rows dropped: no text",
    "1 of 5 rows dropped: no label",
    "1 of 5 rows dropped: the same text and label came before",
)


class Value:
    """The feature of a number or a text."""


class ClassLabel:
    """The feature of a class."""

    def __init__(self, names):
        self.names = names


class Sequence:
    """The feature of lists."""

    def __init__(self, feature):
        self.feature = feature


class Picture:
    """The feature of images."""


class Dataset:
    """What of a data set of Hugging Face is used, with the same names and meanings."""

    def __init__(self, columns, features):
        self._columns = columns
        self.features = features

    column_names = property(lambda self: list(self._columns))

    def __len__(self):
        return len(next(iter(self._columns.values())))

    def __getitem__(self, position):
        return {name: values[range(len(self))[position]] for name, values in self._columns.items()}

    def with_format(self, type):
        assert type is None
        return self

    def select_columns(self, names):
        return Dataset({name: self._columns[name] for name in names}, self.features)


class DatasetDict(dict):
    """Data sets by the names of their parts."""


class IterableDataset:
    """A data set that is streamed."""

    features = None


for kind in (Dataset, DatasetDict, IterableDataset):
    kind.__module__ = "datasets.stand_in"


def hugging_face(labels=(1, 0, 0, 0, -1)):
    features = {"text": Value(), "label": ClassLabel(["bad", "good"])}
    return Dataset({"text": COLUMNS["text"], "label": list(labels)}, features)


@pytest.mark.parametrize(
    "frame",
    [
        pandas.DataFrame(COLUMNS),
        pandas.DataFrame(COLUMNS).convert_dtypes(),
        polars.DataFrame(COLUMNS),
        polars.LazyFrame(COLUMNS),
        pyarrow.table(COLUMNS),
        pyarrow.RecordBatch.from_pydict(COLUMNS),
        COLUMNS,
        hugging_face(),
    ],
    ids=["pandas", "nullable", "polars", "lazy", "arrow", "batch", "columns", "hugging face"],
)
def test_the_rules_for_texts_are_the_same_for_all(frame):
    source = open_data(frame, input_kind="text")
    assert source.values["text"] == ["a joy", "a bore"]
    assert source.columns["label"].class_names == ("bad", "good")
    assert source.notes == NOTES
    assert looks_like_frame(frame) or frame is COLUMNS
    again = open_as(frame, source.columns, source.targets)
    assert again.notes[0] == "1 of 5 samples dropped: no label"


def test_records_of_texts_are_cleaned_too():
    records = [dict(zip(COLUMNS, row, strict=True)) for row in zip(*COLUMNS.values(), strict=True)]
    assert open_data(records, input_kind="text").notes == NOTES


def test_the_parts_of_a_data_set_are_the_split():
    parts = {"train": hugging_face(), "unsupervised": hugging_face(), "test": hugging_face()}
    splits = open_splits(DatasetDict(parts), {"validation_fraction": 0.0})
    assert (len(splits.training), len(splits.test)) == (2, 2)
    assert splits.training.notes[:2] == (
        "the split is that of the data: train (training), test (test)",
        "left out, as it is none of these parts: 'unsupervised'",
    )
    frames = {"Train": polars.DataFrame(COLUMNS), "dev": polars.DataFrame(COLUMNS)}
    splits = open_splits(frames, {"test_data": polars.DataFrame(COLUMNS)})
    sizes = {use: len(part) for use, part in splits.parts.items()}
    assert sizes == {"training": 2, "validation": 2, "test": 2}


def test_tags_with_names():
    features = {"tokens": Sequence(Value()), "ner_tags": Sequence(ClassLabel(["O", "B-x"]))}
    data = Dataset({"tokens": [["a", "b"], ["c"]], "ner_tags": [[0, 1], [1]]}, features)
    source = token_reader()(data)
    assert source.columns["ner_tags"].class_names == ("B-x", "O")
    assert source.values["ner_tags"] == [[1, 0], [0]]
    frame = pandas.DataFrame({"tokens": [np.array(["a"]), ["b"]], "tags": [["O"], ["B-x"]]})
    assert token_reader()(frame).values["tags"] == [[1], [0]]


def test_images_are_read_when_they_are_asked_for():
    read = []

    class Pictures(list):
        def __getitem__(self, place):
            read.append(place)
            return Image.new("RGB", (5, 4))

    features = {"image": Picture(), "label": ClassLabel(["cat", "dog"])}
    data = Dataset({"image": Pictures(range(40)), "label": [0, 1] * 20}, features)
    source = image_reader(target_kind="class")(data)
    assert source.columns["label"].class_names == ("cat", "dog")
    read.clear()
    assert source.values["image"][3].shape == (4, 5, 3)
    assert read == [3]


def test_tables():
    frame = {"size": [1, 2, None], "won": ["yes", "no", None]}
    for table in (pyarrow.table(frame), pandas.DataFrame(frame), polars.DataFrame(frame)):
        source = open_table(table, target="won")
        assert source.values["size"].tolist() == [1, 2]
        assert "1 of 3 rows dropped: no 'won'" in source.notes


def test_a_stream_is_refused():
    with pytest.raises(InputError, match="IterableDataset. Load it without streaming"):
        open_data(IterableDataset())


def test_lists_of_images_of_several_sizes():
    images = [np.zeros((4, 5, 3), "uint8"), Image.new("RGB", (7, 6)), np.zeros((3, 3), "uint8")]
    source = image_reader(target_kind="quantity")((images, [1, None, 3]))
    assert [image.shape for image in source.values["image"]] == [(4, 5, 3), (3, 3, 1)]
    assert source.values["label"].tolist() == [1, 3]
    several = image_reader(target_kind="quantity")((images, np.ones((3, 2))))
    assert several.targets == ("label",)
