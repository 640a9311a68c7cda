"""A small residual network for small images."""

import keras

from kerastune.errors import InputError

_SMALLEST = 8  # pixels; two stages halve the image


def small_resnet(
    input_shape: tuple[int, int, int] = (28, 28, 1),
    *,
    widths: tuple[int, ...] = (16, 32, 64),
    blocks: int = 1,
) -> keras.Model:
    """Returns a residual backbone with batch normalization for images of 8 to 32 pixels.

    A convolution, then a stage of residual blocks for each width, every stage but the first
    on half the pixels. Each block has two 3 x 3 convolutions and a shortcut, which is a
    1 x 1 convolution where the shape changes. Layers are named as in `keras.applications`:
    `conv1_conv`, `conv2_block1_1_bn`, `conv4_block1_out`. By default there are 77,776
    parameters.

    Args:
        input_shape: tuple of height, width and channels, in pixels. Defaults to
            `(28, 28, 1)`.
        widths: tuple of int, the channels of each stage. Defaults to `(16, 32, 64)`.
        blocks: int, residual blocks in a stage. Defaults to 1.

    Returns:
        An untrained functional model from images with values from 0 to 255 to feature
        maps of shape `(batch, height / 4, width / 4, 64)`, rounded up.

    Raises:
        InputError: if the images are smaller than 8 x 8.

    Reference:
        He et al., 2015, "Deep Residual Learning for Image Recognition",
        https://arxiv.org/abs/1512.03385

    Example:

    >>> small_resnet((8, 8, 1)).output_shape
    (None, 2, 2, 64)
    """
    if min(input_shape[:2]) < _SMALLEST:
        raise InputError(
            f"Expected images of at least {_SMALLEST} x {_SMALLEST} pixels. "
            f"Received: {input_shape[0]} x {input_shape[1]}"
        )
    images = keras.Input(input_shape, name="images")
    x = keras.layers.Rescaling(1 / 255)(images)
    x = _convolution(x, widths[0], 3, 1, "conv1")
    x = keras.layers.Activation("relu", name="conv1_relu")(x)
    for stage, width in enumerate(widths, start=2):
        for block in range(1, blocks + 1):
            stride = 2 if stage > 2 and block == 1 else 1
            x = _residual_block(x, width, stride, f"conv{stage}_block{block}")
    return keras.Model(images, x, name="small_resnet")


def _residual_block(x: keras.KerasTensor, width: int, stride: int, name: str) -> keras.KerasTensor:
    shortcut = x
    if stride > 1 or x.shape[-1] != width:
        shortcut = _convolution(x, width, 1, stride, f"{name}_0")
    x = _convolution(x, width, 3, stride, f"{name}_1")
    x = keras.layers.Activation("relu", name=f"{name}_1_relu")(x)
    x = _convolution(x, width, 3, 1, f"{name}_2")
    x = keras.layers.Add(name=f"{name}_add")([shortcut, x])
    return keras.layers.Activation("relu", name=f"{name}_out")(x)


def _convolution(
    x: keras.KerasTensor, width: int, kernel_size: int, stride: int, name: str
) -> keras.KerasTensor:
    """Returns a convolution with batch normalization, which makes its bias superfluous."""
    x = keras.layers.Conv2D(
        width,
        kernel_size,
        strides=stride,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )(x)
    # Momentum 0.9 instead of 0.99: small data sets have few steps to find the statistics in.
    return keras.layers.BatchNormalization(momentum=0.9, name=f"{name}_bn")(x)
