"""Presets for detection of KerasHub, in its own format on this machine."""

import keras
import keras_hub
import numpy as np
import pytest

import kerastune
from kerastune import recipes
from kerastune.models import load_pyramid_backbone

pytestmark = pytest.mark.first_backend

GENERATOR = np.random.default_rng(0)


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    """A RetinaNet on a small ResNet, as `retinanet_resnet50_fpn_coco` is on a large one."""
    folder = tmp_path_factory.mktemp("retinanet")
    encoder = keras_hub.models.ResNetBackbone(
        input_conv_filters=[64],
        input_conv_kernel_sizes=[3],
        stackwise_num_filters=[64, 64, 64, 64],
        stackwise_num_blocks=[1, 1, 1, 1],
        stackwise_num_strides=[1, 2, 2, 2],
        block_type="basic_block",
    )
    backbone = keras_hub.models.RetinaNetBackbone(
        encoder, min_level=3, max_level=7, use_p5=False, dtype="float32"
    )
    backbone.save_to_preset(str(folder))
    converter = keras_hub.layers.RetinaNetImageConverter(
        image_size=(64, 64), scale=[1 / 64] * 3, offset=[-2.0] * 3
    )
    converter.save_to_preset(str(folder))
    return folder


def test_the_pyramid_of_a_preset_is_taken_with_its_weights(preset):
    base = load_pyramid_backbone(str(preset), image_shape=(64, 64, 3))
    assert base.levels == (3, 7)
    pixels = GENERATOR.uniform(0, 255, (2, 64, 64, 3)).astype("float32")
    theirs = keras_hub.models.RetinaNetBackbone.from_preset(str(preset))
    converter = keras_hub.layers.ImageConverter.from_preset(str(preset))
    expected = theirs(keras.ops.convert_to_tensor(converter(pixels)))
    found = base.model(base.scaling(pixels))
    for level in ("P3", "P7"):
        np.testing.assert_allclose(
            *(keras.ops.convert_to_numpy(maps[level]) for maps in (found, expected)), atol=1e-4
        )


def test_a_run_on_a_preset(preset, tmp_path):
    images = GENERATOR.uniform(0, 100, (8, 64, 64, 3)).astype("float32")
    images[:, 16:48, 16:48] += 120
    boxes = [{"boxes": [[16, 16, 48, 48]], "classes": ["light"]} for _ in images]
    result = recipes.object_detection(
        (images, boxes),
        backbone=str(preset),
        epochs=1,
        batch_size=4,
        width=8,
        layers=1,
        validation_fraction=0.0,
        run_dir=tmp_path / "run",
        verbose=0,
    )
    assert kerastune.load(tmp_path / "run").predict(images[:1])[0].keys() >= {"boxes", "classes"}
    groups = list(kerastune.layer_groups(result.model))
    assert groups[-1] == "head"
    assert len(groups) > 2
