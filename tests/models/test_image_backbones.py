"""Where image backbones come from, and how they want their pixels."""

import keras
import keras_hub
import numpy as np
import pytest

from kerastune.backends import build_abstract
from kerastune.errors import InputError
from kerastune.heads import Classification, attach
from kerastune.models import application_scaling, augmentation, load_image_backbone, small_resnet
from tests.tiny import tiny_bert_preset

pytestmark = pytest.mark.first_backend

PIXELS = np.random.default_rng(0).uniform(0, 255, (2, 16, 16, 3)).astype("float32")


def load(preset, **settings):
    return load_image_backbone(preset, **{"image_shape": (20, 30, 3), **settings})


def saved(model, path):
    model.save(path)
    return path


def features(backbone, pixels=PIXELS):
    """What a backbone makes of raw pixels."""
    scaled = pixels if backbone.scaling is None else backbone.scaling.predict(pixels, verbose=0)
    return backbone.model.predict(scaled, verbose=0)


@pytest.mark.parametrize(
    ("image_shape", "image_size", "expected"),
    [
        ((20, 30, 1), None, (20, 30, 1)),
        ((100, 30, 3), None, (32, 30, 3)),
        ((100, 30, 3), 40, (40, 40, 3)),
    ],
)
def test_the_small_resnet_follows_the_images(image_shape, image_size, expected):
    backbone = load("small_resnet", image_shape=image_shape, image_size=image_size)
    assert backbone.image_shape == expected == backbone.model.input_shape[1:]
    assert backbone.scaling is None


def test_a_network_of_keras_applications():
    backbone = load("applications:MobileNetV2:none", image_size=32)
    assert backbone.image_shape == (32, 32, 3)
    np.testing.assert_allclose(
        backbone.scaling.predict(PIXELS, verbose=0), PIXELS / 127.5 - 1, atol=1e-5
    )
    with pytest.raises(InputError, match=r"no\.h5', no such file"):
        load("applications:MobileNetV2:C:\\no.h5", image_size=32)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("name", "network", "size"),
    [
        ("inception_v3", "inception_v3", 299),
        ("InceptionV3:none", "inception_v3", 299),
        ("ResNet50", "resnet50", 224),
        ("resnet_50_v2", "resnet50v2", 224),
        ("applications:mobilenet_v2", "mobilenetv2", 224),
    ],
)
def test_a_network_by_its_name_however_it_is_spelled(name, network, size):
    backbone = build_abstract(lambda: load(name))
    assert backbone.model.name.startswith(network)
    assert backbone.image_shape == (size, size, 3)
    assert backbone.scaling is not None


@pytest.mark.any_backend
def test_by_its_name_without_a_network(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr("kerastune.models.applications.is_reachable", lambda server: False)
    with pytest.raises(InputError, match=r"no answer from https.*'applications:InceptionV3:none'"):
        load("inception_v3")


@pytest.mark.any_backend
def test_a_folder_of_the_same_name_comes_first(tmp_path, monkeypatch):
    (tmp_path / "ResNet50").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="ResNet50'?, whose|ResNet50'?, without|config"):
        load("ResNet50")


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    """A ResNet of one block, whose pixels are scaled by channel."""
    directory = str(tmp_path_factory.mktemp("preset"))
    keras_hub.models.ResNetBackbone([64], [3], [64], [1], [1], "basic_block").save_to_preset(
        directory
    )
    keras_hub.layers.ResNetImageConverter(
        image_size=(16, 16), scale=[0.5, 0.25, 0.125], offset=[1.0, 2.0, 3.0]
    ).save_to_preset(directory)
    return directory


class TestKerasHub:
    def test_a_preset_brings_its_scaling_and_size(self, preset):
        backbone = load(preset)
        assert isinstance(backbone.model, keras_hub.models.ResNetBackbone)
        assert backbone.image_shape == (16, 16, 3)
        np.testing.assert_allclose(
            backbone.scaling.predict(PIXELS, verbose=0),
            PIXELS * [0.5, 0.25, 0.125] + [1, 2, 3],
            rtol=1e-5,
        )
        assert load(preset, image_size=24).image_shape == (24, 24, 3)

    def test_inputs_in_a_dictionary(self, tmp_path):
        keras_hub.models.DINOV2Backbone(
            patch_size=4,
            num_layers=1,
            hidden_dim=8,
            num_heads=2,
            intermediate_dim=16,
            num_register_tokens=0,
            image_shape=(16, 16, 3),
        ).save_to_preset(str(tmp_path))
        keras_hub.layers.DINOV2ImageConverter(image_size=(16, 16), scale=1 / 255).save_to_preset(
            str(tmp_path)
        )
        backbone = load(tmp_path)
        assert features(backbone).shape == (2, 17, 8)
        with pytest.raises(InputError, match="16 x 16 pixels.*Received: image_size=24"):
            load(tmp_path, image_size=24)

    def test_a_preset_that_does_not_scale_pixels(self, tmp_path):
        keras_hub.models.ResNetBackbone([64], [3], [64], [1], [1], "basic_block").save_to_preset(
            str(tmp_path)
        )
        with pytest.raises(InputError, match="says how its pixels are scaled"):
            load(tmp_path)

    def test_a_preset_for_texts(self, tmp_path):
        with pytest.raises(InputError, match="Give a model of images"):
            load(tiny_bert_preset(tmp_path))


