"""Values of a stage's settings: as text has them, and as a stage holds them."""

from collections.abc import Mapping
from dataclasses import Field
from numbers import Integral, Real
from typing import Any

from kerastune.tuning.adapters.reading import adapter_from
from kerastune.tuning.plans import setting_types as types
from kerastune.tuning.plans.object_reading import object_from_config
from kerastune.tuning.plans.optimizer_objects import (
    check_schedule,
    is_optimizer,
    is_schedule,
    template,
)
from kerastune.tuning.plans.yaml_values import number_or_same
from kerastune.tuning.pruning.setting import Pruning

# Of these, YAML is not asked whether a text is meant as a number.
_TEXTS = (types.Text, types.Pattern, types.MetricName, types.BatchNormMode, types.DropoutMode)


def setting_read(setting: "Field[Any]", value: Any) -> Any:
    """Returns the value of a setting that was read from YAML or JSON.

    A configuration becomes an object of Keras. YAML 1.1 takes `1e-4` for text, and `off` for
    False: both are mended.

    Args:
        setting: the dataclass field of `Stage`.
        value: as it was read.

    Raises:
        InputError: if a configuration is not one of an optimizer or a schedule.

    Example:

    >>> from dataclasses import fields
    >>> from kerastune.tuning import Stage
    >>> by_name = {field.name: field for field in fields(Stage)}
    >>> setting_read(by_name["learning_rate"], "1e-4"), setting_read(by_name["dropout"], False)
    (0.0001, 'off')
    """
    if setting.name in ("optimizer", "schedule") and isinstance(value, dict):
        return object_from_config(value, setting.name)
    if setting.name == "adapters" and value is not None:
        return adapter_from(value)
    if setting.name == "pruning" and value is not None:
        return Pruning.from_dict(number_or_same(value))
    if setting.name == "dropout" and isinstance(value, bool):
        return "on" if value else "off"
    return value if setting.type in _TEXTS else number_or_same(value)


def is_object(value: Any) -> bool:
    """Returns whether a setting is an optimizer or a schedule of Keras.

    Args:
        value: the value of a setting.

    Example:

    >>> is_object("adamw")
    False
    """
    return is_optimizer(value) or is_schedule(value)


def setting_held(value: Any) -> Any:
    """Returns a value as a stage holds it.

    Args:
        value: as it was given.

    Returns:
        Numbers of NumPy, patterns and lists as plain Python values, an optimizer as a copy.

    Raises:
        InputError: if an object cannot be used.

    Example:

    >>> import numpy as np
    >>> setting_held({"head": np.float32(0.5)})
    {'head': 0.5}
    """
    if is_optimizer(value):
        return template(value)
    if is_schedule(value):
        check_schedule(value)
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        return float(value)
    if isinstance(value, Mapping):
        return {str(name): setting_held(item) for name, item in value.items()}
    return tuple(value) if isinstance(value, list) else value
