"""Which layers run in a forward pass, in order, and what each of them is given."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras

from kerastune.backends import nested_layers
from kerastune.backends.jacobians import to_numpy
from kerastune.comparison.tensors import Arrays, UnpackableError, pack

# One layer to a reader, though it calls others many times, on some backends while they compile.
_CLOSED = (keras.layers.RNN, keras.layers.TimeDistributed)
# They compute nothing themselves: their layers are recorded.
_TRANSPARENT = ("Functional", "Sequential")


@dataclass
class Calls:
    """The calls of a forward pass.

    Args:
        calls: list of dictionaries with `part`, the place of the layer in `parts_of(model)`,
            and `arguments`, as `pack` writes them, in the order in which layers finish.
        arrays: the `Arrays` of the arguments.
        left_out: dictionary from the name of a layer to why its call could not be kept.
    """

    calls: list[dict[str, Any]] = field(default_factory=list)
    arrays: Arrays = field(default_factory=Arrays)
    left_out: dict[str, str] = field(default_factory=dict)


def parts_of(model: keras.Model) -> list[Any]:
    """What a model computes with: its layers at any depth, and operations between them.

    Args:
        model: a built Keras model.

    Returns:
        List, in an order that depends on how the model is built alone.

    Example:

    >>> x = keras.Input((2,))
    >>> model = keras.Model(x, keras.ops.relu(keras.layers.Dense(3, name="dense")(x)))
    >>> [type(part).__name__ for part in parts_of(model)]
    ['InputLayer', 'Dense', 'Relu']
    """
    layers = nested_layers(model)
    found = {id(layer): layer for layer in layers}
    for holder in (model, *layers):
        for operation in _operations(holder):
            found.setdefault(id(operation), operation)
    return list(found.values())


def record_calls(model: keras.Model, inputs: Any) -> Calls:
    """Run a model in inference mode, and keep what each part of it was given.

    Args:
        model: a built Keras model.
        inputs: arrays in the structure that the model takes.

    Returns:
        The `Calls`. A recurrent layer is one part, with its cells in it.

    Example:

    >>> import numpy as np
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    >>> len(record_calls(model, np.ones((1, 2), "float32")).calls)
    1
    """
    parts = parts_of(model)
    calls = Calls()
    with _watched(parts, calls):
        model(inputs, training=False)
    return calls


@contextmanager
def _watched(parts: Sequence[Any], calls: Calls) -> Iterator[None]:
    """Let every call of a part be kept, for the length of a `with` block."""
    places = {id(part): place for place, part in enumerate(parts)}
    former = keras.Operation.__call__
    inside: list[Any] = []

    def call(self: Any, *arguments: Any, **options: Any) -> Any:
        is_part = id(self) in places and type(self).__name__ not in _TRANSPARENT
        if not is_part or any(isinstance(one, _CLOSED) for one in inside):
            return former(self, *arguments, **options)
        inside.append(self)
        try:
            packed = _packed(self, arguments, options, calls)
            outputs = former(self, *arguments, **options)
        finally:
            inside.pop()
        if packed is not None:
            calls.calls.append({"part": places[id(self)], "arguments": packed})
        return outputs

    keras.Operation.__call__ = call
    try:
        yield
    finally:
        keras.Operation.__call__ = former


def _packed(part: Any, arguments: Any, options: Any, calls: Calls) -> dict[str, Any] | None:
    """The arguments of a call as plain data, or None where they cannot be kept."""
    options = {name: value for name, value in options.items() if name != "training"}
    try:
        return pack((list(arguments), options), calls.arrays, to_numpy)
    except UnpackableError as error:
        calls.left_out[part.name] = f"it is given {error}"
    # Whatever a backend raises for tensors without values, inside what it compiles.
    except Exception as error:
        calls.left_out[part.name] = f"what it is given has no value: {type(error).__name__}"
    return None


def _operations(holder: Any) -> list[Any]:
    """The operations of a functional or sequential model that are no layers."""
    if type(holder).__name__ not in _TRANSPARENT and not isinstance(holder, keras.Model):
        return []
    try:
        operations = list(holder.operations)
    except (AttributeError, ValueError):
        return []
    return [one for one in operations if not isinstance(one, keras.layers.Layer)]
