import numpy as np
import pytest
from PIL import Image

from kerastune.data import open_data, read_image, read_image_folder, split, training_batches
from kerastune.data.image_files import IMAGE_SUFFIXES
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

RED, BLUE = (250, 0, 0), (0, 0, 250)


def draw(path, colour=RED, size=(6, 4), mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).convert(mode).save(path)
    return path


@pytest.fixture
def folder(tmp_path):
    """Two red images and a blue one, of different sizes."""
    draw(tmp_path / "red" / "2.png", size=(3, 5))
    draw(tmp_path / "red" / "1.JPG")
    draw(tmp_path / "blue" / "1.bmp", BLUE)
    return tmp_path


def test_subfolders_are_classes_and_files_are_sorted(folder):
    source = read_image_folder(folder)
    assert source.columns["label"].class_names == ("blue", "red")
    assert source.values["label"].tolist() == [0, 1, 1]
    assert [image.shape for image in source.values["image"]] == [(4, 6, 3), (4, 6, 3), (5, 3, 3)]
    assert source.name == folder.name
    assert source.notes == ()
    assert source.values["image"][0].dtype == np.uint8
    assert source.values["image"][0][0, 0].tolist() == list(BLUE)


@pytest.mark.parametrize("suffix", IMAGE_SUFFIXES)
@pytest.mark.parametrize(("mode", "expected"), [("L", (75, 75, 75)), ("RGB", RED)])
def test_every_format_becomes_colour(tmp_path, suffix, mode, expected):
    image = read_image(draw(tmp_path / f"image{suffix}", mode=mode))
    assert (image.shape, image.dtype) == ((4, 6, 3), np.uint8)
    np.testing.assert_allclose(image[2, 2], expected, atol=6)


def test_a_palette_becomes_colour(tmp_path):
    image = read_image(draw(tmp_path / "image.png", mode="P"))
    np.testing.assert_allclose(image[2, 2], RED, atol=6)


def test_transparency_is_ignored_and_sixteen_bits_become_eight(tmp_path):
    Image.new("RGBA", (2, 2), (*RED, 0)).save(tmp_path / "clear.png")
    assert read_image(tmp_path / "clear.png")[0, 0].tolist() == list(RED)
    Image.fromarray(np.full((2, 2), 40_000, "uint16")).save(tmp_path / "deep.png")
    assert read_image(tmp_path / "deep.png")[0, 0].tolist() == [156] * 3


def test_only_the_first_frame_of_a_gif_is_read(tmp_path):
    frames = [Image.new("RGB", (4, 4), colour) for colour in (RED, BLUE)]
    frames[0].save(tmp_path / "moving.gif", save_all=True, append_images=frames[1:])
    np.testing.assert_allclose(read_image(tmp_path / "moving.gif")[0, 0], RED, atol=6)


def test_photographs_are_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # The camera was held on its side.
    Image.new("RGB", (6, 4), RED).save(tmp_path / "photo.jpg", exif=exif)
    assert read_image(tmp_path / "photo.jpg").shape == (6, 4, 3)


def test_what_is_left_out_is_told(folder):
    whole = draw(folder / "red" / "whole.jpg", size=(64, 64)).read_bytes()
    (folder / "red" / "cut.jpg").write_bytes(whole[: len(whole) * 2 // 3])
    (folder / "red" / "text.png").write_text("no image")
    (folder / "red" / "empty.gif").write_bytes(b"")
    (folder / "red" / "notes.md").write_text("ignored")
    (folder / "readme.md").write_text("ignored")
    (folder / "red" / ".hidden.png").write_text("hidden")
    source = read_image_folder(folder)
    assert len(source) == 4
    assert source.notes == (
        "2 of 9 files left out, not an image in the folder of a class: readme.md, red/notes.md",
        "3 of 7 files dropped: not whole images, the first is red/cut.jpg",
    )


def test_images_are_read_when_they_are_asked_for(folder):
    source = read_image_folder(folder)
    _, held_out = source.select([0, 1]), source.select([2])
    (folder / "red" / "2.png").unlink()
    with pytest.raises(InputError, match=r"2\.png") as caught:
        _ = held_out.values["image"][0]
    assert "\n" not in str(caught.value)


def test_known_classes_encode_a_test_folder(tmp_path):
    draw(tmp_path / "red" / "1.png")
    assert read_image_folder(tmp_path, class_names=("blue", "red")).values["label"].tolist() == [1]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([], "one subfolder of images.*no files"),
        (["1.png"], "one subfolder of images.*the images in the folder itself. Give a CSV"),
        (["red/1.md"], r"one subfolder of images.*1 file \(1 .md\). Images are .bmp"),
        (["red/1.txt"], "one subfolder of images.*Choose another folder, or a recipe for texts"),
        (["images/1.png", "masks/1.png"], "images in 'images', 'masks'. Give a CSV file"),
        (["train2017/1.png", "val2017/1.png"], "images in 'train2017', 'val2017'"),
        (["red/1.png", "blue/1.png"], "2 of 2 files dropped: not whole images"),
    ],
)
def test_folder_without_images(tmp_path, files, expected):
    for name in files:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("no image")
    with pytest.raises(InputError, match=f"Expected .*{expected}") as caught:
        read_image_folder(tmp_path)
    assert "\n" not in str(caught.value)


def test_one_class_or_an_unknown_one(tmp_path):
    draw(tmp_path / "red" / "1.png")
    with pytest.raises(InputError, match="Received: 'red'"):
        read_image_folder(tmp_path)
    with pytest.raises(InputError, match=r"Received: 'red' in .*1\.png"):
        read_image_folder(tmp_path, class_names=("blue", "green"))
    with pytest.raises(InputError, match="which is not a folder"):
        read_image_folder(tmp_path / "none")


class TestOpening:
    def test_a_folder_of_images(self, folder):
        assert len(open_data(folder).values["image"]) == 3

    def test_a_folder_of_texts(self, tmp_path):
        for label in ("good", "bad"):
            (tmp_path / label).mkdir()
            (tmp_path / label / "1.txt").write_text(label)
        assert len(open_data(tmp_path).values["text"]) == 2

    def test_both_at_once(self, folder):
        (folder / "red" / "1.txt").write_text("a caption")
        with pytest.raises(InputError, match=r"3 images and 1 \.txt files"):
            open_data(folder)

    def test_neither(self, tmp_path):
        with pytest.raises(InputError, match="Received: no files"):
            open_data(tmp_path)


def test_batches_of_several_sizes_are_lists(folder):
    source = read_image_folder(folder)
    seen = []

    def transform(batch):
        seen.append(batch["image"])
        return batch

    next(iter(training_batches(source, batch_size=3, seed=0, transform=transform)))
    assert isinstance(seen[0], list)
    same_size = source.select([0, 1])
    batch = next(iter(training_batches(same_size, batch_size=2, seed=0)))
    assert batch["image"].shape == (2, 4, 6, 3)


def test_images_can_be_split(folder):
    for number in range(5):
        draw(folder / "blue" / f"more{number}.png", BLUE)
    train, test = split(read_image_folder(folder), 0.25, seed=0)
    assert (len(train.values["image"]), len(test.values["image"])) == (6, 2)
