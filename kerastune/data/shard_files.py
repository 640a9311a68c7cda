"""The files of a table that is in several, such as `train-00000-of-00002.parquet`."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from kerastune.errors import InputError

_OF = re.compile(r"(?P<name>.*?)[-_.]?(?P<number>\d+)-of-(?P<count>\d+)(?P<rest>[-.].*)?")
_NUMBERED = re.compile(r"(?P<name>.*?)[-_.]?\d{3,}(?P<rest>[-.].*)?")


def files_of(path: Path) -> list[Path]:
    """Returns the files that a path names: itself, or all that fit its pattern.

    Args:
        path: Path. An asterisk in the name of a file stands for any characters, unless there is
            a file of that very name.

    Returns:
        List of Path in the order of their names; empty if there is none.

    Raises:
        OSError: if the folder cannot be read.

    Example:

    >>> files_of(Path("no/such-*.parquet"))
    []
    """
    if path.is_file():
        return [path]
    if not is_pattern(path) or not path.parent.is_dir():
        return []
    found = (file for file in path.parent.iterdir() if _fits(file, path))
    return sorted(file for file in found if file.is_file() and not file.name.startswith("."))


def is_pattern(path: Path) -> bool:
    """Returns whether a path names files by a pattern, and no file by its name.

    Args:
        path: Path.

    Example:

    >>> is_pattern(Path("train-*.parquet")), is_pattern(Path("train.parquet"))
    (True, False)
    """
    return "*" in path.name and not path.exists()


def shards_of(path: Path) -> list[Path]:
    """Returns the files of a pattern, if there are as many as their names say.

    Args:
        path: Path, a pattern.

    Raises:
        InputError: if there is none, or one of a set is missing.

    Example:

    >>> shards_of(Path("no/such-*.parquet"))
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected files to read. Received: no/such-*.parquet, ...
    """
    files = files_of(path)
    if not files:
        raise InputError(f"Expected files to read. Received: {path}, which fits none")
    _require_all(files)
    return files


def shard_patterns(files: Sequence[Path]) -> dict[str, Path]:
    """Returns the tables that some files hold, shards of one as one.

    Args:
        files: sequence of Path, files in one folder.

    Returns:
        Dictionary from the name of each table, without numbers and suffixes where it is of
        shards, to its path or pattern.

    Example:

    >>> names = ["test.csv", "train-00000-of-00002.csv", "train-00001-of-00002.csv"]
    >>> {name: path.name for name, path in shard_patterns([*map(Path, names)]).items()}
    {'test.csv': 'test.csv', 'train': 'train-*-of-00002.csv'}
    """
    tables: dict[str, Path] = {}
    patterns: dict[Path, list[tuple[str, Path]]] = {}
    for file in sorted(files):
        name, pattern = _pattern(file)
        patterns.setdefault(pattern, []).append((name, file))
    for pattern, members in patterns.items():
        name, first = members[0]
        alone = len(members) == 1 and _OF.match(first.name) is None
        fitting = [file for file in files if _fits(file, pattern)]
        if alone or len(fitting) > len(members):
            tables.update((file.name, file) for _, file in members)
        else:
            tables[pattern.name if name in tables else name] = pattern
    return tables


def _fits(file: Path, pattern: Path) -> bool:
    wanted = ".*".join(map(re.escape, pattern.name.split("*")))
    return re.fullmatch(wanted, file.name, re.DOTALL) is not None


def _pattern(file: Path) -> tuple[str, Path]:
    """Returns the name of a table and the pattern of its files, of one of them."""
    suffix = "".join(file.suffixes[-2:]) if file.suffix in (".gz", ".zip") else file.suffix
    stem = file.name.removesuffix(suffix)
    found = _OF.fullmatch(stem)
    if found is not None:
        rest = found["rest"] and f"{found['rest'][0]}*"
        middle = stem[len(found["name"]) : found.start("number")]
        of = f"*-of-{found['count']}"
        return found["name"], file.with_name(f"{found['name']}{middle}{of}{rest or ''}{suffix}")
    found = _NUMBERED.fullmatch(stem)
    if found is None:
        return stem, file
    return found["name"], file.with_name(f"{found['name']}*{suffix}")


def _require_all(files: Sequence[Path]) -> None:
    """Raises if one of the files that name how many there are is missing, or there twice."""
    found = [_OF.match(file.name) for file in files]
    if any(match is None for match in found):
        return
    counts = {int(match["count"]) for match in found if match is not None}
    numbers = Counter(int(match["number"]) for match in found if match is not None)
    twice = [number for number, times in numbers.items() if times > 1]
    missing = sorted(set(range(max(counts))) - set(numbers))
    if len(counts) > 1 or twice or missing:
        what = f"without number {missing[0]}" if missing else "some of one number"
        raise InputError(
            f"Expected {max(counts)} files, as {files[0].name} says. Received: {len(files)} in "
            f"{files[0].parent}, {what}. Fetch all of them, or name those to read"
        )
