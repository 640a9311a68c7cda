"""Text and JSON of unknown origin, read within bounds."""

import json
import os
from collections import Counter, defaultdict
from pathlib import Path
from reprlib import Repr
from typing import IO, Any

MOST_BYTES = 100 * 10**6
"""The longest header or configuration that is read: the limit of the safetensors format."""

MOST_DEPTH = 200
"""How deep lists and dictionaries of JSON may lie in each other; a model in a model takes six."""

MOST_DIGITS = 40
"""The most digits of an integer that are read: those of a random state of 128 bits."""

_shortened = Repr()
_shortened.maxstring = _shortened.maxother = 80


def quoted(value: object) -> str:
    """Returns text of a file for an error message: shortened, in one line."""
    return _shortened.repr(value)


def require_file(path: Path) -> None:
    """Raises an OSError where there is no regular file: opening a pipe would wait forever."""
    if path.is_dir():
        raise IsADirectoryError("it is a directory")
    if not path.is_file():
        raise FileNotFoundError("there is no such file")


def read_bounded(file: IO[bytes]) -> bytes:
    """Reads a file or a member of an archive; raises a ValueError if it is too large."""
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"its text is longer than {MOST_BYTES:,} bytes")
    return data


def read_text(path: Path) -> str:
    """Returns the text of a small file.

    Args:
        path: path of a regular file.

    Returns:
        Its text, decoded from UTF-8.

    Raises:
        OSError: if there is no such file.
        ValueError: if it is longer than any configuration, or not UTF-8.

    Example:

    >>> read_text(Path("/dev/zero"))
    Traceback (most recent call last):
        ...
    FileNotFoundError: there is no such file
    """
    require_file(path)
    with open(path, "rb") as file:
        return read_bounded(file).decode()


def parse_json(data: bytes | str) -> dict[str, Any]:
    """Returns the dictionary that JSON text holds.

    Args:
        data: bytes or str, the text.

    Returns:
        Dictionary.

    Raises:
        ValueError: as in `parse_json_value`, or if it is no dictionary.

    Example:

    >>> parse_json(b'{"layers": 3}')
    {'layers': 3}
    """
    value = parse_json_value(data)
    if not isinstance(value, dict):
        raise ValueError(f"its JSON holds a value of type {type(value).__name__}, not a dictionary")
    return value


def parse_json_value(data: bytes | str) -> Any:
    """Returns what JSON text holds.

    Args:
        data: bytes or str, the text.

    Returns:
        A dictionary, a list, a text, a number or None.

    Raises:
        ValueError: if it is no JSON, is nested too deeply, has an integer of more than
            `MOST_DIGITS`, or a key twice, where two readers may not agree about which one holds.

    Example:

    >>> parse_json_value("[1, 2]"), parse_json_value("{}")
    ([1, 2], {})
    >>> parse_json_value("[" * 1000 + "]" * 1000)
    Traceback (most recent call last):
        ...
    ValueError: its JSON is nested too deeply
    """
    try:
        text = data.decode() if isinstance(data, bytes) else data
        value = json.loads(text, object_pairs_hook=_distinct, parse_int=_bounded_integer)
    except RecursionError as error:
        raise ValueError("its JSON is nested too deeply") from error
    except UnicodeDecodeError as error:
        raise ValueError("its JSON is not text in UTF-8") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"it holds no JSON: {error}") from error
    _require_shallow(value)
    return value


def read_json(path: Path) -> dict[str, Any]:
    """Returns the dictionary in a JSON file.

    Args:
        path: path of the file.

    Returns:
        Dictionary.

    Raises:
        OSError: if there is no such file.
        ValueError: as in `parse_json`, or if the file is longer than any configuration.
    """
    require_file(path)
    with open(path, "rb") as file:
        if (size := os.fstat(file.fileno()).st_size) > MOST_BYTES:
            raise ValueError(f"it has {size:,} bytes, more than the {MOST_BYTES:,} that are read")
        return parse_json(read_bounded(file))


def read_weight_map(path: Path) -> dict[Path, set[str]]:
    """Returns the weights in each of several files, by their index.

    Args:
        path: path of the index: `model.safetensors.index.json`, or Keras' `.weights.json`.

    Returns:
        Dictionary from the paths of files, which are in the folder of the index, to the
        names of the tensors (safetensors) or groups of variables (Keras) in them.

    Raises:
        OSError: if the index or a file that it names is missing.
        ValueError: if it is no index, or names a file outside of its folder.

    Example:

    >>> import tempfile
    >>> index = Path(tempfile.mkdtemp(), "model.safetensors.index.json")
    >>> _ = index.write_text('{"weight_map": {"bias": "../secret.safetensors"}}')
    >>> read_weight_map(index)
    Traceback (most recent call last):
        ...
    ValueError: it names the file '../secret.safetensors', which is not in its own folder
    """
    weight_map = read_json(path).get("weight_map")
    if not isinstance(weight_map, dict):
        raise ValueError("it has no `weight_map` from names to files")
    members: defaultdict[Path, set[str]] = defaultdict(set)
    for name, files in weight_map.items():
        # Keras gives a list where the variables of a layer are in several files.
        for file_name in files if isinstance(files, list) else [files]:
            members[_beside(path, file_name)].add(name)
    for part in members:
        if not part.is_file():
            raise FileNotFoundError(
                f"it names the file {quoted(part.name)}, which is not beside it"
            )
    return dict(members)


def _beside(path: Path, name: object) -> Path:
    plain = isinstance(name, str) and name.isprintable() and not set(name) & set("/\\:")
    if not plain or name in ("", ".", ".."):
        raise ValueError(f"it names the file {quoted(name)}, which is not in its own folder")
    return path.with_name(str(name))


def _require_shallow(value: Any) -> None:
    """Raises if a value has more levels than are read: what walks through it may recurse."""
    level = [value] if type(value) in (dict, list) else []
    for _ in range(MOST_DEPTH):
        parts = (part.values() if type(part) is dict else part for part in level)
        level = [item for part in parts for item in part if type(item) in (dict, list)]
        if not level:
            return
    raise ValueError("its JSON is nested too deeply")


def _bounded_integer(digits: str) -> int:
    if len(digits) > MOST_DIGITS:
        raise ValueError(f"it has an integer of {len(digits)} digits")
    return int(digits)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        [(twice, _)] = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"it has the key {quoted(twice)} twice")
    return made
