"""Which layers run in a forward pass, in order, and what each of them is given."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import keras

from kerastune.backends.forward_pass import kept_values, watched_calls
from kerastune.backends.jacobians import to_numpy
from kerastune.comparison.tensors import Arrays, UnpackableError, pack


@dataclass
class Calls:
    """The calls of a forward pass.

    Args:
        calls: list of dictionaries with `part`, the place of the layer in `parts`, and
            `arguments`, as `pack` writes them, in the order in which layers finish.
        parts: list of the layers and operations that were called, in that order.
        arrays: the `Arrays` of the arguments.
        left_out: dictionary from the name of a layer to why its call could not be kept.
    """

    calls: list[dict[str, Any]] = field(default_factory=list)
    parts: list[Any] = field(default_factory=list)
    arrays: Arrays = field(default_factory=Arrays)
    left_out: dict[str, str] = field(default_factory=dict)


def record_calls(model: keras.Model, inputs: Any) -> Calls:
    """Run a model in inference mode, and keep what each part of it was given.

    Args:
        model: a built Keras model. Its weights stay as they are.
        inputs: arrays in the structure that the model takes.

    Returns:
        The `Calls` of layers at any depth, and of operations between them. A recurrent layer is
        one part, with its cells in it.

    Example:

    >>> import numpy as np
    >>> x = keras.Input((2,))
    >>> model = keras.Model(x, keras.ops.relu(keras.layers.Dense(3, name="dense")(x)))
    >>> calls = record_calls(model, np.ones((1, 2), "float32"))
    >>> [type(calls.parts[call["part"]]).__name__ for call in calls.calls]
    ['Dense', 'Relu']
    """
    calls = Calls()
    with kept_values(model.variables), _watched(model, calls, keep=True):
        model(inputs, training=False)
    return calls


def called_parts(model: keras.Model, inputs: Any) -> list[Any]:
    """The layers and operations that a model uses, in the order in which they first finish.

    Args:
        model: a built Keras model. Its weights stay as they are.
        inputs: arrays in the structure that the model takes.

    Example:

    >>> import numpy as np
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="dense")])
    >>> [part.name for part in called_parts(model, np.ones((1, 2), "float32"))]
    ['dense']
    """
    calls = Calls()
    with kept_values(model.variables), _watched(model, calls, keep=False):
        model(inputs, training=False)
    return calls.parts


@contextmanager
def _watched(model: keras.Model, calls: Calls, *, keep: bool) -> Iterator[None]:
    """Write down every call of a part of a model, for the length of a `with` block."""
    places: dict[int, int] = {}

    def see(part: Any, arguments: Any, options: Any) -> Callable[[Any], None]:
        packed = _packed(part, arguments, options, calls) if keep else None

        def write(_: Any) -> None:
            if id(part) not in places:
                places[id(part)] = len(calls.parts)
                calls.parts.append(part)
            if packed is not None:
                calls.calls.append({"part": places[id(part)], "arguments": packed})

        return write

    with watched_calls(model, see):
        yield


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
