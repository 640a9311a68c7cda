"""Samples that are held out and were seen in training are counted, and no others."""

import numpy as np
import pytest

from kerastune import recipes
from kerastune.data import Source, Splits, open_splits, open_table_splits
from kerastune.evaluation.shared_samples import shared_notes

pytestmark = pytest.mark.any_backend

NAMES = ("no", "yes")
SENTENCE = "The second film of this director is a joy from its beginning to its very end"


def texts(*values):
    return Source.of(list(values), np.arange(len(values)) % 2, class_names=NAMES)


def images(count, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (count, 20, 20, 3)).astype("uint8")
    return Source.of(pixels, np.arange(count) % 2, class_names=NAMES)


def test_texts_that_are_the_same_or_nearly_so_are_told_apart():
    training = texts(SENTENCE, "An utter bore", "Not one good joke")
    test = texts("An utter bore", SENTENCE.replace("second", "third"), "Something else", "A bore")
    assert shared_notes(Splits(training, test)) == (
        "test: 1 of 4 samples is also among those to train on, such as 'An utter bore'; "
        "1 of 4 samples is nearly like one to train on, such as 'The third film of this "
        "director is a joy from its beginning …'",
    )


def test_an_image_that_is_brighter_or_saved_again_is_nearly_the_same():
    training, test = images(30, 0), images(6, 1)
    noise = np.random.default_rng(2).integers(-3, 4, test.values["image"].shape[1:])
    test.values["image"][2] = np.clip(training.values["image"][7] * 0.9 + noise, 0, 255)
    test.values["image"][3] = training.values["image"][9]
    assert shared_notes(Splits(training, test, images(4, 3))) == (
        "test: 1 of 6 samples is also among those to train on; 1 of 6 samples is nearly like one "
        "to train on",
    )


def test_images_of_one_colour_are_like_no_other():
    flat = [np.full((4, 4, 1), value, "uint8") for value in (0, 9, 200, 255)]
    training = Source.of(np.stack(flat[:2]), [0, 1], class_names=NAMES)
    test = Source.of(np.stack(flat[2:]), [0, 1], class_names=NAMES)
    assert shared_notes(Splits(training, test)) == ()


def test_all_columns_of_a_row_count():
    table = {"a": [1, 1, 2, 2] * 30, "b": list(range(120)), "won": ["no", "yes"] * 60}
    apart = open_table_splits(table, target="won", target_kind="class")
    assert shared_notes(apart) == ()
    table["b"] = [0] * 119 + [1]
    same = open_table_splits(table, target="won", target_kind="class")
    (note,) = shared_notes(same)
    assert note.startswith("test: ")
    assert " of 30 samples are also among those to train on" in note


@pytest.mark.parametrize("data", ["digits", "wine", "diabetes"])
def test_sets_without_repeated_samples_get_no_note(data):
    opened = open_table_splits(data, target_kind="class") if data == "wine" else open_splits(data)
    assert shared_notes(opened) == ()


def test_a_run_tells_of_them(tmp_path, capsys):
    rows = np.random.default_rng(0).normal(size=(40, 2))
    recipes.mlp(
        (np.concatenate([rows, rows]), [*("ab" * 40)]),
        epochs=1,
        test_fraction=0.5,
        run_dir=tmp_path / "run",
    )
    told = "samples are also among those to train on"
    assert told in capsys.readouterr().out
    assert told in (tmp_path / "run" / "report.html").read_text()
