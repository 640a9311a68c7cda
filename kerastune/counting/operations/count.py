"""From a trace of a model to its operations, layer by layer."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import TYPE_CHECKING

from kerastune.backends.tracing.record import HIDDEN, Trace, TracedOperation
from kerastune.backends.tracing.run import trace_model
from kerastune.counting.dtypes import stored_bytes
from kerastune.counting.operations.activations import Activations
from kerastune.counting.operations.contractions import contraction_work
from kerastune.counting.operations.counts import TOTALS, LayerOperations, Operations
from kerastune.counting.operations.elementwise import elementwise_flops
from kerastune.counting.operations.gradients import Gradients, used_operations
from kerastune.counting.operations.inputs import Shapes, abstract_inputs
from kerastune.counting.weights import unbuilt_note
from kerastune.errors import InputError, reason

if TYPE_CHECKING:
    import keras

# The numbers of each layer, by the fields of `LayerOperations`.
_Tally = defaultdict[str, Counter[str]]


def count_operations(
    model: "keras.Layer", *, batch_size: int = 1, input_shapes: Shapes = None
) -> Operations:
    """Count what a model computes, forward and backward, and what it keeps in between.

    The model runs twice on abstract tensors, once as in inference for the forward numbers
    and once as in training for the others: nothing is computed, and no memory is taken. The
    numbers are the same on the three backends.

    Args:
        model: a built Keras model or layer, with weights or abstract. What is trainable in
            it decides what the backward pass computes and keeps.
        batch_size: int. Default: 1.
        input_shapes: the shapes of the inputs without the batch axis, which fill what the model
            leaves open: one tuple of int that holds for every input, a list of them, or a
            dictionary from an input's name. A model that does not say what it takes (a
            subclassed one, a layer) needs it, and is given float32. Default: None.

    Returns:
        The `Operations`.

    Raises:
        InputError: the model is not built, a dimension of an input is not known, or the model
            cannot run on abstract tensors.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((784,)), keras.layers.Dense(10, "relu")])
    >>> operations = count_operations(model, batch_size=32)
    >>> operations.macs, operations.backward_macs  # The input needs no gradient.
    (250880, 250880)
    """
    unbuilt_note(model)  # Refuses a model that is not built.
    inputs = abstract_inputs(model, batch_size, input_shapes)
    forward, training = (_trace(model, inputs, mode) for mode in (False, True))
    tally: _Tally = defaultdict(Counter)
    unknown = dict.fromkeys(_count_forward(forward, tally))
    unknown.update(dict.fromkeys(_count_backward(training, tally)))
    rows = tuple(LayerOperations(layer, **tally[layer]) for layer in tally)
    made = (output for operation in training.operations for output in operation.outputs)
    sizes = (stored_bytes(output.shape, output.dtype) for output in made)
    return Operations(
        model.name,
        batch_size,
        **{name: sum(getattr(row, name) for row in rows) for name in TOTALS},
        largest_tensor_bytes=max(sizes, default=0),
        rows=rows,
        unknown=tuple(unknown),
    )


def _trace(model: "keras.Layer", inputs: object, training: bool) -> Trace:
    """The record of one run, or the error that the model cannot run."""
    try:
        return trace_model(model, inputs, training=training)
    except InputError:
        raise
    except Exception as error:
        raise InputError(
            f"Expected a model that runs on abstract tensors, without values. Received: "
            f"{model.name!r}, which fails: {reason(error)}"
        ) from error


def _count_forward(trace: Trace, tally: _Tally) -> Iterable[str]:
    """Add the forward pass to the numbers, and give what is not known."""
    for operation in used_operations(trace):
        macs, flops = _forward_work(operation)
        if flops is None:
            yield _what(operation)
        tally[operation.layer]["macs"] += operation.times * macs
        tally[operation.layer]["flops"] += operation.times * (2 * macs + (flops or 0))


def _count_backward(trace: Trace, tally: _Tally) -> Iterable[str]:
    """Add the backward pass and what is kept for it, and give what is not known.

    Each product costs its forward multiply-accumulates once for each factor that needs a
    gradient, and every other operation its FLOPs once for each operand that needs one.
    """
    gradients = Gradients(trace)
    activations = Activations(gradients)
    for operation in trace.operations:
        row = tally[operation.layer]
        row["activation_bytes"] += activations.keep(operation, contraction_work(operation))
        if gradients.pass_through(operation):
            macs, flops = _backward_work(operation, gradients)
            if flops is None:
                yield _what(operation)
            row["backward_macs"] += operation.times * macs
            row["backward_flops"] += operation.times * (2 * macs + (flops or 0))


def _forward_work(operation: TracedOperation) -> tuple[int, int | None]:
    """The multiply-accumulates of one run, and the FLOPs besides, None if they are not known."""
    if work := contraction_work(operation):
        return sum(product.macs for product in work.products), work.flops
    return 0, elementwise_flops(operation)


def _backward_work(operation: TracedOperation, gradients: Gradients) -> tuple[int, int | None]:
    """As for the forward pass, of the gradients that an operation gives."""
    if operation.gradient:
        steps = [_forward_work(step) for step in operation.gradient]
        known = all(flops is not None for _, flops in steps)
        total = sum(flops or 0 for _, flops in steps) if known else None
        return sum(macs for macs, _ in steps), total
    needing = sum(map(gradients.needs, operation.operands))
    work = contraction_work(operation)
    if work is None:
        flops = elementwise_flops(operation)
        return 0, None if flops is None else flops * needing
    macs = sum(
        product.macs * gradients.any(factor.tensors)
        for product in work.products
        for factor in (product.left, product.right)
    )
    return macs, work.flops * min(needing, 1)


def _what(operation: TracedOperation) -> str:
    if operation.name == HIDDEN:
        return f"what {operation.layer} computes without Keras"
    return f"{operation.name} in {operation.layer}"
