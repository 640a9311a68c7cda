"""Images and their boxes are changed alike."""

import keras
import numpy as np
import pytest

from kerastune.backends import random_from
from kerastune.errors import InputError
from kerastune.models import RandomBoxWindow, box_augmentation

pytestmark = pytest.mark.first_backend

SIDE = 64


def images_with_boxes(count):
    """A white rectangle in each image, and its box as shares of the sides."""
    generator = np.random.default_rng(0)
    images = np.zeros((count, SIDE, SIDE, 1), "float32")
    boxes = np.zeros((count, 2, 5), "float32")
    for row in range(count):
        left, top = generator.integers(16, 36, 2)
        width, height = generator.integers(6, 12, 2)
        images[row, top : top + height, left : left + width] = 1
        boxes[row, 0] = [*np.array([left, top, left + width, top + height]) / SIDE, 3]
        boxes[row, 1, 4] = -1
    return images, boxes


@pytest.mark.parametrize(
    ("flip", "crop", "scale"), [(True, 0.0, 0.0), (False, 0.4, 0.0), (True, 0.2, 0.3)]
)
def test_a_box_follows_what_is_in_it(flip, crop, scale):
    images, boxes = images_with_boxes(16)
    layer = RandomBoxWindow(flip, crop, scale, seed=1)
    with random_from("portable"):
        changed = keras.ops.convert_to_numpy(layer(images, training=True))
        moved = keras.ops.convert_to_numpy(layer.changed_boxes(keras.ops.convert_to_tensor(boxes)))
    assert (moved[:, 1, 4] == -1).all()
    is_moved = np.abs(moved[:, 0] - boxes[:, 0]).max(axis=1) > 1e-3
    assert 4 < is_moved.sum() <= 16
    followed = 0
    for image, box in zip(changed[..., 0], moved[:, 0], strict=True):
        corners = box[:4] * SIDE
        # Where a box is cut, or near the edge, the mirror image stands beside it.
        if box[4] < 0 or corners.min() < 4 or corners.max() > SIDE - 4:
            continue
        rows, columns = np.nonzero(image > 0.5)
        seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        if columns.min() > 4 and rows.min() > 4 and max(seen) < SIDE - 4:
            np.testing.assert_allclose(corners, seen, atol=1.01)
            followed += 1
    assert followed > 5


def test_what_is_hardly_to_be_seen_is_no_object():
    layer = RandomBoxWindow(False, 0.9, 0.0, seed=0)
    boxes = np.tile(np.array([[[0.0, 0.0, 0.1, 0.1, 1.0]]], "float32"), (64, 1, 1))
    layer(np.zeros((64, 8, 8, 1), "float32"), training=True)
    moved = keras.ops.convert_to_numpy(layer.changed_boxes(keras.ops.convert_to_tensor(boxes)))[
        :, 0
    ]
    sides = moved[:, 2:4] - moved[:, :2]
    assert 0 < (moved[:, 4] == 1).sum() < 64
    assert (moved[:, :4] >= 0).all()
    assert (moved[:, :4] <= 1).all()
    assert (sides[moved[:, 4] == 1] > 0).all()


def test_nothing_changes_outside_of_training():
    images, _ = images_with_boxes(2)
    layer = box_augmentation(flip=True, crop=0.5, seed=0)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(layer(images)), images)
    assert RandomBoxWindow.from_config(layer.get_config()).crop == 0.5


@pytest.mark.parametrize("setting", [{"crop": 1.0}, {"scale": -0.1}])
def test_what_is_out_of_range_is_refused(setting):
    with pytest.raises(InputError, match=f"`{next(iter(setting))}` from 0 up to"):
        box_augmentation(seed=0, **setting)
