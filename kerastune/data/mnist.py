"""Handwritten digits: MNIST where it can be had, else the smaller set at hand."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kerastune.data.described import reads_nothing
from kerastune.data.open import NAMED
from kerastune.data.source import Source
from kerastune.data.splits import Splits, split, with_validation
from kerastune.data.tfds import read_tfds
from kerastune.errors import InputError


def mnist_or_digits(options: Mapping[str, Any] | None = None) -> Splits:
    """Returns MNIST by TFDS where there is a network or a local copy, else scikit-learn's digits.

    Args:
        options: dictionary with `test_fraction`, the share of scikit-learn's digits to test
            on (MNIST has test samples of its own), and `validation_fraction`. Without them a
            quarter is for the test, and none for validation.

    Returns:
        `Splits` of 28 x 28 x 1 images with values from 0 to 255. Where it is not MNIST, a
        note of the training samples says why.

    Raises:
        InputError: if the digits are needed and `test_fraction` is not between 0 and 1, or
            leaves too few of them on a side.

    Note:
        A first use with a network downloads MNIST, 11 MiB, to the folder that
        `read_tfds` tells. Without one this takes seconds.
    """
    chosen = options or {}
    training, test = _parts(chosen.get("test_fraction", 0.25))
    return with_validation(Splits(training, test), chosen.get("validation_fraction", 0.0))


def _parts(test_fraction: float) -> tuple[Source, Source]:
    """Returns the samples to train on, and those to test on."""
    if reads_nothing():
        return split(NAMED["digits"].open("MNIST"), test_fraction, seed=0)
    try:
        return read_tfds("mnist", split="train"), read_tfds("mnist", split="test")
    except InputError as error:
        training, test = split(NAMED["digits"].open("digits"), test_fraction, seed=0)
        note = f"MNIST was not available, so these are scikit-learn's digits. {error}"
        return replace(training, notes=(*training.notes, note)), test
