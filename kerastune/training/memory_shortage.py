"""What is said where memory runs out: how much a step takes, and how many samples would fit."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import keras

from kerastune.backends.device_memory import free_device_memory
from kerastune.backends.out_of_memory import is_out_of_memory, release_memory, shortage
from kerastune.counting.dtypes import stored_bytes
from kerastune.counting.plans.stage_memory import stage_memory
from kerastune.display.formats import format_bytes
from kerastune.errors import InputError
from kerastune.training.feeding import Feed, Samples
from kerastune.training.samples import input_shapes
from kerastune.tuning.plans.given_objects import steps_per_update

if TYPE_CHECKING:
    from kerastune.tuning import Stage


@contextmanager
def told_shortage(model: keras.Model, stage: "Stage", feed: Feed) -> Iterator[None]:
    """Says what to do where memory runs out inside of a `with` block.

    Args:
        model: the model, compiled.
        stage: the `Stage` that is trained.
        feed: its `Feed`.

    Yields:
        None.

    Raises:
        InputError: if memory runs out, with the error of the backend as its cause.

    Example:

    >>> from kerastune.training.feeding import feed_for
    >>> from kerastune.tuning import Stage
    >>> import numpy as np
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> feed = feed_for((np.ones((8, 2)), np.ones(8)), batch_size=4, seed=0)
    >>> with told_shortage(model, Stage("all", 1, 0.1), feed):
    ...     raise MemoryError("no more")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected memory for a step of 4 samples in 'all'. Received: no ...
    """
    try:
        yield
        return
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        # Its frames hold what the failed step had computed.
        cause = error.with_traceback(None)
    release_memory()
    size = f"{feed.samples.batch_size} samples" if feed.samples else "this batch size"
    raise InputError(
        f"Expected memory for a step of {size} in {stage.name!r}. Received: {shortage(cause)}. "
        f"{_estimate(model, stage, feed.samples)}"
    ) from cause


def _estimate(model: keras.Model, stage: "Stage", samples: Samples | None) -> str:
    """What a step takes and what would fit, as far as it can be told."""
    advice = (
        "Take a smaller batch and accumulate_gradients, a plan that trains less (head_only), "
        "mixed_bfloat16, smaller inputs, a smaller model or a larger device"
    )
    if samples is None:
        return advice
    size = samples.batch_size
    try:
        inputs = next(iter(samples.in_order()))[0]
        takes = stage_memory(model, stage, size, input_shapes(inputs))
        free, device = free_device_memory()
        # The model is there already, and is a part of what training takes.
        free += sum(stored_bytes(tuple(one.shape), one.dtype) for one in model.variables)
        parts = [part for part in range(2, size + 1) if size % part == 0]
        fitting = next((part for part in parts if takes(part) <= free), None)
    except InputError as error:
        return f"How much it takes is not known ({error}). {advice}"
    told = (
        f"By a rough estimate it takes {format_bytes(takes(1))}, of the {format_bytes(free)} that "
        f"are free on this {device}."
    )
    if fitting is None:
        return f"{told} {advice}"
    accumulated = fitting * steps_per_update(stage.optimizer, stage.accumulate_gradients)
    return (
        f"{told} Give batch_size={size // fitting} with accumulate_gradients={accumulated}, for "
        "the same updates, which recipes find by batch_size='auto'"
    )
