"""The towers of a model: pretrained parts side by side, of which each has a depth of its own."""

from itertools import combinations
from typing import TYPE_CHECKING

from kerastune.tuning.groups.graph import LayerCall, has_graph, layer_calls

if TYPE_CHECKING:
    import keras


def find_towers(container: "keras.Model") -> "list[keras.Model]":
    """Returns the towers of a model: nested models side by side, as in CLIP.

    They are its nested models with weights, if there are several, and all of this holds:

    - none of them takes what another gives, so that an encoder and its decoder, or the blocks of
      one network, are no towers: depth goes on from one to the next;
    - no weights come before them;
    - they hold at least half of the variables.

    Args:
        container: a built Keras model: the whole, or its backbone.

    Returns:
        List of the nested models in the order of the graph, empty if there are none.

    Example:

    >>> import keras
    >>> def tower(name):
    ...     return keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)], name=name)
    >>> ends = [keras.Input((4,)), keras.Input((4,))]
    >>> sides = [tower(name)(end) for name, end in zip(("left", "right"), ends, strict=True)]
    >>> [one.name for one in find_towers(keras.Model(ends, keras.layers.Dot(1)(sides)))]
    ['left', 'right']
    """
    import keras

    if not has_graph(container):
        return []
    calls = layer_calls(container)
    nested = {
        place: call.layer
        for place, call in enumerate(calls)
        if isinstance(call.layer, keras.Model) and call.weights
    }
    towers = list({id(layer): layer for layer in nested.values()}.values())
    if len(towers) < 2:
        return []
    before = _calls_before(calls)
    is_apart = all(one not in before[other] for one, other in combinations(sorted(nested), 2))
    is_first = not any(calls[place].weights for one in nested for place in before[one])
    held = sum(len(tower.weights) for tower in towers)
    is_most = 2 * held >= len(container.weights)
    return towers if is_apart and is_first and is_most else []


def _calls_before(calls: list[LayerCall]) -> list[set[int]]:
    """Returns the positions of all calls that each depends on."""
    found: list[set[int]] = []
    for call in calls:
        found.append(set(call.inputs).union(*(found[place] for place in call.inputs)))
    return found
