"""The loss of a detector with anchors."""

from typing import Any

import keras

from kerastune.heads.anchors import Anchors


class DetectionLoss(keras.losses.Loss):
    """The focal loss of the classes of all anchors, and the absolute error of the boxes of some.

    For each image both are summed over the anchors that count, see `Anchors.matched`, and divided
    by how many belong to a box.

    Args:
        anchors: the `Anchors`.
        classes: int, how many classes there are.
        alpha: float, the weight of classes that are there against those that are not. Defaults
            to 0.25.
        gamma: float, by how much anchors that are right already count less. Defaults to 2.
        name: str. Defaults to `"detection_loss"`.

    Reference:
        Lin et al., 2017, "Focal Loss for Dense Object Detection",
        https://arxiv.org/abs/1708.02002

    Example:

    >>> import numpy as np
    >>> anchors = Anchors((64, 64), (3, 3), scales=1, ratios=(1.0,))
    >>> boxes = np.array([[[0.0, 0.0, 0.375, 0.375, 1.0]]], "float32")
    >>> outputs = np.full((1, 64, 4 + 2), -9.0, "float32")
    >>> float(DetectionLoss(anchors, 2)(boxes, outputs)) > 1
    True
    """

    def __init__(
        self,
        anchors: Anchors,
        classes: int,
        alpha: float = 0.25,
        gamma: float = 2.0,
        name: str = "detection_loss",
    ) -> None:
        super().__init__(name=name, dtype="float32")
        self.anchors = anchors
        self.classes = classes
        self.alpha = alpha
        self.gamma = gamma
        _ = anchors.boxes  # Made here, and not while a step is traced.

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns the loss of each image.

        Args:
            y_true: tensor of shape `(batch, objects, 5)`: left, top, right and bottom as shares of
                the width and height, and the class, below 0 where there is no box.
            y_pred: tensor of shape `(batch, anchors, 4 + classes)`: how boxes are off their
                anchors, and logits of classes.
        """
        ops = keras.ops
        height, width = self.anchors.image_shape
        boxes = y_true[:, :, :4] * ops.convert_to_tensor([width, height, width, height], "float32")
        deltas, codes, counts = self.anchors.matched(boxes, y_true[:, :, 4])
        is_box = ops.cast(codes >= 0, "float32")
        labels = ops.one_hot(ops.cast(codes, "int32"), self.classes, dtype="float32")
        # Both are means over the last axis.
        focal = self.classes * keras.losses.binary_focal_crossentropy(
            labels,
            y_pred[:, :, 4:],
            apply_class_balancing=True,
            alpha=self.alpha,
            gamma=self.gamma,
            from_logits=True,
        )
        distance = 4 * keras.losses.mean_absolute_error(deltas, y_pred[:, :, :4])
        total = ops.sum(counts * focal + is_box * distance, axis=-1)
        return total / ops.maximum(ops.sum(is_box, axis=-1), 1.0)
