"""The contract of preprocessors: inputs by column, and files that come back safely."""

import json

import keras
import numpy as np
import pytest

from kerastune.data import Column, Source
from kerastune.errors import InputError
from kerastune.preprocessing import (
    ArrayPreprocessor,
    ImagePreprocessor,
    Preprocessor,
    load_preprocessor,
)

pytestmark = pytest.mark.any_backend

BOTH = Source(
    {"height": np.array([1.0, 2.0]), "width": np.array([3.0, 4.0]), "label": np.zeros(2)},
    {"height": Column("number"), "width": Column("number"), "label": Column("quantity")},
    ("label",),
)


@keras.saving.register_keras_serializable(package="tests")
class Vocabulary(Preprocessor):
    """Numbers words by the order in which the training samples bring them."""

    columns = ("text",)

    def __init__(self, unknown=-1):
        self.unknown = unknown
        self.words = []

    def fit(self, samples):
        self.words = list(dict.fromkeys(samples.values["text"]))
        return self

    def prepare(self, inputs):
        known = {word: number for number, word in enumerate(self.words)}
        return np.array([known.get(text, self.unknown) for text in inputs["text"]])

    def get_config(self):
        return {"unknown": self.unknown}

    def save_assets(self, directory):
        (directory / "words.txt").write_text("\n".join(self.words), encoding="utf-8")

    def load_assets(self, directory):
        self.words = (directory / "words.txt").read_text(encoding="utf-8").splitlines()


WORDS = Source.of(["b", "a", "b"], [0.0, 1.0, 2.0])


def test_one_column_is_given_as_it_is_or_by_its_name():
    preprocessor = Vocabulary().fit(WORDS)
    for given in (
        ["a", "c"],
        {"text": ["a", "c"], "other": [1, 2]},
        [{"text": "a"}, {"text": "c"}],
    ):
        assert preprocessor(given).tolist() == [1, -1]
    assert preprocessor(WORDS).tolist() == [0, 1, 0]


def test_several_columns_are_given_by_name():
    preprocessor = ArrayPreprocessor().fit(BOTH)
    assert preprocessor.columns == ("height", "width")
    prepared = preprocessor({"width": [3, 4], "height": [1, 2]})
    assert {name: values.tolist() for name, values in prepared.items()} == {
        "height": [1, 2],
        "width": [3, 4],
    }


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ([[1.0, 2.0]], "inputs by column: .* with height, width. Received: list"),
        ({"height": [1.0]}, "without 'width'"),
        ({}, "Received: none, without 'height'"),
        ([{"height": 1.0, "width": 2.0}, {"height": 1.0}], "record 1 without 'width'"),
        ([{"height": 1.0, "width": 2.0}, 3], "Received: 3 as record 1"),
        ({"height": ["a"], "width": [1.0]}, "numbers of one shape in the column 'height'"),
        ({"height": [[1.0], [1.0, 2.0]], "width": [1.0, 2.0]}, "numbers of one shape"),
    ],
)
def test_columns_that_are_not_there(inputs, expected):
    with pytest.raises(InputError, match=expected) as caught:
        ArrayPreprocessor().fit(BOTH)(inputs)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("inputs", ["a", b"a", 3, None, {"a", "b"}])
def test_one_input_is_no_sequence(inputs):
    with pytest.raises(InputError, match="sequence of at least one input. Received: ") as caught:
        Vocabulary().fit(WORDS)(inputs)
    assert repr(inputs) in str(caught.value)


def test_arrays_are_of_numbers():
    with pytest.raises(InputError, match="'text' of kind text. Give a preprocessor"):
        ArrayPreprocessor().fit(WORDS)


@pytest.mark.parametrize(("wrong", "said"), [(np.nan, "NaN"), (np.inf, "inf"), (-np.inf, "-inf")])
def test_arrays_are_finite(wrong, said):
    rows = np.zeros((3, 2))
    rows[1, 1] = wrong
    samples = Source.of(rows, [0.0, 1.0, 2.0])
    for part, place in ((samples, "3"), (samples.select([2, 1]), "2")):
        message = f"Received: {said} in column 1 of row 1; 1 of {place} rows"
        with pytest.raises(InputError, match=message):
            ArrayPreprocessor().fit(part)
    with pytest.raises(InputError, match=f"{said} in column 1 of row 1"):
        ArrayPreprocessor().fit(samples.select([0])).check(samples)


