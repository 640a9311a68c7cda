"""The operators of Python on the backend's tensors."""

from collections.abc import Iterator
from functools import wraps
from typing import Any

from kerastune.backends.tracing.recorder import Recorder
from kerastune.backends.tracing.running import run_operation
from kerastune.backends.tracing.tensors import tensor_classes

# What Python calls for an operator, and the function of `keras.ops` that does the same.
OPERATORS = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "true_divide",
    "floordiv": "floor_divide",
    "mod": "mod",
    "pow": "power",
    "matmul": "matmul",
}
UNARY_OPERATORS = {"__neg__": "negative", "__abs__": "abs", "__getitem__": "getitem"}


def operator_changes(recorder: Recorder) -> Iterator[tuple[Any, str, Any]]:
    """The operators of the classes of the backend's tensors."""
    for owner in tensor_classes():
        for symbol, name in OPERATORS.items():
            for prefix in ("", "r", "i"):
                method = f"__{prefix}{symbol}__"
                if (function := getattr(owner, method, None)) is not None:
                    yield owner, method, _binary(recorder, name, function, prefix == "r")
        for method, name in UNARY_OPERATORS.items():
            yield owner, method, _unary(recorder, name, getattr(owner, method))


def _binary(recorder: Recorder, name: str, function: Any, reflected: bool) -> Any:
    """An operator of two operands that the recorder sees."""

    @wraps(function)
    def call(self: Any, other: Any) -> Any:
        if recorder.quiet:
            return function(self, other)
        first, second = (other, self) if reflected else (self, other)
        result = run_operation(
            recorder, name, lambda *_: function(self, other), (first, second), {}
        )
        recorder.write(name, {"x1": first, "x2": second}, result)
        return result

    return call


def _unary(recorder: Recorder, name: str, function: Any) -> Any:
    """An operator of one tensor that the recorder sees."""

    @wraps(function)
    def call(self: Any, *args: Any) -> Any:
        if recorder.quiet:
            return function(self, *args)
        result = run_operation(recorder, name, function, (self, *args), {})
        recorder.write(name, {"x": self}, result)
        return result

    return call
