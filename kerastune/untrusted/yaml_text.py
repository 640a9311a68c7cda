"""YAML of unknown origin, read within bounds."""

from collections import Counter
from pathlib import Path
from typing import Any

import yaml

from kerastune.untrusted.reading import MOST_DIGITS, quoted, read_text

MOST_CHARACTERS = 10**7
"""The longest text of YAML that is read."""

MOST_DEPTH = 100
"""How deep lists and mappings may lie in each other."""

MOST_PARTS = 10**6
"""The most values of a text, each as often as it is named again."""

# libyaml, which takes a tenth of the time.
_Parser: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PART = 100  # Characters of a text that count as one value.


class StrictLoader(_Parser):
    """Plain data alone, as in `yaml.SafeLoader`: no tag makes anything else.

    A key that is there twice is refused, and so are integers that no other reader takes.

    Example:

    >>> parse_yaml("{epochs: 3, epochs: 5}", StrictLoader)
    Traceback (most recent call last):
        ...
    ValueError: 'epochs' is there twice
    """

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Returns a dictionary, whose keys differ."""
        if isinstance(node, yaml.MappingNode):
            keys = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
            if repeated := [key for key, count in keys.items() if count > 1]:
                raise ValueError(f"{quoted(repeated[0])} is there twice")
        found: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return found

    def construct_integer(self, node: yaml.ScalarNode) -> int:
        """Returns an integer of bearable length."""
        if len(node.value) > MOST_DIGITS:
            raise ValueError(f"there is an integer of {len(node.value)} characters")
        return int(super().construct_yaml_int(node))


StrictLoader.add_constructor("tag:yaml.org,2002:int", StrictLoader.construct_integer)


def parse_yaml(text: str, loader: type = StrictLoader) -> Any:
    """Returns what a text of YAML holds.

    Args:
        text: str.
        loader: `StrictLoader`, or a class made of it. Defaults to itself.

    Returns:
        Plain data: dictionaries, lists, texts, numbers, dates, None.

    Raises:
        ValueError: if it is no YAML, has tags that are not YAML's own, a key twice, a value
            within itself, is nested too deeply, or says more than it has characters for: an
            alias that names others, which name others again.

    Example:

    >>> parse_yaml("layers: [1, 2]")
    {'layers': [1, 2]}
    >>> parse_yaml("!!python/object/apply:os.getcwd []")
    Traceback (most recent call last):
        ...
    ValueError: could not determine a constructor for the tag '...os.getcwd' in line 1
    >>> parse_yaml("&a [*a]")
    Traceback (most recent call last):
        ...
    ValueError: a value is within itself
    """
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"it is longer than {MOST_CHARACTERS:,} characters")
    try:
        _require_bounds(text)
        return yaml.load(text, loader)
    except yaml.YAMLError as error:
        raise ValueError(_problem(error)) from error
    # What a scalar is to be, and is not: a day 99, `!!bool perhaps`, `!!timestamp now`.
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError) as error:
        raise ValueError(f"a value is not what it says to be: {error}") from error


def read_yaml(path: Path) -> Any:
    """Returns what a file of YAML holds.

    Args:
        path: path of a regular file.

    Raises:
        OSError: if there is no such file.
        ValueError: as in `parse_yaml`, or if it is not UTF-8.

    Example:

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp(), "config.yaml")
    >>> _ = file.write_text("epochs: 3")
    >>> read_yaml(file)
    {'epochs': 3}
    """
    return parse_yaml(read_text(path))


def _require_bounds(text: str) -> None:
    """Raises where a text is deeper or says more than is read; no value is made.

    The loader recurses, in C until the process ends, and shares what an alias names, which
    others write out.
    """
    sizes: dict[str | None, int] = {}
    # Of each collection that is open: its anchor, and what was counted before it.
    opened: list[tuple[str | None, int]] = []
    count = 0
    for event in yaml.parse(text, _Parser):
        anchor, before = getattr(event, "anchor", None), count
        if isinstance(event, yaml.AliasEvent):
            if any(anchor == outer for outer, _ in opened):
                raise ValueError("a value is within itself")
            count += sizes.get(anchor, 1)
        elif isinstance(event, yaml.ScalarEvent):
            count += 1 + len(event.value) // _PART
            sizes[anchor] = count - before
        elif isinstance(event, yaml.CollectionStartEvent):
            count += 1
            opened.append((anchor, before))
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = opened.pop()
            sizes[anchor] = count - before
        if len(opened) > MOST_DEPTH:
            raise ValueError("it is nested too deeply")
        if count > MOST_PARTS:
            raise ValueError(f"it has more than {MOST_PARTS:,} values")


def _problem(error: yaml.YAMLError) -> str:
    """Returns the fault of a text and its line, in one line."""
    mark = getattr(error, "problem_mark", None)
    if mark is None:
        return str(error).strip().splitlines()[0]
    return f"{getattr(error, 'problem', None) or 'it ends early'} in line {mark.line + 1}"
