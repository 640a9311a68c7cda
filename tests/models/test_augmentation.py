"""Augmentation: exact in geometry, random in training only, part of the compiled step."""

import keras
import numpy as np
import pytest
from scipy import ndimage

from kerastune.errors import InputError
from kerastune.models import augmentation
from kerastune.models.augmentation import FLIPS, RandomTurnAndCrop
from kerastune.models.resampling import resample

pytestmark = pytest.mark.first_backend

IMAGES = np.random.default_rng(0).uniform(0, 255, (6, 11, 14, 2)).astype("float32")
EVERYTHING = {
    "flip": "horizontal",
    "rotation": 20.0,
    "shift": 0.1,
    "crop": 0.3,
    "zoom": 0.2,
    "contrast": 0.3,
    "seed": 3,
}


def changed(model, images=IMAGES, training=True):
    return keras.ops.convert_to_numpy(model(images, training=training))


def resampled(images, angle=0.0, step=1.0, down=0.0, right=0.0):
    rows = [np.full(len(images), value, "float32") for value in (angle, step, down, right)]
    tensors = map(keras.ops.convert_to_tensor, (images, *rows))
    return keras.ops.convert_to_numpy(resample(*tensors))


@pytest.mark.parametrize("degrees", [-170.0, -15.0, 33.0, 90.0])
def test_turning_is_that_of_scipy(degrees):
    expected = [
        ndimage.rotate(image, degrees, reshape=False, order=1, mode="reflect") for image in IMAGES
    ]
    np.testing.assert_allclose(resampled(IMAGES, np.radians(degrees)), expected, atol=0.01)


def test_shifting_is_that_of_scipy():
    expected = [ndimage.shift(image, (-2.5, 1.25, 0), order=1, mode="reflect") for image in IMAGES]
    np.testing.assert_allclose(resampled(IMAGES, down=2.5, right=-1.25), expected, atol=0.01)


def test_magnifying_shows_the_middle():
    ramp = np.tile(np.arange(9, dtype="float32")[None, None, :, None], (1, 9, 1, 1))
    larger = resampled(ramp, step=0.5)[0, 4, :, 0]
    np.testing.assert_allclose(larger, np.linspace(2, 6, 9), atol=1e-5)


@pytest.mark.parametrize("flip", FLIPS)
def test_flips_mirror_some_images(flip):
    flipped = changed(augmentation((11, 14, 2), flip=flip, seed=0), np.repeat(IMAGES[:1], 32, 0))
    across, upside_down = IMAGES[0][:, ::-1], IMAGES[0][::-1]
    allowed = {
        "horizontal": [across],
        "vertical": [upside_down],
        "horizontal_and_vertical": [across, upside_down, across[::-1]],
    }[flip]
    kinds = [IMAGES[0], *allowed]
    found = [[np.allclose(image, kind) for kind in kinds].index(True) for image in flipped]
    assert set(found) == set(range(len(kinds)))


def test_a_crop_never_leaves_the_image():
    """On a ramp, every value of a crop is one of the ramp, and the span is the window's."""
    ramp = np.tile(np.arange(20, dtype="float32")[None, None, :, None], (64, 20, 1, 1))
    cropped = changed(augmentation((20, 20, 1), crop=0.5, seed=0), ramp)
    steps = np.diff(cropped[:, 0, 2:-2, 0], axis=1)
    windows = steps.mean(axis=1)
    np.testing.assert_allclose(steps, np.tile(windows[:, None], (1, 15)), atol=1e-3)
    assert 0.5 <= windows.min() < 0.6
    assert 0.9 < windows.max() <= 1
    assert cropped[:, 0, 10, 0].std() > 0.5


def test_a_shift_moves_both_ways_as_far_as_it_may():
    """On ramps across and down, what an image shows in its middle tells how far it was moved."""
    ramp = np.tile(np.arange(40, dtype="float32")[None, None, :], (64, 40, 1))
    both = np.stack([ramp, ramp.transpose(0, 2, 1)], axis=-1)
    moved = changed(augmentation((40, 40, 2), shift=0.25, seed=0), both)
    shifts = moved[:, 20, 20] - 20
    assert -10 <= shifts.min() < -9
    assert 9 < shifts.max() <= 10
    assert abs(np.corrcoef(shifts.T)[0, 1]) < 0.4
    np.testing.assert_allclose(np.diff(moved[:, 20, 15:26, 0], axis=1), 1, atol=1e-3)


