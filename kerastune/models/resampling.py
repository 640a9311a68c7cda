"""Images read at other places than their pixels', bilinearly, in a form that is compiled."""

from typing import Any

import keras


def resample(images: Any, angle: Any, step: Any, down: Any, right: Any) -> Any:
    """Returns images turned about their centre, magnified and shifted, bilinearly.

    What lies outside of an image is its mirror image.

    Args:
        images: float tensor of shape `(batch, height, width, channels)`.
        angle: tensor of shape `(batch,)`, in radians, positive counter-clockwise.
        step: tensor of shape `(batch,)`, old pixels a new one: below 1 magnifies.
        down: tensor of shape `(batch,)`, pixels: where the new centre is below the old.
        right: tensor of shape `(batch,)`, likewise.

    Returns:
        Tensor of the shape of `images`.

    Example:

    >>> import numpy as np
    >>> image = keras.ops.reshape(keras.ops.arange(4, dtype="float32"), (1, 2, 2, 1))
    >>> zero, one = keras.ops.zeros((1,)), keras.ops.ones((1,))
    >>> turned = resample(image, one * np.pi / 2, one, zero, zero)
    >>> keras.ops.convert_to_numpy(turned)[0, :, :, 0].round(3).tolist()
    [[1.0, 3.0], [0.0, 2.0]]
    """
    ops = keras.ops
    _, height, width, _ = ops.shape(images)
    middle_row = (ops.cast(height, "float32") - 1) / 2
    middle_column = (ops.cast(width, "float32") - 1) / 2
    rows = (ops.arange(height, dtype="float32") - middle_row)[None, :, None]
    columns = (ops.arange(width, dtype="float32") - middle_column)[None, None, :]
    angle, step, down, right = (value[:, None, None] for value in (angle, step, down, right))
    cosine, sine = ops.cos(angle) * step, ops.sin(angle) * step
    old_rows = middle_row + down + cosine * rows + sine * columns
    old_columns = middle_column + right - sine * rows + cosine * columns
    return sampled_at(images, old_rows, old_columns)


def sampled_at(images: Any, old_rows: Any, old_columns: Any) -> Any:
    """Returns images read at other places than their pixels', bilinearly.

    What lies outside of an image is its mirror image.

    Args:
        images: float tensor of shape `(batch, height, width, channels)`.
        old_rows: float tensor of shape `(batch, height, width)`, the row in the old image of each
            pixel of the new.
        old_columns: likewise the column.

    Returns:
        Tensor of the shape of `images`.

    Example:

    >>> image = keras.ops.reshape(keras.ops.arange(2, dtype="float32"), (1, 1, 2, 1))
    >>> places = keras.ops.array([[[0.0, 0.5]]])
    >>> keras.ops.convert_to_numpy(sampled_at(image, 0 * places, places)).ravel().tolist()
    [0.0, 0.5]
    """
    ops = keras.ops
    batch, height, width, channels = ops.shape(images)
    old_rows, old_columns = _reflected(old_rows, height), _reflected(old_columns, width)
    pixels = ops.reshape(images, (batch, height * width, channels))
    top, left = ops.floor(old_rows), ops.floor(old_columns)
    result = 0.0
    for row, row_share in ((top, top + 1 - old_rows), (top + 1, old_rows - top)):
        for column, share in ((left, left + 1 - old_columns), (left + 1, old_columns - left)):
            # Beyond the last pixel the share is 0.
            row_index = ops.minimum(ops.cast(row, "int32"), height - 1)
            column_index = ops.minimum(ops.cast(column, "int32"), width - 1)
            index = ops.reshape(row_index * width + column_index, (batch, height * width, 1))
            weight = ops.reshape(row_share * share, (batch, height * width, 1))
            result = result + ops.take_along_axis(pixels, index, axis=1) * weight
    return ops.reshape(result, (batch, height, width, channels))


def _reflected(position: Any, size: Any) -> Any:
    """Returns positions mirrored at the edges of an image, as often as it takes."""
    edge = keras.ops.cast(size, "float32")
    mirrored = edge - 0.5 - keras.ops.abs(keras.ops.mod(position + 0.5, 2 * edge) - edge)
    return keras.ops.clip(mirrored, 0.0, edge - 1)
