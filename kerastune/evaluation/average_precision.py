"""Mean average precision of boxes, as COCO defines it."""

import contextlib
import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kerastune.errors import MissingExtraError
from kerastune.evaluation.evaluation import Evaluation, Metric

# Where they are among the numbers that pycocotools sums up.
_SUMMED_UP = {
    "mean_average_precision": 0,
    "average_precision_at_50": 1,
    "average_precision_at_75": 2,
    "average_recall": 8,
}


def evaluate_boxes(
    targets: Sequence[np.ndarray], found: Mapping[str, Any], class_names: Sequence[str]
) -> Evaluation:
    """Returns the mean average precision of boxes by pycocotools, over all and by class.

    The average precision is that of 101 levels of recall, its mean that of overlaps, the
    intersection over the union, of 0.5 to 0.95 in steps of 0.05, and of the classes that are there.

    Args:
        targets: sequence of arrays of shape `(objects, 5)`, one an image: left, top, right and
            bottom in pixels, and the class.
        found: dictionary of `boxes`, of shape `(images, found, 4)`, likewise; `scores` and
            `classes`, of shape `(images, found)`. Where there is no box the class is -1.
        class_names: sequence of str.

    Returns:
        An `Evaluation` with `mean_average_precision`, `average_precision_at_50` and `_at_75`,
        `average_recall` of at most 100 boxes an image, and a table `per_class`.

    Raises:
        MissingExtraError: if pycocotools is not installed.

    Reference:
        Lin et al., 2014, "Microsoft COCO: Common Objects in Context",
        https://arxiv.org/abs/1405.0312

    Example:

    >>> targets = [np.array([[0, 0, 8, 8, 1]])]
    >>> found = {"boxes": np.array([[[0, 0, 8, 8]]]), "scores": [[0.9]], "classes": [[1]]}
    >>> round(evaluate_boxes(targets, found, ("cat", "dog"))["mean_average_precision"], 3)
    1.0
    """
    # pycocotools prints its progress.
    with contextlib.redirect_stdout(io.StringIO()):
        judged = _judged(targets, found, len(class_names))
    metrics = [Metric(name, max(judged.stats[at], 0.0)) for name, at in _SUMMED_UP.items()]
    # Overlaps, levels of recall, classes, sizes of objects, most boxes an image.
    precision = judged.eval["precision"][:, :, :, 0, -1]
    counts = np.bincount(
        np.concatenate([np.asarray(boxes)[:, 4] for boxes in targets]).astype(int),
        minlength=len(class_names),
    )
    rows = {
        name: {
            "average_precision": round(float(precision[:, :, code].mean()), 4),
            "average_precision_at_50": round(float(precision[0, :, code].mean()), 4),
            "objects": int(counts[code]),
        }
        for code, name in enumerate(class_names)
        if counts[code]
    }
    return Evaluation(metrics, {"per_class": rows})


def require_pycocotools() -> Any:
    """Returns the parts of pycocotools that measure detections.

    Returns:
        A tuple of the classes `COCO` and `COCOeval`.

    Raises:
        MissingExtraError: if it is not installed.

    Example:

    >>> require_pycocotools()[1].__name__
    'COCOeval'
    """
    try:
        from pycocotools.coco import COCO
        from pycocotools.cocoeval import COCOeval
    except ImportError as error:
        raise MissingExtraError("Measuring detections", "detection") from error
    return COCO, COCOeval


def _judged(targets: Sequence[np.ndarray], found: Mapping[str, Any], classes: int) -> Any:
    """Returns pycocotools' evaluation, summed up."""
    new_list, new_evaluation = require_pycocotools()
    true = new_list()
    true.dataset = {
        "images": [{"id": image} for image in range(len(targets))],
        "categories": [{"id": code} for code in range(classes)],
        "annotations": _annotations(targets),
    }
    true.createIndex()
    boxes, scores, codes = (np.asarray(found[key]) for key in ("boxes", "scores", "classes"))
    images, places = np.nonzero(codes >= 0)
    answers = new_list()
    chosen = boxes[images, places].astype("float64")
    answers.dataset = {
        **true.dataset,
        "annotations": [
            {**row, "score": float(score)}
            for row, score in zip(
                _rows(chosen, codes[images, places], images), scores[images, places], strict=True
            )
        ],
    }
    answers.createIndex()
    judged = new_evaluation(true, answers, "bbox")
    judged.evaluate()
    judged.accumulate()
    judged.summarize()
    return judged


def _annotations(targets: Sequence[np.ndarray]) -> list[dict[str, Any]]:
    flat = np.concatenate([np.asarray(boxes, "float64").reshape(-1, 5) for boxes in targets])
    images = np.repeat(np.arange(len(targets)), [len(boxes) for boxes in targets])
    return _rows(flat[:, :4], flat[:, 4], images)


def _rows(corners: np.ndarray, codes: np.ndarray, images: np.ndarray) -> list[dict[str, Any]]:
    """Returns boxes as pycocotools takes them: left, top, width and height."""
    sides = corners[:, 2:] - corners[:, :2]
    return [
        {
            # An identifier of 0 is taken for none.
            "id": number,
            "image_id": int(image),
            "category_id": int(code),
            "bbox": [*corner[:2].tolist(), *side.tolist()],
            "area": float(side.prod()),
            "iscrowd": 0,
        }
        for number, (corner, side, code, image) in enumerate(
            zip(corners, sides, codes, images, strict=True), start=1
        )
    ]
