"""New images of classes, by a model that was trained to make them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kerastune.errors import InputError
from kerastune.jobs.result import Result
from kerastune.models import ImageSampling
from kerastune.preprocessing.class_images import class_positions


def generate_images(
    result: Result, classes: Sequence[str], *, seed: int = 0, **sampling: Any
) -> np.ndarray:
    """Returns a new image of each class that is asked for.

    Args:
        result: a `Result` of the recipe `image_generation`, of this process or loaded.
        classes: sequence of str, the class of each image, as the training data name them.
        seed: int, for the noise that images are made of. The same seed gives the same images, on
            any backend but for rounding. Defaults to 0.
        **sampling: `sampler`, `steps` and `guidance`, as of `kerastune.models.ImageSampling`.
            Default to those of the run.

    Returns:
        float32 array of shape `(images, height, width, channels)`, values from 0 to 255.

    Raises:
        InputError: if the result is of another recipe, a class is not known, or a setting is none
            or out of its range.

    Example:

    >>> import contextlib, io, tempfile
    >>> from kerastune import recipes
    >>> images, labels = np.zeros((8, 12, 12, 1)), ["cat", "dog"] * 4
    >>> with tempfile.TemporaryDirectory() as directory, contextlib.redirect_stdout(io.StringIO()):
    ...     result = recipes.image_generation(
    ...         (images, labels), widths=(4, 8), generated_images=0, sampling_steps=2, epochs=1,
    ...         run_dir=directory,
    ...     )
    >>> generate_images(result, ["dog", "cat", "dog"], guidance=1.0).shape
    (3, 12, 12, 1)
    """
    if not hasattr(result.head, "sampling"):
        raise InputError(
            "Expected a result whose model makes images, such as one of image_generation. "
            f"Received: one of {result.recipe}"
        )
    if isinstance(classes, str) or not len(classes):
        raise InputError(
            f"Expected a sequence of classes, at least one. Received: classes={classes!r}"
        )
    chosen: ImageSampling = result.head.sampling
    unknown = sorted(sampling.keys() - vars(chosen).keys())
    if unknown:
        raise InputError(
            f"Expected settings out of {', '.join(vars(chosen))}. Received: {unknown[0]!r}"
        )
    labels = class_positions(list(classes), getattr(result.head, "class_names", ()))
    return replace(chosen, **sampling)(result.model, labels.tolist(), seed)
