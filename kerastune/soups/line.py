"""The line between a model before its training and after it."""

from typing import TYPE_CHECKING

from kerastune.errors import InputError
from kerastune.tuning import NoMatchError, match

if TYPE_CHECKING:
    import keras
    import numpy as np

    from kerastune.jobs.job import Job
    from kerastune.soups.averaging import Weights

ALPHAS = tuple(number / 10 for number in range(11))
"""The points of a line that are measured."""


def start_of(job: "Job", tuned: "keras.Model") -> "list[np.ndarray]":
    """Returns the weights at which the line to a tuned model begins.

    The backbone is that of before the training. The head is the tuned one: in the paper, the head
    of before is a zero-shot one, made of texts; here it begins at drawn weights, which say nothing.

    Args:
        job: the `Job` of the run, built anew, with the weights of before.
        tuned: the Keras model after the training, without adapters.

    Returns:
        List of arrays, as `tuned.get_weights` gives them.

    Raises:
        InputError: if the model has no backbone, or one that the run itself has pretrained.

    Source:
        Wortsman et al., 2021, "Robust fine-tuning of zero-shot models",
        https://arxiv.org/abs/2109.01903

    Example:

    >>> from kerastune import recipes
    >>> job = recipes.lenet.build("digits")
    >>> len(start_of(job, job.model))
    8
    """
    if job.pretraining is not None:
        raise InputError(
            "Expected a run whose backbone was there before it, where the line begins. Received: "
            f"one of {job.name}, which pretrains its own"
        )
    try:
        backbone = {id(weight) for weight in match(tuned, "backbone")}
    except NoMatchError as error:
        raise InputError(
            "Expected a run whose model has a backbone, of which the line is. Received: one of "
            f"{job.name}, which is a head alone"
        ) from error
    before, after = job.model.get_weights(), tuned.get_weights()
    _require_alike(before, after, job.name)
    return [
        first if id(weight) in backbone else last
        for weight, first, last in zip(tuned.weights, before, after, strict=True)
    ]


def _require_alike(before: "Weights", after: "Weights", name: str) -> None:
    if [value.shape for value in before] != [value.shape for value in after]:
        raise InputError(
            "Expected a run whose recipe builds the model that it has trained. Received: one of "
            f"{name}, whose weights have other shapes"
        )
