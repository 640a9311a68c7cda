import numpy as np
import pytest

from kerastune.data import Source, mnist_or_digits
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend


def test_mnist_has_its_own_test_samples(monkeypatch):
    def read_tfds(name, *, split):
        return Source.of(
            np.zeros((2, 28, 28, 1)), [0, 1], class_names=("0", "1"), name=f"{name} {split}"
        )

    monkeypatch.setattr("kerastune.data.mnist.read_tfds", read_tfds)
    parts = mnist_or_digits({"test_fraction": 0.25}).parts
    assert {use: part.name for use, part in parts.items()} == {
        "training": "mnist train",
        "test": "mnist test",
    }


@pytest.fixture
def _no_network(monkeypatch):
    def read_tfds(name, *, split):
        raise InputError(f"Expected a network. Received: none for {name}:{split}")

    monkeypatch.setattr("kerastune.data.mnist.read_tfds", read_tfds)


@pytest.mark.usefixtures("_no_network")
def test_digits_stand_in_and_a_note_says_why():
    splits = mnist_or_digits({"test_fraction": 0.25})
    assert (len(splits.training), len(splits.test), splits.validation) == (1348, 449, None)
    assert splits.training.values["image"].shape[1:] == (28, 28, 1)
    assert splits.training.notes[-1].endswith("Received: none for mnist:train")


@pytest.mark.usefixtures("_no_network")
def test_a_part_is_for_validation_if_asked_for():
    splits = mnist_or_digits({"test_fraction": 0.25, "validation_fraction": 0.1})
    assert {use: len(part) for use, part in splits.parts.items()} == {
        "training": 1213,
        "validation": 135,
        "test": 449,
    }
