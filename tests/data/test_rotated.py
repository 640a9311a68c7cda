import numpy as np
import pytest

from kerastune.data import Source, digits, few_shot_split, open_data, rotated_digits
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend


def test_angles_are_even_within_the_range_and_decided_by_the_seed():
    source = rotated_digits(largest_angle=30.0)
    assert source.values["angle"].shape == (1797, 1)
    assert -30 <= source.values["angle"].min() < -29
    assert 29 < source.values["angle"].max() <= 30
    assert abs(source.values["angle"].std() - 30 / np.sqrt(3)) < 1
    np.testing.assert_array_equal(
        rotated_digits(largest_angle=30.0).values["angle"], source.values["angle"]
    )
    assert (
        rotated_digits(largest_angle=30.0, seed=1).values["angle"] != source.values["angle"]
    ).mean() > 0.99


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
    ones = digits().values["label"] == 1
    source = rotated_digits(largest_angle=45.0)
    measured = mean_angle(source.values["image"][ones])
    slope, _ = np.polyfit(source.values["angle"][ones, 0], -measured, 1)
    assert 0.6 < slope < 1.2


def test_images_are_pixels_and_nothing_is_cut_off():
    source = rotated_digits(largest_angle=60.0)
    assert (source.values["image"].shape, source.values["image"].dtype) == (
        (1797, 28, 28, 1),
        np.float32,
    )
    assert source.values["image"].min() == 0
    assert 200 < source.values["image"].max() <= 255
    upright = digits(20).values["image"].sum(axis=(1, 2, 3))
    np.testing.assert_allclose(source.values["image"].sum(axis=(1, 2, 3)), upright, rtol=0.03)


def test_it_has_a_name():
    source = open_data("rotated_digits")
    assert source.values[source.target("quantity")].shape == (1797, 1)
    with pytest.raises(InputError, match="Received: 0"):
        rotated_digits(largest_angle=0)


class TestSomeDigits:
    def test_they_keep_their_names(self):
        few, all_of_them = open_data("digits:5-9"), digits()
        assert few.columns["label"].class_names == ("5", "6", "7", "8", "9")
        assert few.name == "digits:5-9"
        chosen = all_of_them.values["label"] >= 5
        np.testing.assert_array_equal(few.values["label"], all_of_them.values["label"][chosen] - 5)
        np.testing.assert_array_equal(few.values["image"], all_of_them.values["image"][chosen])

    @pytest.mark.parametrize("data", ["digits:5-5", "digits:9-5", "digits:5-12", "digits:five"])
    def test_no_range(self, data):
        with pytest.raises(InputError, match=f"two digits in ascending order.* '{data}'"):
            open_data(data)


class TestFewOfEachClass:
    source = Source.of(np.arange(30), np.arange(30) % 3, class_names=("a", "b", "c"))

    def test_they_and_the_rest_are_everything(self):
        few, rest = few_shot_split(self.source, 2, seed=0)
        assert np.bincount(few.values["label"]).tolist() == [2, 2, 2]
        assert sorted([*few.values["number"], *rest.values["number"]]) == list(range(30))

    def test_the_seed_decides(self):
        parts = [few_shot_split(self.source, 2, seed=seed)[0] for seed in (1, 1, 2)]
        chosen = [part.values["number"] for part in parts]
        np.testing.assert_array_equal(chosen[0], chosen[1])
        assert (chosen[0] != chosen[2]).any()

    @pytest.mark.parametrize("count", [0, 10, 11])
    def test_too_few_or_too_many(self, count):
        with pytest.raises(InputError, match="Received: "):
            few_shot_split(self.source, count, seed=0)
