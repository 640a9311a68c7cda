"""Writing files whole, so that a reader sees the old content or the new; paths with a `~`.

The bytes go to a temporary file in the same folder, are flushed to the disk, and take
the final name in one step. When anything fails before that step, the old file stays.
"""

import json
import math
import os
import secrets
from pathlib import Path
from typing import Any

from kerastune.errors import InputError


def write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Writes bytes to a file atomically.

    Args:
        path: str or path, the file. It is replaced if it exists; its folder is made
            if it does not.
        data: bytes, the whole content.

    Raises:
        OSError: the folder cannot be written to, or the disk is full. What was at
            `path` before is still there.

    Example:

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_bytes(folder / "weights.bin", b"12")
    >>> (folder / "weights.bin").read_bytes()
    b'12'
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Not `tempfile`, whose files only their owner can read.
    temporary = path.parent / f".{secrets.token_hex(8)}.tmp"
    try:
        with open(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text(path: str | os.PathLike[str], text: str) -> None:
    r"""Writes text to a file atomically, as UTF-8 and with the line ends it has.

    Args:
        path: str or path, the file, as in `write_bytes`.
        text: str, the whole content. Half a surrogate pair, which UTF-8 cannot hold,
            is written as its escape, such as `\ud800`.

    Raises:
        OSError: as in `write_bytes`.

    Example:

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_text(folder / "notes.txt", "naïve\n")
    >>> (folder / "notes.txt").read_text(encoding="utf-8")
    'naïve\n'
    """
    # Such halves come out of JSON files; in JSON the escape also reads back the same.
    write_bytes(path, text.encode("utf-8", errors="backslashreplace"))


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Writes a value as indented JSON atomically.

    Args:
        path: str or path, the file, as in `write_bytes`.
        value: dicts, lists, tuples, strings, numbers, booleans and None, nested.
            Infinity and NaN, which JSON does not have, become `null`.

    Raises:
        TypeError: the value holds something else, such as an array.
        OSError: as in `write_bytes`.

    Example:

    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> write_json(folder / "metrics.json", {"loss": 0.5, "r2": float("nan")})
    >>> print((folder / "metrics.json").read_text(encoding="utf-8"))
    {
      "loss": 0.5,
      "r2": null
    }
    """
    text = json.dumps(_finite(value), indent=2, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def _finite(value: Any) -> Any:
    """Returns the value with None in the place of every infinite or undefined number."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def check_output(path: Path | None, suffixes: tuple[str, ...], option: str = "--output") -> None:
    """Raises for a file that cannot be what is to be written there, before any work is done.

    Args:
        path: Path, or None for no file.
        suffixes: tuple of str, the endings that the name may have, such as `(".png",)`.
        option: str, how the file was given. Defaults to `--output`.

    Raises:
        InputError: if the name ends otherwise, or its folder is not there.

    Example:

    >>> check_output(Path("rates.jpg"), (".png",))
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a name that ends in .png for --output. Received: ...
    """
    if path is None:
        return
    if path.suffix.lower() not in suffixes:
        raise InputError(
            f"Expected a name that ends in {' or '.join(suffixes)} for {option}. "
            f"Received: {str(path)!r}"
        )
    if not path.parent.is_dir() or path.is_dir():
        raise InputError(f"Expected a file in a folder that is there. Received: {str(path)!r}")


def with_home(path: str | os.PathLike[str]) -> Path:
    """Returns a path with the home directory in place of a leading `~`.

    Args:
        path: str or path. One with the name of a user who is not known, as in `~nobody/x`, stays
            as it is, as in a shell, where `Path.expanduser` raises a `RuntimeError`.

    Example:

    >>> with_home("~") == Path.home(), str(with_home("~nobody-of-this-name/x"))
    (True, '~nobody-of-this-name/x')
    """
    path = Path(path)
    try:
        return path.expanduser()
    except RuntimeError:
        return path
