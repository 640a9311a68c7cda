"""Images with captions: what is read, left out with a note, and refused in one line."""

import numpy as np
import pytest
from PIL import Image

from kerastune import data
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

CAPTIONS = ["a black cat", "a dog", "a bird"]


@pytest.fixture
def folder(tmp_path):
    """Three images in a folder, and a table of their captions."""
    (tmp_path / "photos").mkdir()
    generator = np.random.default_rng(0)
    for number in range(3):
        pixels = generator.integers(0, 255, (9, 8, 3)).astype("uint8")
        Image.fromarray(pixels).save(tmp_path / "photos" / f"{number}.png")
    write(tmp_path, CAPTIONS)
    return tmp_path


def write(folder, captions, header="file_name,caption"):
    rows = [f"photos/{number}.png,{caption}" for number, caption in enumerate(captions)]
    (folder / "captions.csv").write_text("\n".join([header, *rows]))


def test_a_folder_with_a_table(folder):
    for given in (folder, str(folder / "captions.csv")):
        source = data.open_captions(given)
        assert source.values["caption"] == CAPTIONS
        assert source.values["image"][0].shape == (9, 8, 3)
        assert source.columns["image"].described == "image (9 x 8 x 3)"


def test_a_corrupt_image_is_left_out_and_its_path_told(folder):
    whole = (folder / "photos" / "1.png").read_bytes()
    (folder / "photos" / "1.png").write_bytes(whole[: len(whole) // 2])
    source = data.open_captions(folder)
    assert source.values["caption"] == ["a black cat", "a bird"]
    (note,) = source.notes
    assert note.startswith("1 of 3 rows dropped: no whole image, the first is 'photos/1.png'")


def test_other_columns_are_named(folder):
    write(folder, CAPTIONS, header="file_name,said")
    with pytest.raises(InputError, match="`--caption_column`"):
        data.open_captions(folder)
    assert data.open_captions(folder, caption_column="said").values["caption"] == CAPTIONS


@pytest.mark.parametrize(
    ("captions", "message"),
    [
        (
            ["a cat", "", "a bird"],
            "a caption for each image.*none in row 2 .*, and 1 of 3",
        ),
        (["", "", ""], "caption"),
    ],
)
def test_an_image_without_a_caption_is_refused(folder, captions, message):
    write(folder, captions)
    with pytest.raises(InputError, match=message) as caught:
        data.open_captions(folder)
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_table_is_refused(folder):
    (folder / "captions.csv").unlink()
    with pytest.raises(InputError, match="Expected a table in.*Images with captions are read"):
        data.open_captions(folder)


@pytest.mark.parametrize(
    "given",
    [
        (np.zeros((2, 4, 4, 1)), ["a cat"]),
        (np.zeros((2, 4, 4, 1)), ["a cat", ""]),
        (np.zeros((2, 4, 4, 1)), [0, 1]),
        {"caption": ["a cat", "a dog"]},
        "digits",
        5,
    ],
)
def test_other_data_are_refused_in_one_line(given):
    with pytest.raises(InputError, match="Images with captions are read") as caught:
        data.open_captions(given)
    assert "\n" not in str(caught.value)


def test_captions_of_the_test_are_new_and_their_words_known():
    splits = data.open_caption_splits("glyphs", {"test_fraction": 0.25})
    training, test = (set(part.values["caption"]) for part in (splits.training, splits.test))
    assert len(test) > 150
    assert not training & test
    words = {word for caption in training for word in caption.split()}
    assert {word for caption in test for word in caption.split()} <= words
    assert splits.training.inputs == ("image", "caption")
