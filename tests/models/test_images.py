import numpy as np
import pytest
from PIL import Image

from kerastune.errors import InputError
from kerastune.models import ImagePreprocessor

pytestmark = pytest.mark.any_backend

COLOUR = np.random.default_rng(0).integers(0, 256, (9, 7, 3), dtype="uint8")


def test_images_that_fit_stay_as_they_are():
    images = np.stack([COLOUR, COLOUR[::-1]])
    for given in (images, list(images)):
        fitted = ImagePreprocessor((9, 7, 3))(given)
        assert fitted.dtype == np.float32
        np.testing.assert_array_equal(fitted, images)


def test_arrays_of_several_sizes_and_files_are_mixed(tmp_path):
    Image.fromarray(COLOUR).save(tmp_path / "image.png")
    path = tmp_path / "image.png"
    fitted = ImagePreprocessor((9, 7, 3))([COLOUR, COLOUR[:4, :6], path, str(path)])
    assert fitted.shape == (4, 9, 7, 3)
    for position in (2, 3):
        np.testing.assert_array_equal(fitted[position], COLOUR)


def test_resizing_is_pillows_for_bytes_and_floats():
    expected = np.asarray(Image.fromarray(COLOUR).resize((3, 4), Image.Resampling.BILINEAR))
    for images in (COLOUR, COLOUR.astype("float64")):
        fitted = ImagePreprocessor((4, 3, 3))([images])[0]
        np.testing.assert_allclose(fitted, expected, atol=1.1)  # Bytes are rounded twice.


def test_grey_and_colour():
    grey = COLOUR[..., :1]
    np.testing.assert_array_equal(ImagePreprocessor((9, 7, 3))([grey])[0], np.repeat(grey, 3, -1))
    luminance = np.asarray(Image.fromarray(COLOUR).convert("L"))
    fitted = ImagePreprocessor((9, 7, 1))([COLOUR])[0]
    np.testing.assert_allclose(fitted[..., 0], luminance, atol=1)


@pytest.mark.parametrize(
    ("image", "received"),
    [
        (COLOUR[0], r"uint8 of shape \(7, 3\)"),
        (np.array(["text"]), "among the images"),
        (COLOUR[:0], r"shape \(0, 7, 3\)"),
        (np.zeros((4, 4, 2)), r"shape \(4, 4, 2\)"),
        ("none.png", r"'none\.png'"),
    ],
)
def test_what_is_no_image(image, received):
    with pytest.raises(InputError, match=f"Received: .*{received}") as caught:
        ImagePreprocessor((4, 4, 3))([image])
    assert "\n" not in str(caught.value)


def test_saving(tmp_path):
    preprocessor = ImagePreprocessor((4, 5, 3))
    assert not ImagePreprocessor.is_saved_in(tmp_path)
    preprocessor.save(tmp_path / "new")
    assert ImagePreprocessor.is_saved_in(tmp_path / "new")
    assert ImagePreprocessor.load(tmp_path / "new") == preprocessor


@pytest.mark.parametrize(
    "content", [None, "", "[]", '{"image_shape": [1, 2]}', '{"image_shape": 3}']
)
def test_loading_what_is_not_one(tmp_path, content):
    if content is not None:
        (tmp_path / "images.json").write_text(content)
    with pytest.raises(InputError, match="Expected a directory written by"):
        ImagePreprocessor.load(tmp_path)
