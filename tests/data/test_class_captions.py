"""Images with classes become images with captions, made of the names of the classes."""

import numpy as np
import pytest
from PIL import Image

from kerastune import data
from kerastune.data.class_captions import class_captions
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

IMAGES, NAMES = np.zeros((8, 4, 4, 1)), ["cat", "guinea_pig"] * 4


def test_a_folder_of_classes(tmp_path):
    for name in ("cat", "guinea_pig"):
        (tmp_path / name).mkdir()
        for number in range(4):
            pixels = np.full((9, 8, 3), number, "uint8")
            Image.fromarray(pixels).save(tmp_path / name / f"{number}.png")
    splits = data.open_caption_splits(
        tmp_path, {"validation_fraction": 0.0}, caption_template="a {}", samples_per_class=1
    )
    assert splits.training.values["caption"] == ["a cat", "a guinea pig"]
    assert sorted(splits.test.values["caption"]) == ["a cat"] * 3 + ["a guinea pig"] * 3
    assert splits.training.targets == ()


def test_test_data_have_the_classes_of_the_training():
    given = {"test_data": (IMAGES[:2], ["guinea_pig", "guinea_pig"])}
    splits = data.open_caption_splits((IMAGES, NAMES), given, caption_template="{}")
    assert splits.test.values["caption"] == ["guinea pig"] * 2
    with pytest.raises(InputError, match="'dog'"):
        data.open_caption_splits(
            (IMAGES, NAMES), {"test_data": (IMAGES[:1], ["dog"])}, caption_template="{}"
        )


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"caption_template": "a photo"}, "caption_template with {}.*Received: 'a photo'"),
        ({"samples_per_class": 2}, "Expected caption_template.*Received: none"),
        ({"label_column": "kind"}, "Expected caption_template.*Received: none"),
        ({"caption_template": "{}", "samples_per_class": 9}, "at least 9 samples of each class"),
    ],
)
def test_what_makes_no_captions_is_told_in_one_line(given, message):
    with pytest.raises(InputError, match=message) as caught:
        data.open_caption_splits((IMAGES, NAMES), **given)
    assert "\n" not in str(caught.value)


def test_classes_with_one_caption_are_refused():
    with pytest.raises(InputError, match=r"'guinea pig' for 'guinea_pig' and 'guinea pig'"):
        class_captions(("guinea_pig", "guinea pig"))


def test_letters_that_are_unseen_are_made_of_words_that_are_seen():
    seen, unseen = data.open_data("glyphs:seen"), data.open_data("glyphs:unseen")
    names = set(unseen.columns["label"].class_names)
    assert names.isdisjoint(seen.values["caption"])
    words = {word for caption in seen.values["caption"] for word in caption.split()}
    assert {word for name in names for word in name.split()} <= words
    assert len(seen) + len(unseen) == len(data.glyphs())
    with pytest.raises(InputError, match="Received: 'glyphs:others'"):
        data.open_data("glyphs:others")
