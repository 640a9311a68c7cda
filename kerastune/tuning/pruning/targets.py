"""The weights of a model that the stages of a plan prune, or have pruned."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from kerastune.backends import nested_layers
from kerastune.errors import InputError
from kerastune.tuning.patterns.matching import match
from kerastune.tuning.pruning.setting import Pruning

if TYPE_CHECKING:
    import keras


def pruned_weights(model: "keras.Model", pruning: Pruning) -> "list[keras.Variable]":
    """Returns the weights that are pruned in a model as it trains now.

    Args:
        model: a built Keras model, in which what trains is set.
        pruning: the `Pruning`.

    Returns:
        List of variables, in the model's order.

    Raises:
        NoMatchError: if the targets match nothing.
        InputError: if nothing of them trains, or whole outputs are asked of other layers than
            dense ones and convolutions.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="dense")])
    >>> [weight.name for weight in pruned_weights(model, Pruning(0.5))]
    ['kernel']
    """
    training = {id(weight) for weight in model.trainable_variables}
    found = [weight for weight in match(model, pruning.pattern) if id(weight) in training]
    if not found:
        raise InputError(
            f"Expected targets of pruning that train in the stage. Received: {pruning.pattern!r}, "
            "all of which is frozen. Prune in a stage that trains it"
        )
    if pruning.structured:
        _require_outputs(model, found)
    return found


def sparsities(
    model: "keras.Model", pruning: Pruning | None, before: Sequence[Pruning] = ()
) -> dict[int, float]:
    """Returns the share of each weight that a stage prunes, by the id of the weight.

    Args:
        model: a built Keras model, in which what trains is set.
        pruning: the `Pruning` of the stage, or None.
        before: sequence of the `Pruning` of earlier stages, whose zeros stay.

    Returns:
        Dictionary from id to share; 0 where zeros of before are only kept.

    Raises:
        InputError: as for `pruned_weights`.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    >>> list(sparsities(model, None, [Pruning(0.5)]).values())
    [0.0]
    """
    training = {id(weight) for weight in model.trainable_variables}
    found: dict[int, float] = {}
    for former in before:
        found |= {id(one): 0.0 for one in match(model, former.pattern) if id(one) in training}
    if pruning is not None:
        found |= {id(one): pruning.sparsity for one in pruned_weights(model, pruning)}
    return found


def _require_outputs(model: "keras.Model", weights: "list[keras.Variable]") -> None:
    """Raises unless the last axis of each weight is the outputs of its layer."""
    import keras

    layers = keras.layers
    kinds = (layers.Dense, layers.Conv1D, layers.Conv2D, layers.Conv3D)
    # What transposes has its outputs on another axis.
    others = (layers.Conv1DTranspose, layers.Conv2DTranspose, layers.Conv3DTranspose)
    known = {
        id(layer.kernel)
        for layer in nested_layers(model)
        if isinstance(layer, kinds) and not isinstance(layer, others) and layer.built
    }
    for weight in weights:
        if id(weight) not in known:
            raise InputError(
                "Expected kernels of dense layers and convolutions where whole outputs are pruned. "
                f"Received: {weight.path!r}. Name others in `targets`, or prune single weights"
            )
