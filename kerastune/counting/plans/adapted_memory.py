"""The memory of training adapters beside a frozen model, without adding them to it."""

from dataclasses import replace
from functools import partial
from typing import Any

import keras

from kerastune.backends import build_abstract
from kerastune.backends.optimizers import abstract_slots
from kerastune.counting.adapters import Adapters
from kerastune.counting.dtypes import stored_bytes
from kerastune.counting.memory import Memory, named_optimizer, training_memory
from kerastune.counting.memory.precision import computing_in
from kerastune.counting.structure import Place
from kerastune.tuning.freezing.trainability import restored_trainability, set_trainable


def adapted_memory(
    model: keras.Model,
    adapters: Adapters,
    *,
    optimizer: str = "adamw",
    precision: str | None = None,
    batch_size: int | None = None,
    input_shapes: Any = None,
) -> Memory:
    """The memory of training what trains in a model now, and adapters beside the rest.

    Keras adds the product of the two matrices to a kernel, and computes with the sum. So the
    activations are those of training the kernel itself, and the sum is a copy of it that lives
    until the backward pass; that of the very first kernels does not, and is counted too.
    Beside a quantized kernel it computes otherwise, and activations are not known.

    Args:
        model: a built Keras model, with values or without, in which nothing but the head
            trains. It is the same afterwards.
        adapters: the `Adapters`, which Keras makes in float32 whatever the precision is.
        optimizer: str, as for `kerastune.counting.training_memory`.
        precision: str, as for `kerastune.counting.training_memory`.
        batch_size: int, the samples of one step, or None to leave activations out.
        input_shapes: as for `kerastune.counting.training_memory`.

    Returns:
        A `Memory`, in bytes.

    Raises:
        InputError: as for `kerastune.counting.training_memory`.
    """
    options: dict[str, Any] = {"optimizer": optimizer, "precision": precision}
    head = training_memory(model, batch_size=None, **options)
    if any(place.layer.quantization_mode for place in adapters.adapted):
        batch_size = None
    kernels = [place.variable for place in adapters.adapted]
    with restored_trainability(model):
        set_trainable(model, [*model.trainable_variables, *kernels])
        whole = training_memory(model, batch_size=batch_size, input_shapes=input_shapes, **options)
    with computing_in(model, precision):
        copies = sum(map(_sum_bytes, adapters.adapted)) + _cast_bytes(adapters)
    stored = sum(weight.stored_bytes for weight in adapters.weights)
    slots = abstract_slots(named_optimizer(optimizer), _variables(adapters)).slots
    return replace(
        whole,
        weights=whole.weights + stored,
        compute_copies=whole.compute_copies + copies,
        gradients=head.gradients + stored,
        slots=head.slots + sum(stored_bytes(tuple(slot.shape), slot.dtype) for slot in slots),
    )


def _variables(adapters: Adapters) -> list[keras.Variable]:
    """Adapters as variables without memory."""
    return [
        build_abstract(partial(keras.Variable, "zeros", weight.shape, weight.dtype, name=name))
        for weight in adapters.weights
        for name in [weight.path.rpartition("/")[2]]
    ]


def _sum_bytes(place: Place) -> int:
    """The memory of a kernel and its adapters added up, unless it is counted already."""
    layer = place.layer
    # Where a layer casts its kernel, the sum takes the place of the cast one.
    is_cast = layer.autocast and layer.variable_dtype != layer.compute_dtype
    if is_cast or layer.quantization_mode:
        return 0
    return stored_bytes(tuple(place.variable.shape), layer.compute_dtype)


def _cast_bytes(adapters: Adapters) -> int:
    """The memory of the adapters in the dtype of the layers that cast them."""
    places = [place for place in adapters.adapted for _ in range(2)]
    return sum(
        stored_bytes(weight.shape, place.layer.compute_dtype)
        for place, weight in zip(places, adapters.weights, strict=True)
        if place.layer.autocast and place.layer.compute_dtype != weight.dtype
    )
