"""Convolutions: of stride 1, padded so that the output has the input's positions."""

from functools import partial
from typing import Any

from kerastune.counting.layers.formulas import Formula
from kerastune.counting.layers.kinds import LayerKind
from kerastune.counting.layers.sizes import LayerSizes


def _convolution(layer: str, sizes: LayerSizes, inputs: Any, **options: Any) -> Any:
    """The Keras convolution of a name."""
    import keras

    return getattr(keras.layers, layer)(
        sizes.units,
        sizes.kernel_size,
        padding="same",
        use_bias=sizes.use_bias,
        data_format="channels_last",
        dtype="float32",
        **options,
    )(inputs)


def _grouped(sizes: LayerSizes, inputs: Any) -> Any:
    """A convolution in groups."""
    return _convolution("Conv2D", sizes, inputs, groups=sizes.groups)


def _depthwise(sizes: LayerSizes, inputs: Any) -> Any:
    """A convolution of each channel by itself, into `units / inputs` channels."""
    import keras

    return keras.layers.DepthwiseConv2D(
        sizes.kernel_size,
        padding="same",
        depth_multiplier=sizes.units // sizes.inputs,
        use_bias=sizes.use_bias,
        data_format="channels_last",
        dtype="float32",
    )(inputs)


CONVOLUTIONAL = (
    LayerKind(
        name="conv1d",
        title="Convolution of a sequence",
        reads="sequence",
        parameters=Formula(lambda s: s.kernel_size * s.inputs * s.units + s.bias * s.units),
        macs=Formula(lambda s: s.sequence_length * s.kernel_size * s.inputs * s.units),
        connect=partial(_convolution, "Conv1D"),
        reference="https://keras.io/api/layers/convolution_layers/convolution1d",
    ),
    LayerKind(
        name="conv2d",
        title="Convolution of an image",
        reads="image",
        parameters=Formula(lambda s: s.kernel_size**2 * s.inputs * s.units + s.bias * s.units),
        macs=Formula(lambda s: s.image_size**2 * s.kernel_size**2 * s.inputs * s.units),
        connect=partial(_convolution, "Conv2D"),
        reference="https://keras.io/api/layers/convolution_layers/convolution2d",
    ),
    LayerKind(
        name="conv3d",
        title="Convolution of a volume",
        reads="volume",
        parameters=Formula(lambda s: s.kernel_size**3 * s.inputs * s.units + s.bias * s.units),
        macs=Formula(lambda s: s.image_size**3 * s.kernel_size**3 * s.inputs * s.units),
        connect=partial(_convolution, "Conv3D"),
        reference="https://keras.io/api/layers/convolution_layers/convolution3d",
    ),
    LayerKind(
        name="conv2d_transpose",
        title="Transposed convolution of an image",
        reads="image",
        parameters=Formula(lambda s: s.kernel_size**2 * s.inputs * s.units + s.bias * s.units),
        macs=Formula(lambda s: s.image_size**2 * s.kernel_size**2 * s.inputs * s.units),
        connect=partial(_convolution, "Conv2DTranspose"),
        reference="Dumoulin & Visin (2016), https://arxiv.org/abs/1603.07285",
    ),
    LayerKind(
        name="grouped_conv2d",
        title="Convolution of an image in groups of channels",
        reads="image",
        parameters=Formula(
            lambda s: s.kernel_size**2 * s.inputs * s.units // s.groups + s.bias * s.units
        ),
        macs=Formula(lambda s: s.image_size**2 * s.kernel_size**2 * s.inputs * s.units // s.groups),
        connect=_grouped,
        multiples=(("inputs", "groups"), ("units", "groups")),
        reference="Krizhevsky et al. (2012); Xie et al. (2017), https://arxiv.org/abs/1611.05431",
    ),
    LayerKind(
        name="depthwise_conv2d",
        title="Convolution of each channel of an image by itself",
        reads="image",
        parameters=Formula(lambda s: s.kernel_size**2 * s.units + s.bias * s.units),
        macs=Formula(lambda s: s.image_size**2 * s.kernel_size**2 * s.units),
        connect=_depthwise,
        multiples=(("units", "inputs"),),
        note="each of the n channels gives u/n (its depth multiplier); channels are not mixed",
        reference="Sifre (2014), Rigid-motion scattering for image classification",
    ),
    LayerKind(
        name="separable_conv1d",
        title="Depthwise and then pointwise convolution of a sequence",
        reads="sequence",
        parameters=Formula(
            lambda s: s.kernel_size * s.inputs + s.inputs * s.units + s.bias * s.units
        ),
        macs=Formula(lambda s: s.sequence_length * (s.kernel_size * s.inputs + s.inputs * s.units)),
        connect=partial(_convolution, "SeparableConv1D"),
        reference="Sifre (2014); Chollet (2017), https://arxiv.org/abs/1610.02357",
    ),
    LayerKind(
        name="separable_conv2d",
        title="Depthwise and then pointwise convolution of an image",
        reads="image",
        parameters=Formula(
            lambda s: s.kernel_size**2 * s.inputs + s.inputs * s.units + s.bias * s.units
        ),
        macs=Formula(
            lambda s: s.image_size**2 * (s.kernel_size**2 * s.inputs + s.inputs * s.units)
        ),
        connect=partial(_convolution, "SeparableConv2D"),
        reference="Sifre (2014); Chollet (2017), https://arxiv.org/abs/1610.02357",
    ),
)
"""Kinds of convolutions."""
