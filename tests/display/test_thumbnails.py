"""Small pictures of images of any kind."""

import io

import numpy as np
import pytest
from PIL import Image

from kerastune.display.thumbnails import thumbnail

pytestmark = pytest.mark.any_backend


def opened(image):
    return np.asarray(Image.open(io.BytesIO(thumbnail(image))))


def test_a_small_image_is_kept_as_it_is():
    image = np.random.default_rng(0).integers(0, 256, (5, 7, 3), dtype="uint8")
    np.testing.assert_array_equal(opened(image), image)
    np.testing.assert_array_equal(opened(image[..., :1]), image[..., 0])


def test_a_large_one_is_made_smaller_in_its_proportions():
    assert opened(np.zeros((400, 200, 3))).shape == (96, 48, 3)
    assert opened(np.zeros((1, 5000, 1))).shape == (1, 96)


@pytest.mark.parametrize(("channels", "shape"), [(1, ()), (2, ()), (3, (3,)), (4, (3,)), (9, (3,))])
def test_any_number_of_channels_is_shown(channels, shape):
    assert opened(np.zeros((4, 5, channels))).shape == (4, 5, *shape)


def test_values_of_any_type_are_brought_into_range():
    image = np.array([[[-5.0], [np.nan], [127.4], [999.0], [np.inf]]])
    assert opened(image).tolist() == [[0, 0, 127, 255, 255]]
    assert opened(np.array([[[True], [False]]])).tolist() == [[1, 0]]


@pytest.mark.parametrize(
    "other", ["text", np.zeros((4, 5)), np.zeros((0, 5, 3)), np.full((2, 2, 3), "a"), None]
)
def test_what_is_no_image_has_none(other):
    assert thumbnail(other) is None
