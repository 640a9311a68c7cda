"""A baseline for boxes: the mean picture of each class, looked for everywhere at some scales."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy  # Which imports its parts when they are first used.
from PIL import Image

from kerastune.evaluation.average_precision import evaluate_boxes, require_pycocotools
from kerastune.evaluation.boxes import padded_boxes
from kerastune.evaluation.evaluation import Evaluation

if TYPE_CHECKING:
    from kerastune.data import Source, Splits

_SIDE = 128  # pixels to which images are stretched
_SCALES = 5
_PLACES = 30  # looked at for each class and scale, in each image
_MOST_SEARCHES = 20_000  # images by classes: beyond, the search would take an hour
_FLAT = 1.0  # the deviation of brightness below which nothing is to be seen


def class_templates(splits: "Splits") -> dict[str, Evaluation]:
    """Evaluates a search for the mean picture of each class, at five scales.

    The mean brightness of what is in the boxes of a class is compared with each place of a test
    image at five heights, those of 10, 30, 50, 70 and 90 % of the training boxes, by normalised
    cross-correlation, whose sign does not count: objects may be darker than what is behind them.
    Boxes of one class that overlap are one, as for the model. It is left out where there are so
    many test images and classes that it would take an hour.

    Args:
        splits: `Splits` with one input of kind `image` and one target of kind `boxes`.

    Returns:
        Dictionary with `"class templates"`, or an empty one.

    Raises:
        MissingExtraError: if pycocotools is not installed.

    Example:

    >>> from kerastune.data import Splits, scenes
    >>> few = scenes("test", size=32).select(range(4))
    >>> found = class_templates(Splits(few, few))["class templates"]
    >>> found["mean_average_precision"] > 0
    True
    """
    # Before the training: without it nothing could be measured afterwards.
    require_pycocotools()
    training, test = splits.without_test, splits.test
    target = training.target("boxes")
    names = training.columns[target].class_names or ()
    if len(names) * len(test) > _MOST_SEARCHES:
        return {}
    pixels, sides = _brightness(training)
    boxes = [_stretched(*one) for one in zip(training.values[target], sides, strict=True)]
    templates = _templates(pixels, boxes, len(names))
    pixels, sides = _brightness(test)
    found = [
        _found(one, templates, _SIDE / np.asarray(side, "float64"))
        for one, side in zip(pixels, sides, strict=True)
    ]
    together = {name: np.stack([one[name] for one in found]) for name in found[0]}
    return {"class templates": evaluate_boxes(test.values[target], together, names)}


def _brightness(samples: "Source") -> tuple[np.ndarray, list[tuple[int, int, int, int]]]:
    """Returns images of one size in grey, and the width and height that each had, twice."""
    column = samples.input("image")
    pixels, sides = [], []
    for image in (samples.values[column][row] for row in range(len(samples))):
        height, width = image.shape[:2]
        sides.append((width, height, width, height))
        grey = Image.fromarray(np.asarray(image, "float32").mean(axis=-1))
        pixels.append(np.asarray(grey.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)))
    return np.stack(pixels), sides


def _stretched(boxes: np.ndarray, sides: tuple[int, ...]) -> np.ndarray:
    return np.asarray(boxes) * [*(_SIDE / np.array(sides)), 1.0]


Template = tuple[int, np.ndarray]


def _templates(pixels: np.ndarray, boxes: Sequence[np.ndarray], classes: int) -> list[Template]:
    """Returns the class and the mean picture of each class at each scale."""
    cut: list[list[tuple[Image.Image, tuple[float, ...]]]] = [[] for _ in range(classes)]
    for image, own in zip(pixels, boxes, strict=True):
        whole = Image.fromarray(image)
        for *corners, code in own.tolist():
            cut[int(code)].append((whole, tuple(corners)))
    templates: list[Template] = []
    for code, pieces in enumerate(cut):
        if not pieces:
            continue
        sides = np.array([(c[3] - c[1], c[2] - c[0]) for _, c in pieces])
        ratio = float(np.median(sides[:, 1] / sides[:, 0]))
        for height in np.quantile(sides[:, 0], (np.arange(_SCALES) + 0.5) / _SCALES):
            size = tuple(int(np.clip(round(side), 2, _SIDE)) for side in (height * ratio, height))
            templates.append((code, _mean_picture(pieces, size)))
    return templates


def _mean_picture(pieces: Sequence[Any], size: tuple[int, ...]) -> np.ndarray:
    """Returns the mean of pieces of images, each with a mean of 0 and turned to be bright."""
    total = np.zeros(size[::-1], "float64")
    for whole, corners in pieces:
        piece = np.asarray(
            whole.resize(size, Image.Resampling.BILINEAR, corners, reducing_gap=None), "float64"
        )
        piece = piece - piece.mean()
        piece /= max(piece.std(), _FLAT)
        # Objects may be darker or brighter than what is behind them: as most so far.
        total += piece if (piece * total).sum() >= 0 else -piece
    total -= total.mean()
    return (total / max(np.linalg.norm(total), 1e-9)).astype("float32")


def _found(
    image: np.ndarray, templates: Sequence[Template], scale: np.ndarray
) -> dict[str, np.ndarray]:
    """Returns the boxes of one image, in its own pixels."""
    boxes, scores, codes = [], [], []
    for code, template in templates:
        likeness = _likeness(image, template)
        flat = likeness.ravel()
        best = np.argsort(-flat, kind="stable")[:_PLACES]
        rows, columns = np.unravel_index(best, likeness.shape)
        height, width = template.shape
        boxes.append(np.column_stack([columns, rows, columns + width, rows + height]))
        scores.append(flat[best])
        codes.append(np.full(len(best), code))
    corners, likely, named = map(np.concatenate, (boxes, scores, codes))
    return padded_boxes(corners / scale, likely, named)


def _likeness(image: np.ndarray, template: np.ndarray) -> np.ndarray:
    """Returns the absolute correlation of a template with each place of an image, from 0 to 1."""
    # The template has a mean of 0 and a length of 1.
    product = scipy.signal.fftconvolve(image, template[::-1, ::-1], mode="valid")
    sums = [_sums(values, template.shape) for values in (image, image**2)]
    deviation = np.sqrt(np.maximum(sums[1] - sums[0] ** 2 / template.size, 0.0))
    return np.abs(product) / np.maximum(deviation, _FLAT * np.sqrt(template.size))


def _sums(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Returns the sum of each window of some shape."""
    height, width = shape
    table = np.pad(values.astype("float64"), ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)
    upper, lower = table[:-height], table[height:]
    return lower[:, width:] - lower[:, :-width] - upper[:, width:] + upper[:, :-width]
