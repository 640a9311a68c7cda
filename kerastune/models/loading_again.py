"""Loading the base of a model again, by what a file says of it."""

from pathlib import Path
from typing import Any

import keras

from kerastune.models.backbones import load_backbone
from kerastune.models.base_references import IMAGES, TEXT, BaseReference
from kerastune.models.image_backbones import load_image_backbone

_MOST = 100_000  # More pixels a side than an image has.


def reference_from(described: Any) -> BaseReference:
    """Returns the reference that `BaseReference.to_dict` has described.

    Args:
        described: what a file holds, which may be anything.

    Raises:
        ValueError: if it is something else.

    Example:

    >>> reference_from({"kind": "backbone", "preset": "minilm", "options": {}}).preset
    'minilm'
    """
    if not isinstance(described, dict) or set(described) != {"kind", "preset", "options"}:
        raise ValueError("its base is not described by kind, preset and options")
    kind, preset, options = (described[name] for name in ("kind", "preset", "options"))
    if kind not in (TEXT, IMAGES) or not isinstance(preset, str) or not preset.isprintable():
        raise ValueError("its base is of no known kind, or has no name that can be printed")
    if kind == TEXT:
        return BaseReference(kind, preset)
    shape, size = options["image_shape"], options["image_size"]
    if not (isinstance(shape, list) and len(shape) == 3) or not all(
        isinstance(one, int) and 0 < one <= _MOST for one in [*shape, 1 if size is None else size]
    ):
        raise ValueError("its base is of images without a size")
    return BaseReference(kind, preset, {"image_shape": shape, "image_size": size})


def load_again(reference: BaseReference, preset: str | Path | None = None) -> keras.Model:
    """Returns the network that a reference is to, with its weights.

    Args:
        reference: the `BaseReference`.
        preset: str or Path, what to load in place of the preset that it names, as where files
            have moved. Defaults to None.

    Raises:
        InputError: as `load_backbone` and `load_image_backbone`.
        MissingExtraError: likewise.
        MissingPackageError: likewise.

    Example:

    >>> load_again(BaseReference.of("minilm")).count_params()
    22713216
    """
    wanted = reference.preset if preset is None else preset
    if reference.kind == TEXT:
        return load_backbone(wanted)
    options = reference.options
    shape = tuple(options["image_shape"])
    return load_image_backbone(wanted, image_shape=shape, image_size=options["image_size"]).model
