"""The calls of layers that make up a model, as Keras keeps them, and calling some again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class GraphCall:
    """One call of a layer or operation in a functional model.

    Args:
        operation: the Keras layer or operation.
        inputs: list of the symbolic tensors that it takes.
        outputs: list of the symbolic tensors that it gives.
        again: function from a dictionary, from the `id` of a tensor to the one in its place,
            to what the operation gives for those.
        takes_only_inputs: bool, whether the tensors are its inputs, and none is another
            argument, such as a mask.
    """

    operation: Any
    inputs: "list[keras.KerasTensor]"
    outputs: "list[keras.KerasTensor]"
    again: Callable[[Mapping[int, Any]], Any]
    takes_only_inputs: bool


def graph_calls(
    inputs: "Sequence[keras.KerasTensor]", outputs: "Sequence[keras.KerasTensor]"
) -> list[GraphCall]:
    """Returns the calls that lead from symbolic inputs to outputs, in an order that works.

    Args:
        inputs: sequence of symbolic tensors, all that the outputs depend on.
        outputs: sequence of symbolic tensors.

    Returns:
        List of `GraphCall`. The inputs themselves are not among them.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="dense")])
    >>> [call.operation.name for call in graph_calls(model.inputs, model.outputs)]
    ['dense']
    """
    import keras

    # In the scope, PyTorch does not ask for values, which a model built without memory has not.
    # Without a name, Keras would count up those of models to come.
    with keras.StatelessScope(initialize_variables=False):
        plain: Any = keras.Model(list(inputs), list(outputs), name="graph")
    depths = plain._nodes_by_depth
    nodes = [node for depth in sorted(depths, reverse=True) for node in depths[depth]]
    return [_graph_call(node) for node in nodes if not node.is_input]


def _graph_call(node: Any) -> GraphCall:
    """A node of Keras' graph as what is needed of it."""
    import keras

    arguments = node.arguments

    def again(places: Mapping[int, Any]) -> Any:
        positional, named = arguments.fill_in(places)
        return node.operation(*positional, **named)

    leaves = keras.tree.flatten((arguments.args[1:], arguments.kwargs))
    return GraphCall(
        node.operation,
        list(node.input_tensors),
        list(node.outputs),
        again,
        takes_only_inputs=not any(isinstance(leaf, keras.KerasTensor) for leaf in leaves),
    )


def is_plain_graph(layer: Any) -> bool:
    """Whether a layer is a model that computes its graph and nothing else.

    A subclass may do more in its `call`.

    Args:
        layer: a Keras layer, model or operation.

    Example:

    >>> import keras
    >>> is_plain_graph(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))
    True
    >>> is_plain_graph(keras.layers.Dense(1))
    False
    """
    import keras
    from keras.src.models.functional import Functional

    return (
        isinstance(layer, keras.Model)
        and layer.built
        and type(layer).call in (Functional.call, keras.Sequential.call)
        and isinstance(getattr(layer, "outputs", None), list)
    )


def trains_as_keras_does(model: "keras.Model") -> bool:
    """Whether a model is functional or sequential, and of no class of its own.

    Args:
        model: a Keras model.

    Example:

    >>> import keras
    >>> trains_as_keras_does(keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)]))
    True
    """
    import keras
    from keras.src.models.functional import Functional

    return type(model) in (Functional, keras.Sequential) and is_plain_graph(model)


def carries_mask(tensor: "keras.KerasTensor") -> bool:
    """Whether a symbolic tensor brings along a mask that no argument shows.

    Args:
        tensor: symbolic tensor.

    Example:

    >>> import keras
    >>> carries_mask(keras.layers.Embedding(3, 2, mask_zero=True)(keras.Input((4,))))
    True
    >>> carries_mask(keras.Input((4,)))
    False
    """
    return getattr(tensor, "_keras_mask", None) is not None


@contextmanager
def takes_also(model: "keras.Model", name: str, rest: "keras.Model") -> Iterator[None]:
    """While this lasts, a model takes the inputs of its last part too.

    What it takes is told apart by its form: a dictionary with one key, `name`, goes through
    `rest`, anything else through the model as before. So `fit` can train on what the first part
    gave, and a callback can predict from inputs as ever.

    Args:
        model: a functional or sequential model.
        name: str.
        rest: functional model from a list of tensors to the model's outputs, made of the
            model's own layers.

    Example:

    >>> import keras
    >>> import numpy as np
    >>> first, last = keras.layers.Dense(3), keras.layers.Dense(1)
    >>> model = keras.Sequential([keras.Input((2,)), first, last])
    >>> features = keras.Input((3,))
    >>> with takes_also(model, "features", keras.Model([features], last(features))):
    ...     model({"features": [np.ones((4, 3))]}).shape == model(np.ones((4, 2))).shape
    True
    """
    whole = model.call

    def call(inputs: Any, training: bool | None = None, mask: Any = None, **options: Any) -> Any:
        if isinstance(inputs, dict) and list(inputs) == [name]:
            return rest(list(inputs[name]), training=training)
        return whole(inputs, training=training, mask=mask, **options)

    changed: Any = model
    # What Keras finds wrong with an input before `call`, `call` itself finds too.
    with _attribute(changed, "call", call), _attribute(changed, "_manual_input_spec", None):
        yield


@contextmanager
def _attribute(owner: Any, name: str, value: Any) -> Iterator[None]:
    """While this lasts, an object has an attribute of its own."""
    held = vars(owner)
    before: Sequence[Any] = [held[name]] if name in held else []
    object.__setattr__(owner, name, value)
    try:
        yield
    finally:
        if before:
            object.__setattr__(owner, name, before[0])
        else:
            object.__delattr__(owner, name)
