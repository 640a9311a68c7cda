"""Optimizers and schedules as plain data, and as code."""

import re
from typing import Any

from kerastune.tuning.plans.known_objects import known_object
from kerastune.tuning.plans.optimizer_objects import defaults, is_optimizer, is_schedule

# Beside what Keras writes: it forgets which variables do not decay.
EXCLUDED, EXCLUDED_VARIABLES = "exclude_from_weight_decay", "excluded_variables"


def object_config(value: Any) -> dict[str, Any]:
    """Returns an optimizer or a schedule as plain data.

    Args:
        value: a Keras optimizer or schedule.

    Returns:
        Dictionary as `keras.saving.serialize_keras_object` gives it, with lists for tuples and
        without a name that Keras made up; what an optimizer leaves out of weight decay is added.

    Example:

    >>> import keras
    >>> object_config(keras.optimizers.SGD(0.1))["config"]["learning_rate"]
    0.1
    """
    import keras

    if not is_optimizer(value):
        return dict(_plain(keras.saving.serialize_keras_object(value)))
    from kerastune.backends.optimizers import exclusions, own_learning_rate, public_config

    config = dict(_plain(public_config(value)))
    settings = config["config"]
    if isinstance(settings.get("learning_rate"), float):
        settings["learning_rate"] = own_learning_rate(value)
    made_up = re.sub(r"_\d+$", "", str(settings.get("name"))).replace("_", "")
    if made_up == config["class_name"].lower():
        del settings["name"]
    if excluded := exclusions(value):
        variables, names = excluded
        config[EXCLUDED] = list(names)
        if variables:
            config[EXCLUDED_VARIABLES] = len(variables)
    return config


def comparable(value: Any) -> Any:
    """Returns a value that is equal for optimizers or schedules that do the same.

    Args:
        value: anything. What is neither an optimizer nor a schedule comes back as it is.

    Example:

    >>> import keras
    >>> one, other = keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1)
    >>> one == other, comparable(one) == comparable(other)
    (False, True)
    """
    if is_optimizer(value):
        from kerastune.backends.optimizers import exclusions

        return object_config(value), exclusions(value)
    return object_config(value) if is_schedule(value) else value


def object_code(value: Any) -> str:
    """Returns the call that makes an optimizer or a schedule, without arguments that are as usual.

    Args:
        value: a Keras optimizer or schedule.

    Returns:
        A str for people; without what is excluded from weight decay.

    Example:

    >>> import keras
    >>> object_code(keras.optimizers.Lion(beta_2=0.95))
    'keras.optimizers.Lion(beta_2=0.95)'
    """
    return _code(object_config(value), type(value))


def _plain(value: Any) -> Any:
    """Returns a configuration as YAML and JSON read it back."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


def _code(config: dict[str, Any], kind: type) -> str:
    usual = defaults(kind)
    arguments = []
    for name, value in config["config"].items():
        if name not in usual or value != usual[name]:
            nested = isinstance(value, dict) and "class_name" in value
            arguments.append(f"{name}={_nested_code(value) if nested else repr(value)}")
    module = config["module"] or ""
    place = f"{module}." if module.startswith("keras.") else ""
    return f"{place}{config['class_name']}({', '.join(arguments)})"


def _nested_code(config: dict[str, Any]) -> str:
    """Returns the call that a configuration within another comes to."""
    found = known_object(config)
    return _code(config, found) if isinstance(found, type) else repr(config)
