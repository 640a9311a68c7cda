"""What of Keras a model uses: layers, the operations they call, and what it is compiled with."""

import ast
import inspect
import sys
import textwrap
from collections.abc import Iterator
from functools import cache
from typing import Any

import keras

from kerastune.backends.function_settings import function_settings
from kerastune.backends.optimizers.layerwise import LayerwiseUpdates
from kerastune.comparison.known_causes import UNKNOWN, Use, asked_settings

_NO_CLASSES = ("Layer", "Operation", "object", "Loss", "Metric")


def uses_of(model: keras.Model) -> list[Use]:
    """What a model and what it is compiled with use of Keras.

    Args:
        model: a built Keras model.

    Returns:
        List of `Use`. Metrics are known once the model was fitted or evaluated.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Embedding(3, 4)])
    >>> model.compile("adam", keras.losses.Huber(delta=2.0))
    >>> [use.names[0] for use in uses_of(model) if use.kind in ("layer", "loss", "optimizer")]
    ['InputLayer', 'Embedding', 'Huber', 'Adam']
    """
    from kerastune.backends.forward_pass import parts_of

    return [*(use for part in parts_of(model) for use in uses_of_part(part)), *compiled_uses(model)]


def uses_of_part(part: Any) -> list[Use]:
    """What a layer, or an operation between layers, uses.

    Args:
        part: a Keras layer or operation.

    Returns:
        List of `Use`: the layer itself, then the functions of `keras.ops` that its class calls.

    Example:

    >>> [use.names[0] for use in uses_of_part(keras.layers.Embedding(3, 4))][0]
    'Embedding'
    """
    kind = "layer" if isinstance(part, keras.Layer) else "operation"
    names = _class_names(type(part))
    settings = {**function_settings(part), **_public(part)}
    own = Use(kind, names, _asked(settings))
    layer_class: Any = type(part)
    return [own, *(_calls(layer_class) if kind == "layer" else ())]


def compiled_uses(model: keras.Model) -> list[Use]:
    """The losses, the metrics and the optimizer that a model is compiled with.

    Args:
        model: a Keras model.

    Returns:
        List of `Use`, empty where it is not compiled.

    Example:

    >>> compiled_uses(keras.Sequential([keras.layers.Dense(1)]))
    []
    """
    if not model.compiled:
        return []
    losses = keras.tree.flatten(getattr(model, "loss", None))
    found = [_function_use("loss", keras.losses.get, loss) for loss in losses if loss is not None]
    found += [
        _function_use("metric", keras.metrics.get, metric)
        for metric in _innermost(getattr(model, "metrics", []))
    ]
    optimizer = getattr(model, "optimizer", None)
    if optimizer is not None:
        # Those of this library sum gradients as Keras' own do not.
        is_ours = isinstance(optimizer, LayerwiseUpdates)
        names = (type(optimizer).__name__,) if is_ours else _class_names(type(optimizer))
        found.append(Use("optimizer", names, _asked(function_settings(optimizer))))
    return found


def _function_use(kind: str, get: Any, given: Any) -> Use:
    """A loss or a metric, given as an object, a function or a name."""
    try:
        found = get(given)
    except ValueError:  # What Keras does not know, it says where it is used.
        found = given
    if isinstance(found, str) or not hasattr(found, "get_config"):
        return Use(kind, (getattr(found, "__name__", str(found)),))
    return Use(kind, _class_names(type(found)), _asked(function_settings(found)))


def _innermost(metrics: Any) -> Iterator[Any]:
    """Metrics, those that hold others replaced by what they hold."""
    for metric in metrics:
        if type(metric).__name__ == "CompileMetrics":
            yield from _innermost(metric.metrics)
        else:
            yield metric


def _class_names(kind: type) -> tuple[str, ...]:
    """The names of a class and of those that it is derived from, Keras' foundations left out."""
    names = [one.__name__ for one in kind.__mro__ if one.__name__ not in _NO_CLASSES]
    return tuple(names) or (kind.__name__,)


def _public(part: Any) -> dict[str, Any]:
    """What a layer or operation is set to now, of what is asked for."""
    return {name: value for name, value in vars(part).items() if name in asked_settings()}


def _asked(settings: dict[str, Any]) -> dict[str, Any]:
    """What is asked for, of settings, as plain data."""
    plain = (str, int, float, bool, type(None))
    return {
        name: settings[name] if isinstance(settings[name], plain) else UNKNOWN
        for name in sorted(asked_settings())
        if name in settings
    }


@cache
def _calls(kind: type) -> tuple[Use, ...]:
    """The functions of `keras.ops` that a class of layers calls, as its source says."""
    found = []
    for one in kind.__mro__:
        if one is keras.Layer:
            break
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(one)))
        except (OSError, TypeError, SyntaxError):  # A class made in a session has no source.
            continue
        names = vars(sys.modules.get(one.__module__, object))
        calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
        found += [use for call in calls if (use := _operation(call, names)) is not None]
    return tuple(found)


def _operation(call: ast.Call, names: Any) -> Use | None:
    """A call of a function of `keras.ops`, or None for any other."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    function = getattr(keras.ops, name, None)
    if function is None or _resolved(call.func, names) is not function:
        return None
    parameters = inspect.signature(function).parameters
    settings = {key: one.default for key, one in parameters.items()}
    settings |= dict(zip(parameters, map(_literal, call.args), strict=False))
    settings |= {one.arg: _literal(one.value) for one in call.keywords if one.arg is not None}
    return Use("operation", (name,), _asked(settings))


def _resolved(node: ast.expr, names: Any) -> Any:
    """What a name in a source stands for, such as `keras.ops.dot`, without running anything."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        holder = _resolved(node.value, names)
        return getattr(holder, node.attr, None) if inspect.ismodule(holder) else None
    return None


def _literal(node: ast.expr) -> Any:
    """The value that a source says, or that it is not known."""
    try:
        return ast.literal_eval(node)
    except ValueError:
        return UNKNOWN
