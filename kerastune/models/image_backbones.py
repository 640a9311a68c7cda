"""Backbones for images, wherever they come from, with what their pixels have to be."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from kerastune.backends import builds_abstract
from kerastune.errors import InputError, reason
from kerastune.models.applications import (
    PREFIX,
    application,
    application_named,
    application_scaling,
)
from kerastune.models.augmentation import augmentation
from kerastune.models.backbones import load_backbone
from kerastune.models.base_references import IMAGES, BaseReference, refer
from kerastune.models.efficientnet_lite0 import (
    EFFICIENTNET_LITE0,
    efficientnet_lite0,
    efficientnet_lite0_scaling,
)
from kerastune.models.keras_files import read_keras_file
from kerastune.models.presets import import_keras_hub, resolve
from kerastune.models.sample_mixing import SampleMixing
from kerastune.models.small_resnet import small_resnet
from kerastune.models.towers import IMAGE_TOWER, TWO_TOWERS
from kerastune.untrusted.preset_folder import check_configurations

SMALL_RESNET = "small_resnet"

_MIXING_SEED = 1000
_USUAL_SIZE = 224  # for networks that take any size
_LARGEST_SMALL = 32  # the most pixels a side that the small network is meant for


@dataclass(frozen=True)
class ImageBackbone:
    """A backbone and what it needs of images.

    Args:
        model: Keras model from images, scaled, to a vector or a feature map of each.
        scaling: Keras model without weights from pixels with values from 0 to 255 to the
            values that `model` takes, or None if it takes the pixels.
        image_shape: tuple of height, width and channels, in pixels.

    Example:

    >>> ImageBackbone(small_resnet(), None, (28, 28, 1)).model.name
    'small_resnet'
    """

    model: keras.Model
    scaling: keras.Model | None
    image_shape: tuple[int, int, int]

    def before(
        self, *, mixup: float = 0.0, cutmix: float = 0.0, seed: int, **changes: Any
    ) -> tuple[keras.Layer | None, ...]:
        """Returns the layers before the model: random changes, mixing, then scaling.

        Args:
            mixup: float of at least 0, as for `SampleMixing`. Defaults to 0, for none.
            cutmix: float of at least 0, likewise. Defaults to 0, for none.
            seed: int, for the changes.
            **changes: as for `augmentation`: `flip`, `rotation`, `crop`, `zoom`, `contrast`,
                `rand_augment`.

        Returns:
            Tuple of layers, None where there is nothing to do, for `kerastune.heads.attach`.

        Raises:
            InputError: if a change is out of its range.
        """
        mixing = None
        if mixup or cutmix:
            # A seed far from those of the changes, which count up from `seed`.
            mixing = SampleMixing(
                mixup, cutmix, seed=seed + _MIXING_SEED, name="sample_mixing", dtype="float32"
            )
        return (augmentation(self.image_shape, **changes, seed=seed), mixing, self.scaling)


def load_image_backbone(
    preset: str | Path | ImageBackbone,
    *,
    image_shape: tuple[int, ...],
    image_size: int | None = None,
) -> ImageBackbone:
    """Loads a backbone for images, and find out how it wants them.

    Args:
        preset: str or path, one of
            - `"small_resnet"`: `small_resnet` with random weights;
            - `"efficientnet_lite0"`: `efficientnet_lite0` with its ImageNet weights out of a
              package; `"efficientnet_lite0:none"` with random ones;
            - `"NAME"`: a network of `keras.applications`, such as `ResNet50` or `inception_v3`,
              with its ImageNet weights; `"NAME:none"` with random ones, or `"NAME:FILE"` with
              those in a file; also `"applications:NAME"`, where a file is called so;
            - a `.keras` file that takes images with values from 0 to 255. Of a model that
              `heads.attach` made the backbone is taken, of two towers that of images. Of any
              other, a last dense layer that is linear, a sigmoid or a softmax is taken for a
              classifier and left out;
            - the name of a KerasHub preset for images, a handle or a directory, as in
              `load_backbone`;
            - an `ImageBackbone`, which is returned.
        image_shape: tuple of height, width and channels of the images at hand, which a
            backbone without a size of its own follows.
        image_size: int, height and width in pixels, or None for what suits the backbone.
            Defaults to None.

    Returns:
        An `ImageBackbone`.

    Raises:
        InputError: there is no such backbone, it does not take images or not of that size,
            or its files cannot be read.
        MissingExtraError: KerasHub, or the package with the weights, is needed and not installed.

    Example:

    >>> load_image_backbone("small_resnet", image_shape=(300, 200, 3)).image_shape
    (32, 32, 3)
    """
    if isinstance(preset, ImageBackbone):
        return preset
    name = str(preset)
    if image_size is not None and image_size < 1:
        raise InputError(f"Expected an image_size of at least 1. Received: {image_size}")
    asked: dict[str, Any] = {"image_shape": list(image_shape), "image_size": image_size}
    if name == SMALL_RESNET:
        height, width, channels = image_shape
        sides = (min(height, _LARGEST_SMALL), min(width, _LARGEST_SMALL))
        shape = (*(sides if image_size is None else (image_size, image_size)), channels)
        return ImageBackbone(small_resnet(shape), None, shape)
    if name in (EFFICIENTNET_LITE0, f"{EFFICIENTNET_LITE0}:none"):
        reads_weights = name == EFFICIENTNET_LITE0 and not builds_abstract()
        model = efficientnet_lite0(weights="imagenet" if reads_weights else None)
        if reads_weights:
            refer(model, BaseReference(IMAGES, name, asked))
        size = (image_size, image_size) if image_size is not None else None
        return ImageBackbone(model, efficientnet_lite0_scaling(), _with_size(model, size, name))
    network, _, weights = name.removeprefix(PREFIX).partition(":")
    known = application_named(network)
    if name.startswith(PREFIX) or (known is not None and not Path(name).exists()):
        network = known or network
        chosen = {"": "imagenet", "none": None}.get(weights, weights)
        if builds_abstract():
            chosen = None
        model = application(network, image_size=image_size, weights=chosen)
        if chosen is not None:
            file = f":{Path(weights).resolve()}" if weights else ""
            refer(model, BaseReference(IMAGES, f"{PREFIX}{network}{file}", asked))
        return ImageBackbone(model, application_scaling(network), model.input_shape[1:])
    path = resolve(preset)
    model, scaling, usual = _read_file(path) if path.is_file() else _read_preset(path)
    refer(model, BaseReference.of(preset, IMAGES, **asked))
    size = (image_size, image_size) if image_size is not None else usual
    return ImageBackbone(model, scaling, _with_size(model, size, name))


def _read_preset(path: Path) -> tuple[keras.Model, keras.Model | None, tuple[int, int] | None]:
    """Returns a KerasHub backbone, its scaling, and the size of its images."""
    model = load_backbone(path)
    if isinstance(model.input, dict) and len(model.input) == 1:
        (images,) = model.input.values()
        model = keras.Model(images, model.output, name=model.name)
    _require_images(model, path)
    return model, *preset_scaling(path, model.input_shape[-1])


def preset_scaling(path: Path, channels: int) -> tuple[keras.Model | None, tuple[int, int] | None]:
    """Returns how a preset of KerasHub scales pixels, and the size of its images.

    Args:
        path: Path of its directory.
        channels: int, the channels of an image.

    Returns:
        Tuple of a Keras model without weights from pixels with values from 0 to 255, or None
        where it takes these, and of height and width, or None.

    Raises:
        InputError: if it does not say.

    Example:

    >>> preset_scaling(Path("no/such/preset"), channels=3)
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a preset that says how its pixels are scaled...
    """
    keras_hub = import_keras_hub("Loading a pretrained backbone")
    try:
        check_configurations(path)
        converter: Any = keras_hub.layers.ImageConverter.from_preset(str(path))
    # KerasHub's readers share no family of errors.
    except Exception as error:
        raise InputError(
            "Expected a preset that says how its pixels are scaled (image_converter.json of "
            f"KerasHub, preprocessor_config.json of Hugging Face). Received: {str(path)!r}: "
            f"{reason(error)}"
        ) from error
    if converter.scale is None and converter.offset is None:
        return None, converter.image_size
    layer = keras.layers.Rescaling(
        1.0 if converter.scale is None else converter.scale,
        0.0 if converter.offset is None else converter.offset,
        dtype="float32",
    )
    pixels = keras.Input((None, None, channels), name="pixels")
    return keras.Model(pixels, layer(pixels), name="scaling"), converter.image_size


def _read_file(path: Path) -> tuple[keras.Model, keras.Model | None, None]:
    """Returns the backbone in a `.keras` file, without its classifier, and its scaling."""
    model = _image_tower(read_keras_file(path))
    _require_images(model, path)
    layers = {layer.name: layer for layer in model.layers}
    nested = [layer for layer in model.layers if isinstance(layer, keras.Model) and layer.weights]
    is_ours = model.name == IMAGE_TOWER or layers.keys() & {"head_logits", "head_output"}
    if len(nested) == 1 and is_ours:
        return nested[0], layers.get("scaling"), None
    last = list(model.layers)
    while isinstance(last[-1], keras.layers.Activation | keras.layers.Softmax):
        last.pop()
    answers = (keras.activations.linear, keras.activations.sigmoid, keras.activations.softmax)
    if isinstance(last[-1], keras.layers.Dense) and last[-1].activation in answers:
        model = keras.Model(model.inputs[0], last[-1].input, name=model.name)
    return model, None, None


def _image_tower(model: keras.Model) -> keras.Model:
    """Returns the tower of images in a model of two towers, and any other model as it is."""
    towers = next((layer for layer in model.layers if layer.name == TWO_TOWERS), model)
    found = [layer for layer in towers.layers if layer.name == IMAGE_TOWER]
    return found[0] if found else model


def _require_images(model: keras.Model, path: Path) -> None:
    """Raises unless a model takes one image a sample."""
    inputs = getattr(model, "inputs", None) or []
    shapes = [tuple(tensor.shape) for tensor in inputs]
    if len(shapes) != 1 or len(shapes[0]) != 4 or shapes[0][-1] is None:
        raise InputError(
            "Expected a Sequential or functional model with one input of shape "
            f"(batch, height, width, channels). Received: {str(path)!r}, a "
            f"{type(model).__name__} with inputs of shapes {shapes}. Give a model of images"
        )


def _with_size(model: keras.Model, size: tuple[int, int] | None, name: str) -> tuple[int, int, int]:
    """Returns the shape of a model's images, of which it may leave the size open."""
    _, *own, channels = model.inputs[0].shape
    wanted = size or (_USUAL_SIZE, _USUAL_SIZE)
    if None in own:
        return (*wanted, channels)
    if size is not None and tuple(own) != tuple(size):
        raise InputError(
            f"Expected images of {own[0]} x {own[1]} pixels, the only ones that {name!r} takes. "
            f"Received: image_size={size[0]}. Leave image_size out"
        )
    return (own[0], own[1], channels)
