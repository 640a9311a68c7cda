"""The image networks of `keras.applications` as backbones, by name."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import keras

from kerastune.errors import InputError, closest, reason
from kerastune.network import is_reachable

PREFIX = "applications:"

_SERVER = "https://storage.googleapis.com"
_USUAL_SIZE = 224
# The pixels a side of the images that each was trained on, where it is not the usual.
_SIZES = {
    "EfficientNetB1": 240,
    "EfficientNetB2": 260,
    "EfficientNetB3": 300,
    "EfficientNetB4": 380,
    "EfficientNetB5": 456,
    "EfficientNetB6": 528,
    "EfficientNetB7": 600,
    "EfficientNetV2B1": 240,
    "EfficientNetV2B2": 260,
    "EfficientNetV2B3": 300,
    "EfficientNetV2L": 480,
    "EfficientNetV2M": 480,
    "EfficientNetV2S": 384,
    "InceptionResNetV2": 299,
    "InceptionV3": 299,
    "NASNetLarge": 331,
    "Xception": 299,
}


def application(
    name: str, *, image_size: int | None = None, weights: str | None = "imagenet"
) -> keras.Model:
    """Returns a network of `keras.applications` without its classifier.

    It takes pixels as its authors scaled them: see `application_scaling`.

    Args:
        name: str, such as `"ResNet50"`.
        image_size: int, height and width in pixels. Defaults to the size that the network
            was trained on.
        weights: str, `"imagenet"`, or the path of a file of weights for this network
            without its classifier; or None for random ones. Defaults to `"imagenet"`,
            which is downloaded on its first use.

    Returns:
        A Keras model, not compiled, from images with three channels to feature maps.

    Raises:
        InputError: if there is no such network, the size is too small for it, or the weights
            cannot be had or do not fit it.

    Example:

    >>> application("ResNet5", weights=None)
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: ... Received: 'ResNet5'. Did you mean 'ResNet50'?
    """
    build = _builder(name)
    size = _SIZES.get(name, _USUAL_SIZE) if image_size is None else image_size
    if weights == "imagenet":
        _require_imagenet(name)
    elif weights is not None and not Path(weights).is_file():
        raise InputError(
            f"Expected 'imagenet', 'none' or a file as the weights of {name!r}. "
            f"Received: {str(weights)!r}, no such file"
        )
    try:
        return build(include_top=False, weights=weights, input_shape=(size, size, 3))
    # Downloading, reading HDF5 and building layers share no family of errors.
    except Exception as error:
        raise InputError(
            f"Expected an image size and weights that fit {name!r}. "
            f"Received: image_size={size}, weights={weights!r}: {reason(error)}"
        ) from error


def application_scaling(name: str) -> keras.Model | None:
    """Returns the layer that scales pixels from 0 to 255 as a network was trained on them.

    It is the `preprocess_input` of the network's family, as a model, so that it can be
    part of another and is saved with it.

    Args:
        name: str, such as `"ResNet50"`.

    Returns:
        A model named `scaling` without weights, or None for the families that scale pixels
        themselves (EfficientNet, ConvNeXt, MobileNetV3).

    Raises:
        InputError: if there is no such network.

    Example:

    >>> application_scaling("MobileNetV2").output_shape
    (None, None, None, 3)
    >>> application_scaling("EfficientNetB0") is None
    True
    """
    pixels = keras.Input((None, None, 3), name="pixels")
    scaled = _preprocess_input(name)(pixels)
    return None if scaled is pixels else keras.Model(pixels, scaled, name="scaling")


def application_names() -> list[str]:
    """Returns the networks of `keras.applications`.

    Returns:
        List of str, sorted.

    Example:

    >>> "ResNet50" in application_names()
    True
    """
    return sorted(
        name
        for name, part in vars(keras.applications).items()
        if callable(part) and name[0].isupper()
    )


def application_named(text: str) -> str | None:
    """Returns the network of `keras.applications` that a text names, however it is spelled.

    Args:
        text: str, such as `"inception_v3"`, `"InceptionV3"` or `"resnet50"`.

    Returns:
        The name of the network, str, or None if there is none.

    Example:

    >>> application_named("inception_v3"), application_named("resnet_50_imagenet")
    ('InceptionV3', None)
    """
    wanted = _letters(text)
    return next((name for name in application_names() if _letters(name) == wanted), None)


def _builder(name: str) -> Callable[..., keras.Model]:
    if name not in application_names():
        raise InputError(
            "Expected the name of a network in keras.applications, such as ResNet50. "
            f"Received: {name!r}.{closest(name, application_names())}"
        )
    return getattr(keras.applications, name)


def _preprocess_input(name: str) -> Callable[[keras.KerasTensor], keras.KerasTensor]:
    """Returns the function that scales pixels for a network: that of the module it comes from."""
    module = _builder(name).__module__
    families = vars(keras.applications).values()
    functions = [
        family.preprocess_input for family in families if hasattr(family, "preprocess_input")
    ]
    return next(function for function in functions if function.__module__ == module)


def _require_imagenet(name: str) -> None:
    """Raises within seconds if there is neither a network nor a copy of the weights."""
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    cache = home / "models"
    # The names of the files follow no rule; a wrong guess only delays the error.
    cached = any(
        _letters(name) in _letters(file.name) and "notop" in _letters(file.name)
        for file in cache.glob("*")
    )
    if not cached and not is_reachable(_SERVER):
        raise InputError(
            f"Expected a network, or a copy in {cache}, to load the ImageNet weights of {name!r}. "
            f"Received: no answer from {_SERVER}. Give a file of weights as "
            f"'{PREFIX}{name}:FILE', or start from random ones with '{PREFIX}{name}:none'"
        )


def _letters(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())
