"""Anchors are matched and the loss is computed as RetinaNet does, by NumPy written out."""

import keras
import numpy as np
import pytest

from kerastune.errors import InputError
from kerastune.evaluation.boxes import overlaps
from kerastune.heads import Anchors, DetectionLoss, ObjectDetection
from kerastune.models import ImageBackbone, load_pyramid_backbone

pytestmark = pytest.mark.first_backend

ANCHORS = Anchors((32, 32), (3, 4), size=1.5, scales=2)
# Two objects, one too small for any anchor to overlap it by half; the last is none.
BOXES = np.array([[[4, 4, 20, 18, 1], [27, 2, 30, 4, 0], [0, 0, 0, 0, -1]]], "float32")


def as_numpy(*tensors):
    return [keras.ops.convert_to_numpy(tensor) for tensor in tensors]


def expected():
    """The offset, the class and the weight of each anchor."""
    boxes = ANCHORS.boxes.astype("float64")
    shared = overlaps(boxes, BOXES[0, :2])
    deltas, codes = np.zeros((len(boxes), 4)), np.full(len(boxes), -1)
    counts = np.ones(len(boxes))
    for at, row in enumerate(shared):
        forced = [number for number in range(2) if row[number] == shared[:, number].max()]
        number = forced[0] if forced else int(row.argmax())
        if not forced and row[number] < 0.5:
            counts[at] = row[number] < 0.4
            continue
        left, top, right, bottom, codes[at] = BOXES[0, number]
        x0, y0, x1, y1 = boxes[at]
        deltas[at] = [
            ((left + right) / 2 - (x0 + x1) / 2) / (x1 - x0),
            ((top + bottom) / 2 - (y0 + y1) / 2) / (y1 - y0),
            np.log((right - left) / (x1 - x0)),
            np.log((bottom - top) / (y1 - y0)),
        ]
    return deltas, codes, counts


def test_matching_and_loss():
    deltas, codes, counts = expected()
    assert set(codes) == {-1, 0, 1}
    assert 0 < (counts == 0).sum() < len(counts)
    found = as_numpy(*ANCHORS.matched(keras.ops.convert_to_tensor(BOXES[:, :, :4]), BOXES[:, :, 4]))
    is_box = codes >= 0
    np.testing.assert_array_equal(found[1][0], codes)
    np.testing.assert_array_equal(found[2][0], counts)
    np.testing.assert_allclose(found[0][0][is_box], deltas[is_box], atol=1e-5)
    # What is matched is decoded to the box again.
    again = ANCHORS.decoded(found[0])[0][is_box]
    np.testing.assert_allclose(again, BOXES[0, 1 - codes[is_box], :4], atol=1e-3)

    outputs = np.random.default_rng(0).normal(size=(1, len(codes), 4 + 2)).astype("float32")
    likely = 1 / (1 + np.exp(-outputs[0, :, 4:].astype("float64")))
    labels = codes[:, None] == np.arange(2)
    right = np.where(labels, likely, 1 - likely)
    focal = -np.where(labels, 0.25, 0.75) * (1 - right) ** 2 * np.log(right)
    distance = np.abs(outputs[0, :, :4] - deltas).sum(axis=1)
    total = (counts * focal.sum(axis=1) + is_box * distance).sum() / is_box.sum()
    shares = BOXES / np.array([32, 32, 32, 32, 1], "float32")
    (loss,) = as_numpy(DetectionLoss(ANCHORS, 2)(shares, outputs))
    assert loss == pytest.approx(total, rel=1e-5)


@pytest.mark.any_backend
def test_an_image_without_objects_is_background():
    none = np.array([[[0, 0, 0, 0, -1]]], "float32")
    _, codes, counts = as_numpy(*ANCHORS.matched(none[:, :, :4], none[:, :, 4]))
    assert (codes == -1).all()
    assert (counts == 1).all()
    outputs = np.full((1, len(ANCHORS.boxes), 6), -8.0, "float32")
    (loss,) = as_numpy(DetectionLoss(ANCHORS, 2)(none, outputs))
    assert 0 <= loss < 1e-3


@pytest.mark.any_backend
def test_levels_beyond_the_backbone_are_added():
    images = keras.Input((64, 64, 3))
    widths = {3: 4, 4: 6}
    maps = {
        f"P{level}": keras.layers.Conv2D(width, 3, strides=2**level, padding="same")(images)
        for level, width in widths.items()
    }
    head = ObjectDetection(("cat", "dog"), (64, 64), levels=(3, 6), width=4, layers=1)
    outputs = head.build(keras.Model(images, maps)(images))
    assert outputs.shape == (None, len(head.anchors.boxes), 6)
    # Maps of one width are a pyramid already.
    pyramid = {name: keras.layers.AveragePooling2D(8)(images) for name in ("P3",)}
    names = [layer.name for layer in keras.Model(images, head.build(pyramid)).layers]
    assert "head_lateral_3" not in names
    assert "head_pyramid_6" in names


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"width": 0}, "width=0"),
        ({"confidence": 1.0}, "confidence between 0 and 1"),
        ({"overlap": 0.0}, "overlap between 0 and 1"),
        ({"anchor_size": 0.0}, "size above 0"),
        ({"scales": 0}, "0 scales"),
        ({"ratios": ()}, "ratios"),
    ],
)
def test_what_is_out_of_range_is_refused(settings, message):
    with pytest.raises(InputError, match=message):
        ObjectDetection(("cat",), (64, 64), **settings)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("backbone", "settings", "message"),
    [
        ("small_resnet", {}, "pyramid_outputs.*small_resnet without"),
        ("small_resnet", {"levels": (0, 3)}, "levels from 1"),
        ("two maps", {"levels": (6, 7)}, "feature map of level 6.*P3, P4"),
    ],
)
def test_backbones_without_such_maps_are_refused(backbone, settings, message):
    if backbone == "two maps":
        images = keras.Input((64, 64, 3))
        maps = {f"P{n}": keras.layers.Conv2D(n, 3, strides=2**n)(images) for n in (3, 4)}
        backbone = ImageBackbone(keras.Model(images, maps), None, (64, 64, 3))
    with pytest.raises(InputError, match=message):
        load_pyramid_backbone(backbone, image_shape=(64, 64, 3), **settings)
