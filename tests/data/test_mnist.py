import numpy as np
import pytest

from kerastune.data import Source, mnist_or_digits
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend


def test_mnist_has_its_own_test_samples(monkeypatch):
    def read_tfds(name, *, split):
        return Source(np.zeros((2, 28, 28, 1)), np.array([0, 1]), name=f"{name} {split}")

    monkeypatch.setattr("kerastune.data.mnist.read_tfds", read_tfds)
    assert [part.name for part in mnist_or_digits(0.25)] == ["mnist train", "mnist test"]


def test_digits_stand_in_and_a_note_says_why(monkeypatch):
    def read_tfds(name, *, split):
        raise InputError(f"Expected a network. Received: none for {name}:{split}")

    monkeypatch.setattr("kerastune.data.mnist.read_tfds", read_tfds)
    train, test = mnist_or_digits(0.25)
    assert (len(train), len(test)) == (1348, 449)
    assert train.features.shape[1:] == (28, 28, 1)
    assert train.notes[-1].endswith("Received: none for mnist:train")
