"""Clicks on advertisements in Criteo's format: a label, 13 numbers and 26 categories a line."""

import gzip
from pathlib import Path

import numpy as np

from kerastune.data.columns import Column
from kerastune.data.openers import opener
from kerastune.data.source import Source
from kerastune.errors import InputError, reason

_NUMBERS = tuple(f"I{n}" for n in range(1, 14))
_CATEGORIES = tuple(f"C{n}" for n in range(1, 27))
_LABEL = "click"


@opener("criteo")
def criteo(path: str | Path) -> Source:
    """Returns the advertisements of a file in Criteo's format, and whether they were clicked.

    Each line is a label, 0 or 1, 13 counts and 26 hashed categories, with tabs between them and
    nothing where a value is missing, as in `train.txt` of the Kaggle display advertising
    challenge. Lines are in the order of time.

    Args:
        path: str or Path of the file, also compressed, `.gz`.

    Returns:
        A `Source` with the columns `I1` to `I13` of numbers and `C1` to `C26` of categories, and
        the target `click`.

    Raises:
        InputError: if the file cannot be read, or a line has other fields.

    Example:

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "train.txt"
    >>> lines = ["\\t".join([label, "5", *[""] * 12, "68fd1e64", *[""] * 25]) for label in "01"]
    >>> _ = path.write_text("\\n".join(lines))
    >>> source = criteo(path)
    >>> source[1]["click"], source[1]["I1"], source[1]["C1"], source[1]["C2"]
    (np.int64(1), np.float64(5.0), '68fd1e64', None)
    """
    path = Path(path)
    labels: list[int] = []
    numbers: list[list[float]] = [[] for _ in _NUMBERS]
    categories: list[list[str | None]] = [[] for _ in _CATEGORIES]
    for line_number, line in enumerate(_lines(path), start=1):
        label, *cells = line.split("\t")
        if label not in ("0", "1") or len(cells) != len(_NUMBERS) + len(_CATEGORIES):
            raise InputError(
                "Expected a label, 0 or 1, 13 numbers and 26 categories, with tabs between them, "
                f"in each line of '{path}'. Received: label {label[:20]!r} and {len(cells)} fields "
                f"in line {line_number}"
            )
        labels.append(int(label))
        for column, cell in zip(numbers, cells[: len(_NUMBERS)], strict=True):
            column.append(_number(cell, line_number, path))
        for texts, cell in zip(categories, cells[len(_NUMBERS) :], strict=True):
            texts.append(cell or None)
    if not labels:
        raise InputError(f"Expected lines in Criteo's format. Received: '{path}', which is empty")
    values = {
        **{name: np.array(column) for name, column in zip(_NUMBERS, numbers, strict=True)},
        **dict(zip(_CATEGORIES, categories, strict=True)),
        _LABEL: np.array(labels),
    }
    columns = {
        **dict.fromkeys(_NUMBERS, Column("number")),
        **dict.fromkeys(_CATEGORIES, Column("category")),
        _LABEL: Column("class", class_names=("0", "1")),
    }
    return Source(values, columns, (_LABEL,), path.name)


def _lines(path: Path) -> list[str]:
    try:
        if path.suffix == ".gz":
            with gzip.open(path, "rt", encoding="utf-8") as file:
                return file.read().splitlines()
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(
            f"Expected a file in Criteo's format. Received: '{path}': {reason(error)}"
        ) from error


def _number(cell: str, line_number: int, path: Path) -> float:
    try:
        return float(cell) if cell else float("nan")
    except ValueError as error:
        raise InputError(
            f"Expected a number in line {line_number} of '{path}'. Received: {cell!r}"
        ) from error
