"""Rows of files and streams, some at a time, and what is told of broken ones."""

import io

import polars
import pytest

from kerastune.data.rows_in_pieces import delimited_rows, json_rows, table_rows
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend


def test_quotes_line_ends_and_marks(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes('\ufefftext,id\r\n"a, ""joy""\r\nof two lines",1\r\n\r\nb,2\r\n'.encode())
    assert list(table_rows(path).chunks) == [
        {"text": ['a, "joy"\r\nof two lines', "b"], "id": ["1", "2"]}
    ]
    path = path.with_suffix(".tsv")
    path.write_text("text\tid\na,b\t1\n")
    assert list(table_rows(path).chunks) == [{"text": ["a,b"], "id": ["1"]}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "which is empty"),
        ("a,a\n1,2\n", "Expected one column 'a' in rows. Received: 2"),
        ("a,b\n1\n", "Expected 2 fields in line 2 of rows. Received: 1 fields"),
        ('a,b\n"1,2\n', "Expected well-formed fields"),
    ],
)
def test_broken_tables(content, message):
    with pytest.raises(InputError, match=message):
        list(delimited_rows(io.StringIO(content, newline=""), "rows").chunks)


@pytest.mark.parametrize(
    ("content", "message"),
    [("\n{\n", "line 2 of rows"), ("[1]\n", "Received: list"), ("NaN\n", "Received: float")],
)
def test_broken_json_lines(content, message):
    with pytest.raises(InputError, match=message):
        list(json_rows(io.StringIO(content), "rows"))


def test_what_is_no_text_and_no_parquet(tmp_path):
    for name in ("rows.csv", "rows.parquet"):
        (tmp_path / name).write_bytes(b"text\n\x81\x8d\n")
        with pytest.raises(InputError, match="Expected (UTF-8 text|a Parquet file)"):
            list(table_rows(tmp_path / name).chunks)


def test_types_of_parquet_stay(tmp_path):
    frame = polars.DataFrame({"words": [["a", "b"], ["c"]], "age": [1, None]})
    frame.write_parquet(tmp_path / "rows.parquet")
    (rows,) = table_rows(tmp_path / "rows.parquet").chunks
    assert rows["words"].to_list() == [["a", "b"], ["c"]]
    assert rows["age"].to_list() == [1, None]
