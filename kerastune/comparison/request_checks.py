"""What a comparison is asked for, checked before any process is started."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kerastune.backends import BACKENDS, PRECISIONS, installed
from kerastune.errors import InputError, closest


def check_counts(steps: int, cost_rounds: int, *, tunes: bool) -> None:
    """Raise unless a comparison can make so many steps and rounds.

    Args:
        steps: int, training steps.
        cost_rounds: int, rounds in which cost is measured.
        tunes: bool, whether settings are tried in them.
    """
    if isinstance(steps, bool) or not isinstance(steps, int) or steps < 1:
        raise InputError(f"Expected at least one step. Received: steps={steps!r}")
    if isinstance(cost_rounds, bool) or not isinstance(cost_rounds, int) or cost_rounds < 0:
        raise InputError(
            f"Expected a number of rounds, or 0 for none. Received: cost_rounds={cost_rounds!r}"
        )
    if tunes and not cost_rounds:
        raise InputError("Expected cost_rounds of at least 1 to try settings. Received: 0")


def chosen_backends(
    backends: Sequence[str] | str, reference: str | None
) -> tuple[list[str], tuple[str, ...]]:
    """The backends to run, the reference first, and those that are not installed."""
    asked = backends.split(",") if isinstance(backends, str) else list(backends)
    names = list(dict.fromkeys(name.strip() for name in asked))
    for name in [*names, *([reference] if reference else [])]:
        if name not in BACKENDS:
            raise InputError(
                f"Expected backends out of {', '.join(BACKENDS)}. Received: {name!r}."
                + closest(str(name), list(BACKENDS))
            )
    if reference is not None and reference not in names:
        raise InputError(
            f"Expected a reference out of the backends {', '.join(names)}. Received: {reference!r}"
        )
    present = [name for name in names if name in installed()]
    missing = tuple(name for name in names if name not in present)
    if len(present) < 2:
        left = f" ({', '.join(missing)} not installed)" if missing else ""
        raise InputError(
            f"Expected at least two backends that are installed. Received: "
            f"{', '.join(present) or 'none'}{left}. Installed here: {', '.join(installed())}"
        )
    if reference is not None and reference in present:
        present = [reference, *(name for name in present if name != reference)]
    return present, missing


def chosen_policies(precision: Sequence[str] | str | None) -> list[str | None]:
    """The precisions that were asked for; None for that of the model."""
    if precision is None:
        return [None]
    asked = precision.split(",") if isinstance(precision, str) else list(precision)
    names = [name.strip() for name in asked]
    for name in names:
        if name not in PRECISIONS:
            raise InputError(
                f"Expected precisions out of {', '.join(PRECISIONS)}. Received: {name!r}."
                + closest(name, list(PRECISIONS))
            )
    return list(dict.fromkeys(names))


def plain_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options of a recipe that another process can be given."""
    for name, value in options.items():
        try:
            json.dumps(value)
        except TypeError as error:
            raise InputError(
                f"Expected options that another process can be given: texts, numbers, lists, "
                f"dictionaries. Received: {name}, a {type(value).__name__}"
            ) from error
    return dict(options)


def check_directory(path: Path) -> None:
    """Raise unless a report can be written to a directory."""
    if path.exists() and not path.is_dir():
        raise InputError(f"Expected a directory for the report. Received: '{path}', a file")
