"""A result answers for inputs in any form, checks what training checks, and streams."""

import io

import numpy as np
import polars
import pytest
from PIL import Image

from kerastune.errors import InputError
from kerastune.jobs.predicting import inputs_of, predictions
from tests.jobs.small_runs import image_run, several_run, table_run, text_run

pytestmark = pytest.mark.any_backend

DARK, LIGHT = (np.full((8, 8, 3), value, "uint8") for value in (40, 200))


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    return image_run(tmp_path_factory.mktemp("images"))


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    return text_run(tmp_path_factory.mktemp("texts"))


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return table_run(tmp_path_factory.mktemp("table"))


def test_images_in_every_form(images, tmp_path):
    Image.fromarray(DARK).save(tmp_path / "a.png")
    Image.fromarray(LIGHT).resize((20, 30)).save(tmp_path / "b.PNG")
    pair = [DARK, LIGHT]
    files = [tmp_path / "a.png", tmp_path / "b.PNG"]
    for inputs in (
        np.stack(pair),
        np.stack(pair)[..., 0],
        np.stack(pair).astype("float64"),
        [Image.fromarray(image) for image in pair],
        [Image.fromarray(DARK).convert("P"), Image.fromarray(LIGHT).convert("L")],
        [Image.fromarray(DARK).convert("RGBA"), Image.fromarray(LIGHT).convert("CMYK")],
        [Image.fromarray(DARK), files[1]],
        (image for image in pair),
        (Image.fromarray(image) for image in pair),
        tmp_path,
        str(tmp_path),
        files,
        list(map(str, files)),
        {"image": files},
        [{"image": file} for file in files],
    ):
        assert images.predict(inputs) == ["dark", "light"]
    for single in (LIGHT, Image.fromarray(LIGHT), files[1], str(files[1]), {"image": LIGHT}):
        assert images.predict(single) == "light"
        assert images.probabilities(single).shape == (2,)
        assert images.outputs(single).shape == (1, 1)


def test_images_are_checked_as_in_training(images, tmp_path):
    bright = np.full((1, 8, 8, 3), np.nan)
    for inputs, message in (
        (np.stack([DARK, LIGHT]) / 255.0, "floats from 0.156863 to 0.784314. Multiply them by 255"),
        ([DARK / 255.0], "Multiply them by 255"),
        (iter([DARK / 255.0]), "Multiply them by 255"),
        (bright, r"NaN at \(0, 0, 0\) of row 0"),
        ([DARK.astype("float32"), bright[0]], r"NaN at \(0, 0, 0\) of row 1"),
        (-DARK[None].astype("float32"), "floats from -40 to -40"),
        (np.zeros((1, 8, 8, 2), "uint8"), "Expected images of 3 channels"),
        (tmp_path / "no.png", "no.png"),
        (["a sentence"], "a sentence"),
        ([None], "no image in 'image' of row 1. This run reads images"),
        ([5], "Expected an image: a path, .* Received: int"),
        (5, "Received: 5. This run reads images"),
        (tmp_path, "Expected a folder with files of type .bmp"),
    ):
        with pytest.raises(InputError, match=message) as caught:
            images.predict(inputs)
        assert "\n" not in str(caught.value)


def test_texts(texts):
    assert texts.predict("a bore") == "long"
    assert texts.predict({"text": "a"}) == "short"
    assert texts.predict(["a bore", "a"]) == ["long", "short"]
    frame = polars.DataFrame({"id": [1, 2], "text": ["a", "a bore"]})
    assert texts.predict(frame) == texts.predict(frame.to_pandas()) == ["short", "long"]
    assert texts.predict(io.StringIO("a\na bore\n")) == ["short", "long"]
    for inputs, message in (
        (["a", None], "no text in 'text' of row 2. This run reads texts"),
        (["a", 5], "int in the place of a text in 'text' of row 2"),
        (DARK, "ndarray in the place of a text"),
        ([DARK], "ndarray in the place of a text in 'text' of row 1"),
        (np.zeros((2, 3)), "in the place of a text"),
    ):
        with pytest.raises(InputError, match=message):
            texts.predict(inputs)


def test_rows_of_a_table(table, tmp_path):
    rows = [{"age": 20}, {"age": None}]
    expected = [[40.0], [60.0]]
    (tmp_path / "rows.csv").write_text("age\n20\nNA\n")
    for inputs in (rows, iter(rows), polars.DataFrame(rows), tmp_path / "rows.csv"):
        np.testing.assert_allclose(table.predict(inputs), expected, rtol=1e-6)
    np.testing.assert_allclose(table.predict({"age": 20}), [40.0], rtol=1e-6)
    with pytest.warns(UserWarning, match="left out, as the training data lacks it: 'shop'"):
        table.predict([{"shop": 1, "age": 20}])
    table.predict([{"pay": 1, "age": 20}])  # What is predicted may be there.
    with pytest.raises(InputError, match="Expected inputs by column.*columns 'age'"):
        table.predict(np.zeros((2, 1)))
    with pytest.raises(InputError, match="finite numbers in column 'age'.*inf in row 2"):
        table.predict({"age": [1.0, float("inf")]})


def test_several_targets(tmp_path):
    result = several_run(tmp_path)
    answers = result.predict(["a", "a bore"])
    assert [answer["size"] for answer in answers] == ["short", "long"]
    assert result.predict("a bore")["letters"] == pytest.approx([60.0])
    assert result.probabilities("a bore")["size"].shape == (2,)
    assert result.probabilities(["a"] * 3000)["size"].shape == (3000, 2)


def test_answers_of_many_inputs_are_those_of_each(texts, monkeypatch):
    lengths = [1 + number % 11 for number in range(5000)]
    many = ["a" * length for length in lengths]
    seen = []
    prepare = type(texts.preprocessor).prepare

    def counted(self, inputs):
        seen.append(len(inputs["text"]))
        return prepare(self, inputs)

    monkeypatch.setattr(type(texts.preprocessor), "prepare", counted)
    assert texts.predict(iter(many)) == ["long" if length > 5 else "short" for length in lengths]
    assert max(seen) == 64
    assert texts.probabilities(many, batch_size=500).shape == (5000, 2)
    assert max(seen) == 500
    with pytest.raises(InputError, match="batch_size of at least 1"):
        texts.predict(many, batch_size=0)


def test_rows_that_cannot_be_predicted_are_set_aside(table):
    rows = [{"age": value} for value in (20, "old", 40, float("inf"), None)]
    (found,) = predictions(table, inputs_of(table, rows))
    assert found.positions == [0, 2, 4]
    assert {at: fault.split("Received: ")[1][:16] for at, fault in found.faults.items()} == {
        1: "'old' in row 2. ",
        3: "inf in row 4. Co",
    }
    np.testing.assert_allclose(table.head.decode(found.outputs)[:, 0], [40, 80, 60], rtol=1e-6)
    with pytest.raises(InputError, match="1 rows, none of which can be; the first: .*'old'"):
        next(predictions(table, inputs_of(table, [{"age": "old"}])))


def test_pieces_are_computed_when_they_are_asked_for(texts):
    read = []

    def endless():
        while True:
            read.append(1)
            yield "a bore"

    pieces = predictions(texts, inputs_of(texts, endless()))
    first = next(pieces)
    assert texts.head.decode(first.outputs) == ["long"] * len(first.piece)
    assert len(read) == len(first.piece) <= 2048
    next(pieces)
    assert len(read) <= 2 * 2048
