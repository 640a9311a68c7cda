"""Boxes around objects: as a column of samples, checked against the size of their image."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kerastune.data.columns import Column
from kerastune.data.labels import encode_labels
from kerastune.data.source import Source
from kerastune.errors import InputError

BOXES = "boxes"
"""The name of the column of boxes."""

_TOLERANCE = 1.0  # pixels: boxes of annotation tools are rounded, or counted from 1


def boxes_column(class_names: Sequence[str]) -> Column:
    """Returns the description of a column of boxes.

    A value is a float32 array of shape `(objects, 5)`: left, top, right and bottom in pixels of
    the image, from its left upper corner, and the position of the class in the class names.

    Args:
        class_names: sequence of str.

    Returns:
        A `Column`.

    Example:

    >>> boxes_column(["cat", "dog"]).described
    'boxes (2 classes)'
    """
    return Column("boxes", class_names=tuple(class_names))


def checked_boxes(
    corners: Any, size: tuple[int, int], where: Callable[[int], str]
) -> tuple[np.ndarray, int]:
    """Returns boxes that lie in their image and have an area.

    Args:
        corners: array-like of shape `(objects, 4)`: left, top, right and bottom in pixels.
        size: tuple of the height and width of the image, in pixels.
        where: function from the position of a box to a str that tells a person where it is.

    Returns:
        A tuple of a float32 array of shape `(objects, 4)` and how many of the boxes were cut, as
        they reach up to one pixel beyond the image.

    Raises:
        InputError: if a box is not finite, has no area, or reaches further out.

    Example:

    >>> checked_boxes([[-0.5, 0, 4, 4]], (4, 8), "box {}".format)[0].tolist()
    [[0.0, 0.0, 4.0, 4.0]]
    """
    given = np.asarray(corners, "float64").reshape(-1, 4)
    height, width = size
    limits = np.array([width, height, width, height], "float64")
    kept = np.clip(given, 0, limits)
    # Written so that NaN fails too.
    is_inside = (np.abs(kept - given) <= _TOLERANCE).all(axis=1)
    has_area = (kept[:, 2:] > kept[:, :2]).all(axis=1)
    for fault, is_right in (("inside the image", is_inside), ("with an area", has_area)):
        wrong = np.flatnonzero(~is_right)
        if len(wrong):
            at = int(wrong[0])
            shown = ", ".join(f"{number:g}" for number in given[at])
            raise InputError(
                f"Expected boxes {fault}, which has {width} x {height} pixels. Received: left, "
                f"top, right, bottom {shown} in {where(at)}. Mend or leave out the box"
            )
    return kept.astype("float32"), int((kept != given).any(axis=1).sum())


def coded_boxes(
    corners: Sequence[np.ndarray],
    labels: Sequence[Sequence[str]],
    class_names: Sequence[str] | None,
    where: Callable[[int], str],
) -> tuple[list[np.ndarray], tuple[str, ...]]:
    """Returns the boxes of each image with the codes of their classes.

    Args:
        corners: sequence of arrays of shape `(objects, 4)`, one an image.
        labels: sequence of as many sequences of str, the class of each box.
        class_names: sequence of str, the classes that are known, or None for those of the labels.
        where: function from the position of an image to a str that tells a person where it is.

    Returns:
        A tuple of a list of arrays of shape `(objects, 5)`, and the class names.

    Raises:
        InputError: if a class is not known, or there is no box at all.

    Example:

    >>> coded_boxes([np.zeros((1, 4))], [["cat"]], ["cat", "dog"], "image {}".format)[1]
    ('cat', 'dog')
    """
    flat = [label for of_image in labels for label in of_image]
    images = [image for image, of_image in enumerate(labels) for _ in of_image]
    if class_names is None:
        # One class is enough: a box may be there or not.
        class_names = sorted(set(map(str, flat)))
    if not class_names:
        raise InputError("Expected a box on one image at least. Received: none")
    codes, names = (
        encode_labels(flat, class_names, where=lambda position: where(images[position]))
        if flat
        else (np.zeros(0, int), tuple(class_names))
    )
    ends = np.cumsum([len(of_image) for of_image in labels])[:-1]
    return [
        np.column_stack([np.reshape(box, (-1, 4)), code]).astype("float32")
        for box, code in zip(corners, np.split(codes, ends), strict=True)
    ], names


def detection_source(
    images: Sequence[Any],
    sizes: Sequence[tuple[int, int]],
    corners: Sequence[Any],
    labels: Sequence[Sequence[str]],
    class_names: Sequence[str] | None,
    *,
    name: str,
    where: Callable[[int], str],
    notes: Sequence[str] = (),
) -> Source:
    """Returns images and their boxes as samples, once the boxes are checked.

    Args:
        images: array of shape `(images, height, width, channels)`, or a sequence that gives an
            array when it is asked for one.
        sizes: sequence of the height and width of each, in pixels.
        corners: sequence of array-likes of shape `(objects, 4)`, one an image: left, top, right
            and bottom in pixels.
        labels: sequence of as many sequences of str, the class of each box.
        class_names: sequence of str, the classes that are known, or None for those of the labels.
        name: str, what the samples are.
        where: function from the position of an image to a str that tells a person where it is.
        notes: sequence of str, what was done to the samples. Defaults to none.

    Returns:
        A `Source` with the input `image` and the target `boxes`.

    Raises:
        InputError: if a box is wrong, see `checked_boxes`, or its class is not known.

    Example:

    >>> images = np.zeros((1, 8, 8, 3))
    >>> boxes, where = [[[0, 0, 4, 4]]], "image {}".format
    >>> detection_source(images, [(8, 8)], boxes, [["cat"]], None, name="one", where=where).targets
    ('boxes',)
    """
    checked: list[np.ndarray] = []
    cut = 0
    for row, given in enumerate(corners):
        if len(given) != len(labels[row]):
            raise InputError(
                f"Expected a class for each box of {where(row)}. Received: {len(given)} boxes, "
                f"{len(labels[row])} classes"
            )
        found, how_many = checked_boxes(given, sizes[row], _box_of(where(row)))
        checked.append(found)
        cut += how_many
    boxes, names = coded_boxes(checked, labels, class_names, where)
    if cut:
        notes = (*notes, f"{cut} boxes cut at the edge of their image, by up to a pixel")
    columns = {"image": Column("image", shape=images[0].shape), BOXES: boxes_column(names)}
    return Source({"image": images, BOXES: boxes}, columns, (BOXES,), name, tuple(notes))


def _box_of(image: str) -> Callable[[int], str]:
    return lambda box: f"box {box} of {image}"