def test_images_are_finite():
    images = np.full((3, 4, 4, 1), 128.0)
    images[2, 1, 3, 0] = np.nan
    for given in (images, list(images)):
        samples = Source.of(given, [0.0, 1.0, 2.0])
        with pytest.raises(InputError, match=r"NaN at \(1, 3, 0\) of row 2; 1 of 3 rows"):
            ImagePreprocessor((4, 4, 1)).fit(samples)


def test_arrays_keep_their_shape(tmp_path):
    preprocessor = ArrayPreprocessor().fit(Source.of(np.zeros((4, 2)), [0.0, 1.0, 2.0, 3.0]))
    preprocessor.save(tmp_path)
    for one in (preprocessor, load_preprocessor(tmp_path)):
        assert one([[1.0, 2.0]]).tolist() == [[1.0, 2.0]]
        for rows, received in (([[1.0, 2.0, 3.0]], r"\(3,\)"), ([1.0, 2.0], r"\(\)")):
            with pytest.raises(InputError, match=rf"shape \(2,\) in .*Received: shape {received}"):
                one(rows)


def test_a_length_that_may_differ():
    column = Column("array", shape=(None, 2))
    samples = Source({"steps": np.zeros((3, 5, 2))}, {"steps": column})
    preprocessor = ArrayPreprocessor().fit(samples)
    assert preprocessor(np.zeros((1, 9, 2))).shape == (1, 9, 2)
    with pytest.raises(InputError, match=r"shape \(None, 2\)"):
        preprocessor(np.zeros((1, 9, 3)))


def test_without_more_targets_and_outputs_stay_as_they_are():
    preprocessor = ArrayPreprocessor(("array",))
    inputs, targets, outputs = {"array": np.ones((2, 3))}, np.arange(2), np.ones((2, 1))
    assert preprocessor.prepare_both(inputs, targets)[1] is targets
    assert preprocessor.align(outputs, inputs) is outputs


def test_one_that_cannot_prepare_says_what_to_write():
    class Empty(Preprocessor):
        columns = ("text",)

    with pytest.raises(InputError, match="method `prepare`. Received: Empty without"):
        Empty()(["a"])


@pytest.mark.parametrize("made", [Vocabulary(unknown=-7).fit(WORDS), ArrayPreprocessor(("a", "b"))])
def test_what_is_saved_comes_back(tmp_path, made):
    made.save(tmp_path / "deep" / "er")
    loaded = load_preprocessor(tmp_path / "deep" / "er")
    assert type(loaded) is type(made)
    assert (loaded.columns, loaded.get_config()) == (made.columns, made.get_config())
    assert vars(loaded) == vars(made)


@pytest.mark.parametrize("content", [None, "", "[]", "{}", "\ud800".encode("utf-16", "replace")])
def test_loading_what_is_not_one(tmp_path, content):
    if content is not None:
        (tmp_path / "class.json").write_bytes(
            content if isinstance(content, bytes) else content.encode()
        )
    with pytest.raises(InputError, match="Expected a directory written by") as caught:
        load_preprocessor(tmp_path)
    assert "\n" not in str(caught.value)


def test_loading_without_its_files(tmp_path):
    Vocabulary().fit(WORDS).save(tmp_path)
    (tmp_path / "words.txt").unlink()
    with pytest.raises(InputError, match=r"whole files of a tests>Vocabulary.*words\.txt"):
        load_preprocessor(tmp_path)


@keras.saving.register_keras_serializable(package="tests")
class NoPreprocessor(keras.layers.Dense):
    pass


@pytest.mark.parametrize("name", ["none>Such", "Dense", "tests>NoPreprocessor", 3, None])
def test_loading_a_class_that_is_not_known_or_no_preprocessor(tmp_path, name):
    ArrayPreprocessor(("a",)).save(tmp_path)
    saved = json.loads((tmp_path / "class.json").read_text())
    changed = {**saved, "registered_name": name, "class_name": "Dense", "module": "keras.layers"}
    (tmp_path / "class.json").write_text(json.dumps(changed))
    with pytest.raises(InputError, match=f"class of preprocessors.* Received: {name!r}"):
        load_preprocessor(tmp_path)