class TestKerasFiles:
    def test_a_backbone_is_taken_as_it_is(self, tmp_path):
        original = small_resnet((16, 16, 3))
        backbone = load(saved(original, tmp_path / "backbone.keras"))
        assert backbone.image_shape == (16, 16, 3)
        np.testing.assert_allclose(
            features(backbone), original.predict(PIXELS, verbose=0), atol=1e-5
        )

    def test_of_our_classifiers_the_backbone_is_taken_with_its_scaling(self, tmp_path):
        scaling = application_scaling("ResNet50")
        original = small_resnet((16, 16, 3))
        model = attach(
            original,
            Classification(("a", "b", "c"), dropout=0.1),
            pooling="auto",
            before=(augmentation((16, 16, 3), flip="vertical", seed=0), scaling),
        )
        backbone = load(saved(model, tmp_path / "model.keras"))
        assert backbone.model.name == "small_resnet"
        expected = original.predict(scaling.predict(PIXELS, verbose=0), verbose=0)
        np.testing.assert_allclose(features(backbone), expected, atol=1e-4)

    @pytest.mark.parametrize("style", ["functional", "sequential", "activation apart"])
    def test_of_other_classifiers_the_last_dense_layer_is_left_out(self, tmp_path, style):
        layers = [
            keras.layers.Conv2D(4, 3),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(6, activation="relu", name="features"),
        ]
        if style == "activation apart":
            layers += [keras.layers.Dense(3), keras.layers.Activation("softmax")]
        else:
            layers += [keras.layers.Dense(3, activation="softmax")]
        model = keras.Sequential([keras.Input((16, 16, 3)), *layers])
        if style == "functional":
            model = keras.Model(model.inputs[0], model.outputs[0])
        backbone = load(saved(model, tmp_path / "model.keras"))
        assert backbone.model.output_shape == (None, 6)
        expected = keras.Model(model.inputs[0], layers[2].output).predict(PIXELS, verbose=0)
        np.testing.assert_allclose(features(backbone), expected, atol=1e-5)

    def test_dense_features_are_no_classifier(self, tmp_path):
        model = keras.Sequential(
            [
                keras.Input((16, 16, 3)),
                keras.layers.Flatten(),
                keras.layers.Dense(5, activation="relu"),
            ]
        )
        assert load(saved(model, tmp_path / "model.keras")).model.output_shape == (None, 5)

    def test_a_model_that_takes_any_size(self, tmp_path):
        inputs = keras.Input((None, None, 3))
        model = keras.Model(inputs, keras.layers.Conv2D(4, 3)(inputs))
        path = saved(model, tmp_path / "model.keras")
        assert load(path).image_shape == (224, 224, 3)
        assert load(path, image_size=20).image_shape == (20, 20, 3)

    @pytest.mark.parametrize("kind", ["tokens", "two inputs", "a fixed size"])
    def test_what_does_not_take_these_images(self, tmp_path, kind):
        image = keras.Input((16, 16, 3), name="image")
        if kind == "tokens":
            tokens = keras.Input((16,), dtype="int32")
            model = keras.Model(tokens, keras.layers.Embedding(9, 2)(tokens))
        elif kind == "two inputs":
            other = keras.Input((16, 16, 3), name="other")
            model = keras.Model([image, other], keras.layers.Add()([image, other]))
        else:
            model = keras.Model(image, keras.layers.Conv2D(4, 3)(image))
        path = saved(model, tmp_path / "model.keras")
        with pytest.raises(InputError, match="Expected .*Received: ") as caught:
            load(path, image_size=24)
        assert "\n" not in str(caught.value)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("preset", "settings", "message"),
    [
        ("ResNet50:no.h5", {}, r"'no\.h5', no such file"),
        ("applications:ResNet", {}, r"Did you mean 'ResNet50'\?|Did you mean 'ResNet"),
        ("resnet_50_imagene", {}, "Did you mean 'resnet_50_imagenet'"),
        ("none.keras", {}, r"'none\.keras'"),
        ("small_resnet", {"image_size": 0}, "Received: 0"),
        ("small_resnet", {"image_size": 4}, "Received: 4 x 4"),
    ],
)
def test_what_cannot_be_loaded(preset, settings, message):
    with pytest.raises(InputError, match=message):
        load(preset, **settings)
