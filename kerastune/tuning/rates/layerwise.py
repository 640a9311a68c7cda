"""Discriminative learning rates: one optimizer, one rate, a multiplier for each layer."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from kerastune.errors import InputError
from kerastune.tuning.patterns.matching import match
from kerastune.tuning.rates.multipliers import by_pattern, decayed, spread

if TYPE_CHECKING:
    import keras

    from kerastune.backends.optimizers import LayerwiseUpdates, SettingsByVariable
    from kerastune.tuning.rates.multipliers import Multipliers

ONE_DIMENSIONAL = "one_dimensional"


def layerwise(
    optimizer: "keras.optimizers.Optimizer",
    model: "keras.Model",
    learning_rates: slice | None = None,
    *,
    layer_decay: float | None = None,
    min_scale: float = 0.0,
    lowest_learning_rate: float | None = None,
    rates: Mapping[str, float] | None = None,
    exclude_from_weight_decay: str | None = None,
) -> "LayerwiseUpdates":
    """Returns an optimizer that trains each layer group of a model at a rate of its own.

    It is one Keras optimizer, of a subclass of the class of `optimizer`, with one
    `learning_rate`, which callbacks and schedules change as always; each group trains at
    that rate times its multiplier. The rate is scaled and not the gradient, so the result
    is that of a separate optimizer for each group, except that clipping by global norm is
    over all variables. Weight decay is scaled with the rate. It saves and loads with the
    model, its weight-decay exclusions too (Keras loses those); the process that loads it
    has to import `kerastune.tuning` first.

    One way of `layer_decay`, `lowest_learning_rate`, `rates` and `learning_rates` has to be
    chosen; the first three are called and mean the same as in a `kerastune.Stage`.

    Args:
        optimizer: a Keras optimizer, such as `keras.optimizers.AdamW(1e-4)`. It is not
            changed; if it is built, the new one goes on from its state.
        model: a built Keras model. What is frozen now may be unfrozen later.
        learning_rates: `slice(lowest, highest)`, fastai's way to say
            `lowest_learning_rate`: the rate of the optimizer becomes `highest`; a schedule
            stays, and is the rate of the last group.
        layer_decay: float above 0, at most 1: the rate of a group is that of the group
            after it times this.
        min_scale: float, the lowest multiplier that `layer_decay` gives. Defaults to 0.
        lowest_learning_rate: float, the rate of the first group; those between it and the
            last, which has the optimizer's, are spread geometrically.
        rates: dictionary from pattern to multiplier, see `kerastune.tuning.match`. Where
            patterns overlap, the last one holds; what none names has the multiplier 1.
        exclude_from_weight_decay: pattern of what does not decay, such as
            `"norms | biases"`, or `"one_dimensional"` for all variables with fewer than
            two dimensions. What the optimizer excludes stays so. Defaults to None.

    Returns:
        A Keras optimizer to compile the model with.

    Raises:
        NoMatchError: if a pattern matches nothing.
        InputError: if not just one way is chosen, a number is out of its range, or rates are
            to be spread up to those of a schedule.

    Reference:
        Howard and Ruder, 2018, "Universal Language Model Fine-tuning for Text
        Classification", https://arxiv.org/abs/1801.06146 (discriminative fine-tuning)

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2), keras.layers.Dense(1)])
    >>> optimizer = layerwise(keras.optimizers.AdamW(1e-3), model, layer_decay=0.75)
    >>> model.compile(optimizer, "mse")
    >>> optimizer.learning_rate = 1e-4
    """
    from kerastune.backends.optimizers import successor, variable_settings_of

    if min_scale and layer_decay is None:
        raise InputError(
            f"Expected `min_scale` with `layer_decay` only. Received: min_scale={min_scale}"
        )
    ways = {
        "learning_rates": learning_rates,
        "layer_decay": layer_decay,
        "lowest_learning_rate": lowest_learning_rate,
        "rates": rates,
    }
    chosen = [name for name, value in ways.items() if value is not None]
    if len(chosen) != 1:
        raise InputError(f"Expected one of {', '.join(ways)}. Received: {chosen or 'none of them'}")
    highest = None
    if layer_decay is not None:
        scaled = decayed(model, layer_decay, min_scale)
    elif rates is not None:
        scaled = by_pattern(model, rates)
    elif lowest_learning_rate is not None:
        scaled = spread(model, lowest_learning_rate, _constant_rate(optimizer))
    else:
        lowest, highest = _ends(learning_rates)
        scaled = spread(model, lowest, highest)
    former = variable_settings_of(optimizer, model)
    undecayed = {
        id(weight)
        for weight, settings in zip(model.weights, former.values(), strict=True)
        if not settings.decays
    } | undecayed_ids(model, exclude_from_weight_decay)
    made = successor(optimizer, model, variable_settings(scaled, undecayed, former))
    if highest is not None and not made.is_scheduled:
        made.learning_rate = highest
    return made


def undecayed_ids(model: "keras.Model", exclude: str | None) -> set[int]:
    """Returns the ids of the weights that are excluded from weight decay.

    Args:
        model: a built Keras model.
        exclude: pattern, `"one_dimensional"`, or None.

    Returns:
        Set of int.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, name="dense")])
    >>> undecayed_ids(model, "one_dimensional") == {id(model.layers[0].bias)}
    True
    """
    if exclude is None:
        return set()
    if exclude == ONE_DIMENSIONAL:
        return {id(weight) for weight in model.weights if len(weight.shape) < 2}
    return {id(weight) for weight in match(model, exclude)}


def variable_settings(
    scaled: "Multipliers",
    undecayed: set[int],
    former: "SettingsByVariable | None" = None,
    sparsities: Mapping[int, float] | None = None,
) -> "SettingsByVariable":
    """Returns the settings of an optimizer for each weight.

    Args:
        scaled: list of pairs of weight and multiplier.
        undecayed: set of the ids of weights that do not decay.
        former: the `SettingsByVariable` whose ages, and what they say of pruning, are kept.
            Defaults to none.
        sparsities: dictionary from the id of a weight to the share of it that is pruned. Defaults
            to what `former` says.

    Returns:
        The `SettingsByVariable`.

    Example:

    >>> import keras
    >>> scale = keras.Variable([1.0], name="scale")
    >>> variable_settings([(scale, 0.5)], {id(scale)}).values()
    [VariableSettings(multiplier=0.5, decays=False, age=0, sparsity=None)]
    """
    from kerastune.backends.optimizers import SettingsByVariable, VariableSettings

    def settings(weight: "keras.Variable", multiplier: float) -> VariableSettings:
        kept = (former and former.find(weight)) or VariableSettings()
        sparsity = kept.sparsity if sparsities is None else sparsities.get(id(weight))
        return VariableSettings(multiplier, id(weight) not in undecayed, kept.age, sparsity)

    return SettingsByVariable.of(
        (weight, settings(weight, multiplier)) for weight, multiplier in scaled
    )


def _constant_rate(optimizer: "keras.optimizers.Optimizer") -> float:
    """Returns the learning rate of an optimizer, which must not be a schedule."""
    from kerastune.backends.optimizers import own_learning_rate

    rate = own_learning_rate(optimizer)
    if not isinstance(rate, float):
        raise InputError(
            "Expected `lowest_learning_rate` beside an optimizer whose learning rate is a number. "
            f"Received: {type(rate).__name__}. Say how high it gets, "
            "slice(lowest, highest), or use `layer_decay`"
        )
    return rate


def _ends(learning_rates: slice | None) -> tuple[float, float]:
    """Returns the lowest and the highest rate of a slice."""
    match learning_rates:
        case slice(start=float() | int() as lowest, stop=float() | int() as highest, step=None):
            return lowest, highest
    raise InputError(
        f"Expected slice(lowest, highest), such as slice(1e-5, 1e-3). Received: {learning_rates!r}"
    )
