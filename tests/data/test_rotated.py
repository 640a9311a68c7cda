import numpy as np
import pytest

from kerastune.data import digits, few_of_each_class, open_source, rotated_digits
from kerastune.data.source import Source
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend


def test_angles_are_even_within_the_range_and_decided_by_the_seed():
    source = rotated_digits(largest_angle=30.0)
    assert source.labels.shape == (1797, 1)
    assert -30 <= source.labels.min() < -29
    assert 29 < source.labels.max() <= 30
    assert abs(source.labels.std() - 30 / np.sqrt(3)) < 1
    np.testing.assert_array_equal(rotated_digits(largest_angle=30.0).labels, source.labels)
    assert (rotated_digits(largest_angle=30.0, seed=1).labels != source.labels).mean() > 0.99


def mean_angle(images):
    """The angle of each image's longest direction from the vertical, in degrees."""
    size = images.shape[1]
    down, right = np.mgrid[:size, :size] - (size - 1) / 2
    weights = images[..., 0] / images.sum(axis=(1, 2, 3))[:, None, None]
    down, right = (part - (weights * part).sum((1, 2))[:, None, None] for part in (down, right))
    across = (weights * -down * right).sum((1, 2))
    spread = (weights * (down**2 - right**2)).sum((1, 2))
    return np.degrees(np.arctan2(2 * across, spread)) / 2


def test_the_label_is_by_how_much_a_digit_was_turned_counter_clockwise():
    """A 1 is a stroke: turned to the left, its upper end leans to the left."""
    ones = digits().labels == 1
    source = rotated_digits(largest_angle=45.0)
    measured = mean_angle(source.features[ones])
    slope, _ = np.polyfit(source.labels[ones, 0], -measured, 1)
    assert 0.6 < slope < 1.2


def test_images_are_pixels_and_nothing_is_cut_off():
    source = rotated_digits(largest_angle=60.0)
    assert (source.features.shape, source.features.dtype) == ((1797, 28, 28, 1), np.float32)
    assert source.images.min() == 0
    assert 200 < source.features.max() <= 255
    upright = digits(20).features.sum(axis=(1, 2, 3))
    np.testing.assert_allclose(source.features.sum(axis=(1, 2, 3)), upright, rtol=0.03)


def test_it_has_a_name():
    source = open_source("rotated_digits")
    assert source.quantities.shape == (1797, 1)
    with pytest.raises(InputError, match="Received: 0"):
        rotated_digits(largest_angle=0)


class TestSomeDigits:
    def test_they_keep_their_names(self):
        few, all_of_them = open_source("digits:5-9"), digits()
        assert few.class_names == ("5", "6", "7", "8", "9")
        assert few.name == "digits:5-9"
        chosen = all_of_them.labels >= 5
        np.testing.assert_array_equal(few.labels, all_of_them.labels[chosen] - 5)
        np.testing.assert_array_equal(few.features, all_of_them.features[chosen])

    @pytest.mark.parametrize("data", ["digits:5-5", "digits:9-5"])
    def test_no_range(self, data):
        with pytest.raises(InputError, match="two digits in ascending order"):
            open_source(data)

    @pytest.mark.parametrize("data", ["digits:5-12", "digits:five"])
    def test_no_such_data(self, data):
        with pytest.raises(InputError, match="no such file or data set"):
            open_source(data)


class TestFewOfEachClass:
    source = Source(np.arange(30), np.arange(30) % 3, ("a", "b", "c"))

    def test_they_and_the_rest_are_everything(self):
        few, rest = few_of_each_class(self.source, 2, seed=0)
        assert np.bincount(few.labels).tolist() == [2, 2, 2]
        assert sorted([*few.features, *rest.features]) == list(range(30))

    def test_the_seed_decides(self):
        chosen = [few_of_each_class(self.source, 2, seed=seed)[0].features for seed in (1, 1, 2)]
        np.testing.assert_array_equal(chosen[0], chosen[1])
        assert (chosen[0] != chosen[2]).any()

    @pytest.mark.parametrize("count", [0, 10, 11])
    def test_too_few_or_too_many(self, count):
        with pytest.raises(InputError, match="Received: "):
            few_of_each_class(self.source, count, seed=0)


@pytest.mark.parametrize("lowest_and_highest", [(0.0, 1.0), (-1.0, 1.0), (0.0, 300.0)])
def test_pixels_of_another_range_are_refused(lowest_and_highest):
    images = np.zeros((2, 3, 3, 1))
    images[:, 0, 0, 0] = lowest_and_highest
    source = Source(images, np.array([0, 1]), ("a", "b"))
    with pytest.raises(InputError, match="values from 0 to 255"):
        _ = source.images
