"""Configuration files: options in YAML, as a person or a run has written them."""

import json
import os
import re
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from kerastune.errors import InputError, reason
from kerastune.jobs.run_directories import MARKER
from kerastune.untrusted.reading import read_bounded, read_json
from kerastune.untrusted.yaml_text import StrictLoader, parse_yaml

# Options whose value is a path also where it has no slash and no ending.
_PLACES = ("data", "test_data", "backbone")
_RECIPE = "recipe"


class _Loader(StrictLoader):
    """Reads `1e-3` as a number, as YAML 1.2 does."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(\d[\d_]*\.?[\d_]*|\.\d[\d_]*)[eE][-+]?\d+\Z"),
    list("-+.0123456789"),
)


@dataclass(frozen=True)
class Configuration:
    """Options of a configuration file.

    Args:
        file: Path.
        options: dictionary of options.
        recipe: str, the recipe that they are of, as `find_recipe` takes it, or None.

    Example:

    >>> Configuration(Path("run.yaml"), {"epochs": 3}).to_text()
    '{"epochs": 3}'
    """

    file: Path
    options: dict[str, Any]
    recipe: str | None = None

    def to_text(self) -> str:
        """Returns the options as a text of YAML, which parsers read in one way."""
        return json.dumps(self.options, default=str)


def read_configuration(path: str | Path) -> Configuration:
    """Reads a configuration file.

    `recipe`, the name of the recipe, is no option. Of a file that a run has written, the
    run's directory is left out, so that it starts anew in one of its own, and relative paths
    start from the folder in which the run was started, as far as they are there.

    Args:
        path: str or Path.

    Returns:
        A `Configuration`.

    Raises:
        InputError: if there is no such file, or it does not hold options.

    Example:

    >>> read_configuration("no/such.yaml")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a configuration file. Received: 'no/such.yaml', ...
    """
    file = Path(path)
    options = _options(file)
    recipe = options.pop(_RECIPE, None)
    marker = file.parent / MARKER
    if marker.is_file():
        options.pop("run_dir", None)
        folder = _folder(file.parent)
        options = {name: _placed(name, value, folder) for name, value in options.items()}
        recipe = recipe or _json(marker).get(_RECIPE)
    return Configuration(file, options, None if recipe is None else str(recipe))


def configured_from(arguments: list[str]) -> list[tuple[slice, str]]:
    """Returns the positions of configuration files among arguments.

    Args:
        arguments: list of str.

    Returns:
        List of tuples: the slice of the arguments that does so, and the file.

    Example:

    >>> configured_from(["--epochs", "3", "--config", "a.yaml", "--config=b.yaml"])
    [(slice(2, 4, None), 'a.yaml'), (slice(4, 5, None), 'b.yaml')]
    """
    found = []
    for place, argument in enumerate(arguments):
        if argument == "--config" and place + 1 < len(arguments):
            found.append((slice(place, place + 2), arguments[place + 1]))
        elif argument.startswith("--config="):
            found.append((slice(place, place + 1), argument.partition("=")[2]))
    return found


def _options(file: Path) -> dict[str, Any]:
    try:
        # A pipe may be named, `--config <(…)`.
        with file.open("rb") as opened:
            found = parse_yaml(read_bounded(opened).decode(), _Loader)
    except (OSError, ValueError) as error:
        raise InputError(
            f"Expected a configuration file. Received: '{file}', {_problem(error)}"
        ) from error
    if not isinstance(found, dict):
        what = "which is empty" if found is None else f"which holds {_kind(found)}"
        raise InputError(
            f"Expected a configuration file with lines such as `epochs: 3`. Received: '{file}', "
            f"{what}"
        )
    return {str(name): value for name, value in found.items()}


def _problem(error: OSError | ValueError) -> str:
    """Returns the fault of a file."""
    if isinstance(error, OSError):
        return error.strerror or reason(error)
    if isinstance(error, UnicodeError):
        return f"which cannot be read as UTF-8: {reason(error)}"
    return f"which is no YAML: {reason(error)}"


def _kind(found: Any) -> str:
    return "a list" if isinstance(found, list) else "text"


def _folder(run: Path) -> Path | None:
    folder = _json(run / "environment.json").get("working_directory")
    return Path(folder) if isinstance(folder, str) else None


def _json(file: Path) -> dict[str, Any]:
    """Reads a small JSON file of a run; empty if it cannot be read."""
    try:
        return read_json(file)
    except (OSError, ValueError):
        return {}


def _placed(name: str, value: Any, folder: Path | None) -> Any:
    """Returns an option with relative paths from a folder, as far as they are there."""
    if isinstance(value, list):
        return list(map(partial(_placed, name, folder=folder), value))
    if not isinstance(value, str) or folder is None or not value:
        return value
    written_as_path = os.sep in value or "/" in value or bool(Path(value).suffix)
    if not written_as_path and name not in _PLACES:
        return value
    place = folder / value
    if not place.exists() or (not written_as_path and _names_data(value)):
        return value
    return str(place)


def _names_data(value: str) -> bool:
    """Returns whether a text is the name of a data set, whatever folders there are."""
    from kerastune.data import NAMED

    return value in NAMED
