"""A plan as plain data: the stages of a fine-tuning, printed, saved and compared."""

import re
from dataclasses import asdict, dataclass, fields
from math import isfinite
from typing import Any

import yaml

from kerastune.errors import InputError, closest, reason

SCHEDULES = ("constant", "cosine")
OPTIMIZERS = ("adamw", "sgd")

_RULES = {
    "name": "that is text",
    "epochs": "that is a whole number of at least 1",
    "learning_rate": "above 0",
    "trainable": "that is a pattern",
    "schedule": f"out of {SCHEDULES}",
    "warmup": "from 0 to 1",
    "optimizer": f"out of {OPTIMIZERS}",
    "weight_decay": "of at least 0",
    "clip_norm": "above 0, or None",
}


@dataclass(frozen=True)
class Stage:
    """What trains, at which rate, for how many epochs, on which schedule.

    Args:
        name: str, what the stage is called in tables, logs and pictures.
        epochs: int, how often it goes through the training samples.
        learning_rate: float, the highest rate of the stage.
        trainable: str, the pattern of what trains: `"all"`, `"head"`, `"backbone"`,
            or a name that matches whole parts of variable paths. The rest is frozen.
        schedule: str, `"constant"` or `"cosine"` (down to zero).
        warmup: float from 0 to 1, the share of the stage's steps in which the rate
            rises linearly from zero.
        optimizer: str, `"adamw"` or `"sgd"`.
        weight_decay: float, decoupled decay of kernels and embeddings. Biases and
            the weights of normalization layers are not decayed.
        clip_norm: float, the global norm to which gradients are clipped, or None.

    Raises:
        InputError: if a value is out of its range, with all that is wrong.

    Example:

    >>> Stage("probe", epochs=1, learning_rate=0.01, trainable="head").schedule
    'constant'
    """

    name: str
    epochs: int
    learning_rate: float
    trainable: str = "all"
    schedule: str = "constant"
    warmup: float = 0.0
    optimizer: str = "adamw"
    weight_decay: float = 0.01
    clip_norm: float | None = 1.0

    def __post_init__(self) -> None:
        kept = {
            "name": isinstance(self.name, str) and self.name,
            "epochs": _is_number(self.epochs) and self.epochs >= 1 and self.epochs % 1 == 0,
            "learning_rate": _is_number(self.learning_rate) and self.learning_rate > 0,
            "trainable": isinstance(self.trainable, str) and self.trainable,
            "schedule": self.schedule in SCHEDULES,
            "warmup": _is_number(self.warmup) and 0 <= self.warmup <= 1,
            "optimizer": self.optimizer in OPTIMIZERS,
            "weight_decay": _is_number(self.weight_decay) and self.weight_decay >= 0,
            "clip_norm": self.clip_norm is None
            or (_is_number(self.clip_norm) and self.clip_norm > 0),
        }
        broken = [setting for setting, is_kept in kept.items() if not is_kept]
        if broken:
            expected = ", ".join(f"`{setting}` {_RULES[setting]}" for setting in broken)
            received = ", ".join(f"{setting}={getattr(self, setting)!r}" for setting in broken)
            raise InputError(f"Expected {expected}. Received: {received}")


@dataclass(frozen=True)
class Plan:
    """The stages of a fine-tuning, in their order.

    Args:
        name: str, what the plan is called.
        stages: tuple of `Stage`, at least one.

    Raises:
        InputError: if there is no stage, or two have the same name.

    Example:

    >>> plan = Plan("short", (Stage("only", epochs=2, learning_rate=1e-4),))
    >>> plan.epochs
    2
    >>> Plan.from_yaml(plan.to_yaml()) == plan
    True
    """

    name: str
    stages: tuple[Stage, ...]

    def __post_init__(self) -> None:
        if not self.stages:
            raise InputError(f"Expected a plan of at least one stage. Received: {self.name!r}")
        names = [stage.name for stage in self.stages]
        if len(set(names)) < len(names):
            raise InputError(f"Expected stages of different names. Received: {names}")

    @property
    def epochs(self) -> int:
        """int, the epochs of all stages together."""
        return sum(stage.epochs for stage in self.stages)

    def to_dict(self) -> dict[str, Any]:
        """The plan as dictionaries and lists, for YAML and JSON."""
        return {"name": self.name, "stages": [asdict(stage) for stage in self.stages]}

    def to_yaml(self) -> str:
        """The plan as YAML text, which `from_yaml` reads back."""
        return yaml.safe_dump(self.to_dict(), sort_keys=False)

    @classmethod
    def from_dict(cls, values: dict[str, Any]) -> "Plan":
        """The plan that `to_dict` described.

        Args:
            values: dictionary with `name` and `stages`.

        Raises:
            InputError: if a key is missing or unknown.
        """
        if (
            not isinstance(values, dict)
            or set(values) != {"name", "stages"}
            or not isinstance(values["stages"], list)
        ):
            raise InputError(
                f"Expected a plan with `name` and a list of `stages`. Received: {values!r}"
            )
        return cls(values["name"], tuple(_stage(stage) for stage in values["stages"]))

    @classmethod
    def from_yaml(cls, text: str) -> "Plan":
        """The plan in a YAML text.

        Args:
            text: str, as written by `to_yaml` or by hand.

        Raises:
            InputError: if the text is not YAML or not a plan.
        """
        try:
            values = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise InputError(f"Expected a plan as YAML. Received: {reason(error)}") from error
        return cls.from_dict(values)


def _stage(values: Any) -> Stage:
    """One stage from its dictionary, with unknown and missing keys named."""
    if not isinstance(values, dict):
        raise InputError(f"Expected a stage as a dictionary. Received: {values!r}")
    known = [field.name for field in fields(Stage)]
    unknown = [name for name in values if name not in known]
    if unknown:
        raise InputError(
            f"Expected stage settings out of {known}. Received: {unknown}."
            + closest(str(unknown[0]), known)
        )
    missing = [name for name in ("name", "epochs", "learning_rate") if name not in values]
    if missing:
        raise InputError(f"Expected a stage with {missing}. Received: {values!r}")
    text = ("name", "trainable", "schedule", "optimizer")
    return Stage(
        **{
            name: value if name in text else _number_or_same(value)
            for name, value in values.items()
        }
    )


def _is_number(value: Any) -> bool:
    """Whether a value is a finite number."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


def _number_or_same(value: Any) -> Any:
    """A number where YAML read none: it takes `1e-4`, without a point, for a string."""
    if isinstance(value, str) and re.fullmatch(r"\d+(\.\d*)?e[+-]?\d+", value, re.IGNORECASE):
        return float(value)
    return value
