"""By how much the learning rate of each variable is multiplied."""

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING

from kerastune.errors import InputError
from kerastune.tuning.groups.grouping import layer_groups
from kerastune.tuning.patterns.matching import match
from kerastune.tuning.plans.described import given_rate

if TYPE_CHECKING:
    import keras

    from kerastune.tuning.plans.stage import Stage

    Multipliers = list[tuple[keras.Variable, float]]


def decayed(model: "keras.Model", layer_decay: float, min_scale: float = 0.0) -> "Multipliers":
    """Returns multipliers that fall from the last layer group to the first by a constant factor.

    Group `i` of `n`, counted from 0, gets `layer_decay ** (n - 1 - i)`. For a transformer
    of 12 blocks this is the rule of BEiT: `layer_decay ** 13` for the embeddings,
    `layer_decay ** (12 - i)` for block `i`, 1 for the head.

    Args:
        model: a built Keras model.
        layer_decay: float above 0, at most 1.
        min_scale: float from 0 to 1, the lowest multiplier. Defaults to 0.

    Returns:
        List of pairs of variable and multiplier, one for every weight of the model.

    Raises:
        InputError: if a number is out of its range.

    Reference:
        Bao et al., 2021, "BEiT: BERT Pre-Training of Image Transformers",
        https://arxiv.org/abs/2106.08254

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2), keras.layers.Dense(1)])
    >>> [multiplier for _, multiplier in decayed(model, layer_decay=0.5)]
    [0.5, 0.5, 1.0, 1.0]
    """
    numbers = isinstance(layer_decay, (int, float)) and isinstance(min_scale, (int, float))
    if not numbers or not 0 < layer_decay <= 1 or not 0 <= min_scale <= 1:
        raise InputError(
            "Expected `layer_decay` above 0, at most 1, and `min_scale` from 0 to 1. "
            f"Received: layer_decay={layer_decay}, min_scale={min_scale}"
        )
    return _by_depth(layer_groups(model), layer_decay, min_scale)


def spread(model: "keras.Model", lowest: float, highest: float) -> "Multipliers":
    """Returns multipliers that grow from the first layer group to the last geometrically.

    This is what fastai does with `slice(lowest, highest)`.

    Args:
        model: a built Keras model.
        lowest: float, the learning rate of the first group.
        highest: float, the learning rate of the last group, whose multiplier is 1.

    Returns:
        List of pairs of variable and multiplier, one for every weight of the model.

    Raises:
        InputError: if the rates are not above 0, or not in this order.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2), keras.layers.Dense(1)])
    >>> [round(multiplier, 3) for _, multiplier in spread(model, 1e-5, 1e-3)]
    [0.01, 0.01, 1.0, 1.0]
    """
    if not 0 < lowest <= highest or not isfinite(highest):
        raise InputError(
            f"Expected learning rates above 0, the lower first. Received: {lowest} and {highest}"
        )
    groups = layer_groups(model)
    return _by_depth(groups, (lowest / highest) ** (1 / max(1, len(groups) - 1)))


def by_pattern(model: "keras.Model", rates: Mapping[str, float]) -> "Multipliers":
    """Returns multipliers by pattern.

    Args:
        model: a built Keras model.
        rates: dictionary from pattern to multiplier. Where patterns overlap, the last
            one holds; what none names has the multiplier 1.

    Returns:
        List of pairs of variable and multiplier, one for every weight of the model.

    Raises:
        NoMatchError: if a pattern matches nothing.
        InputError: if a multiplier is negative.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> [multiplier for _, multiplier in by_pattern(model, {"all": 0.5, "bias": 2.0})]
    [0.5, 2.0]
    """
    wrong = {
        name: rate
        for name, rate in rates.items()
        if not isinstance(rate, (int, float)) or not 0 <= rate < float("inf")
    }
    if wrong or not rates:
        raise InputError(f"Expected patterns with multipliers of at least 0. Received: {rates}")
    found: dict[int, float] = {}
    for pattern, rate in rates.items():
        found.update((id(variable), rate) for variable in match(model, pattern))
    return [(variable, found.get(id(variable), 1.0)) for variable in model.weights]


def stage_multipliers(model: "keras.Model", stage: "Stage") -> "Multipliers":
    """Returns the multipliers that a stage asks for.

    Args:
        model: a built Keras model.
        stage: the `Stage`.

    Returns:
        List of pairs of variable and multiplier, one for every weight of the model.

    Raises:
        NoMatchError: if a pattern of `stage.rates` matches nothing.

    Example:

    >>> import keras
    >>> from kerastune.tuning import Stage
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> stage = Stage("slow", epochs=1, learning_rate=0.1, rates={"bias": 0.5})
    >>> [multiplier for _, multiplier in stage_multipliers(model, stage)]
    [1.0, 0.5]
    """
    if stage.rates is not None:
        return by_pattern(model, stage.rates)
    if stage.lowest_learning_rate is not None:
        return spread(model, stage.lowest_learning_rate, given_rate(stage))
    return decayed(model, stage.layer_decay, stage.min_scale)


def _by_depth(
    groups: "Mapping[str, list[keras.Variable]]", factor: float, lowest: float = 0.0
) -> "Multipliers":
    """Returns the factor to the power of how many groups come after."""
    return [
        (variable, max(lowest, factor ** (len(groups) - 1 - depth)))
        for depth, variables in enumerate(groups.values())
        for variable in variables
    ]
