"""What a search may choose: for each option a range or some choices."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from kerastune.errors import InputError
from kerastune.jobs.plain_values import plain

if TYPE_CHECKING:
    from optuna.trial import BaseTrial


@dataclass(frozen=True)
class Range:
    """Numbers from one to another, both included; whole ones where both ends are `int`.

    Args:
        low: int or float.
        high: int or float, more than `low`.
        log: bool, whether they are drawn evenly by their logarithm. Defaults to False.

    Raises:
        InputError: if the range is empty, or has no logarithm.

    Example:

    >>> Range(1e-4, 1e-1, log=True).to_text()
    '0.0001..0.1:log'
    """

    low: float
    high: float
    log: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise InputError(
                f"Expected a range from a lower number to a higher one. Received: {self.to_text()}"
            )
        if self.log and self.low <= 0:
            raise InputError(
                f"Expected a range above 0 for a logarithm. Received: {self.to_text()}"
            )

    @property
    def is_whole(self) -> bool:
        """bool, whether the numbers are whole."""
        return isinstance(self.low, int) and isinstance(self.high, int)

    def suggest(self, trial: "BaseTrial", name: str) -> Any:
        """A number for a trial.

        Args:
            trial: an Optuna trial.
            name: str, the option.

        Returns:
            int or float.
        """
        if self.is_whole:
            return trial.suggest_int(name, int(self.low), int(self.high), log=self.log)
        return trial.suggest_float(name, self.low, self.high, log=self.log)

    def label_of(self, value: Any) -> Any:
        """How Optuna holds a value of the range, or None for a value that is not in it."""
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return value if is_number and self.low <= value <= self.high else None

    def to_text(self) -> str:
        """As `--search` takes it, str."""
        return f"{self.low}..{self.high}{':log' if self.log else ''}"

    def to_dict(self) -> dict[str, Any]:
        """As JSON and YAML hold it."""
        return {"low": self.low, "high": self.high, "log": self.log}


@dataclass(frozen=True)
class Choices:
    """Values out of which one is chosen.

    Args:
        values: tuple of anything that YAML can hold.

    Raises:
        InputError: if there is none, or one occurs twice.

    Example:

    >>> Choices(("full", "head_only")).to_text()
    'full,head_only'
    """

    values: tuple[Any, ...]

    def __post_init__(self) -> None:
        labels = [_label(value) for value in self.values]
        if not labels or len(set(map(repr, labels))) < len(labels):
            raise InputError(
                f"Expected at least one choice, and each once. Received: {self.to_text() or 'none'}"
            )

    def suggest(self, trial: "BaseTrial", name: str) -> Any:
        """A value for a trial.

        Args:
            trial: an Optuna trial.
            name: str, the option.

        Returns:
            One of the values.
        """
        labels = [_label(value) for value in self.values]
        return self.values[labels.index(trial.suggest_categorical(name, labels))]

    def label_of(self, value: Any) -> Any:
        """How Optuna holds a value, or None for a value that is no choice."""
        label = _label(value)
        return label if label in [_label(one) for one in self.values] else None

    def to_text(self) -> str:
        """As `--search` takes it, str."""
        return ",".join(str(_label(value)) for value in self.values)

    def to_dict(self) -> list[Any]:
        """As JSON and YAML hold it, a list."""
        return plain(list(self.values))


Part = Range | Choices


class Space(Protocol):
    """What a search may choose."""

    def suggest(self, trial: "BaseTrial") -> dict[str, Any]:
        """The options of a trial."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """What tells the space from another, as JSON holds it."""
        ...

    def own_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """What of the settings of a recipe is in the space, as Optuna holds it."""
        ...


@dataclass(frozen=True)
class Parts:
    """A space with a range or choices for each option.

    Args:
        parts: dictionary from the name of an option to a `Range` or `Choices`.

    Example:

    >>> Parts({"epochs": Range(1, 5)}).to_dict()
    {'epochs': {'low': 1, 'high': 5, 'log': False}}
    """

    parts: Mapping[str, Part]

    def suggest(self, trial: "BaseTrial") -> dict[str, Any]:
        """The options of a trial, by name."""
        return {name: part.suggest(trial, name) for name, part in self.parts.items()}

    def to_dict(self) -> dict[str, Any]:
        """The space as JSON holds it."""
        return {name: part.to_dict() for name, part in self.parts.items()}

    def own_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """What of the settings of a recipe is in the space, as Optuna holds it."""
        labels = {
            name: part.label_of(settings[name])
            for name, part in self.parts.items()
            if name in settings
        }
        return {name: label for name, label in labels.items() if label is not None}


@dataclass(frozen=True)
class Suggesting:
    """A space that is a function, as Optuna's users write it.

    Args:
        function: function from an Optuna trial to a dictionary of options. It must give the same
            for the same suggestions.

    Example:

    >>> Suggesting(lambda trial: {"epochs": trial.suggest_int("epochs", 1, 5)}).own_settings({})
    {}
    """

    function: "Callable[[BaseTrial], Mapping[str, Any]]"

    def suggest(self, trial: "BaseTrial") -> dict[str, Any]:
        """The options of a trial, by name."""
        found = self.function(trial)
        if not isinstance(found, Mapping):
            raise InputError(
                "Expected a space that gives a dictionary of options. Received: "
                f"{type(found).__name__}"
            )
        return dict(found)

    def to_dict(self) -> dict[str, Any]:
        """Its name, which is all that is known of it."""
        return {"function": getattr(self.function, "__qualname__", type(self.function).__name__)}

    def own_settings(self, settings: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """Nothing: what a function suggests is not known before."""
        return {}


def _label(value: Any) -> Any:
    """How Optuna holds a choice: itself, or as text where it is more than one value."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return json.dumps(plain(value))
