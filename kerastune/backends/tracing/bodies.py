"""Functions that are given to Keras: bodies of loops, and those with a gradient of their own.

The body of a loop is written down once, with the number of steps.
"""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kerastune.backends.tracing.record import CUSTOM_GRADIENT, LOOP_STEP, tensors_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kerastune.backends.tracing.recorder import Recorder

# The parameter that holds the body, for each function that runs one again and again.
LOOPS = {
    "rnn": "step_function",
    "scan": "f",
    "map": "f",
    "vectorized_map": "function",
    "fori_loop": "body_fun",
}
# What the body gives back to itself, by its position among the arguments of the body.
_CARRIED = {"rnn": 1, "scan": 0, "fori_loop": 1}
# The parameters that hold what a loop goes over.
_OVER = ("inputs", "xs", "elements")


def run_loop(
    recorder: "Recorder", name: str, function: Callable[..., Any], arguments: dict[str, Any]
) -> Any:
    """Run a loop of Keras, and write down its body once.

    Backends run the body once, twice or at every step, with a step more or less where they
    need to know what it gives: so only its first run counts, as many times as there are steps.
    """
    body, steps = arguments[LOOPS[name]], _steps(name, arguments)
    ended: list[Any] = []

    def first_only(*args: Any) -> Any:
        if ended or steps is None:
            return body(*args)
        given = recorder.describe(
            {key: value for key, value in arguments.items() if value is not body}
        )
        with _step(recorder, steps), recorder.renewed(args):
            for position, argument in enumerate(args):
                if position != _CARRIED.get(name):
                    recorder.write(LOOP_STEP, given, argument)
            if name in _CARRIED:
                recorder.write(LOOP_STEP, given, args[_CARRIED[name]])
            start = len(recorder.operations)
            result = body(*args)
            if name in _CARRIED:
                _carry(recorder, start, given)
        ended.append(result)
        return result

    with recorder.silence():
        result = function(**{**arguments, LOOPS[name]: first_only})
    recorder.write(LOOP_STEP if ended else name, {"body": ended, **arguments}, result)
    return result


def _carry(recorder: "Recorder", start: int, given: dict[str, Any]) -> None:
    """Correct what the body hands on, which the operation before the body gives.

    From the second step on it depends on the weights that the body uses, and on what the
    steps before were given.
    """
    handed_on, *inside = recorder.operations[start - 1 :]
    used = [tensor for step in inside for tensor in step.operands if tensor.is_weight]
    states = given.get("initial_states", given.get("init", given.get("init_val")))
    over = [given.get(key) for key in _OVER]
    arguments = {"start": states, "weights": used, "inputs": over}
    recorder.operations[start - 1] = replace(handed_on, arguments=arguments)


@contextmanager
def _step(recorder: "Recorder", steps: int) -> "Iterator[None]":
    """What runs inside runs `steps` times."""
    quiet, times = recorder.quiet, recorder.times
    recorder.quiet, recorder.times = False, times * steps
    try:
        yield
    finally:
        recorder.quiet, recorder.times = quiet, times


def _steps(name: str, arguments: dict[str, Any]) -> int | None:
    import keras

    if name == "fori_loop":
        lower, upper = arguments["lower"], arguments["upper"]
        known = isinstance(lower, int) and isinstance(upper, int)
        return upper - lower if known else None
    if name == "scan" and arguments["length"] is not None:
        return int(arguments["length"])
    over = next(arguments[key] for key in _OVER if key in arguments)
    axis = 1 if name == "rnn" and not arguments["time_major"] else 0
    return int(keras.tree.flatten(over)[0].shape[axis])


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
