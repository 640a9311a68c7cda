"""Trees of folders: which folders are classes, which are parts of a split."""

import pytest
from PIL import Image

from kerastune.data import image_reader, open_data, open_splits
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend


def tree(root, *names):
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix.lower() in (".png", ".tif"):
            Image.new("RGB", (8, 8)).save(path)
        else:
            path.write_text(f"about {name}")
    return root


@pytest.mark.parametrize(
    ("names", "size", "note"),
    [
        (
            ["train/cat/1.png", "train/dog/1.png", "test/cat/1.png", "test/dog/1.png"],
            4,
            "read as one",
        ),
        (["cat/1.tif", "dog/1.TIF"], 2, None),
        (["cat/1.TXT", "dog/1.txt"], 2, None),
        (["cat/1.png", "cat/README.txt", "dog/1.png", "dog/LICENSE"], 2, "2 of 4 files left out"),
        (["a/b/cat/1.png", "a/b/dog/1.png", "a/info.md"], 2, "1 of 3 files left out"),
        (["train/1.png", "plane/1.png", "car/1.png"], 3, None),
        (["train/cat/1.png", "train/dog/1.png"], 2, "the parts train read as one"),
    ],
    ids=["split", "tif", "upper", "readme", "wrapped", "vehicles", "training only"],
)
def test_trees_that_are_read(tmp_path, names, size, note):
    source = open_data(tree(tmp_path / "data", *names))
    assert len(source) == size
    assert (source.notes == ()) if note is None else (note in " ".join(source.notes))


def test_the_parts_keep_apart_and_know_one_order_of_classes(tmp_path):
    names = ["train/b/1.png", "train/a/1.png", "train/c/1.png", "valid/c/1.png", "test/b/1.png"]
    splits = open_splits(tree(tmp_path, *names), open_with=image_reader())
    assert splits.class_names == ("a", "b", "c")
    assert splits.test.target_values.tolist() == [1]
    assert splits.validation.target_values.tolist() == [2]
    assert splits.test.notes == ("no test sample of 'a', 'c': the metrics say nothing of them",)
    other = tree(
        tmp_path / "more", "train/a/1.png", "train/b/1.png", "test/a/1.png", "test/a/2.png"
    )
    with_other = open_splits(tmp_path, {"test_data": other}, open_with=image_reader())
    assert len(with_other.test) == 2


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (
            ["cat/train/1.png", "cat/test/1.png", "dog/train/1.png"],
            "as in test/cat. Received: cat/test",
        ),
        (
            ["images/train/1.png", "images/val/1.png", "labels/train/1.txt"],
            "images in 'images/train'",
        ),
        (["images/1.png", "masks/1.png"], "the images in 'images', 'masks'"),
        (["1.png", "2.png"], "the images in the folder itself. Give a CSV"),
        (["data.csv", "notes.md"], "Expected a table with rows. Received: .*data.csv"),
    ],
)
def test_trees_that_are_no_classes(tmp_path, names, expected):
    kind = None if "data.csv" in names else "image"
    with pytest.raises(InputError, match=expected) as error:
        open_data(tree(tmp_path, *names), input_kind=kind)
    assert "\n" not in str(error.value)


def test_a_link_back_is_not_followed(tmp_path):
    tree(tmp_path, "cat/1.png", "dog/1.png")
    (tmp_path / "cat" / "again").symlink_to(tmp_path)
    assert len(open_data(tmp_path)) == 2


def test_a_recipe_knows_which_kind_of_two_it_reads(tmp_path):
    tree(tmp_path, "cat/1.png", "cat/1.txt", "dog/1.png", "dog/1.txt")
    for kind in ("image", "text"):
        source = open_data(tmp_path, input_kind=kind)
        assert source.inputs == (kind,)
        assert source.notes[0].startswith("2 of 4 files left out, not a")
