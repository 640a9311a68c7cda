"""Backbones for detection: feature maps of an image at several resolutions."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from kerastune.errors import InputError
from kerastune.models.image_backbones import ImageBackbone, load_image_backbone

_FIRST, _LAST = 3, 7  # levels, as of RetinaNet
_LARGEST_SIDE = 512  # pixels, unless more are asked for


@dataclass(frozen=True)
class PyramidBackbone(ImageBackbone):
    """A backbone that gives feature maps of several resolutions, and what it needs of images.

    Args:
        model: as for `ImageBackbone`, to a dictionary of maps by level, such as `"P3"`.
        scaling: as for `ImageBackbone`.
        image_shape: likewise.
        levels: tuple of the first and the last level that a head is to use. Those beyond the last
            of the model are left to the head.

    Example:

    >>> images = keras.Input((64, 64, 3))
    >>> model = keras.Model(images, {"P3": keras.layers.AveragePooling2D(8)(images)})
    >>> PyramidBackbone(model, None, (64, 64, 3), (3, 4)).levels
    (3, 4)
    """

    levels: tuple[int, int] = (3, 7)


def load_pyramid_backbone(
    preset: str | Path | ImageBackbone,
    *,
    image_shape: tuple[int, ...],
    image_size: int | None = None,
    levels: tuple[int, int] | None = None,
    anchor_size: float = 4.0,
    largest_object: float = 1.0,
) -> PyramidBackbone:
    """Loads a backbone that gives feature maps of several resolutions.

    The map of level 3 has an eighth of the height and width of the image, that of level 4 a
    sixteenth, and so on.

    Args:
        preset: as for `load_image_backbone`, such as `"efficientnet_lite0"`; a network of KerasHub
            that has `pyramid_outputs`, as its ResNets, EfficientNets, MobileNets and others have.
            Of a RetinaNet preset, such as `"retinanet_resnet50_fpn_coco"`, the feature pyramid is
            taken as it was trained, with its own levels.
        image_shape: tuple of height, width and channels of the images at hand.
        image_size: int, height and width in pixels, or None for what suits the backbone: of one
            that takes any size the longer side of the images, at most 512. Defaults to None.
        levels: tuple of the first and the last level that are wanted. Defaults to 3 and the first
            whose anchors reach the size of the largest objects, at most 7.
        anchor_size: float, the side of the smallest anchor of a level in places of its map.
            Defaults to 4.
        largest_object: float from 0 to 1, the side of the largest objects as a share of that of the
            image. Defaults to 1.

    Returns:
        A `PyramidBackbone`.

    Raises:
        InputError: as `load_image_backbone`, or if the backbone has no such levels.
        MissingExtraError: as `load_image_backbone`.

    Example:

    >>> base = load_pyramid_backbone("efficientnet_lite0:none", image_shape=(128, 128, 3))
    >>> {level: maps.shape[-1] for level, maps in base.model.output.items()}
    {'P3': 40, 'P4': 112}
    """
    if levels is not None and not 1 <= levels[0] <= levels[1]:
        raise InputError(
            f"Expected levels from 1, in ascending order. Received: {levels[0]} to {levels[1]}"
        )
    base = load_image_backbone(preset, image_shape=image_shape, image_size=image_size)
    maps = pyramid_of(base.model)
    known = sorted(int(name[1:]) for name in maps)
    if has_pyramid(base.model):
        own = levels or (known[0], known[-1])
        return PyramidBackbone(base.model, base.scaling, base.image_shape, own)
    shape = base.image_shape
    if image_size is None and None in base.model.inputs[0].shape[1:3]:
        side = _usual_side(image_shape, known[-1])
        shape = (side, side, shape[-1])
    first, last = levels or (_FIRST, _last_level(largest_object * max(shape[:2]), anchor_size))
    chosen = {f"P{n}": maps[f"P{n}"] for n in range(first, last + 1) if f"P{n}" in maps}
    if f"P{first}" not in chosen:
        raise InputError(
            f"Expected a backbone with a feature map of level {first}. Received: "
            f"{base.model.name}, with {', '.join(sorted(maps))}"
        )
    model = keras.Model(base.model.inputs[0], chosen, name=f"{base.model.name}_pyramid")
    return PyramidBackbone(model, base.scaling, shape, (first, last))


def pyramid_of(model: keras.Model) -> dict[str, Any]:
    """Returns the feature maps of a backbone by their level.

    Args:
        model: a Keras model from images.

    Returns:
        Dictionary from `"P3"` and so on to symbolic tensors.

    Raises:
        InputError: if it has none.

    Example:

    >>> images = keras.Input((64, 64, 3))
    >>> pyramid_of(keras.Model(images, {"P3": keras.layers.AveragePooling2D(8)(images)})).keys()
    dict_keys(['P3'])
    """
    maps: Any = model.output if isinstance(model.output, dict) else None
    maps = maps or getattr(model, "pyramid_outputs", None) or {}
    is_named = bool(maps) and all(name[:1] == "P" and name[1:].isdecimal() for name in maps)
    if not is_named:
        raise InputError(
            "Expected a backbone with feature maps of several resolutions (`pyramid_outputs`), "
            f"such as a ResNet or an EfficientNet of KerasHub. Received: {model.name} without"
        )
    return dict(maps)


def has_pyramid(model: keras.Model) -> bool:
    """Returns whether a backbone ends in a feature pyramid, whose maps have one width.

    Args:
        model: a Keras model from images.

    Example:

    >>> images = keras.Input((64, 64, 3))
    >>> maps = {f"P{level}": keras.layers.AveragePooling2D(2**level)(images) for level in (3, 4)}
    >>> has_pyramid(keras.Model(images, maps))
    True
    """
    output = model.output
    return isinstance(output, dict) and len({tensor.shape[-1] for tensor in output.values()}) == 1


def _last_level(pixels: float, anchor_size: float) -> int:
    """Returns the first level that has anchors of some side, or the last that is usual."""
    levels = range(_FIRST, _LAST + 1)
    return next((n for n in levels if anchor_size * 2 ** (n + 1) >= pixels), _LAST)


def _usual_side(image_shape: tuple[int, ...], coarsest: int) -> int:
    """Returns the longer side of images, as a multiple of that of a place of the coarsest map."""
    place = 2**coarsest
    return place * -(-min(max(image_shape[:2]), _LARGEST_SIDE) // place)
