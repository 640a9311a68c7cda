"""Boxes among each other: how much they overlap, and which say the same as a better one."""

import numpy as np

from kerastune.data.batches import padded

MOST_BOXES = 100
"""The most boxes of an image that count, as COCO has it."""

_AT_LEAST = 1e-9  # pixels squared


def overlaps(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Returns the intersection over the union of each box with each other.

    Args:
        first: array of shape `(boxes, 4)`: left, top, right and bottom.
        second: array of shape `(others, 4)`, likewise.

    Returns:
        Array of shape `(boxes, others)`, from 0 to 1.

    Example:

    >>> overlaps(np.array([[0, 0, 2, 2]]), np.array([[0, 0, 2, 2], [1, 0, 3, 2]])).round(3).tolist()
    [[1.0, 0.333]]
    """
    one, other = first[:, None, :4], second[None, :, :4]
    sides = np.minimum(one[..., 2:], other[..., 2:]) - np.maximum(one[..., :2], other[..., :2])
    shared = np.prod(np.maximum(sides, 0), axis=-1)
    areas = [np.prod(boxes[..., 2:4] - boxes[..., :2], axis=-1) for boxes in (one, other)]
    return shared / np.maximum(areas[0] + areas[1] - shared, _AT_LEAST)


def kept_boxes(
    boxes: np.ndarray,
    scores: np.ndarray,
    codes: np.ndarray,
    *,
    overlap: float = 0.5,
    most: int = MOST_BOXES,
) -> np.ndarray:
    """Returns which boxes are left of those that say the same: non-maximum suppression by class.

    KerasHub's `NonMaxSuppression` lets boxes of different classes suppress each other, and is
    compiled anew for each number of images on JAX.

    Args:
        boxes: array of shape `(boxes, 4)`: left, top, right and bottom.
        scores: array of shape `(boxes,)`.
        codes: int array of shape `(boxes,)`, their classes.
        overlap: float from 0 to 1: boxes of one class that overlap more are one. Defaults to 0.5.
        most: int, how many are kept at most. Defaults to 100.

    Returns:
        int array of positions, the highest score first.

    Example:

    >>> boxes = np.array([[0, 0, 4, 4], [0, 0, 4, 5], [8, 8, 9, 9]])
    >>> kept_boxes(boxes, np.array([0.5, 0.9, 0.1]), np.zeros(3)).tolist()
    [1, 2]
    """
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    while len(order) and len(kept) < most:
        best, others = order[0], order[1:]
        kept.append(int(best))
        shared = overlaps(boxes[best][None], boxes[others])[0]
        order = others[(shared <= overlap) | (codes[others] != codes[best])]
    return np.array(kept, int)


def padded_boxes(
    boxes: np.ndarray, scores: np.ndarray, codes: np.ndarray, overlap: float = 0.5
) -> dict[str, np.ndarray]:
    """Returns the boxes of an image that `kept_boxes` leaves, and empty ones behind them.

    Args:
        boxes: array of shape `(boxes, 4)`: left, top, right and bottom.
        scores: array of shape `(boxes,)`.
        codes: int array of shape `(boxes,)`, their classes.
        overlap: float from 0 to 1, as for `kept_boxes`. Defaults to 0.5.

    Returns:
        Dictionary of `boxes`, `scores` and `classes` with 100 rows, the highest score first; the
        class is -1 where there is no box.

    Example:

    >>> found = padded_boxes(np.array([[0, 0, 4, 4]]), np.array([0.5]), np.array([2]))
    >>> found["classes"][:2].tolist()
    [2, -1]
    """
    kept = kept_boxes(boxes, scores, codes, overlap=overlap)
    return {
        "boxes": padded(boxes[kept], MOST_BOXES).astype("float32"),
        "scores": padded(scores[kept], MOST_BOXES).astype("float32"),
        "classes": padded(codes[kept] + 1, MOST_BOXES) - 1,
    }


def matched_boxes(true: np.ndarray, found: np.ndarray, overlap: float = 0.5) -> int:
    """Returns how many objects are found, each by one box.

    Args:
        true: array of shape `(objects, 5)`: left, top, right, bottom and class.
        found: array of shape `(found, 5)`, likewise, the surest first.
        overlap: float from 0 to 1, the least intersection over the union. Defaults to 0.5.

    Example:

    >>> box = np.array([[0, 0, 4, 4, 1]])
    >>> matched_boxes(box, np.array([[0, 0, 4, 5, 1], [0, 0, 4, 4, 1]]))
    1
    """
    shared = np.where(found[:, None, 4] == true[None, :, 4], overlaps(found, true), 0.0)
    count = 0
    for row in shared:
        if len(row) and row.max() >= overlap:
            shared[:, int(row.argmax())] = 0
            count += 1
    return count
