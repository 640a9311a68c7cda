"""Images to predict in tables that list them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kerastune.data.columns import Column
from kerastune.data.given_tables import GivenTable
from kerastune.data.image_lists import find_image_column
from kerastune.data.image_paths import ImagesBeside
from kerastune.data.missing import is_absent

Chunks = Iterator[Mapping[str, Any]]


def with_image_column(
    cells: Mapping[str, Any], columns: Mapping[str, Column], name: str
) -> Mapping[str, Any]:
    """Returns columns in which that of the images has the name that is expected.

    Args:
        cells: dictionary from the name of each column to its values.
        columns: dictionary from the name of each input to its `Column`.
        name: str, what the columns are of, for messages.

    Returns:
        The columns: the same, unless the only input is an image that is not among them. Then
        the only column that looks like one is it.

    Raises:
        InputError: if it cannot be told which column holds the images.

    Example:

    >>> list(with_image_column({"file": ["a.png"]}, {"image": Column("image")}, "list.csv"))
    ['image']
    """
    key, column = next(iter(columns.items()))
    if len(columns) > 1 or column.kind != "image" or key in cells:
        return cells
    found = find_image_column(GivenTable(cells, name))
    return {key if other == found else other: values for other, values in cells.items()}


def with_image_files(chunks: Chunks, columns: Mapping[str, Column], path: Path) -> Chunks:
    """Returns rows of a table, with the files of the images that it lists by their paths.

    Args:
        chunks: iterator of dictionaries from the name of each column to values.
        columns: dictionary from the name of each input to its `Column`.
        path: Path of the table.

    Returns:
        Iterator of dictionaries. What is no path, or leads nowhere, is as it was.

    Example:

    >>> list(with_image_files(iter([{"age": [30]}]), {"age": Column("number")}, Path("a.csv")))
    [{'age': [30]}]
    """
    images = [name for name, column in columns.items() if column.kind == "image"]
    beside = ImagesBeside(path.parent)
    row = 0
    for chunk in chunks:
        cells = dict(with_image_column(chunk, columns, str(path))) if images else dict(chunk)
        for name in images:
            if name in cells:
                cells[name] = [
                    _file_of(value, beside, f"row {row + at + 1} of {path}")
                    for at, value in enumerate(cells[name])
                ]
        yield cells
        row += len(next(iter(cells.values()), ()))


def _file_of(value: Any, beside: ImagesBeside, where: str) -> Any:
    """Returns the file that a path in a table leads to, or the value if there is none."""
    if not isinstance(value, str | int) or is_absent(value):
        return value
    return beside.find(str(value), where) or str(value)
