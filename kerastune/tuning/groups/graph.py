"""The layers of a model in the order in which data passes them, and what feeds what."""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import is_
from typing import TYPE_CHECKING, Any, NamedTuple
from weakref import WeakKeyDictionary

from kerastune.backends import nested_layers
from kerastune.backends.graph_calls import graph_calls

if TYPE_CHECKING:
    import keras


class _KnownCall(NamedTuple):
    """What a `LayerCall` tells, but for the weights, which a layer may get or lose."""

    layer: Any
    inputs: tuple[int, ...]
    used: tuple[int, ...]


# By model: some of its outputs and the calls on the way to them. Which feeds which does not
# change between two symbolic tensors, and groups, patterns and plans ask for it many times.
_FOLLOWED: "WeakKeyDictionary[keras.Model, list[tuple[list[Any], list[_KnownCall]]]]" = (
    WeakKeyDictionary()
)


@dataclass(frozen=True)
class LayerCall:
    """One call of a layer, at its place in a model.

    Args:
        layer: the Keras layer, or an operation without weights.
        weights: list of the variables that it holds.
        inputs: tuple of int, the positions of the calls that feed it.
        used: tuple of int, which of its outputs something takes.
    """

    layer: Any
    weights: "list[keras.Variable]"
    inputs: tuple[int, ...]
    used: tuple[int, ...] = (0,)


def layer_calls(container: "keras.Layer") -> list[LayerCall]:
    """Returns the calls of layers in a model or a composite layer, from input to output.

    A functional or sequential model is followed along its graph. What other models and
    layers compute is not written down, so theirs are taken for a chain, in the order in
    which they became attributes, after the weights that the container itself holds.

    Args:
        container: a built Keras model or layer.

    Returns:
        List of `LayerCall`. A layer that is called several times is in it as often.

    Example:

    >>> import keras
    >>> inputs = keras.Input((2,))
    >>> wide = keras.layers.Dense(3, name="wide")(inputs)
    >>> outputs = keras.layers.Add(name="sum")([wide, keras.layers.Dense(3, name="deep")(wide)])
    >>> [(call.layer.name, call.inputs) for call in layer_calls(keras.Model(inputs, outputs))]
    [('wide', ()), ('deep', (0,)), ('sum', (0, 1))]
    """
    if has_graph(container):
        return calls_to(container, container.outputs)
    own = own_weights(container)
    parts = [(container, own)] if own else []
    parts += [(child, child.weights) for child in direct_layers(container) if child.weights]
    return [
        LayerCall(layer, weights, (position - 1,) if position else ())
        for position, (layer, weights) in enumerate(parts)
    ]


def has_graph(layer: "keras.Layer") -> bool:
    """Returns whether a layer is a functional or built sequential model."""
    import keras

    ends = [getattr(layer, "inputs", None), getattr(layer, "outputs", None)]
    return isinstance(layer, keras.Model) and all(
        isinstance(end, list) and end and all(isinstance(x, keras.KerasTensor) for x in end)
        for end in ends
    )


def direct_layers(container: "keras.Layer") -> "list[keras.Layer]":
    """Returns the layers one level below a model or layer, in the order of its attributes."""
    found = []
    below: set[int] = set()
    for layer in nested_layers(container):
        if id(layer) not in below:
            found.append(layer)
            below.update(id(deeper) for deeper in nested_layers(layer))
    return found


def own_weights(layer: "keras.Layer") -> "list[keras.Variable]":
    """Returns the weights that a layer holds itself, not through the layers below it."""
    below = {id(weight) for child in direct_layers(layer) for weight in child.weights}
    return [weight for weight in layer.weights if id(weight) not in below]


def calls_to(model: "keras.Model", outputs: "Sequence[keras.KerasTensor]") -> list[LayerCall]:
    """Returns the calls of layers on the way from the inputs of a model to some of its outputs.

    Args:
        model: a functional or built sequential model.
        outputs: the symbolic tensors, all of `model.outputs` or some of them.

    Returns:
        List of `LayerCall`, in topological order.
    """
    ends = [*model.inputs, *outputs]
    followed = _FOLLOWED.setdefault(model, [])
    known = (calls for of, calls in followed if len(of) == len(ends) and all(map(is_, of, ends)))
    calls = next(known, None)
    if calls is None:
        calls = _calls(model.inputs, list(outputs))
        followed.append((ends, calls))
    return [
        LayerCall(layer, list(getattr(layer, "weights", [])), inputs, used)
        for layer, inputs, used in calls
    ]


def _calls(
    inputs: "list[keras.KerasTensor]", outputs: "list[keras.KerasTensor]"
) -> list[_KnownCall]:
    """Returns the calls on the way from symbolic inputs to outputs."""
    calls = graph_calls(inputs, outputs)
    makers = {id(tensor): place for place, call in enumerate(calls) for tensor in call.outputs}
    used = {id(tensor) for call in calls for tensor in call.inputs} | set(map(id, outputs))
    return [
        _KnownCall(
            call.operation,
            tuple(sorted({makers[id(tensor)] for tensor in call.inputs if id(tensor) in makers})),
            tuple(index for index, tensor in enumerate(call.outputs) if id(tensor) in used),
        )
        for call in calls
    ]
