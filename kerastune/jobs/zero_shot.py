"""How well a model that matches images and captions tells classes apart that it never learned."""

from typing import Any

import numpy as np

from kerastune.data import image_reader
from kerastune.data.class_captions import class_captions
from kerastune.evaluation import Evaluation, Metric
from kerastune.jobs.caption_scores import caption_scores
from kerastune.jobs.result import Result


def evaluate_zero_shot(
    result: Result,
    data: Any,
    *,
    caption_template: str = "{}",
    image_column: str | None = None,
    label_column: str | None = None,
) -> Evaluation:
    """Returns how often the caption made of its class scores highest for an image.

    Nothing is trained: the names of the classes, put into the template, are the captions among
    which that of each image is looked for.

    Args:
        result: a `Result` of the recipe `image_text_matching`, of this process or loaded.
        data: images with classes, as the recipe `image_classification` takes them.
        caption_template: str in which `{}` stands for the name of a class, which makes captions
            such as those of the training. Defaults to the name alone.
        image_column: str, the column of images, or of their paths, in a table. Defaults to the
            only one that looks like it.
        label_column: str, the column of classes, likewise. Defaults to `label`, or the only other.

    Returns:
        An `Evaluation` with `accuracy`, and with `chance`, the accuracy of a class drawn blindly:
        1 divided by the number of classes. Its detail `classes` is that number.

    Raises:
        InputError: if the data or the template cannot be used, or the result is of another recipe.

    Reference:
        Radford et al., 2021, section 3.1, https://arxiv.org/abs/2103.00020

    Example:

    >>> import contextlib, io, tempfile
    >>> from kerastune import recipes
    >>> images, captions = np.zeros((8, 8, 8, 1)), ["a cat", "a dog", "a cow", "a hen"] * 2
    >>> with tempfile.TemporaryDirectory() as directory, contextlib.redirect_stdout(io.StringIO()):
    ...     result = recipes.image_text_matching(
    ...         (images, captions), width=4, layers=1, epochs=1, run_dir=directory, verbose=0
    ...     )
    >>> found = evaluate_zero_shot(result, (images[:2], ["cat", "hen"]), caption_template="a {}")
    >>> found["chance"]
    0.5
    """
    source = image_reader(image_column, label_column, target_kind="class")(data)
    label = source.target("class")
    names = source.columns[label].class_names or ()
    captions = class_captions(names, caption_template)
    scores = caption_scores(result, source.values[source.input("image")], captions)
    accuracy = float(np.mean(scores.argmax(axis=1) == np.asarray(source.values[label])))
    return Evaluation(
        [Metric("accuracy", accuracy), Metric("chance", 1 / len(names))],
        details={"classes": len(names)},
    )
