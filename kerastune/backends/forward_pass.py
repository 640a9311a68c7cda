"""A forward pass whose parts are watched, and which leaves no trace in the model."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from kerastune.backends.choice import select

select()

import keras

from kerastune.backends.layers import nested_layers

# One layer to a reader, though it calls others many times, on some backends while they compile.
_CLOSED = (keras.layers.RNN, keras.layers.TimeDistributed)
# They compute nothing themselves: their layers are seen.
_TRANSPARENT = ("Functional", "Sequential")


def parts_of(model: keras.Model) -> list[Any]:
    """Returns the layers of a model at any depth, and the operations between them.

    Args:
        model: a built Keras model.

    Example:

    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="dense")])
    >>> [part.name for part in parts_of(model)][-1]
    'dense'
    """
    layers = nested_layers(model)
    return [*layers, *(one for holder in (model, *layers) for one in _operations(holder))]


@contextmanager
def watched_calls(
    model: keras.Model, see: Callable[[Any, tuple[Any, ...], dict[str, Any]], Callable[[Any], None]]
) -> Iterator[None]:
    """Lets every call of a part of a model be seen, for the length of a `with` block.

    Args:
        model: a built Keras model.
        see: function that is given a part before each of its calls, with its arguments by place
            and by name, and returns a function for what the call gives. A recurrent layer is one
            part, with its cells in it.

    Yields:
        None.

    Example:

    >>> x = keras.Input((2,))
    >>> model = keras.Model(x, keras.ops.relu(keras.layers.Dense(3, name="dense")(x)))
    >>> seen = []
    >>> def see(part, arguments, options):
    ...     return lambda outputs: seen.append((type(part).__name__, tuple(outputs.shape)))
    >>> with watched_calls(model, see):
    ...     _ = model(keras.ops.ones((4, 2)))
    >>> seen
    [('Dense', (4, 3)), ('Relu', (4, 3))]
    """
    known = {id(part) for part in parts_of(model)}
    former = keras.Operation.__call__
    inside: list[Any] = []

    def call(self: Any, *arguments: Any, **options: Any) -> Any:
        is_part = id(self) in known and type(self).__name__ not in _TRANSPARENT
        if not is_part or any(isinstance(one, _CLOSED) for one in inside):
            return former(self, *arguments, **options)
        inside.append(self)
        try:
            after = see(self, arguments, options)
            outputs = former(self, *arguments, **options)
        finally:
            inside.pop()
        after(outputs)
        return outputs

    keras.Operation.__call__ = call
    try:
        yield
    finally:
        keras.Operation.__call__ = former


@contextmanager
def kept_values(variables: Sequence[keras.Variable]) -> Iterator[None]:
    """Puts the values of variables back at the end of a `with` block.

    Args:
        variables: sequence of built Keras variables.

    Yields:
        None.

    Example:

    >>> weight = keras.Variable(1.0)
    >>> with kept_values([weight]):
    ...     _ = weight.assign(2.0)
    >>> float(keras.ops.convert_to_numpy(weight))
    1.0
    """
    former = [(variable, keras.ops.convert_to_numpy(variable).copy()) for variable in variables]
    try:
        yield
    finally:
        for variable, value in former:
            variable.assign(value)


def _operations(holder: Any) -> list[Any]:
    """The operations of a functional or sequential model that are no layers."""
    if type(holder).__name__ not in _TRANSPARENT and not isinstance(holder, keras.Model):
        return []
    try:
        operations = list(holder.operations)
    except (AttributeError, ValueError):
        return []
    return [one for one in operations if not isinstance(one, keras.layers.Layer)]
