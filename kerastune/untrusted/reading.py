"""JSON of unknown origin, read within bounds."""

import json
import os
from collections import Counter, defaultdict
from pathlib import Path
from reprlib import Repr
from typing import IO, Any

MOST_BYTES = 100 * 10**6
"""The longest header or configuration that is read: the limit of the safetensors format."""

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


def parse_json(data: bytes) -> dict[str, Any]:
    """Returns the dictionary that JSON text holds.

    Args:
        data: bytes, the text.

    Returns:
        Dictionary.

    Raises:
        ValueError: if it is no JSON, no dictionary, or has a key twice, where two readers
            may not agree about which one holds.

    Example:

    >>> parse_json(b'{"layers": 3}')
    {'layers': 3}
    """
    try:
        value = json.loads(data.decode(), object_pairs_hook=_distinct)
    except RecursionError as error:
        raise ValueError("its JSON is nested too deeply") from error
    except UnicodeDecodeError as error:
        raise ValueError("its JSON is not text in UTF-8") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"it holds no JSON: {error}") from error
    if not isinstance(value, dict):
        raise ValueError(f"its JSON holds a value of type {type(value).__name__}, not a dictionary")
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


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        [(twice, _)] = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"it has the key {quoted(twice)} twice")
    return made