def test_without_a_shift_a_seed_gives_what_it_gives_without_the_setting():
    """So that a layer that was saved without it goes on as it was."""
    layer = RandomTurnAndCrop(20.0, 0.3, 0.2, seed=3)
    earlier = layer.get_config()
    assert earlier.pop("shift") == 0.0
    again = RandomTurnAndCrop.from_config(earlier)
    moving = RandomTurnAndCrop(20.0, 0.3, 0.2, 0.1, seed=3)
    first = changed(layer)
    np.testing.assert_array_equal(first, changed(again))
    assert np.abs(first - changed(moving)).max() > 1
    draws = [int(keras.ops.convert_to_numpy(one.generator.state)[1]) for one in (layer, moving)]
    assert draws == [5, 7]


def test_contrast_stays_within_the_range():
    after = changed(augmentation((11, 14, 2), contrast=0.9, seed=0))
    assert after.min() >= 0
    assert after.max() <= 255
    assert np.abs(after - IMAGES).max() > 5


def test_nothing_happens_outside_of_training_or_by_default():
    assert augmentation((11, 14, 2), seed=0) is None
    np.testing.assert_array_equal(
        changed(augmentation((11, 14, 2), **EVERYTHING), training=False), IMAGES
    )


def test_the_seed_decides():
    first, again, other = (
        changed(augmentation((11, 14, 2), **{**EVERYTHING, "seed": seed})) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1


def test_each_image_and_each_step_is_changed_differently():
    model = augmentation((11, 14, 2), rotation=20.0, seed=0)
    same = np.repeat(IMAGES[:1], 4, 0)
    first, second = changed(model, same), changed(model, same)
    assert np.abs(first[0] - first[1]).max() > 1
    assert np.abs(first - second).max() > 1


@pytest.mark.parametrize("shape", [(11, 14, 2), (None, None, 2)])
@pytest.mark.each_backend
def test_it_runs_in_the_training_step_and_changes_how_none_is_compiled(shape):
    inputs = keras.Input(shape)
    plain = keras.Sequential([keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(1)])
    model = keras.Model(inputs, plain(augmentation(shape, **EVERYTHING)(inputs)))
    model.compile(keras.optimizers.SGD(0.0), "mse")
    plain.compile(keras.optimizers.SGD(0.0), "mse")
    assert model.jit_compile == plain.jit_compile
    targets = np.zeros((6, 1))
    fixed = model.evaluate(IMAGES, targets, verbose=0)
    losses = model.fit(IMAGES, targets, epochs=3, batch_size=6, verbose=0).history["loss"]
    assert len({round(loss, 3) for loss in losses}) == 3
    assert model.evaluate(IMAGES, targets, verbose=0) == pytest.approx(fixed)


def test_it_survives_saving(tmp_path):
    inputs = keras.Input((11, 14, 2))
    model = keras.Model(inputs, augmentation((11, 14, 2), **EVERYTHING)(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_array_equal(loaded.predict(IMAGES, verbose=0), IMAGES)
    layer = loaded.get_layer("augmentation").get_layer("turn_and_crop")
    assert isinstance(layer, RandomTurnAndCrop)
    assert (layer.rotation, layer.shift, layer.crop, layer.zoom) == (20.0, 0.1, 0.3, 0.2)
    assert layer.seed == 4


def test_it_is_exact_under_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    model = augmentation((11, 14, 2), **EVERYTHING)
    keras.config.set_dtype_policy("float32")
    exact = augmentation((11, 14, 2), **EVERYTHING)
    np.testing.assert_array_equal(changed(model), changed(exact))


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("flip", "sideways"),
        ("rotation", -1),
        ("rotation", 181),
        ("shift", 1),
        ("crop", 1),
        ("zoom", -0.1),
    ],
)
def test_values_out_of_range(name, value):
    with pytest.raises(InputError, match=f"{name}.*Received: .*{value}"):
        augmentation((8, 8, 3), seed=0, **{name: value})
