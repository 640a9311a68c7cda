"""The memory of training a model, from it and the optimizer themselves, before any is taken."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import dropwhile
from typing import Any

import keras

from kerastune.backends.optimizers import abstract_slots
from kerastune.counting.dtypes import stored_bytes
from kerastune.counting.memory.precision import StoredWeight, computing_in, stored_weights
from kerastune.counting.operations.count import count_operations
from kerastune.counting.weights import unbuilt_note
from kerastune.tuning.plans.optimizer_names import named_optimizer

PARTS = {
    "weights": "weights",
    "compute_copies": "copies",
    "gradients": "gradients",
    "slots": "slots",
    "averages": "averages",
    "accumulators": "accumulators",
    "activations": "activations",
    "working": "working",
}
"""The parts of a `Memory`, with the heading of each."""
ROUGH = (
    "Rough: with AdamW the total was 0.77 to 1.16 times what XLA compiled on a CPU for ResNet50, "
    "BERT, GPT-2 and dense layers, and 0.34 to 10.6 times for LeNet (docs/counting.md). Weights, "
    "gradients and slots are exact."
)
"""How far estimates with activations were off, for the tables that they are in."""


@dataclass(frozen=True)
class Memory:
    """What training a model takes, part by part, in bytes.

    Args:
        weights: int, all variables of the model.
        compute_copies: int, the weights in the dtype in which layers compute, where it differs.
        gradients: int, of the weights that train.
        slots: int, what the optimizer remembers of each weight that trains.
        averages: int, the moving averages of weights.
        accumulators: int, gradients that are added up over several batches.
        activations: int, what the forward pass keeps for the backward pass, or None.
        working: int, the largest tensor and one as large, that it is computed from, or None.
        notes: tuple of str, what a reader has to know beside it.

    Example:

    >>> Memory(400, 0, 400, 800, 0, 0, activations=1000, working=200).total
    2800
    """

    weights: int
    compute_copies: int
    gradients: int
    slots: int
    averages: int
    accumulators: int
    activations: int | None
    working: int | None
    notes: tuple[str, ...] = ()

    @property
    def total(self) -> int:
        """All parts together, in bytes."""
        return sum(getattr(self, name) or 0 for name in PARTS)


def training_memory(
    model: keras.Model,
    *,
    optimizer: str | keras.optimizers.Optimizer = "adamw",
    precision: str | None = None,
    batch_size: int | None = 1,
    input_shapes: Any = None,
) -> Memory:
    """The memory that it takes to train a model as it is frozen now.

    Weights, gradients and slots are exact: their shapes are those that the optimizer's own
    `build` makes. Activations are what the forward pass keeps for the backward pass, without
    those of the loss. The total is all of it at once, as Keras on PyTorch holds it; a compiler
    may free gradients earlier and keep more activations. Left out are the batch, the scratch
    memory of single operations, and the runtime of the backend. docs/counting.md tells how far
    off it was.

    Args:
        model: a built Keras model, with values or without.
        optimizer: str, a Keras optimizer in lower case or `"momentum"`; or a Keras optimizer,
            such as one that averages weights or accumulates gradients, which is not changed.
            Defaults to `"adamw"`.
        precision: str out of `kerastune.backends.PRECISIONS`, as if the model had been built in
            it. Defaults to the model as it is, layer by layer.
        batch_size: int, the samples of one step, or None to leave out what grows with it:
            activations and working memory. Defaults to 1.
        input_shapes: as for `kerastune.counting.count_operations`. Needed if the model leaves
            dimensions open.

    Returns:
        A `Memory`, in bytes.

    Raises:
        InputError: if the model is not built, or there is no such optimizer or precision.

    Example:

    >>> model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(10)], name="linear")
    >>> training_memory(model, optimizer="adamw", batch_size=None).slots
    62800
    """
    unbuilt = unbuilt_note(model)
    made = named_optimizer(optimizer) if isinstance(optimizer, str) else optimizer
    weights = stored_weights(model, precision)
    with computing_in(model, precision):
        activations, working, left_out = _passing(model, batch_size, input_shapes)
    # New scales of float8 layers are passed on as gradients, and have none, and no slots.
    training_ids = {
        id(variable)
        for variable in model.trainable_variables
        if not variable.overwrite_with_gradient
    }
    training = [weight for weight in weights if id(weight.variable) in training_ids]
    remembered = abstract_slots(
        made, [weight.variable for weight in training], [weight.dtype for weight in training]
    )
    # What comes before the first weight that trains is not read again in the backward pass.
    reached = dropwhile(lambda weight: id(weight.variable) not in training_ids, weights)
    return Memory(
        weights=sum(weight.stored_bytes for weight in weights),
        compute_copies=sum(weight.copy_bytes for weight in reached),
        gradients=sum(weight.stored_bytes for weight in training),
        slots=variable_bytes(remembered.slots),
        averages=variable_bytes(remembered.averages),
        accumulators=variable_bytes(remembered.accumulators),
        activations=activations,
        working=working,
        notes=(*unbuilt, *_notes(made, training, activations), *left_out),
    )


def variable_bytes(variables: Iterable[keras.Variable]) -> int:
    """The memory of some variables."""
    return sum(stored_bytes(tuple(variable.shape), variable.dtype) for variable in variables)


def _passing(
    model: keras.Model, batch_size: int | None, input_shapes: Any
) -> tuple[int | None, int | None, tuple[str, ...]]:
    """What a pass keeps for the backward pass, what it works in, and notes on the rest."""
    if batch_size is None:
        return None, None, ()
    counted = count_operations(model, batch_size=batch_size, input_shapes=input_shapes)
    # An operation reads one tensor and writes another; backwards, it does so with gradients.
    working = 2 * counted.largest_tensor_bytes
    left_out = tuple(
        f"activations of {what} are not known and left out" for what in counted.unknown
    )
    return counted.activation_bytes, working, left_out


def _notes(
    optimizer: keras.optimizers.Optimizer, training: list[StoredWeight], activations: int | None
) -> tuple[str, ...]:
    """What a reader has to know beside the numbers."""
    notes = []
    if activations is None:
        notes.append("without what grows with the batch: give a batch size to count it")
    if not training:
        notes.append("nothing trains")
    if isinstance(optimizer, keras.optimizers.Adafactor):
        notes.append(
            "Keras' Adafactor keeps a slot of full size for every weight beside the factored ones"
        )
    return tuple(notes)
