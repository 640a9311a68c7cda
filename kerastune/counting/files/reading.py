"""Reading what files of unknown origin say, within bounds."""

import json
from collections import Counter
from pathlib import Path
from reprlib import Repr
from typing import IO, Any

MOST_BYTES = 100 * 10**6
"""The longest header or configuration that is read, in bytes.

It is the limit of the safetensors format; those of the largest models are a tenth of it.
"""

_shortened = Repr()
_shortened.maxstring = _shortened.maxother = 80


def quoted(value: object) -> str:
    """What a file says, for an error message: shortened, and in one line."""
    return _shortened.repr(value)


def require_file(path: Path) -> None:
    """Raise an OSError where there is no regular file: opening a pipe would wait forever."""
    if path.is_dir():
        raise IsADirectoryError("it is a directory")
    if not path.is_file():
        raise FileNotFoundError("there is no such file")


def read_bounded(file: IO[bytes]) -> bytes:
    """The bytes of a file that may not be large; a ValueError if it is."""
    data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"its text is longer than {MOST_BYTES:,} bytes")
    return data


def parse_json(data: bytes) -> dict[str, Any]:
    """The dictionary that JSON text holds.

    Args:
        data: bytes, the text.

    Returns:
        Dictionary.

    Raises:
        ValueError: if it is not JSON, not a dictionary, or says a key twice, where two
            readers may not agree about which one holds.

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
        raise ValueError(f"its JSON holds a {type(value).__name__}, not a dictionary")
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The pairs as a dictionary, if no key is there twice."""
    made = dict(pairs)
    if len(made) < len(pairs):
        [(twice, _)] = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"it says {quoted(twice)} twice")
    return made
