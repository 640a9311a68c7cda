"""When checkpoints are written, and how many stay."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from kerastune.errors import InputError, closest


@dataclass(frozen=True)
class Checkpoints:
    """When a training writes checkpoints, and how many of them stay.

    Each holds the weights, what the optimizer remembers, the place in the plan and in the data,
    every random state, and what was measured. It is written whole, beside the training.

    Args:
        every_steps: int, training steps from one to the next, or None. Defaults to None.
        every_minutes: float, minutes from one to the next, or None. Defaults to 10, so that a
            short training writes none.
        every_epoch: bool, whether each epoch and each stage ends with one. Defaults to False.
        keep_last: int, how many of the newest stay, of which the older ones stand in for one
            that cannot be read. Defaults to 2.
        keep_best: str, a metric that is measured in each epoch, such as `"val_loss"`: the
            checkpoint of its best epoch stays too, also when the run is finished, for
            `kerastune.restore_checkpoint`. The best is the lowest of what has `loss`, `error` or
            `perplexity` in its name, and the highest of others. Each epoch then ends with a
            checkpoint. Defaults to None.

    Raises:
        InputError: if a number is not above 0.

    Example:

    >>> Checkpoints(every_steps=100).every_minutes
    10.0
    >>> Checkpoints(keep_last=0)
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected `keep_last` of at least 1. Received: 0
    """

    every_steps: int | None = None
    every_minutes: float | None = 10.0
    every_epoch: bool = False
    keep_last: int = 2
    keep_best: str | None = None

    def __post_init__(self) -> None:
        for name in ("every_steps", "keep_last"):
            value = getattr(self, name)
            if name == "every_steps" and value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InputError(f"Expected `{name}` of at least 1. Received: {value!r}")
        minutes = self.every_minutes
        is_number = isinstance(minutes, int | float) and not isinstance(minutes, bool)
        if minutes is not None and not (is_number and minutes > 0):
            raise InputError(f"Expected `every_minutes` above 0. Received: {minutes!r}")
        if not isinstance(self.every_epoch, bool):
            raise InputError(
                f"Expected `every_epoch` true or false. Received: {self.every_epoch!r}"
            )
        if self.keep_best is not None:
            if not isinstance(self.keep_best, str) or not self.keep_best:
                raise InputError(
                    "Expected `keep_best` as the name of a metric, such as val_loss. Received: "
                    f"{self.keep_best!r}"
                )
            object.__setattr__(self, "every_epoch", True)


def checkpoint_settings(given: Any) -> Checkpoints:
    """Returns the settings of checkpoints that somebody has asked for.

    Args:
        given: `Checkpoints`, a dictionary of its arguments, or None for the defaults.

    Raises:
        InputError: if it is something else, or holds an unknown setting.

    Example:

    >>> checkpoint_settings({"every_steps": 50}).every_steps
    50
    """
    if isinstance(given, Checkpoints):
        return given
    if given is None:
        return Checkpoints()
    known = [field.name for field in fields(Checkpoints)]
    if not isinstance(given, Mapping):
        raise InputError(
            f"Expected settings of checkpoints out of {', '.join(known)}, such as "
            f"{{every_steps: 100}}. Received: {given!r}"
        )
    unknown = [str(name) for name in given if name not in known]
    if unknown:
        raise InputError(
            f"Expected settings of checkpoints out of {', '.join(known)}. Received: "
            f"{unknown[0]!r}." + closest(unknown[0], known)
        )
    return Checkpoints(**given)
