"""Parquet and Arrow files of many rows, of which some are read at a time."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kerastune.data.in_pieces import PIECE, ROWS_IN_MEMORY, InPieces
from kerastune.errors import InputError, reason
from kerastune.lazy_polars import polars, polars_errors


class ScannedFile:
    """A Parquet or Arrow file, before its columns are read.

    Args:
        path: Path of the file.
        frame: lazy frame of Polars that reads it.
        kind: str, what it is, for messages: `"a Parquet file"`.

    Example:

    >>> file = ScannedFile(Path("ages"), polars.LazyFrame({"age": [30, 40]}), "a table")
    >>> file.columns(["age"])["age"].to_list()
    [30, 40]
    """

    def __init__(self, path: Path, frame: "polars.LazyFrame", kind: str) -> None:
        self._path = path
        self._frame = frame
        self._kind = kind

    def columns(self, names: Sequence[str]) -> dict[str, Any]:
        """Returns some columns: series, or `ScannedColumn` where there are many rows.

        Args:
            names: sequence of str.

        Raises:
            InputError: if the file is broken.
        """
        chosen = self._frame.select(names)
        length = int(self.collected(self._frame.select(polars.len())).item())
        if length <= ROWS_IN_MEMORY:
            frame = self.collected(chosen)
            return {name: frame[name] for name in frame.columns}
        schema = chosen.collect_schema()
        return {name: ScannedColumn(self, name, dtype, length) for name, dtype in schema.items()}

    def rows(self, name: str, start: int, count: int) -> "polars.Series":
        """Returns some rows of a column.

        Args:
            name: str.
            start: int, the first of them.
            count: int.

        Raises:
            InputError: if the file is broken.
        """
        return self.collected(self._frame.select(name).slice(start, count)).to_series()

    def collected(self, frame: "polars.LazyFrame") -> "polars.DataFrame":
        """Returns what a lazy frame of the file reads.

        Args:
            frame: lazy frame of Polars.

        Raises:
            InputError: if the file is broken.
        """
        try:
            return frame.collect()
        except polars_errors() as error:
            raise InputError(
                f"Expected {self._kind}. Received: {self._path}: {reason(error)}"
            ) from error


class ScannedColumn(InPieces):
    """A column of a Parquet or Arrow file.

    Args:
        file: `ScannedFile`.
        name: str, the column.
        dtype: its type of Polars.
        length: int, the rows of the file.

    Example:

    >>> file = ScannedFile(Path("ages"), polars.LazyFrame({"age": [30, 40]}), "a table")
    >>> list(ScannedColumn(file, "age", polars.Int64(), 2))
    [30, 40]
    """

    def __init__(self, file: ScannedFile, name: str, dtype: "polars.DataType", length: int) -> None:
        self.dtype = dtype
        self._file = file
        self._name = name
        self._length = length

    def __len__(self) -> int:
        return self._length

    def pieces(self) -> Iterator["polars.Series"]:
        """Yields the values in order, some at a time."""
        for start in range(0, self._length, PIECE):
            yield self._file.rows(self._name, start, PIECE)

    def at(self, positions: np.ndarray) -> list[Any]:
        """Returns the values at some positions; each reads a part of the file.

        Args:
            positions: int array.
        """
        return [self._file.rows(self._name, int(at), 1).item() for at in positions]
