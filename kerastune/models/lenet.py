"""A small convolutional network for small images, in the spirit of LeNet-5."""

import keras


def lenet(input_shape: tuple[int, int, int] = (28, 28, 1)) -> keras.Model:
    """Returns a convolutional backbone: two convolutions with pooling, one dense layer.

    Conv 32 - pool - Conv 64 - pool - Dense 128, with 3 x 3 kernels, 2 x 2 maximum
    pooling and ReLU. With a head for ten classes on 28 x 28 x 1 images it has
    225,034 parameters.

    Args:
        input_shape: tuple of height, width and channels, in pixels. Defaults to
            `(28, 28, 1)`.

    Returns:
        An untrained functional model from images with values from 0 to 255 to
        features of shape `(batch, 128)`.

    Reference:
        LeCun et al., 1998, "Gradient-based learning applied to document
        recognition", https://doi.org/10.1109/5.726791

    Example:

    >>> lenet().count_params()
    223744
    """
    images = keras.Input(input_shape, name="images")
    x = keras.layers.Rescaling(1 / 255)(images)
    for filters in (32, 64):
        x = keras.layers.Conv2D(filters, 3, activation="relu", name=f"convolution_{filters}")(x)
        x = keras.layers.MaxPooling2D()(x)
    x = keras.layers.Flatten()(x)
    features = keras.layers.Dense(128, activation="relu", name="dense_128")(x)
    return keras.Model(images, features, name="lenet")
