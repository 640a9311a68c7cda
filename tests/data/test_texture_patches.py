"""Patches of textures: what they are cut from, and that the test is cut from elsewhere."""

import numpy as np
import pytest
from PIL import Image

from kerastune.data import open_data, open_few_shot_splits, open_splits, textures
from kerastune.data.described import described_only
from kerastune.errors import InputError, MissingExtraError
from kerastune.installing import package_folder

pytestmark = pytest.mark.any_backend


def photograph(file):
    folder = package_folder("skimage")
    with Image.open(folder / "data" / file) as picture:
        return np.asarray(picture.convert("L"))


def row_of(patch, pixels):
    """The row of a photograph at which a patch begins, found by the first row of the patch."""
    windows = np.lib.stride_tricks.sliding_window_view(pixels, patch.shape[1], axis=1)
    (row,) = np.flatnonzero((windows == patch[0, :, 0]).all(axis=2).any(axis=1))
    return row


def test_no_pixel_of_a_test_patch_is_in_a_training_patch():
    training, test = textures("train"), textures("test")
    pixels = photograph("grass.png")
    grass = 1
    for source, lowest, highest in ((training, 0, 351), (test, 352, 511)):
        labels = np.asarray(source.values["label"])
        patches = source.values["image"][labels == grass]
        for number in (0, len(patches) // 2, len(patches) - 1):
            row = row_of(patches[number], pixels)
            assert lowest <= row <= highest - 63


@pytest.mark.parametrize(("part", "count"), [("train", 551), ("test", 60), ("all", 611)])
def test_each_texture_has_as_many_patches(part, count):
    source = textures(part)
    assert np.bincount(source.values["label"]).tolist() == [count] * 5
    assert source.values["image"].shape == (5 * count, 64, 64, 1)
    assert source.values["image"].dtype == "uint8"
    assert source.columns["label"].class_names == ("brick", "grass", "gravel", "moon", "tissue")


def test_as_data_they_bring_their_split():
    splits = open_splits("textures", {"validation_fraction": 0.1})
    assert (len(splits.training), len(splits.validation), len(splits.test)) == (2479, 276, 300)
    assert "another region" in splits.training.notes[0]
    few = open_few_shot_splits("textures", samples_per_class=10)
    assert (len(few.training), len(few.test)) == (50, 300)
    assert len(open_data("textures:test")) == 300


def test_they_are_known_without_being_read(monkeypatch):
    monkeypatch.setattr("kerastune.data.texture_patches.package_folder", lambda name: None)
    with described_only():
        assert open_splits("textures").training.columns["image"].shape == (64, 64, 1)
    with pytest.raises(MissingExtraError, match=r"'textures' needs .*\[demo\]"):
        open_splits("textures")


@pytest.mark.parametrize("settings", [{"part": "tests"}, {"size": 3}, {"size": 161}])
def test_what_cannot_be_cut(settings):
    with pytest.raises(InputError, match=f"Received: '?{next(iter(settings.values()))}"):
        textures(**settings)
