"""A plan resolved against a model, or a model as it is, as a table."""

from collections.abc import Iterable, Mapping
from math import prod
from typing import TYPE_CHECKING, Any

from kerastune.backends import nested_layers
from kerastune.errors import InputError
from kerastune.tuning.adapters.adapted import adapted_layers
from kerastune.tuning.adapters.attaching import attached
from kerastune.tuning.freezing.trainability import (
    never_trained,
    restored_trainability,
    train_only,
)
from kerastune.tuning.groups.grouping import layer_groups
from kerastune.tuning.plans.described import (
    given_rate,
    optimizer_label,
    schedule_label,
    update_labels,
    weight_decay,
)
from kerastune.tuning.plans.optimizer_objects import is_schedule
from kerastune.tuning.plans.plan import Plan
from kerastune.tuning.pruning.targets import pruned_weights
from kerastune.tuning.rates.multipliers import stage_multipliers
from kerastune.tuning.tables.rows import PlanRow, PlanTable

if TYPE_CHECKING:
    import keras

    from kerastune.tuning.plans.stage import Stage


def plan_table(model: "keras.Model", plan: Plan, steps_per_epoch: int | None = None) -> PlanTable:
    """Resolves a plan against a model, before anything trains.

    Args:
        model: a built Keras model.
        plan: the `Plan`.
        steps_per_epoch: int, the training steps of one epoch, or None. Without it, the
            highest rate that a schedule object reaches in a stage of epochs is not known, and
            the table shows by what it is multiplied.

    Returns:
        A `PlanTable`, with one row for each layer group and stage.

    Raises:
        NoMatchError: if a pattern of a stage matches nothing.
        InputError: if a stage is too short for the gradients that it accumulates.

    Example:

    >>> import keras
    >>> from kerastune.tuning import head_only
    >>> body = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="body")])
    >>> model = keras.Sequential([body, keras.layers.Dense(1, name="head_output")])
    >>> table = plan_table(model, head_only(epochs=1, learning_rate=0.01))
    >>> [(row.group, row.parameters, row.trainable) for row in table.rows]
    [('body', 9, 0), ('head', 4, 4)]
    """
    rows: list[PlanRow] = []
    with restored_trainability(model), attached(model, plan.adapters):
        groups, never = layer_groups(model), never_trained(model)
        for stage in plan.stages:
            if steps_per_epoch is not None:
                stage.total_steps(steps_per_epoch)
            train_only(model, stage.trainable, batch_norm=stage.batch_norm, dropout=stage.dropout)
            multipliers = _by_id(stage_multipliers(model, stage))
            if stage.quantization is not None:
                _require_quantizable(model, stage)
            if stage.pruning is not None:
                pruned_weights(model, stage.pruning)  # Refuses what cannot be pruned, before all.
            rate, decay = _highest_rate(stage, steps_per_epoch), weight_decay(stage)
            rows += _rows(model, groups, never, stage.name, multipliers, rate, decay)
    stages = {
        stage.name: "\n".join(
            (stage.duration, optimizer_label(stage), *update_labels(stage), schedule_label(stage))
        )
        for stage in plan.stages
    }
    return PlanTable(f"Plan: {plan.name}", stages, tuple(rows))


def trainability_table(model: "keras.Model") -> PlanTable:
    """Returns the table of what trains in a model as it is.

    Args:
        model: a built Keras model.

    Returns:
        A `PlanTable` of one stage. Learning rates are in it if the model is compiled.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> trainability_table(model).rows[0].trainable
    3
    """
    multipliers: dict[int, float] = {}
    rate = decay = None
    if model.compiled:
        from kerastune.backends.optimizers import inner_optimizer, variable_settings_of

        optimizer = inner_optimizer(model.optimizer)
        decay = optimizer.weight_decay
        known = variable_settings_of(optimizer, model).values()
        rate = float(optimizer.learning_rate)
        multipliers = _by_id(
            (weight, settings.multiplier)
            for weight, settings in zip(model.weights, known, strict=True)
        )
    groups, never = layer_groups(model), never_trained(model)
    rows = _rows(model, groups, never, "now", multipliers, rate, decay)
    return PlanTable(f"What trains in {model.name}", {"now": ""}, tuple(rows))


def _require_quantizable(model: "keras.Model", stage: "Stage") -> None:
    """Raises unless layers can compute as if they were quantized, before anything trains."""
    from kerastune.backends.quantized_layers import quantizable_layers

    if adapted_layers(model):
        raise InputError(
            f"Expected no adapters where layers compute as if quantized, in {stage.name!r}. "
            f"Received: quantization={stage.quantization!r} for {model.name!r}, which has some. "
            "Merge them, and train a plan without them"
        )
    if not quantizable_layers(model, str(stage.quantization)):
        raise InputError(
            f"Expected a model with layers that Keras quantizes, such as Dense, in {stage.name!r}. "
            f"Received: quantization={stage.quantization!r} for {model.name!r}, which has none"
        )


def _by_id(multipliers: "Iterable[tuple[keras.Variable, float]]") -> dict[int, float]:
    return {id(weight): multiplier for weight, multiplier in multipliers}


def _highest_rate(stage: "Stage", steps_per_epoch: int | None) -> float | None:
    """Returns the highest learning rate of a stage, or None if it depends on an unknown length."""
    rate = given_rate(stage)
    if not is_schedule(rate):
        return rate
    if steps_per_epoch is None and stage.epochs is not None:
        return None
    from kerastune.tuning.rates.schedules import learning_rates

    rates = learning_rates(stage, stage.total_steps(steps_per_epoch or 1))
    # Of float32 more digits than these mean nothing.
    return float(f"{rates.max():.6g}")


def _rows(
    model: "keras.Model",
    groups: "Mapping[str, list[keras.Variable]]",
    never: set[int],
    stage: str,
    multipliers: Mapping[int, float],
    rate: float | None,
    decay: float | None,
) -> Iterable[PlanRow]:
    """Returns a row for each group, read off the model as it is frozen."""
    training = {id(weight) for weight in model.trainable_variables}
    for name, weights in groups.items():
        chosen = [weight for weight in weights if id(weight) in training]
        known = [multipliers[id(weight)] for weight in chosen if id(weight) in multipliers]
        scales = (max(known), min(known)) if known else (None, None)
        yield PlanRow(
            stage=stage,
            group=name,
            parameters=_size(weights),
            statistics=_size(weight for weight in weights if id(weight) in never),
            trainable=_size(chosen),
            learning_rate=_times(scales[0], rate),
            slowest_learning_rate=_times(scales[1], rate),
            weight_decay=decay if chosen else None,
            batch_norm=_batch_norm_mode(model, weights),
            multiplier=scales[0],
            lowest_multiplier=scales[1],
        )


def _times(multiplier: float | None, rate: float | None) -> float | None:
    """Returns a rate times a multiplier, where both are known."""
    return None if multiplier is None or rate is None else rate * multiplier


def _batch_norm_mode(model: "keras.Model", weights: "list[keras.Variable]") -> str | None:
    import keras

    members = {id(weight) for weight in weights}
    modes = {
        _mode(layer)
        for layer in nested_layers(model)
        if isinstance(layer, keras.layers.BatchNormalization)
        and any(id(weight) in members for weight in layer.weights)
    }
    return ", ".join(sorted(modes)) or None


def _mode(norm: "keras.layers.BatchNormalization") -> str:
    if not norm.trainable:
        return "inference"
    # Without scale and offset, the statistics are all that moves.
    return "trains" if norm.trainable_variables else "statistics"


def _size(weights: Any) -> int:
    return sum(prod(weight.shape) for weight in weights)
