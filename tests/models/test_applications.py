"""Networks of keras.applications: their scaling, weights and sizes."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from kerastune import backends
from kerastune.errors import InputError
from kerastune.models import application, application_scaling, small_resnet
from kerastune.models.applications import application_names

pytestmark = pytest.mark.first_backend

PIXELS = np.random.default_rng(0).uniform(0, 255, (2, 4, 4, 3)).astype("float32")

ONE_OF_EACH_FAMILY = {
    "ConvNeXtTiny": "convnext",
    "DenseNet121": "densenet",
    "EfficientNetB0": "efficientnet",
    "EfficientNetV2B0": "efficientnet_v2",
    "InceptionResNetV2": "inception_resnet_v2",
    "InceptionV3": "inception_v3",
    "MobileNet": "mobilenet",
    "MobileNetV2": "mobilenet_v2",
    "MobileNetV3Small": "mobilenet_v3",
    "NASNetMobile": "nasnet",
    "ResNet50": "resnet",
    "ResNet50V2": "resnet_v2",
    "VGG16": "vgg16",
    "VGG19": "vgg19",
    "Xception": "xception",
}


@pytest.fixture
def offline(tmp_path, monkeypatch):
    """A machine without a network and without weights."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("kerastune.models.applications.is_reachable", lambda server: False)
    return tmp_path


@pytest.mark.parametrize(("name", "family"), ONE_OF_EACH_FAMILY.items())
def test_pixels_are_scaled_as_the_family_does(name, family):
    expected = getattr(keras.applications, family).preprocess_input(PIXELS.copy())
    scaling = application_scaling(name)
    scaled = PIXELS if scaling is None else scaling.predict(PIXELS, verbose=0)
    np.testing.assert_allclose(scaled, expected, atol=2e-5)


SCALE_THERE = """
import sys
import keras, numpy as np
model = keras.saving.load_model(sys.argv[1] + "/model.keras", safe_mode=True)
np.save(sys.argv[1] + "/there.npy", model.predict(np.load(sys.argv[1] + "/pixels.npy"), verbose=0))
"""


@pytest.mark.any_backend
@pytest.mark.slow
def test_scaling_survives_a_save_into_another_backend(tmp_path):
    pixels = keras.Input((None, None, 3))
    model = keras.Model(pixels, application_scaling("ResNet50")(pixels))
    model.save(tmp_path / "model.keras")
    np.save(tmp_path / "pixels.npy", PIXELS)
    installed = backends.installed()
    other = installed[(installed.index(keras.config.backend()) + 1) % len(installed)]
    subprocess.run(
        [sys.executable, "-c", SCALE_THERE, str(tmp_path)],
        env={**os.environ, "KERAS_BACKEND": other},
        check=True,
    )
    here = model.predict(PIXELS, verbose=0)
    np.testing.assert_allclose(np.load(tmp_path / "there.npy"), here, atol=2e-5)


def test_a_network_is_keras_own_without_its_classifier():
    backbone = application("MobileNet", image_size=32, weights=None)
    assert backbone.input_shape == (None, 32, 32, 3)
    assert backbone.output_shape == (None, 1, 1, 1024)
    assert backbone.layers[-1].name == "conv_pw_13_relu"


@pytest.mark.any_backend
def test_the_usual_size_is_what_it_was_trained_on(monkeypatch):
    shapes = []
    for name in ("ResNet50", "Xception"):
        monkeypatch.setattr(
            keras.applications, name, lambda **settings: shapes.append(settings["input_shape"])
        )
    application("ResNet50", weights=None)
    application("Xception", weights=None)
    assert shapes == [(224, 224, 3), (299, 299, 3)]


def test_weights_from_a_file(tmp_path):
    saved = application("MobileNet", image_size=32, weights=None)
    saved.save_weights(tmp_path / "mine.weights.h5")
    loaded = application("MobileNet", image_size=64, weights=str(tmp_path / "mine.weights.h5"))
    for one, other in zip(saved.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_weights_of_another_network(tmp_path):
    small_resnet().save_weights(tmp_path / "small.weights.h5")
    with pytest.raises(InputError, match=r"weights that fit 'MobileNet'.*small") as caught:
        application("MobileNet", image_size=32, weights=str(tmp_path / "small.weights.h5"))
    assert "\n" not in str(caught.value)


@pytest.mark.any_backend
def test_imagenet_weights_without_a_network(offline):
    with pytest.raises(InputError, match=r"no answer from https.*'applications:ResNet50:none'"):
        application("ResNet50")


@pytest.mark.any_backend
def test_imagenet_weights_in_the_cache_need_no_network(offline, monkeypatch):
    file = "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5"
    (offline / "models").mkdir()
    (offline / "models" / file).write_bytes(b"")
    monkeypatch.setattr(keras.applications, "ResNet50", lambda **settings: settings["weights"])
    assert application("ResNet50") == "imagenet"


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("ResNet5", {}, r"Received: 'ResNet5'\. Did you mean 'ResNet50'\?"),
        ("imagenet_utils", {}, "Received: 'imagenet_utils'"),
        ("MobileNet", {"weights": "no.h5"}, r"Received: 'no\.h5', no such file"),
        ("VGG16", {"weights": None, "image_size": 16}, "image_size=16.*at least 32x32"),
    ],
)
def test_what_cannot_be_built(name, settings, message):
    with pytest.raises(InputError, match=message) as caught:
        application(name, **settings)
    assert "\n" not in str(caught.value)


@pytest.mark.any_backend
def test_all_are_known():
    names = application_names()
    assert len(names) == 40
    for name in names:
        application_scaling(name)
