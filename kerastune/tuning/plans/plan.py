"""A plan as plain data: the stages of a fine-tuning, printed, saved and compared."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import yaml

from kerastune.errors import InputError, closest, reason
from kerastune.tuning.adapters.adapter import Adapter
from kerastune.tuning.plans.former_sgd import known_sgd, with_momentum
from kerastune.tuning.plans.stage import Stage
from kerastune.untrusted.yaml_text import parse_yaml

FORMAT = 2
"""The number of the format in which plans are written: since 2, `sgd` is without momentum."""


@dataclass(frozen=True)
class Plan:
    """The stages of a fine-tuning, in their order.

    Args:
        name: str, what the plan is called.
        stages: tuple or list of `Stage`, at least one; kept as a tuple.

    Raises:
        InputError: if there is no stage, or two have the same name.

    Example:

    >>> plan = Plan("short", [Stage("only", epochs=2, learning_rate=1e-4)])
    >>> plan.epochs
    2
    >>> Plan.from_yaml(plan.to_yaml()) == plan
    True
    """

    name: str
    stages: Sequence[Stage]

    def __post_init__(self) -> None:
        if (
            not isinstance(self.stages, (tuple, list))
            or not self.stages
            or not all(isinstance(stage, Stage) for stage in self.stages)
        ):
            raise InputError(
                f"Expected a plan of at least one stage, in a list. Received: {self.stages!r}"
            )
        names = [stage.name for stage in self.stages]
        if len(set(names)) < len(names):
            raise InputError(f"Expected stages of different names. Received: {names}")
        object.__setattr__(self, "stages", tuple(self.stages))

    @property
    def epochs(self) -> int | None:
        """int, the most epochs of all stages together, or None if one counts steps alone."""
        epochs = [stage.epochs for stage in self.stages if stage.epochs is not None]
        return sum(epochs) if len(epochs) == len(self.stages) else None

    @property
    def adapters(self) -> tuple[Adapter, ...]:
        """The `Adapter` of each stage that brings one."""
        return tuple(stage.adapters for stage in self.stages if stage.adapters is not None)

    def with_settings(self, **settings: Any) -> "Plan":
        """Returns the plan with settings of all its stages changed.

        Args:
            **settings: settings of `Stage`, by name.

        Returns:
            A `Plan` of the same name.

        Raises:
            InputError: if a setting is unknown, or a stage cannot have it.

        Example:

        >>> plan = Plan("short", [Stage("only", epochs=2, learning_rate=1e-4)])
        >>> plan.with_settings(optimizer="lion", clip_norm=None).stages[0]
        Stage(name='only', epochs=2, learning_rate=0.0001, optimizer='lion', clip_norm=None)
        """
        known = [field.name for field in fields(Stage) if field.name != "name"]
        for name in settings:
            if name not in known:
                raise InputError(
                    f"Expected stage settings out of {known}. Received: {name!r}."
                    + closest(name, known)
                )
        with known_sgd():
            return replace(self, stages=tuple(replace(stage, **settings) for stage in self.stages))

    def to_dict(self) -> dict[str, Any]:
        """Returns the plan as dictionaries and lists without default settings."""
        return {
            "format": FORMAT,
            "name": self.name,
            "stages": [stage.to_dict() for stage in self.stages],
        }

    def to_yaml(self) -> str:
        """Returns the plan as YAML text, which `from_yaml` reads back."""
        return yaml.safe_dump(self.to_dict(), sort_keys=False)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Plan":
        """Returns the plan that `to_dict` described.

        Args:
            values: dictionary with `name`, `stages` and `format`. Without a format, what
                `sgd` meant before there was one is read, with a warning.

        Raises:
            InputError: if a key is missing or unknown, the format is of a later version, or a
                stage has callbacks.
        """
        if (
            not isinstance(values, dict)
            or set(values) - {"format"} != {"name", "stages"}
            or not isinstance(values["stages"], list)
        ):
            raise InputError(
                f"Expected a plan with `name` and a list of `stages`. Received: {values!r}"
            )
        number, stages = values.get("format", 1), values["stages"]
        if isinstance(number, bool) or number not in range(1, FORMAT + 1):
            raise InputError(
                f"Expected a plan of a format from 1 to {FORMAT}. Received: format={number!r}. A "
                "later version of kerastune may read it"
            )
        if number == 1:
            stages = with_momentum(stages)
        with known_sgd():
            return cls(values["name"], tuple(Stage.from_dict(stage) for stage in stages))

    @classmethod
    def from_yaml(cls, text: str) -> "Plan":
        """Returns the plan in a YAML text.

        Args:
            text: str, as written by `to_yaml` or by hand.

        Raises:
            InputError: if the text is not YAML or not a plan.
        """
        try:
            values = parse_yaml(text)
        except ValueError as error:
            raise InputError(f"Expected a plan as YAML. Received: {reason(error)}") from error
        return cls.from_dict(values)
