"""Anchors: boxes all over an image, of which a detector says what is in each and how it is off."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np

from kerastune.errors import InputError
from kerastune.models.presets import import_keras_hub

_FORMAT, _DELTAS = "xyxy", "center_xywh"
_MOST_GROWTH = 10.0  # of the logarithm of a side: whatever is larger is cut at the image


@dataclass(frozen=True)
class Anchors:
    """Anchors of several sizes and shapes at each place of the feature maps of an image.

    Args:
        image_shape: tuple of the height and width of the image, in pixels.
        levels: tuple of the first and the last level of the feature maps; a map of level n has a
            place for each 2^n pixels.
        size: float, the side of the smallest anchor of a level in places of its map. Defaults
            to 4, as in RetinaNet.
        scales: int, sizes between one level and the next. Defaults to 3.
        ratios: tuple of float, heights divided by widths. Defaults to `(0.5, 1, 2)`.

    Raises:
        InputError: if a number is out of its range.

    Example:

    >>> Anchors((64, 64), (3, 4)).boxes.shape  # 8 x 8 and 4 x 4 places with 9 each
    (720, 4)
    """

    image_shape: tuple[int, int]
    levels: tuple[int, int]
    size: float = 4.0
    scales: int = 3
    ratios: tuple[float, ...] = (0.5, 1.0, 2.0)

    def __post_init__(self) -> None:
        if self.size <= 0 or self.scales < 1 or not self.ratios or min(self.ratios) <= 0:
            raise InputError(
                "Expected anchors with a size above 0, one scale at least, and ratios above 0. "
                f"Received: size {self.size}, {self.scales} scales, ratios {self.ratios}"
            )

    @property
    def at_each_place(self) -> int:
        """int, the anchors at each place of a feature map."""
        return self.scales * len(self.ratios)

    @cached_property
    def boxes(self) -> np.ndarray:
        """float32 array of shape `(anchors, 4)`: left, top, right and bottom in pixels."""
        first, last = self.levels
        generator = import_keras_hub("Detecting objects").layers.AnchorGenerator(
            bounding_box_format=_FORMAT,
            min_level=first,
            max_level=last,
            num_scales=self.scales,
            aspect_ratios=list(self.ratios),
            anchor_size=self.size,
        )
        of_levels = generator(np.zeros((*self.image_shape, 1), "float32"))
        return np.concatenate(
            [keras.ops.convert_to_numpy(of_levels[f"P{n}"]) for n in range(first, last + 1)]
        )

    def decoded(self, deltas: np.ndarray) -> np.ndarray:
        """Returns the boxes that a model predicts.

        Args:
            deltas: array of shape `(batch, anchors, 4)`, how boxes are off their anchors.

        Returns:
            float array of this shape: left, top, right and bottom in pixels, inside the image.

        Example:

        >>> anchors = Anchors((64, 64), (3, 3), scales=1, ratios=(1.0,))
        >>> anchors.decoded(np.zeros((1, 64, 4)))[0, 9].tolist()
        [0.0, 0.0, 24.0, 24.0]
        """
        # As `keras.utils.bounding_boxes.decode_deltas_to_boxes`, each of whose operations JAX would
        # compile for each number of images.
        sides = self.boxes[:, 2:] - self.boxes[:, :2]
        middles = self.boxes[:, :2] + sides / 2 + sides * deltas[..., :2]
        halves = sides * np.exp(np.minimum(deltas[..., 2:], _MOST_GROWTH)) / 2
        boxes = np.concatenate([middles - halves, middles + halves], axis=-1)
        height, width = self.image_shape
        return np.clip(boxes, 0, np.array([width, height, width, height], "float32"))

    def matched(
        self, boxes: Any, codes: Any, threshold: float = 0.5, background: float = 0.4
    ) -> tuple[Any, Any, Any]:
        """Returns what each anchor has to predict.

        An anchor belongs to the box that it overlaps most if the intersection over their union
        reaches the threshold, or if no anchor overlaps that box more. It is background below the
        other threshold; those in between are left out. KerasHub's `BoxMatcher` either leaves
        boxes without an anchor, which small ones often are, or forces one on the column that it
        adds itself: the first anchor then belongs to a box that is not there.

        Args:
            boxes: float tensor of shape `(batch, objects, 4)`, in pixels.
            codes: tensor of shape `(batch, objects)`, their classes, below 0 for no box.
            threshold: float from 0 to 1. Defaults to 0.5.
            background: float from 0 to the threshold. Defaults to 0.4.

        Returns:
            A tuple of tensors: how the boxes are off their anchors, `(batch, anchors, 4)`; the
            class of each anchor, -1 for background; and 1 for those that count as background or
            belong to a box, else 0; both `(batch, anchors)`.

        Example:

        >>> anchors = Anchors((64, 64), (3, 3), scales=1, ratios=(1.0,))
        >>> box, code = np.array([[[0.0, 0.0, 24.0, 24.0]]], "float32"), np.array([[2.0]])
        >>> _, codes, _ = anchors.matched(box, code)
        >>> np.flatnonzero(keras.ops.convert_to_numpy(codes)[0] == 2).tolist()
        [9, 10, 17, 18]
        """
        ops = keras.ops
        anchors = ops.convert_to_tensor(self.boxes)
        is_there = (codes >= 0)[:, None, :]
        overlaps = keras.utils.bounding_boxes.compute_iou(
            anchors, boxes, bounding_box_format=_FORMAT
        )
        # Rounded, so that what is equal in exact arithmetic is equal on every backend.
        overlaps = ops.where(is_there, ops.round(overlaps, 4), -1.0)
        largest = ops.max(overlaps, axis=1, keepdims=True)
        is_largest = ops.logical_and(overlaps >= largest, largest > 0)
        # Those that are the best for a box come before the box that they overlap most.
        wanted = ops.where(is_largest, overlaps + 2.0, overlaps)
        place = ops.argmax(wanted, axis=-1)
        reached = ops.max(wanted, axis=-1)
        is_box = reached >= threshold
        matched = ops.take_along_axis(boxes, place[:, :, None], axis=1)
        deltas = keras.utils.bounding_boxes.encode_box_to_deltas(
            anchors,
            matched,
            anchor_format=_FORMAT,
            box_format=_FORMAT,
            encoding_format=_DELTAS,
        )
        found = ops.where(is_box, ops.take_along_axis(codes, place, axis=1), -1.0)
        counts = ops.logical_or(is_box, reached < background)
        return deltas, found, ops.cast(counts, "float32")
