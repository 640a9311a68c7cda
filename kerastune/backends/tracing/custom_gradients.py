"""Functions with a gradient of their own: it is run too, and written down beside them."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kerastune.backends.tracing.record import CUSTOM_GRADIENT, tensors_in

if TYPE_CHECKING:
    from kerastune.backends.tracing.recorder import Recorder


def with_gradient(recorder: "Recorder", function: Callable[..., Any]) -> Callable[..., Any]:
    """What Keras makes of a function that gives its result and its gradient.

    Nothing flows back through what the function itself runs, but only through what it says.
    """

    def call(*args: Any, **kwargs: Any) -> Any:
        if recorder.quiet:
            return function(*args, **kwargs)[0]
        given = recorder.describe(args)
        with recorder.renewed(args):
            for outside, inside in zip(given, args, strict=True):
                recorder.write("stop_gradient", {"x": outside}, inside)
            result, backward = function(*args, **kwargs)
            made = recorder.describe(result)
            gradients, steps = _run_backward(recorder, result, backward)
        # Those of the operands that are not given, at the end, are None.
        flowing = [
            operand
            for operand, gradient in zip(given, gradients, strict=False)
            if gradient is not None
        ]
        recorder.forget(result)
        recorder.write(CUSTOM_GRADIENT, {"inputs": flowing, "result": made}, result)
        if any(tensors_in(made)):
            recorder.operations[-1] = replace(recorder.operations[-1], gradient=steps)
        return result

    return call


def _run_backward(
    recorder: "Recorder", result: Any, backward: Callable[..., Any]
) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """The gradients of the operands, and the operations that make them."""
    import keras

    with recorder.silence():
        upstream = [keras.ops.zeros_like(tensor) for tensor in keras.tree.flatten(result)]
    start = len(recorder.operations)
    # Known from here on, so that they are not taken for what the layer made otherwise.
    recorder.write("zeros_like", {}, upstream)
    gradients = backward(*upstream)
    steps = tuple(recorder.operations[start:])
    del recorder.operations[start:]
    return tuple(gradients) if isinstance(gradients, list | tuple) else (gradients,), steps
