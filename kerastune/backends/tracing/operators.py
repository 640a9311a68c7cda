"""The operators of Python on the backend's tensors."""

from collections.abc import Iterator
from functools import wraps
from typing import Any

from kerastune.backends.tracing.recorder import Recorder
from kerastune.backends.tracing.tensors import run_operation, tensor_classes

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
                    names, reflected = ("x1", "x2"), prefix == "r"
                    yield owner, method, _watched(recorder, name, function, names, reflected)
        for method, name in UNARY_OPERATORS.items():
            yield owner, method, _watched(recorder, name, getattr(owner, method), ("x",), False)


def _watched(
    recorder: Recorder, name: str, function: Any, names: tuple[str, ...], reflected: bool
) -> Any:
    """An operator that the recorder sees, with names for its operands, which may be reflected."""

    @wraps(function)
    def call(*operands: Any) -> Any:
        if recorder.quiet:
            return function(*operands)
        ordered = operands[::-1] if reflected else operands
        result = run_operation(recorder, name, lambda *_: function(*operands), ordered, {})
        recorder.write(name, dict(zip(names, ordered, strict=False)), result)
        return result

    return call
