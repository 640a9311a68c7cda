import json

import numpy as np
import pytest
from PIL import Image

from kerastune.data import Source
from kerastune.errors import InputError
from kerastune.preprocessing import ImagePreprocessor, image_shape, load_preprocessor

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
        (np.array(["text"]), r"ndarray, <U4 of shape \(1,\)"),
        (COLOUR[:0], r"shape \(0, 7, 3\)"),
        (np.zeros((4, 4, 2)), r"shape \(4, 4, 2\)"),
        ("none.png", r"'none\.png'"),
    ],
)
def test_what_is_no_image(image, received):
    with pytest.raises(InputError, match=f"Received: .*{received}") as caught:
        ImagePreprocessor((4, 4, 3))([image])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("lowest_and_highest", [(0.0, 1.0), (-1.0, 1.0), (0.0, 300.0)])
def test_pixels_of_another_range_are_refused(lowest_and_highest):
    images = np.zeros((2, 3, 3, 1))
    images[:, 0, 0, 0] = lowest_and_highest
    source = Source.of(images, np.array([0, 1]), class_names=("a", "b"))
    with pytest.raises(InputError, match="values from 0 to 255"):
        ImagePreprocessor((3, 3, 1)).fit(source)
    # Those to predict too, of which the size may be another.
    for given in (images, list(images), [images[1], np.zeros((5, 5, 1), "uint8")]):
        with pytest.raises(InputError, match="from 0 to 255. Received: floats from"):
            ImagePreprocessor((3, 3, 1))(given)


def test_dark_images_may_be_predicted():
    dark = np.zeros((2, 3, 3, 1), "uint8")
    dark[0, 0, 0] = 1
    preprocessor = ImagePreprocessor((3, 3, 1))
    assert preprocessor(dark).max() == 1
    assert preprocessor(list(dark)).max() == 1
    assert preprocessor(np.zeros((1, 3, 3, 1))).max() == 0


def test_it_finds_the_column_of_images():
    source = Source.of([COLOUR, COLOUR[:4]], [1.0, 2.0], input_name="photo")
    preprocessor = ImagePreprocessor(image_shape(source)).fit(source)
    assert (preprocessor.image_shape, preprocessor.columns) == ((9, 7, 3), ("photo",))
    assert preprocessor.prepare(dict(source.values)).shape == (2, 9, 7, 3)
    with pytest.raises(InputError, match="an input of kind image"):
        preprocessor.fit(Source.of(["a"], [1.0]))


def test_saving(tmp_path):
    preprocessor = ImagePreprocessor((4, 5, 3), column="photo")
    preprocessor.save(tmp_path / "new")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["class.json"]
    assert load_preprocessor(tmp_path / "new") == preprocessor


@pytest.mark.parametrize("config", [{"image_shape": [1, 2]}, {"image_shape": 3}, {}, None])
def test_loading_settings_that_are_none(tmp_path, config):
    ImagePreprocessor((4, 5, 3)).save(tmp_path)
    saved = json.loads((tmp_path / "class.json").read_text())
    (tmp_path / "class.json").write_text(json.dumps({**saved, "config": config}))
    with pytest.raises(InputError, match="Expected whole files of a kerastune>ImagePreprocessor"):
        load_preprocessor(tmp_path)
