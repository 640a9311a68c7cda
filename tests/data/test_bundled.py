import numpy as np
import pytest
from sklearn.datasets import load_digits

from kerastune.data import diabetes, digits

pytestmark = pytest.mark.any_backend


def test_digits_are_resized_images():
    source = digits()
    assert source.values["image"].shape == (1797, 28, 28, 1)
    assert source.values["image"].dtype == "float32"
    assert source.values["image"].min() == 0
    assert 200 < source.values["image"].max() <= 255
    assert source.columns["label"].class_names == tuple("0123456789")
    assert np.array_equal(source.values["label"], load_digits().target)


def test_digits_of_their_own_size_are_unchanged():
    assert np.allclose(digits(size=8).values["image"][..., 0], load_digits().images * 255 / 16)


def test_resizing_shifts_nothing():
    def centers(images):
        places = (np.arange(images.shape[1]) + 0.5) / images.shape[1]
        mass = images.sum((1, 2))
        return np.stack([images.sum(2) @ places / mass, images.sum(1) @ places / mass])

    small, large = (digits(size=size).values["image"][..., 0] for size in (8, 28))
    assert np.abs(centers(large) - centers(small)).max() < 0.002


def test_diabetes_has_its_own_units():
    source = diabetes()
    assert source.values["array"].shape == (442, 10)
    assert source.values["label"].shape == (442, 1)
    assert source.values["array"].dtype == source.values["label"].dtype == "float32"
    assert (source.values["label"].min(), source.values["label"].max()) == (25, 346)
    assert 19 <= source.values["array"][:, 0].min() < 80  # ages in years
    assert source.columns["label"].kind == "quantity"
