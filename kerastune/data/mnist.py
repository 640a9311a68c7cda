"""Handwritten digits: MNIST where it can be had, else the smaller set at hand."""

from dataclasses import replace

from kerastune.data.bundled import digits
from kerastune.data.source import Source
from kerastune.data.splits import split
from kerastune.data.tfds import read_tfds
from kerastune.errors import InputError


def mnist_or_digits(test_fraction: float) -> tuple[Source, Source]:
    """MNIST by TFDS where there is a network or a local copy, else scikit-learn's digits.

    Args:
        test_fraction: float, the share of scikit-learn's digits to test on. MNIST has
            test samples of its own.

    Returns:
        Training and test samples, as 28 x 28 x 1 images with values from 0 to 255. Where
        it is not MNIST, a note of the training samples says why.

    Raises:
        InputError: if the digits are needed and `test_fraction` is not between 0 and 1,
            or leaves too few of them on a side.

    Note:
        A first use with a network downloads MNIST, 11 MiB, to the folder that
        `read_tfds` tells. Without one this takes seconds.
    """
    try:
        return read_tfds("mnist", split="train"), read_tfds("mnist", split="test")
    except InputError as error:
        train, test = split(digits(), test_fraction, seed=0)
        note = f"MNIST was not available, so these are scikit-learn's digits. {error}"
        return replace(train, notes=(*train.notes, note)), test
