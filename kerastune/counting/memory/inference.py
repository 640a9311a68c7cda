"""The memory of using a model, without training it."""

from typing import Any

import keras

from kerastune.counting.memory.memory import Memory
from kerastune.counting.memory.precision import computing_in, stored_weights
from kerastune.counting.memory.training import described, passing
from kerastune.counting.weights import unbuilt_note


def inference_memory(
    model: keras.Model,
    *,
    precision: str | None = None,
    batch_size: int | None = 1,
    input_shapes: Any = None,
) -> Memory:
    """The memory that it takes to use a model: its weights, and what one operation works in.

    Args:
        model: a built Keras model, with values or without.
        precision: as for `training_memory`.
        batch_size: int, the samples of one batch, or None to leave the working memory out.
            Defaults to 1.
        input_shapes: as for `training_memory`.

    Returns:
        A `Memory`, in bytes, whose parts for training are 0.

    Raises:
        InputError: if the model is not built, there is no such precision, or the model's
            inputs leave dimensions open.

    Example:

    >>> inputs = keras.Input((784,))
    >>> model = keras.Model(inputs, keras.layers.Dense(10)(inputs))
    >>> memory = inference_memory(model, batch_size=8)
    >>> memory.weights, memory.working
    (31400, 50176)
    """
    unbuilt = unbuilt_note(model)
    weights = stored_weights(model, precision)
    with computing_in(model, precision):
        _, working, _ = passing(model, batch_size, input_shapes)
    settings = described(precision, batch_size)
    return Memory(
        name=", ".join([f"inference with {model.name}", *settings]),
        weights=sum(weight.stored_bytes for weight in weights),
        # A layer needs its copy only while it computes.
        compute_copies=max((weight.copy_bytes for weight in weights), default=0),
        gradients=0,
        slots=0,
        averages=0,
        accumulators=0,
        activations=0,
        working=working,
        notes=unbuilt,
    )
