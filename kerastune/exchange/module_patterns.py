"""PEFT's names and regular expressions of modules, of unknown origin."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from kerastune.untrusted.reading import quoted

_LONGEST = 1000
_MOST_PATTERNS = 5000
_MOST_REPEATS = 3  # in a pattern; each multiplies the time by the length of a name
_MOST_REPEATING = 64  # patterns
# A repeated group, such as `(a+)+`, can take a time that doubles with each letter.
_REPEATED_GROUP = re.compile(r"\)\s*[*+{]")
_REPEATS = re.compile(r"(?<!\\)[*+{]")


class ByPattern:
    """Settings of modules by the ends of their names, as PEFT's `rank_pattern` has them.

    Args:
        settings: dictionary from regular expressions to settings.

    Raises:
        ValueError: if a pattern is none, or trying them could take too long.

    Example:

    >>> ByPattern({"query": 2, "layer.0.query": 4}).value("encoder.layer.0.query", 8)
    2
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        repeating = sum(bool(_REPEATS.search(pattern)) for pattern in settings)
        if len(settings) > _MOST_PATTERNS or repeating > _MOST_REPEATING:
            raise ValueError(f"it has {len(settings):,} patterns, which could take too long")
        self._settings = [
            (_compiled(pattern, r"(.*\.)?({})$"), value) for pattern, value in settings.items()
        ]

    def value(self, name: str, usual: Any) -> Any:
        """Returns the setting of a module: that of the first pattern that its name ends with.

        Args:
            name: str, the whole name of the module.
            usual: the setting of all else.
        """
        return next((value for one, value in self._settings if one.match(name)), usual)


class Meant:
    """The modules that `target_modules` or `feedforward_modules` of PEFT mean.

    Args:
        modules: str, a regular expression; or sequence of str, the names, or their ends.

    Raises:
        ValueError: as for `ByPattern`.

    Example:

    >>> Meant(["q_proj"]).has("layers.0.self_attn.q_proj")
    True
    """

    def __init__(self, modules: str | Sequence[str]) -> None:
        self._pattern = _compiled(modules, "({})") if isinstance(modules, str) else None
        self._names = frozenset() if isinstance(modules, str) else frozenset(modules)

    def has(self, name: str) -> bool:
        """Returns whether a module is among them.

        Args:
            name: str, the whole name of the module.
        """
        if self._pattern is not None:
            return self._pattern.fullmatch(name) is not None
        parts = name.split(".")
        return any(".".join(parts[start:]) in self._names for start in range(len(parts)))


def _compiled(pattern: str, within: str) -> re.Pattern[str]:
    """A regular expression that can be tried in a bounded time."""
    if len(pattern) > _LONGEST or len(_REPEATS.findall(pattern)) > _MOST_REPEATS:
        raise ValueError(f"the pattern {quoted(pattern)} is too long, or repeats too much")
    if _REPEATED_GROUP.search(pattern):
        raise ValueError(
            f"the pattern {quoted(pattern)} repeats a group, which could take too long"
        )
    try:
        return re.compile(within.format(pattern))
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"{quoted(pattern)} is no regular expression: {error}") from error
