"""Known causes of differences between backends, and what else Keras is known to get wrong."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import yaml
from packaging.specifiers import SpecifierSet

from kerastune.backends import BACKENDS
from kerastune.display import Column, Table

UNKNOWN = "?"
"""The value of a setting that is given, and that nothing is known of."""


@dataclass(frozen=True)
class Use:
    """Something of Keras that a model uses.

    Args:
        kind: str, `"layer"`, `"operation"`, `"loss"`, `"metric"` or `"optimizer"`.
        names: sequence of str, its class and those it is derived from, or its function.
        settings: dictionary of what it was set to, by the names of arguments.

    Example:

    >>> Use("loss", ("Huber",), {"delta": 2.0}).names
    ('Huber',)
    """

    kind: str
    names: Sequence[str]
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Cause:
    """A known cause.

    Args:
        id: str, what it is called.
        symptom: str, what one sees.
        advice: str, what to do.
        keras: str, the versions of Keras that have it, such as `">=3.15,<=3.15.1"`.
        backends: tuple of str, the backends that have it.
        stages: tuple of str, where in a comparison it shows.
        uses: tuple of dictionaries `kind`, `names` and `settings`, all of which a model has to
            use. Defaults to none: it is no matter of the model.
        issues: tuple of int, numbers of issues and open pull requests of Keras.
        fixes: tuple of int, numbers of pull requests that were merged.

    Example:

    >>> cause = next(one for one in known_causes() if one.id == "huber_delta_not_saved")
    >>> cause.concerns([Use("loss", ("Huber",), {"delta": 2.0})])
    True
    >>> cause.concerns([Use("loss", ("Huber",), {"delta": 1.0})])
    False
    >>> cause.is_in("3.15.1"), cause.is_in("3.16.0")
    (True, False)
    """

    id: str
    symptom: str
    advice: str
    keras: str
    backends: tuple[str, ...]
    stages: tuple[str, ...] = ()
    uses: tuple[Mapping[str, Any], ...] = ()
    issues: tuple[int, ...] = ()
    fixes: tuple[int, ...] = ()

    def is_in(self, version: str) -> bool:
        """Whether a version of Keras has it.

        Args:
            version: str, such as `keras.__version__`.
        """
        return SpecifierSet(self.keras).contains(version, prereleases=True)

    def concerns(self, uses: Iterable[Use]) -> bool:
        """Whether it concerns a model, or a part of one, that uses something.

        Args:
            uses: iterable of `Use`.
        """
        found = list(uses)
        return bool(self.uses) and all(
            any(_is_meant(asked, use) for use in found) for asked in self.uses
        )

    @property
    def sources(self) -> str:
        """Where to read more, as a text: issues and pull requests of Keras."""
        told = [f"keras#{number}" for number in self.issues]
        return ", ".join([*told, *(f"mended by keras#{number}" for number in self.fixes)])

    @property
    def sentence(self) -> str:
        """The symptom, where it is known from, and what to do, as a text."""
        source = f" ({self.sources})" if self.sources else ""
        return f"{self.symptom}{source}. What to do: {self.advice}."


@cache
def known_causes() -> tuple[Cause, ...]:
    """The known causes.

    Returns:
        Tuple of `Cause`, in the order of the table `known_causes.yaml`.

    Example:

    >>> [cause.id for cause in known_causes() if cause.backends == ("torch",)][0]
    'symmetric_padding'
    """
    table = resources.files("kerastune.comparison").joinpath("known_causes.yaml")
    entries = yaml.safe_load(table.read_text(encoding="utf-8"))
    return tuple(_cause(entry) for entry in entries)


def _cause(entry: dict[str, Any]) -> Cause:
    """An entry of the table, with tuples for lists."""
    given: dict[str, Any] = {
        key: tuple(one) if isinstance(one, list) else one for key, one in entry.items()
    }
    return Cause(**given)


def causes_of(uses: Iterable[Use], backends: Sequence[str], version: str) -> list[Cause]:
    """The known causes that concern a model, or a part of one.

    Args:
        uses: iterable of `Use`, as `kerastune.comparison.work.uses` finds them.
        backends: sequence of str, any of which may have the cause.
        version: str, the version of Keras.

    Returns:
        List of `Cause`.

    Example:

    >>> [cause.id for cause in causes_of([Use("operation", ("dot",))], ["torch"], "3.15.1")]
    ['dot_of_three_dimensions']
    """
    found = list(uses)
    return [
        cause
        for cause in known_causes()
        if set(cause.backends) & set(backends) and cause.is_in(version) and cause.concerns(found)
    ]


def asked_settings() -> set[str]:
    """The names of the settings that any cause depends on.

    Returns:
        Set of str.

    Example:

    >>> "delta" in asked_settings()
    True
    """
    names = set()
    for asked in (asked for cause in known_causes() for asked in cause.uses):
        for name, condition in asked.get("settings", {}).items():
            names |= {name, *([condition["unlike"]] if "unlike" in condition else [])}
    return names


def to_table() -> Table:
    """All known causes.

    Returns:
        A `Table`, one row a cause.

    Example:

    >>> to_table().rows[0][0]
    'a Huber loss comes back from a saved model, or from its configuration, with delta=1'
    """
    columns = (
        Column("what happens", "text"),
        Column("on", "text"),
        Column("Keras", "text"),
        Column("what to do", "text"),
        Column("source", "text"),
    )
    rows = tuple(
        (
            cause.symptom,
            "all" if set(cause.backends) == set(BACKENDS) else ", ".join(cause.backends),
            cause.keras.replace(",", ", "),
            cause.advice,
            cause.sources,
        )
        for cause in known_causes()
    )
    return Table("Known causes", columns, rows)


def _is_meant(asked: Mapping[str, Any], use: Use) -> bool:
    """Whether something that is used is what a cause asks for."""
    if asked["kind"] != use.kind or not {*map(_plain, asked["names"])} & {*map(_plain, use.names)}:
        return False
    return all(
        name in use.settings and _holds(condition, use.settings[name], use.settings)
        for name, condition in asked.get("settings", {}).items()
    )


def _holds(condition: Mapping[str, Any], value: Any, settings: Mapping[str, Any]) -> bool:
    """Whether a setting is as a condition says; one that is not known may be."""
    ((verb, asked),) = condition.items()
    if verb == "unlike":
        asked = settings.get(asked)
    if UNKNOWN in (value, asked):
        return True
    return value == asked if verb == "is" else value != asked


def _plain(name: str) -> str:
    """A name without what tells classes from functions: `ctc_loss` is `CTCLoss`."""
    return name.replace("_", "").lower()
