"""A table as a data frame and as CSV: raw values for other programs."""

import re
from collections.abc import Sequence
from typing import Any

import polars as pl
from polars import selectors

from kerastune.display.formats import format_image
from kerastune.display.table import Column, TableData

# What Excel and LibreOffice take for the start of a formula, wide forms included.
_FORMULA = r"^\s*[=+\-@＝＋－＠]"
_FRACTIONS = ("share", "score", "metric", "rate")


def data_frame(table: TableData) -> pl.DataFrame:
    """Returns the rows with a type for each column, even where all values are None."""
    return _frame(table.columns, table.rows)


def csv_text(table: TableData) -> str:
    """Returns the rows as CSV, in which no text is a formula."""
    frame = _frame(table.columns, table.rows_and_total)
    frame = frame.with_columns(selectors.string().str.replace(_FORMULA, "'$0"))
    frame.columns = [re.sub(_FORMULA, r"'\g<0>", name) for name in frame.columns]
    return frame.write_csv()


def _frame(columns: Sequence[Column], rows: Sequence[Sequence[Any]]) -> pl.DataFrame:
    """Some rows, column by column."""
    return pl.DataFrame(
        [_series(column, [row[place] for row in rows]) for place, column in enumerate(columns)]
    )


def _series(column: Column, values: list[Any]) -> pl.Series:
    known = [value for value in values if value is not None]
    dtype: type[pl.DataType]
    if column.unit == "image":
        dtype = pl.String
        values = [value if value is None else format_image(value) for value in values]
    elif column.is_text:
        dtype = pl.String
        values = [value if value is None else _encodable(value) for value in values]
    elif column.unit in _FRACTIONS or any(isinstance(value, float) for value in known):
        dtype = pl.Float64
    else:
        # The operations of a very large model outgrow 64 bits.
        dtype = pl.Int64 if max(map(abs, known), default=0) < 2**63 else pl.Int128
    return pl.Series(_encodable(column.name), values, dtype)


def _encodable(text: str) -> str:
    """Returns a text as UTF-8 can hold it: names of files may have bytes that it cannot."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
