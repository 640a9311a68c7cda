"""The changes of RandAugment against Pillow's and NumPy's, and that the step stays compiled."""

import keras
import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from kerastune.errors import InputError
from kerastune.models import RandAugment, augmentation
from kerastune.models.rand_augment import RAND_AUGMENT_CHANGES, change

pytestmark = pytest.mark.first_backend

PIXELS = np.random.default_rng(0).integers(20, 230, (1, 12, 10, 3)).astype("float32")


def changed(cases, pixels=PIXELS):
    """What each case, a name and a level, makes of an image each or of the same, in one call."""
    which = np.array([RAND_AUGMENT_CHANGES.index(name) for name, _ in cases])
    levels = np.array([level for _, level in cases], "float32")
    images = np.repeat(pixels, len(cases) // len(pixels), axis=0)
    tensors = map(keras.ops.convert_to_tensor, (images, which, levels))
    return keras.ops.convert_to_numpy(change(*tensors))


def pillow(make):
    """What Pillow makes of the image, which it rounds."""
    return np.asarray(make(Image.fromarray(PIXELS[0].astype("uint8"))), "float32")


ENHANCED = {
    "brightness": ImageEnhance.Brightness,
    "contrast": ImageEnhance.Contrast,
    "color": ImageEnhance.Color,
    "sharpness": ImageEnhance.Sharpness,
}


@pytest.mark.each_backend
def test_tones_are_pillows():
    expected = {
        (name, level): pillow(lambda image, e=enhance, v=level: e(image).enhance(1 + 0.9 * v))
        for name, enhance in ENHANCED.items()
        for level in (0.5, -0.4)
    }
    # Pillow rounds, also in between.
    tolerances = dict.fromkeys(expected, 2.0)
    expected |= {
        ("posterize", 0.5): pillow(lambda image: ImageOps.posterize(image, 6)),
        ("solarize", -0.5): pillow(lambda image: ImageOps.solarize(image, 128)),
        ("auto_contrast", 0.5): pillow(ImageOps.autocontrast),
        ("identity", 1.0): PIXELS[0],
    }
    tolerances[("auto_contrast", 0.5)] = 1.0
    for case, image in zip(expected, changed(list(expected)), strict=True):
        np.testing.assert_allclose(
            image, expected[case], atol=tolerances.get(case, 0), err_msg=str(case)
        )


def test_shifts_shears_and_turns():
    noise = np.random.default_rng(1).uniform(0, 255, (21, 21)).astype("float32")
    ramp = np.tile(np.arange(21, dtype="float32"), (21, 1))
    # 0.45 of 21 pixels at the first two levels are 3 and 2 pixels.
    cases = {
        "translate_x": (3 / 9.45, noise),
        "translate_y": (-2 / 9.45, noise),
        "shear_x": (0.5, ramp),
        "shear_y": (0.5, ramp.T),
        "rotate": (1.0, ramp),
    }
    images = np.stack([image for _, image in cases.values()])[..., None]
    levels = [(name, level) for name, (level, _) in cases.items()]
    left, down, across, upright, turned = changed(levels, images)[..., 0]
    np.testing.assert_allclose(left[:, :18], noise[:, 3:], atol=1e-2)
    np.testing.assert_allclose(down[2:], noise[:-2], atol=1e-2)
    rows, columns = np.arange(21)[:, None] - 10, np.arange(5, 16)[None, :]
    for sheared in (across, upright.T):
        np.testing.assert_allclose(sheared[:, 5:16], columns + 0.15 * rows, atol=1e-3)
    step = np.arange(-2, 3)
    expected = 10 + np.cos(np.pi / 6) * step[None, :] - np.sin(np.pi / 6) * step[:, None]
    np.testing.assert_allclose(turned[8:13, 8:13], expected, atol=1e-3)


def test_images_without_colour_and_flat_ones():
    flat = np.full((1, 6, 6, 1), 77.0, "float32")
    names = ("auto_contrast", "color", "contrast", "sharpness", "rotate")
    for image in changed([(name, 0.7) for name in names], flat):
        np.testing.assert_allclose(image, flat[0], atol=1e-3)


@pytest.mark.each_backend
def test_a_model_with_it_stays_compiled():
    model = augmentation((12, 10, 3), rand_augment=0.5, seed=3)
    assert [layer.name for layer in model.layers] == ["rand_augment"]
    inputs = keras.Input((12, 10, 3))
    features = keras.layers.GlobalAveragePooling2D()(model(inputs))
    whole = keras.Model(inputs, keras.layers.Dense(1)(features))
    plain = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    for made in (whole, plain):
        made.compile("sgd", "mse")
    assert whole.jit_compile == plain.jit_compile
    images = np.repeat(PIXELS, 4, axis=0) / 255
    whole.fit(images, np.zeros((4, 1)), verbose=0)
    first = keras.ops.convert_to_numpy(model(np.repeat(PIXELS, 8, axis=0), training=True))
    assert first.min() >= -0.01
    assert first.max() <= 255.01
    assert len({image.tobytes() for image in first}) > 4
    np.testing.assert_array_equal(model.predict(PIXELS, verbose=0), PIXELS)


def test_the_same_seed_draws_the_same():
    draws = [
        keras.ops.convert_to_numpy(RandAugment(0.5, seed=seed)(PIXELS, training=True))
        for seed in (0, 0, 5)
    ]
    np.testing.assert_array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])


@pytest.mark.any_backend
@pytest.mark.parametrize("settings", [{"strength": 0}, {"strength": 1.5}, {"count": 0}])
def test_values_out_of_range(settings):
    with pytest.raises(InputError, match="Expected a strength above 0 up to 1"):
        RandAugment(**{"strength": 0.5, **settings}, seed=0)


@pytest.mark.any_backend
def test_a_strength_out_of_range():
    with pytest.raises(InputError, match="rand_augment from 0 to 1. Received: -0.5"):
        augmentation((8, 8, 3), rand_augment=-0.5, seed=0)
