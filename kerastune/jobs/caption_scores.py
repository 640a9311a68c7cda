"""How well each of some images matches each of some captions."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerastune.errors import InputError
from kerastune.jobs.result import Result


def caption_scores(result: Result, images: Sequence[Any], captions: Sequence[str]) -> np.ndarray:
    """Returns the cosine of each image with each caption, by a model that matches both.

    The caption with the highest score is a zero-shot classification; the captions, or images, in
    the order of their scores are a retrieval.

    Args:
        result: a `Result` of the recipe `image_text_matching`, of this process or loaded.
        images: sequence of images, as the recipe takes them: arrays with values from 0 to 255,
            images of Pillow or paths.
        captions: sequence of str, such as the names of classes, as the training captions say them.

    Returns:
        Array of shape `(images, captions)`, from -1 to 1.

    Raises:
        InputError: if the result is of another recipe, or there is no image or no caption.

    Example:

    >>> import contextlib, io, tempfile
    >>> from kerastune import recipes
    >>> images, captions = np.zeros((8, 8, 8, 1)), ["a cat", "a dog", "a cow", "a hen"] * 2
    >>> with tempfile.TemporaryDirectory() as directory, contextlib.redirect_stdout(io.StringIO()):
    ...     result = recipes.image_text_matching(
    ...         (images, captions), width=4, layers=1, epochs=1, run_dir=directory, verbose=0
    ...     )
    >>> caption_scores(result, images[:3], ["a cat", "a dog"]).shape
    (3, 2)
    """
    kinds = {result.columns[name].kind: name for name in result.preprocessor.columns}
    if set(kinds) != {"image", "text"}:
        raise InputError(
            "Expected a result whose model takes images and captions. Received: one of "
            f"{result.recipe}, which takes {', '.join(result.preprocessor.columns)}"
        )
    if isinstance(captions, str) or not len(images) or not len(captions):
        raise InputError(
            "Expected a sequence of images and one of captions, neither of them empty. Received: "
            f"{len(images)} images and captions={captions!r}"
        )
    # The model takes pairs: the shorter sequence is repeated at its end.
    count = max(len(images), len(captions))
    pairs = {
        kinds["image"]: [images[at % len(images)] for at in range(count)],
        kinds["text"]: [captions[at % len(captions)] for at in range(count)],
    }
    outputs = result.outputs(pairs)
    return outputs["image"][: len(images)] @ outputs["text"][: len(captions)].T
