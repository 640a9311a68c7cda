"""Puts a recorder between Keras and its backend, for the length of a `with` block."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from importlib import import_module
from inspect import Signature, signature
from types import FunctionType, ModuleType
from typing import Any

from kerastune.backends.tracing.bodies import LOOPS, run_loop, with_gradient
from kerastune.backends.tracing.recorder import Recorder
from kerastune.backends.tracing.tensors import operator_changes, run_operation

# Every module in which Keras keeps the functions that it writes once for each backend.
BACKEND_MODULES = ("core", "numpy", "nn", "math", "linalg", "image", "random", "rnn")

# Functions of `keras.ops` that take another way on one of the backends.
COMPOSED = {
    "_layer_normalization": "layer_normalization",
    "_rms_normalization": "rms_normalization",
}

# Keras has a second way for each, which is the same on the three backends.
FUSED_RECURRENCE = ("bidirectional_lstm", "bidirectional_gru")

# What never imports Keras. These are most of some thousand modules with half a million names, and
# looking through them would take longer than a trace.
_WITHOUT_KERAS = sys.stdlib_module_names | {
    "grain",
    "jax",
    "jaxlib",
    "matplotlib",
    "numpy",
    "polars",
    "scipy",
    "sklearn",
    "tensorflow",
    "torch",
}

# Modules of installed packages that hold none of the functions, with the number of their names.
_HOLDING_NONE: dict[str, tuple[ModuleType, int]] = {}

_MISSING = object()
Change = tuple[Any, str, Any]


@contextmanager
def intercepted(recorder: Recorder) -> Iterator[None]:
    """Let a recorder see every operation, and put everything back at the end."""
    changes = [
        *_function_changes(recorder),
        *operator_changes(recorder),
        *_layer_changes(recorder),
        _weight_change(recorder),
        *_recurrence_changes(),
    ]
    former = [(owner, name, vars(owner).get(name, _MISSING)) for owner, name, _ in changes]
    try:
        for owner, name, value in changes:
            setattr(owner, name, value)
        yield
    finally:
        for owner, name, value in former:
            if value is _MISSING:
                delattr(owner, name)
            else:
                setattr(owner, name, value)


def backend_functions() -> dict[str, list[Callable[..., Any]]]:
    """The functions that Keras writes once for each backend, by name."""
    import keras

    functions: dict[str, list[Callable[..., Any]]] = {}
    for room in BACKEND_MODULES:
        module = import_module(f"keras.src.backend.{keras.config.backend()}.{room}")
        for name, value in vars(module).items():
            own = getattr(value, "__module__", None) == module.__name__
            # The one class that stands where the other backends have a function.
            function = not isinstance(value, type) or name == "custom_gradient"
            if own and function and callable(value) and not name.startswith("_"):
                functions.setdefault(name, []).append(value)
    return functions


def _function_changes(recorder: Recorder) -> Iterator[Change]:
    """Every name under which a function of the backend is kept, in any module."""
    from keras.src.ops import nn

    watched: dict[int, Any] = {}
    for name, functions in backend_functions().items():
        for function in functions:
            watched[id(function)] = _watched(recorder, name, function)
    for private, name in COMPOSED.items():
        function = getattr(nn, private)
        watched[id(function)] = _watched(recorder, name, function)
    # KerasHub asks the backend and the device which way its attention goes.
    if hub := sys.modules.get("keras_hub.src.utils.keras_utils"):
        watched[id(hub.fused_attention_op_available)] = lambda: False
    for module in _holders(frozenset(watched)):
        for name, value in list(vars(module).items()):
            if id(value) in watched:
                yield module, name, watched[id(value)]


def _holders(known: frozenset[int]) -> Iterator[ModuleType]:
    """The modules that hold one of some objects, which are known by their `id`.

    An installed package is looked through again only where a module has got more or fewer names.
    """
    for path, module in list(sys.modules.items()):
        if path.partition(".")[0] in _WITHOUT_KERAS or not hasattr(module, "__dict__"):
            continue
        names = len(vars(module))
        if _HOLDING_NONE.get(path) == (module, names):
            continue
        if not known.isdisjoint(map(id, list(vars(module).values()))):
            yield module
        elif "-packages" in (getattr(module, "__file__", None) or ""):
            _HOLDING_NONE[path] = (module, names)


def _watched(recorder: Recorder, name: str, function: Callable[..., Any]) -> Any:
    """A function of the backend that the recorder sees."""
    if name in FUSED_RECURRENCE:
        return _not_implemented
    if name == "remat":
        return lambda body: body
    if name == "custom_gradient":
        return lambda body: with_gradient(recorder, body)
    parameters: list[Signature] = []

    def arguments(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        if not parameters:
            parameters.append(signature(function))
        bound = parameters[0].bind(*args, **kwargs)
        bound.apply_defaults()
        return bound.arguments

    def call(*args: Any, **kwargs: Any) -> Any:
        if recorder.quiet:
            return function(*args, **kwargs)
        if name in LOOPS:
            return run_loop(recorder, name, function, arguments(args, kwargs))
        result = run_operation(recorder, name, function, args, kwargs)
        recorder.write(name, arguments(args, kwargs), result)
        return result

    return wraps(function)(call) if isinstance(function, FunctionType) else call


def _layer_changes(recorder: Recorder) -> Iterator[Change]:
    """The call of a layer, so that the recorder knows which one runs, and its losses."""
    import keras

    function, add_loss = keras.layers.Layer.__call__, keras.layers.Layer.add_loss

    @wraps(function)
    def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
        if recorder.quiet:
            return function(layer, *args, **kwargs)
        recorder.check_built(layer)
        with recorder.inside(layer, (args, kwargs)) as outputs:
            outputs.append(function(layer, *args, **kwargs))
        return outputs[0]

    @wraps(add_loss)
    def added(layer: Any, loss: Any) -> Any:
        if not recorder.quiet:
            recorder.remember_loss(loss)
        return add_loss(layer, loss)

    yield keras.layers.Layer, "__call__", call
    yield keras.layers.Layer, "add_loss", added


def _weight_change(recorder: Recorder) -> Change:
    """The reading of a weight, so that the recorder knows its value for the weight."""
    import keras

    owner = next(owner for owner in keras.Variable.__mro__ if "value" in vars(owner))
    former = vars(owner)["value"]

    def value(variable: Any) -> Any:
        with recorder.silence():
            read = former.fget(variable)
        recorder.remember_weight(read, variable)
        return read

    return owner, "value", property(value, former.fset, former.fdel, former.__doc__)


def _recurrence_changes() -> Iterator[Change]:
    """LSTM and GRU without the kernels of cuDNN, which `use_cudnn` may ask for."""
    from keras import layers, tree

    def inner_loop(
        layer: Any, sequences: Any, initial_state: Any, mask: Any, training: bool = False
    ) -> Any:
        mask = mask[0] if tree.is_nested(mask) else mask
        return layers.RNN.inner_loop(layer, sequences, initial_state, mask, training=training)

    for owner in (layers.LSTM, layers.GRU):
        yield owner, "inner_loop", inner_loop


def _not_implemented(*_args: Any, **_kwargs: Any) -> Any:
    raise NotImplementedError
