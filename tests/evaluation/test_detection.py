"""Boxes are judged as COCO does, and those that say the same are one."""

import sys

import numpy as np
import pytest

from kerastune.baselines import class_templates
from kerastune.data import Splits, scenes
from kerastune.errors import InputError
from kerastune.evaluation import detections_picture, evaluate_boxes
from kerastune.evaluation.boxes import kept_boxes, matched_boxes, overlaps

pytestmark = pytest.mark.any_backend


def found(*images, most=4):
    """Boxes, scores and classes, padded as a head gives them."""
    arrays = {
        "boxes": np.zeros((len(images), most, 4)),
        "scores": np.zeros((len(images), most)),
        "classes": np.full((len(images), most), -1),
    }
    for row, boxes in enumerate(images):
        for place, (*corners, score, code) in enumerate(boxes):
            arrays["boxes"][row, place] = corners
            arrays["scores"][row, place] = score
            arrays["classes"][row, place] = code
    return arrays


def test_average_precision_by_hand():
    """Of three boxes the surest and the last are right: the definition of COCO, written out.

    At 101 levels of recall the precision is 1 up to 0.5, and 2/3 from there. The last box
    overlaps by 0.8: it counts at the overlaps from 0.5 to 0.8, seven of ten. At the others only
    the surest is right, and half of the objects are found.
    """
    targets = [np.array([[0, 0, 10, 10, 0]]), np.array([[20, 20, 30, 30, 0]])]
    boxes = found(
        [(0, 0, 10, 10, 0.9, 0), (40, 40, 50, 50, 0.8, 0)],
        [(20, 20, 30, 28, 0.7, 0)],
    )
    both = (51 * 1 + 50 * 2 / 3) / 101
    one = 51 / 101
    judged = evaluate_boxes(targets, boxes, ("cat", "dog"))
    assert judged["average_precision_at_50"] == pytest.approx(both)
    assert judged["average_precision_at_75"] == pytest.approx(both)
    assert judged["mean_average_precision"] == pytest.approx((7 * both + 3 * one) / 10)
    assert judged["average_recall"] == pytest.approx((7 * 1 + 3 * 0.5) / 10)
    assert list(judged["per_class"]) == ["cat"]  # There is no dog to be found.


def test_nothing_found_and_nothing_there():
    targets = [np.array([[0, 0, 10, 10, 1]]), np.zeros((0, 5))]
    judged = evaluate_boxes(targets, found([], []), ("cat", "dog"))
    assert judged["mean_average_precision"] == 0
    assert judged["per_class"]["dog"]["objects"] == 1


def test_it_needs_pycocotools(monkeypatch):
    monkeypatch.setitem(sys.modules, "pycocotools.coco", None)
    few = scenes("test", size=32).select(range(2))
    # Before the training: the baseline is measured first.
    with pytest.raises(InputError, match="detection"):
        class_templates(Splits(few, few))


def test_overlaps_and_what_is_kept():
    boxes = np.array([[0, 0, 4, 4], [0, 0, 4, 2], [0, 0, 4, 4], [9, 9, 9, 9]])
    assert overlaps(boxes, boxes)[0].tolist() == [1, 0.5, 1, 0]
    scores = np.array([0.5, 0.9, 0.7, 0.1])
    # Half is not more than half, and boxes of another class do not count.
    assert kept_boxes(boxes, scores, np.zeros(4)).tolist() == [1, 2, 3]
    assert kept_boxes(boxes, scores, np.array([0, 0, 1, 0])).tolist() == [1, 2, 0, 3]
    assert kept_boxes(boxes, scores, np.zeros(4), overlap=0.4).tolist() == [1, 3]
    assert kept_boxes(boxes, scores, np.zeros(4), most=1).tolist() == [1]


def test_an_object_is_found_once():
    true = np.array([[0, 0, 4, 4, 1], [8, 8, 12, 12, 0]])
    boxes = np.array([[0, 0, 4, 4, 1], [0, 0, 4, 4, 1], [8, 8, 12, 12, 1]])
    assert matched_boxes(true, boxes) == 1
    assert matched_boxes(np.zeros((0, 5)), boxes) == 0


def test_templates_find_what_they_are_made_of():
    generator = np.random.default_rng(0)
    images = np.full((6, 64, 64, 1), 60.0) + generator.normal(0, 2, (6, 64, 64, 1))
    boxes = []
    for row, image in enumerate(images):
        top, left = generator.integers(2, 40, 2)
        # A cross, or a frame; every second one dark.
        shape = np.zeros((20, 20))
        if row % 2:
            shape[8:12], shape[:, 8:12] = 1, 1
        else:
            shape[[0, 1, -2, -1]], shape[:, [0, 1, -2, -1]] = 1, 1
        image[top : top + 20, left : left + 20, 0] += shape * (120 if row % 4 < 2 else -50)
        boxes.append(np.array([[left, top, left + 20, top + 20, row % 2]], "float32"))
    source = scenes("test", size=32).select(range(6))
    shapes = source.with_column("image", images.clip(0, 255), source.columns["image"])
    shapes = shapes.with_column("boxes", boxes, source.columns["boxes"])
    judged = class_templates(Splits(shapes, shapes))["class templates"]
    assert judged["average_precision_at_50"] > 0.9


def test_picture_with_boxes():
    box = (np.array([[2.0, 2.0, 20.0, 20.0]]), ["$cat 0.9"])
    none = (np.zeros((0, 4)), [])
    images = [np.zeros((32, 32, 3)), np.zeros((24, 32, 1)), np.zeros((32, 32, 3), "uint8")] * 2
    figure = detections_picture(images, [box, none] * 3, [none, box] * 3)
    assert len(figure.axes) == 6
    assert [len(axes.patches) for axes in figure.axes[:2]] == [1, 1]
    assert figure.axes[1].texts[0].get_text() == "$cat 0.9"
    assert figure.axes[1].get_title(loc="left") == "true: nothing"
