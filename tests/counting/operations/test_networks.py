"""Whole networks: published numbers, and the same numbers to the unit on the three backends."""

import keras
import pytest

from kerastune.backends import build_abstract
from kerastune.counting.operations.count import count_operations
from kerastune.models import lenet, small_resnet
from tests.applications import NETWORKS
from tests.counting.operations import networks

# What this library counts: MACs, FLOPs, backward MACs and FLOPs, activations in bytes. The
# MACs are those of PyTorch's FlopCounterMode (see test_oracles.py); the rest keeps the three
# backends from drifting apart.
SMALL = {
    "lenet": (lenet, None, (2629760, 5348128, 5064832, 10246208, 149184)),
    "small_resnet": (small_resnet, None, (9345280, 18902240, 18577664, 38177664, 495040)),
    "vgg_like": (networks.vgg_like, None, (1728832, 3519178, 3236480, 6559092, 123008)),
    "bert": (networks.bert, (16,), (640000, 1395264, 1280000, 2750048, 132028)),
    "gpt2": (networks.gpt2, (16,), (638976, 1392688, 1277952, 2744832, 132428)),
    "vit": (networks.vit, None, (780480, 1658236, 1462656, 3094908, 132852)),
    "llama3": (networks.llama3, (16,), (90112, 208408, 180224, 393248, 58248)),
}
LARGE = {
    "ResNet50": (
        lambda: keras.applications.ResNet50(weights=None),
        None,
        (3857973248, 7764221808, 7597932544, 15387293528, 83665232),
    ),
    "MobileNetV2": (
        lambda: keras.applications.MobileNetV2(weights=None),
        None,
        (300774272, 627401456, 590710528, 1287628696, 62111584),
    ),
    "BERT base, 128 tokens": (
        lambda: networks.bert(12, 768, 30522, 12),
        (128,),
        (11174215680, 22434252288, 22348431360, 44835080448, 99590704),
    ),
    "GPT-2, 128 tokens": (
        lambda: networks.gpt2(12, 768, 50257, 12),
        (128,),
        (11173625856, 22432974336, 22347251712, 44832522240, 99779120),
    ),
    "ViT base": (
        lambda: networks.vit(12, 768, 12, 224, 16),
        None,
        (17563060224, 35238939216, 35010514944, 70207075152, 139757396),
    ),
    "Llama 3 8B, 128 tokens": (
        networks.llama3_8b,
        (128,),
        (897648164864, 1795995246848, 1795296329728, 3591470334208, 1757971584),
    ),
}


def check(build, shape, numbers):
    """An abstract network has these numbers, and nothing that is not known."""
    operations = count_operations(build_abstract(build), input_shapes=shape)
    assert operations.unknown == ()
    assert numbers == (
        operations.macs,
        operations.flops,
        operations.backward_macs,
        operations.backward_flops,
        operations.activation_bytes,
    )


@pytest.mark.parametrize("name", SMALL)
def test_small_networks_are_the_same_on_every_backend(name):
    check(*SMALL[name])


@pytest.mark.slow
@pytest.mark.parametrize("name", LARGE)
def test_large_networks_are_the_same_on_every_backend(name):
    check(*LARGE[name])


def test_a_llama_by_its_formula():
    # Per token and layer: queries and output 16², keys and values 16 × 8, and 3 × 16 × 32;
    # and 2 × 16² tokens × 16 for the scores and the sums of the values.
    per_token = 2 * 16 * 16 + 2 * 16 * 8 + 3 * 16 * 32
    assert SMALL["llama3"][2][0] == 2 * (16 * per_token + 2 * 16 * 16 * 16)


# Billions of multiply-adds, as printed in the papers: Deep Residual Learning (table 1, its
# first version with stride in the 1 × 1 convolutions, as in Keras; the 4.1 often quoted is of
# the version with stride in the 3 × 3), MobileNets, MobileNetV2, Searching for MobileNetV3,
# EfficientNet, NASNet, Very Deep Convolutional Networks by way of the first, A ConvNet for
# the 2020s.
PUBLISHED = {
    "ResNet50": 3.8,
    "ResNet101": 7.6,
    "ResNet152": 11.3,
    "VGG19": 19.6,
    "MobileNet": 0.569,
    "MobileNetV2": 0.300,
    "MobileNetV3Small": 0.056,
    "MobileNetV3Large": 0.219,
    "NASNetMobile": 0.564,
    "NASNetLarge": 23.8,
    "EfficientNetB0": 0.39,
    "EfficientNetB7": 37.0,
    "ConvNeXtTiny": 4.5,
    "ConvNeXtBase": 15.4,
    "ConvNeXtXLarge": 60.9,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in PUBLISHED if name in NETWORKS])
def test_published_numbers(name):
    shape = (224, 224, 3) if "V3" in name else None
    model = build_abstract(lambda: NETWORKS[name](weights=None))
    operations = count_operations(model, input_shapes=shape)
    assert operations.macs / 1e9 == pytest.approx(PUBLISHED[name], rel=0.025)


@pytest.mark.slow
def test_every_network_of_keras_is_known_throughout():
    unknown = {}
    for name, network in NETWORKS.items():
        model = build_abstract(lambda network=network: network(weights=None))
        shape = (224, 224, 3) if "V3" in name and name.startswith("Mobile") else None
        operations = count_operations(model, input_shapes=shape)
        assert operations.macs > 0
        unknown |= {name: operations.unknown} if operations.unknown else {}
    assert unknown == {}
