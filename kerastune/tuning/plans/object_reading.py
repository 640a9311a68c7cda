"""Optimizers and schedules from plain data, without importing anything that it names."""

from copy import deepcopy
from typing import Any

from kerastune.errors import InputError, closest, reason
from kerastune.tuning.plans.known_objects import complete, described, known_object, refuse_unknown
from kerastune.tuning.plans.object_configs import EXCLUDED, EXCLUDED_VARIABLES
from kerastune.tuning.plans.yaml_values import number_or_same

_KEYS = ("module", "class_name", "config", "registered_name")


def object_from_config(config: Any, setting: str) -> Any:
    """Returns the optimizer or the schedule that `object_config` described.

    Args:
        config: dictionary, also one written by hand, with `class_name` and `config` alone for
            a class of Keras. Numbers may be text (`1e-4`).
        setting: str, `"optimizer"` or `"schedule"`.

    Returns:
        A Keras optimizer or schedule.

    Raises:
        InputError: if it describes none, or a class that is neither Keras' own nor registered
            in this process.

    Example:

    >>> lion = {"class_name": "Lion", "config": {"beta_2": 0.95}}
    >>> object_from_config(lion, "optimizer").beta_2
    0.95
    """
    import keras

    # Registers the classes of this library.
    import kerastune.backends.optimizers
    import kerastune.tuning.plans.keras_schedules  # noqa: F401

    try:
        config = _meant(deepcopy(config))
    except RecursionError as error:  # A dictionary can hold itself.
        raise InputError(
            f"Expected `{setting}` with a configuration that ends. Received: one that is nested "
            "without end, or too deep"
        ) from error
    excluded = _exclusions(config) if setting == "optimizer" else None
    if unknown := [key for key in config if key not in _KEYS]:
        raise InputError(
            f"Expected `{setting}` with {', '.join(_KEYS)}. Received: {unknown}."
            + closest(str(unknown[0]), list(_KEYS))
        )
    for part in described(config):
        complete(part)
        refuse_unknown(part, setting)
    kind = {
        "optimizer": keras.optimizers.Optimizer,
        "schedule": keras.optimizers.schedules.LearningRateSchedule,
    }[setting]
    found = known_object(config) if "class_name" in config else None
    if not isinstance(found, type) or not issubclass(found, kind):
        raise InputError(
            f"Expected `{setting}` by name, or with the `class_name` of a Keras {kind.__name__}. "
            f"Received: {config!r}"
        )
    try:
        made = keras.saving.deserialize_keras_object(config)
    # What a class of somebody's reads may be broken in any way.
    except Exception as error:
        # Around a TypeError, Keras puts another that is longer and says less.
        first = error.__context__ if isinstance(error.__context__, TypeError) else error
        raise InputError(
            f"Expected `{setting}` with a configuration that {config['class_name']} takes. "
            f"Received: {config['config']!r}, where that fails: {reason(first)}"
        ) from error
    if excluded is not None:
        made.exclude_from_weight_decay(var_names=excluded)
    return made


def _exclusions(config: dict[str, Any]) -> list[str] | None:
    """Returns the names that are left out of weight decay, taken out of a configuration."""
    names, variables = config.pop(EXCLUDED, None), config.pop(EXCLUDED_VARIABLES, 0)
    if names is not None and not (
        isinstance(names, list) and all(isinstance(name, str) for name in names)
    ):
        raise InputError(f"Expected `{EXCLUDED}` with a list of names. Received: {names!r}")
    if variables:
        raise InputError(
            "Expected an optimizer that excludes from weight decay by names (`var_names`), which "
            f"text can hold. Received: {variables!r} variables that were excluded one by one. Add "
            "the optimizer in Python: `dataclasses.replace(stage, optimizer=...)`"
        )
    return names


def _meant(value: Any) -> Any:
    """Returns a configuration with numbers where YAML took them for text; names stay text."""
    if isinstance(value, dict):
        return {key: item if key == "name" else _meant(item) for key, item in value.items()}
    return [_meant(item) for item in value] if isinstance(value, list) else number_or_same(value)
