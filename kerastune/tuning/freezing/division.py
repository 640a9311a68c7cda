"""A model in two: what stays the same while it trains, and the rest."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kerastune.backends import symbolic_inputs
from kerastune.backends.graph_calls import (
    GraphCall,
    carries_mask,
    graph_calls,
    is_plain_graph,
    trains_as_keras_does,
)
from kerastune.tuning.freezing.fixed_layers import is_fixed, products

if TYPE_CHECKING:
    import keras

# Of a smaller share of the products of a pass, keeping the results saves less than it takes.
_LEAST_SHARE = 0.25


@dataclass(frozen=True)
class Division:
    """A model, divided behind the part of which training changes nothing.

    Args:
        fixed: Keras model from the model's inputs to the features, a list of tensors: what the
            rest takes, also such inputs as a mask.
        rest: Keras model from the features to the model's outputs.
        tensors: tuple of int, the identities of the symbolic tensors between them, by which
            two divisions of a model are known to be the same.

    Both are made of the layers of the model itself.
    """

    fixed: "keras.Model"
    rest: "keras.Model"
    tensors: tuple[int, ...]


def divide(model: "keras.Model", *, but_for_augmentation: bool = False) -> Division | None:
    """Returns a model divided behind its frozen part, as far as this gives the same each time.

    Followed are functional and sequential models, also nested in one another. The frozen part
    ends before a layer that trains; that changes its own state, such as batch normalization
    whose statistics move; that is random while training, such as dropout or augmentation; or
    that is of a class that is not Keras', KerasHub's or ours.

    Args:
        model: a built Keras model, in which is set what trains.
        but_for_augmentation: bool, whether the frozen part may hold layers of augmentation.
            Defaults to False.

    Returns:
        A `Division`; or None where the frozen part takes less than a quarter of the products
        of a pass, or a mask passes that no argument of a layer shows, or the model is of a class
        of its own, which may train in its own way.

    Example:

    >>> import keras
    >>> body, head = keras.layers.Dense(3), keras.layers.Dense(1)
    >>> model = keras.Sequential([keras.Input((2,)), body, head])
    >>> divide(model) is None
    True
    >>> body.trainable = False
    >>> divide(model).rest.input_shape
    (None, 3)
    """
    import keras

    if not trains_as_keras_does(model):
        return None
    parts = _parts(model, but_for_augmentation)
    tensors = _between(parts)
    is_worth_it = parts.fixed > 0 and parts.fixed >= _LEAST_SHARE * (parts.fixed + parts.open)
    if not is_worth_it or any(map(carries_mask, tensors)):
        return None
    fixed = keras.Model(symbolic_inputs(model), parts.features, name="fixed")
    return Division(fixed, _rest(model, parts), tuple(map(id, tensors)))


@dataclass(frozen=True)
class _Parts:
    """The calls of a model that are fixed, and those that are open."""

    # The products that both take for a sample.
    fixed: int
    open: int
    open_calls: list[GraphCall]
    # By the position of an open call of a nested model: the parts of that model.
    opened: "dict[int, tuple[keras.Model, _Parts]]"
    # Tensors of the model itself that open calls take, or it gives.
    taken: "list[keras.KerasTensor]"
    # What comes between both parts, computed from the inputs of the model.
    features: "list[keras.KerasTensor]"


def _parts(model: "keras.Model", but_for_augmentation: bool) -> _Parts:
    """Sort the calls of a model into those that are fixed and those that are open."""
    import keras

    known = {id(tensor): tensor for tensor in model.inputs}
    fixed = open_ = 0
    open_calls: list[GraphCall] = []
    opened: dict[int, tuple[keras.Model, _Parts]] = {}
    taken: dict[int, keras.KerasTensor] = {}
    features: list[keras.KerasTensor] = []
    for call in graph_calls(model.inputs, model.outputs):
        are_known = all(id(tensor) in known for tensor in call.inputs)
        cost = products(call.operation, call.outputs)
        if are_known and is_fixed(call.operation, but_for_augmentation=but_for_augmentation):
            known |= {id(tensor): tensor for tensor in call.outputs}
            fixed += cost
            continue
        inner = _opened(call, but_for_augmentation) if are_known else None
        if inner is not None:
            fixed, open_ = fixed + inner.fixed, open_ + inner.open
            opened[len(open_calls)] = (call.operation, inner)
            within = keras.Model(call.operation.inputs, inner.features, name="within")
            features += keras.tree.flatten(within(call.inputs))
        else:
            open_ += cost
            taken |= {id(tensor): tensor for tensor in call.inputs if id(tensor) in known}
        open_calls.append(call)
    taken |= {id(tensor): tensor for tensor in model.outputs if id(tensor) in known}
    return _Parts(
        fixed, open_, open_calls, opened, list(taken.values()), [*features, *taken.values()]
    )


def _opened(call: GraphCall, but_for_augmentation: bool) -> _Parts | None:
    """The parts of a nested model that has a fixed part, or None."""
    model = call.operation
    if not is_plain_graph(model) or not call.takes_only_inputs:
        return None
    if len(call.inputs) != len(model.inputs):
        return None
    parts = _parts(model, but_for_augmentation)
    return parts if parts.fixed else None


def _between(parts: _Parts) -> "list[keras.KerasTensor]":
    """The symbolic tensors between both parts, each of the graph in which it was made."""
    inner = [tensor for _, nested in parts.opened.values() for tensor in _between(nested)]
    return [*inner, *parts.taken]


def _rest(model: "keras.Model", parts: _Parts) -> "keras.Model":
    """The model from the tensors between both parts to the outputs."""
    import keras

    inputs = [
        keras.Input(batch_shape=(None, *tensor.shape[1:]), dtype=tensor.dtype)
        for tensor in _between(parts)
    ]
    places: dict[int, Any] = {}
    left = list(inputs)
    inner = {
        position: [left.pop(0) for _ in _between(nested)]
        for position, (_, nested) in parts.opened.items()
    }
    places |= {id(tensor): given for tensor, given in zip(parts.taken, left, strict=True)}
    for position, call in enumerate(parts.open_calls):
        if position in inner:
            nested, its_parts = parts.opened[position]
            given = _rest(nested, its_parts)(inner[position])
        else:
            given = call.again(places)
        places |= {
            id(tensor): made
            for tensor, made in zip(call.outputs, keras.tree.flatten(given), strict=True)
        }
    outputs = [places[id(tensor)] for tensor in model.outputs]
    structure = model.outputs[0] if isinstance(model, keras.Sequential) else model.output
    return keras.Model(inputs, keras.tree.pack_sequence_as(structure, outputs), name="rest")
