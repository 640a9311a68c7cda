"""Patches of textures, cut from photographs in the package scikit-image."""

import numpy as np
from PIL import Image

from kerastune.data.columns import Column
from kerastune.data.source import Source
from kerastune.errors import InputError, MissingExtraError
from kerastune.installing import package_folder

# All are 512 x 512 pixels. Of the tissue, which is in colour, the brightness is taken: the
# others are grey, so that its colour alone would tell it apart.
_FILES = {
    "brick": "brick.png",
    "grass": "grass.png",
    "gravel": "gravel.png",
    "moon": "moon.png",
    "tissue": "ihc.png",
}
_SIDE = 512  # pixels
_TEST_ROWS = 160  # pixels: the lowest of each photograph, from which the test is cut
_PATCH = 64  # pixels

TEXTURES = tuple(_FILES)
TEXTURE_COLUMNS = {
    "image": Column("image", shape=(_PATCH, _PATCH, 1)),
    "label": Column("class", class_names=TEXTURES),
}


def textures(part: str = "all", size: int = _PATCH) -> Source:
    """Returns patches of five textures: brick, grass, gravel, the moon and a stained tissue.

    One grey photograph of each, 512 x 512 pixels, read where it lies in the package
    scikit-image. The patches for the test are cut from its lowest 160 rows of pixels, those for
    training from the rows above, so no pixel of a test patch is in any training patch. Patches
    of one part overlap: one begins every quarter of a side for training, every half for the test.
    As data of a recipe, `textures` is split so; of five photographs, a result tells how well
    these five are known again, and not how well such materials are.

    Args:
        part: str, `"train"`, `"test"`, or `"all"` for both, training first. Defaults to `"all"`.
        size: int, 4 to 160, height and width of a patch in pixels. Defaults to 64.

    Returns:
        A `Source` with the input `image`, uint8 of shape `(patches, size, size, 1)`, and the
        target `label`, one class a texture. With 64 pixels there are 2,755 patches for training
        and 300 for the test, as many of each class.

    Raises:
        InputError: if there is no such part, or the size is out of its range.
        MissingExtraError: if scikit-image is not installed.

    Example:

    >>> source = textures("test")
    >>> source.values["image"].shape, np.bincount(source.values["label"]).tolist()
    ((300, 64, 64, 1), [60, 60, 60, 60, 60])
    """
    if part not in ("all", "train", "test"):
        raise InputError(f"Expected a part out of all, train, test. Received: {part!r}")
    if not 4 <= size <= _TEST_ROWS:
        raise InputError(f"Expected a size from 4 to {_TEST_ROWS} pixels. Received: {size}")
    folder = package_folder("skimage")
    if folder is None:
        raise MissingExtraError("Reading the data set 'textures'", "demo")
    border = _SIDE - _TEST_ROWS
    images: list[np.ndarray] = []
    labels: list[np.ndarray] = []
    for use, rows, step in (
        ("train", slice(0, border), size // 4),
        ("test", slice(border, _SIDE), size // 2),
    ):
        if part not in ("all", use):
            continue
        for code, file in enumerate(_FILES.values()):
            with Image.open(folder / "data" / file) as picture:
                pixels = np.asarray(picture.convert("L"))[rows]
            windows = np.lib.stride_tricks.sliding_window_view(pixels, (size, size))
            patches = windows[::step, ::step].reshape(-1, size, size, 1)
            images.append(patches)
            labels.append(np.full(len(patches), code))
    name = "textures" if part == "all" else f"textures:{part}"
    return Source.of(
        np.concatenate(images), np.concatenate(labels), class_names=TEXTURES, name=name
    )
