"""A small U-Net that predicts the noise in images, and the model that trains it."""

import math
from typing import Any

import keras
import numpy as np
from keras import ops

from kerastune.errors import InputError
from kerastune.models.noising import Noising

_SMALLEST = 12
_LONGEST_PERIOD = 10_000


def u_net(
    image_shape: tuple[int, int, int] = (28, 28, 1),
    classes: int = 10,
    *,
    widths: tuple[int, ...] = (24, 48),
    blocks: int = 1,
    dropout: float = 0.0,
) -> keras.Model:
    """Returns a U-Net that tells what is noise in images, given its strength and their class.

    A convolution takes 2 x 2 pixels together. Then there is a stage of residual blocks for each
    width, every stage but the first on half the pixels, two blocks in the middle, and as many
    stages back up, each given what the one on the same size gave on the way down. Blocks have
    group normalization, SiLU, and a scale and a shift that follow from a vector of step and class.
    There is no attention. By default there are 298,114 parameters.

    Args:
        image_shape: tuple of height, width and channels. Defaults to `(28, 28, 1)`.
        classes: int, how many classes there are; this number itself stands for no class.
            Defaults to 10.
        widths: tuple of int, the channels of each stage. Defaults to `(24, 48)`.
        blocks: int, residual blocks of a stage, each way. Defaults to 1.
        dropout: float, dropout rate within blocks. Defaults to 0.

    Returns:
        An untrained functional model named `u_net`, from a dictionary of `image`, of shape
        `(batch, height, width, channels)` and values about -1 to 1, `step`, from 0 up, and
        `label`, both of shape `(batch,)`, to a float32 tensor of the shape of the images.

    Raises:
        InputError: if there are no widths or blocks, or images are too small or cannot be halved
            that often.

    Reference:
        Ho et al., 2020, "Denoising Diffusion Probabilistic Models",
        https://arxiv.org/abs/2006.11239; Dhariwal and Nichol, 2021, "Diffusion Models Beat GANs on
        Image Synthesis", for scale and shift, https://arxiv.org/abs/2105.05233

    Example:

    >>> network = u_net((12, 12, 1), widths=(4, 8))
    >>> network.output_shape
    (None, 12, 12, 1)
    """
    _check(image_shape, widths, blocks)
    inputs = {
        "image": keras.Input(image_shape, name="image"),
        "step": keras.Input((), dtype="int32", name="step"),
        "label": keras.Input((), dtype="int32", name="label"),
    }
    condition = _condition(inputs["step"], inputs["label"], classes, 4 * widths[0])

    def block(x: Any, width: int, name: str) -> Any:
        return _residual_block(x, condition, width, dropout, name)

    x = keras.layers.Conv2D(widths[0], 2, strides=2, name="stem")(inputs["image"])
    skips = []
    for stage, width in enumerate(widths, start=1):
        if stage > 1:
            x = keras.layers.Conv2D(width, 2, strides=2, name=f"down{stage}_halving")(x)
        for number in range(1, blocks + 1):
            x = block(x, width, f"down{stage}_block{number}")
            skips.append(x)
    for number in (1, 2):
        x = block(x, widths[-1], f"middle_block{number}")
    for stage, width in reversed(list(enumerate(widths, start=1))):
        for number in range(1, blocks + 1):
            x = keras.layers.Concatenate(name=f"up{stage}_skip{number}")([x, skips.pop()])
            x = block(x, width, f"up{stage}_block{number}")
        if stage > 1:
            x = keras.layers.UpSampling2D(name=f"up{stage}_doubling")(x)
    x = _normalized(x, "output")
    x = keras.layers.Conv2DTranspose(widths[0] // 2, 2, strides=2, name="output_doubling")(x)
    x = keras.layers.Concatenate(name="output_skip")([x, inputs["image"]])
    outputs = keras.layers.Conv2D(
        image_shape[-1], 3, padding="same", dtype="float32", name="output_conv"
    )(x)
    return keras.Model(inputs, outputs, name="u_net")


def diffusion_model(network: keras.Model, noising: Noising) -> keras.Model:
    """Returns a model that gives the errors of a network in predicting the noise of images.

    The noise is added inside, so that each step of a training draws it anew; see `Noising`.

    Args:
        network: a `u_net`, which is used and not copied.
        noising: a `Noising` for as many classes.

    Returns:
        A functional model named `diffusion`, from a dictionary of `image`, of shape `(batch,
        height, width, channels)` and values from 0 to 255, and `label`, of shape `(batch,)`, to
        a float32 tensor of the shape of the images.

    Example:

    >>> model = diffusion_model(u_net((12, 12, 1), widths=(4, 8)), Noising(10, seed=0))
    >>> model.output_shape
    (None, 12, 12, 1)
    """
    inputs = {
        "image": keras.Input(network.output_shape[1:], name="image"),
        "label": keras.Input((), dtype="int32", name="label"),
    }
    noisy = noising([inputs["image"], inputs["label"]])
    target = noisy.pop("target")
    errors = keras.layers.Subtract(dtype="float32", name="errors")([network(noisy), target])
    return keras.Model(inputs, errors, name="diffusion")


@keras.saving.register_keras_serializable(package="kerastune")
class StepEmbedding(keras.Layer):
    """Vectors of sines and cosines for whole numbers, as of positions in a Transformer.

    Args:
        width: int, an even number.
        **settings: as for every Keras layer.

    Reference:
        Vaswani et al., 2017, "Attention Is All You Need", https://arxiv.org/abs/1706.03762

    Example:

    >>> StepEmbedding(4)(ops.array([0, 7])).shape == (2, 4)
    True
    """

    def __init__(self, width: int, **settings: Any) -> None:
        super().__init__(**settings)
        self.width = width

    def call(self, steps: Any) -> Any:
        """Returns a vector for each number.

        Args:
            steps: int tensor of shape `(batch,)`.
        """
        half = self.width // 2
        rates = np.exp(-math.log(_LONGEST_PERIOD) * np.arange(half) / half).astype("float32")
        angles = ops.cast(steps, "float32")[:, None] * ops.convert_to_tensor(rates)[None, :]
        vectors = ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)
        return ops.cast(vectors, self.compute_dtype)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Returns `(batch, width)`."""
        return (*input_shape, 2 * (self.width // 2))

    def get_config(self) -> dict[str, Any]:
        """Returns the settings, for saving."""
        return {**super().get_config(), "width": self.width}


def _check(image_shape: tuple[int, int, int], widths: tuple[int, ...], blocks: int) -> None:
    if not widths or min(widths) < 2 or blocks < 1:
        raise InputError(
            "Expected widths of at least 2, one for each stage, and at least one block. "
            f"Received: widths={widths}, blocks={blocks}"
        )
    height, width = image_shape[:2]
    unit = 2 ** len(widths)
    if min(height, width) < _SMALLEST or height % unit or width % unit:
        fitting = max(unit * round(max(height, width) / unit), unit * -(-_SMALLEST // unit))
        raise InputError(
            f"Expected images whose sides are multiples of {unit}, which {len(widths)} widths "
            f"halve {len(widths)} times, and of at least {_SMALLEST} pixels. Received: "
            f"{height} x {width}. Give an image_size, such as {fitting}"
        )


def _condition(step: Any, label: Any, classes: int, width: int) -> Any:
    """Returns a vector for each image, of its step and its class."""
    # Sixteen bits are too few for the angles.
    x = StepEmbedding(width, dtype="float32", name="step_embedding")(step)
    x = keras.layers.Dense(width, activation="silu", name="step_dense")(x)
    # As large as what is known of the step: small ones are heeded late.
    of_class = keras.layers.Embedding(
        classes + 1, width, keras.initializers.RandomNormal(stddev=1.0), name="class_embedding"
    )(label)
    x = keras.layers.Add(name="condition_sum")([x, of_class])
    return keras.layers.Dense(width, activation="silu", name="condition")(x)


def _residual_block(x: Any, condition: Any, width: int, dropout: float, name: str) -> Any:
    shortcut = x
    if x.shape[-1] != width:
        shortcut = keras.layers.Conv2D(width, 1, name=f"{name}_0_conv")(x)
    x = _normalized(x, f"{name}_1")
    x = keras.layers.Conv2D(width, 3, padding="same", name=f"{name}_1_conv")(x)
    x = _normalized(x, f"{name}_2", condition)
    if dropout:
        x = keras.layers.Dropout(dropout, name=f"{name}_dropout")(x)
    # From zeros, so that each block begins as its shortcut.
    x = keras.layers.Conv2D(
        width, 3, padding="same", kernel_initializer="zeros", name=f"{name}_2_conv"
    )(x)
    return keras.layers.Add(name=f"{name}_add")([shortcut, x])


def _normalized(x: Any, name: str, condition: Any = None) -> Any:
    """Returns features after group normalization and SiLU, between them scaled by a condition."""
    width = x.shape[-1]
    x = keras.layers.GroupNormalization(math.gcd(8, width), name=f"{name}_norm")(x)
    if condition is not None:
        # Behind the normalization, which would take out again what is added to a channel.
        scale, shift = (
            keras.layers.Reshape((1, 1, width), name=f"{name}_{part}_shape")(
                keras.layers.Dense(width, name=f"{name}_{part}")(condition)
            )
            for part in ("scale", "shift")
        )
        scaled = keras.layers.Multiply(name=f"{name}_scaled")([x, scale])
        x = keras.layers.Add(name=f"{name}_shifted")([x, scaled, shift])
    return keras.layers.Activation("silu", name=f"{name}_silu")(x)
