"""The small files of a run."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kerastune.errors import InputError, reason
from kerastune.jobs.run_directories import FIRST_REPEAT
from kerastune.untrusted import reading


def first_run_file(directory: Path, name: str) -> Path:
    """Returns a file of a run, or of the first of its repeats, where each has its own.

    Args:
        directory: Path of the run.
        name: str.

    Returns:
        A Path.

    Example:

    >>> first_run_file(Path("runs/a"), "plan.yaml").name
    'plan.yaml'
    """
    own, first = directory / name, directory / FIRST_REPEAT / name
    return first if not own.is_file() and first.is_file() else own


def read_json(file: Path, otherwise: Any) -> Any:
    """Reads a JSON file, or returns a default where there is none.

    Args:
        file: Path.
        otherwise: what there is without a file, of the type that is expected.

    Raises:
        InputError: if the file cannot be read, or holds another type.

    Example:

    >>> read_json(Path("no/such.json"), {})
    {}
    """
    return _read(file, reading.parse_json_value, otherwise)


def read_yaml(file: Path) -> dict[str, Any]:
    """Returns the dictionary in a file of YAML; an empty one where there is no file.

    Args:
        file: Path.

    Raises:
        InputError: if the file cannot be read.

    Example:

    >>> read_yaml(Path("no/such.yaml"))
    {}
    """
    return parsed_yaml(read_text(file), file)


def parsed_yaml(text: str, file: Path) -> dict[str, Any]:
    """Returns the dictionary that a text of YAML holds, an empty one if it holds something else.

    Args:
        text: str.
        file: Path, where it is from, for messages.

    Raises:
        InputError: if it is no YAML.

    Example:

    >>> parsed_yaml("epochs: 3", Path("run.yaml"))
    {'epochs': 3}
    """
    # PyYAML takes a while to import.
    from kerastune.untrusted.yaml_text import parse_yaml

    try:
        found = parse_yaml(text)
    except ValueError as error:
        raise _unreadable(file, error) from error
    return found if isinstance(found, dict) else {}


def read_text(file: Path) -> str:
    """Reads a text file; returns an empty text where there is none.

    Args:
        file: Path.

    Raises:
        InputError: if it cannot be read.

    Example:

    >>> read_text(Path("no/such.txt"))
    ''
    """
    return _read(file, str, "")


def _read(file: Path, parse: Callable[[str], Any], otherwise: Any) -> Any:
    """Reads a file whose content has an expected type."""
    try:
        found = parse(reading.read_text(file))
    except FileNotFoundError:
        return otherwise
    except (OSError, ValueError) as error:
        raise _unreadable(file, error) from error
    if not isinstance(found, type(otherwise)):
        raise _unreadable(file, TypeError(f"it holds a value of type {type(found).__name__}"))
    return found


def _unreadable(file: Path, error: Exception) -> InputError:
    """Returns the error for a file of a run that cannot be read."""
    return InputError(
        f"Expected the directory of a run. Received: '{file.parent}', whose {file.name} cannot be "
        f"read: {reason(error)}"
    )
