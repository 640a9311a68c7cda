"""Digits turned by a known angle: images with a quantity, and a class, to predict."""

from dataclasses import replace

import numpy as np
import scipy

from kerastune.data.bundled import digits
from kerastune.data.columns import Column
from kerastune.data.source import Source
from kerastune.errors import InputError


def rotated_digits(size: int = 28, largest_angle: float = 60.0, seed: int = 0) -> Source:
    """Returns 1,797 handwritten digits, each turned by a random angle, which is to be predicted.

    scikit-learn's digits, see `digits`, are turned about their centre, bilinearly, with so
    much black around them that nothing is cut off: they fill 5/7 of the height, as in MNIST.
    The grid of a digit's 8 x 8 pixels turns with it, and may help to tell the angle.

    Args:
        size: int, height and width in pixels. Defaults to 28.
        largest_angle: float, degrees above 0. Angles are drawn evenly from minus to plus
            this. Defaults to 60.
        seed: int, not negative, decides the angles. Defaults to 0.

    Returns:
        A `Source` with the input `image`, float32 of shape `(1797, size, size, 1)`, values 0
        to 255, and the target `angle`, float32 of shape `(1797, 1)`: degrees, positive
        counter-clockwise.

    Raises:
        InputError: if `largest_angle` is not above 0.

    Example:

    >>> source = rotated_digits()
    >>> source.values["image"].shape, source.values["angle"].shape
    ((1797, 28, 28, 1), (1797, 1))
    """
    if not largest_angle > 0:
        raise InputError(f"Expected a largest_angle above 0 degrees. Received: {largest_angle}")
    inner = round(size * 5 / 7)
    before = (size - inner) // 2
    margin = (before, size - inner - before)
    upright = np.pad(digits(inner).values["image"], ((0, 0), margin, margin, (0, 0)))
    angles = np.random.default_rng(seed).uniform(-largest_angle, largest_angle, len(upright))
    turned = [
        scipy.ndimage.rotate(image, angle, reshape=False, order=1)
        for image, angle in zip(upright, angles, strict=True)
    ]
    labels = angles[:, np.newaxis].astype("float32")
    return Source.of(np.stack(turned), labels, label_name="angle", name="rotated_digits")


def digits_and_angles(size: int = 14, largest_angle: float = 60.0, seed: int = 0) -> Source:
    """Returns the images of `rotated_digits`, with two targets: which digit it is, and its angle.

    Args:
        size: int, height and width in pixels. Defaults to 14.
        largest_angle: float, degrees above 0. Defaults to 60.
        seed: int, not negative, decides the angles. Defaults to 0.

    Returns:
        A `Source` with the input `image`, the target `digit`, one class a digit, and the
        target `angle`, as in `rotated_digits`.

    Raises:
        InputError: if `largest_angle` is not above 0.

    Example:

    >>> source = digits_and_angles()
    >>> source.targets, source.columns["digit"].class_names[:2]
    (('digit', 'angle'), ('0', '1'))
    """
    turned, upright = rotated_digits(size, largest_angle, seed), digits(8)
    digit = Column("class", class_names=upright.columns["label"].class_names)
    both = turned.with_column("digit", upright.values["label"], digit)
    return replace(both.with_targets("digit", "angle"), name="digits_and_angles")
