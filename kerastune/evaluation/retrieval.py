"""How often the right text is among the first found for an image, and the other way."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from kerastune.evaluation.evaluation import Evaluation, Metric

RANKS = (1, 5, 10)
"""The numbers of answers among which the right one is looked for."""

_AT_ONCE = 1024  # images


def evaluate_retrieval(images: ArrayLike, texts: ArrayLike, captions: Sequence[str]) -> Evaluation:
    """Returns recall at 1, 5 and 10, of captions for an image and of images for a caption.

    All different captions compete for an image; recall at 1 is so the accuracy of zero-shot
    classification with the captions as classes. All images compete for a caption, of which one
    with that caption has to be among the first. What scores the same counts as before the right
    one.

    Args:
        images: float array of shape `(samples, width)`, vectors of length 1.
        texts: float array of this shape, the vector of each sample's caption, likewise. Of a
            caption that comes several times the first counts.
        captions: sequence of str, the caption of each sample.

    Returns:
        An `Evaluation` with `image_to_text_recall_at_1` and so on, shares from 0 to 1, and how
        many `captions` there are.

    Example:

    >>> found = evaluate_retrieval(np.eye(3), np.eye(3)[[0, 2, 1]], ["a", "b", "c"])
    >>> round(found["image_to_text_recall_at_1"], 3), found["text_to_image_recall_at_5"]
    (0.333, 1.0)
    """
    names, first, codes = np.unique(list(captions), return_index=True, return_inverse=True)
    image_ranks, text_ranks = _ranks(np.asarray(images), np.asarray(texts)[first], codes)
    ranks = {"image_to_text": image_ranks, "text_to_image": text_ranks}
    return Evaluation(
        [
            Metric(f"{way}_recall_at_{most}", float((found < most).mean()))
            for way, found in ranks.items()
            for most in RANKS
        ],
        details={"captions": len(names)},
    )


def _ranks(
    images: np.ndarray, texts: np.ndarray, codes: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Returns how many wrong captions come before the right one, and how many wrong images.

    Args:
        images: array of shape `(images, width)`.
        texts: array of shape `(captions, width)`.
        codes: int array of shape `(images,)`, the right caption of each.
    """
    best = np.full(len(texts), -np.inf)
    before_text = np.empty(len(images), int)
    parts = [slice(start, start + _AT_ONCE) for start in range(0, len(images), _AT_ONCE)]
    for part in parts:
        scores, right = images[part] @ texts.T, codes[part]
        own = scores[np.arange(len(right)), right]
        before_text[part] = (scores >= own[:, np.newaxis]).sum(axis=1) - 1
        np.maximum.at(best, right, own)
    before_image = np.zeros(len(texts), int)
    for part in parts:
        scores, right = images[part] @ texts.T, codes[part]
        is_wrong = right[:, np.newaxis] != np.arange(len(texts))
        before_image += ((scores >= best) & is_wrong).sum(axis=0)
    return before_text, before_image
