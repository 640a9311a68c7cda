"""What checkpoints need not hold: the weights of a base that no stage trains."""

from typing import TYPE_CHECKING

import keras

from kerastune.models.base_references import known_base
from kerastune.tuning import match

if TYPE_CHECKING:
    from kerastune.tuning import Plan


def left_out_of_checkpoints(model: keras.Model, plan: "Plan") -> dict[int, str]:
    """Returns the weights that a training finds again as they are when it goes on.

    These are the weights of a base that `load_backbone` or `load_image_backbone` has loaded, which
    are as they were then, and which no stage trains. Statistics, which move without being trained,
    are not among them.

    Args:
        model: a built Keras model, with the adapters of the plan.
        plan: the `Plan`.

    Returns:
        Dictionary from the id of a variable to its SHA-256.

    Raises:
        InputError: if a pattern of the plan matches nothing.

    Example:

    >>> from kerastune.tuning import full
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> left_out_of_checkpoints(model, full(1, 0.1))
    {}
    """
    base = known_base(model)
    if base is None:
        return {}
    trained = {id(weight) for stage in plan.stages for weight in match(model, stage.trainable)}
    left = (base.may_train & base.unchanged()) - trained
    marks = zip(base.weights, base.fingerprints, strict=True)
    return {id(weight): mark for weight, mark in marks if id(weight) in left}
