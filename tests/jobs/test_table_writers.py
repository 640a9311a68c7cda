"""Tables written some rows at a time read back the same, and are there when complete."""

import json

import polars
import pytest

from kerastune.errors import InputError
from kerastune.jobs.table_writers import require_writable, shown_cell, table_file

pytestmark = pytest.mark.any_backend

PIECES = [
    {"row": [1, 2], "text": ['a "joy",\nof two lines', None], "tags": [["a", "b"], []]},
    {"row": [3], "text": [None], "tags": [None]},
]


def write(path):
    with table_file(path) as rows:
        for piece in PIECES:
            rows(piece)


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.jsonl", "t.parquet"])
def test_what_is_written_is_read_back(tmp_path, name):
    path = tmp_path / "new" / name
    write(path)
    if path.suffix == ".jsonl":
        rows = [json.loads(line) for line in path.read_text().splitlines()]
    elif path.suffix == ".parquet":
        rows = polars.read_parquet(path).to_dicts()
    else:
        separator = {".csv": ",", ".tsv": "\t"}[path.suffix]
        rows = polars.read_csv(path, separator=separator).to_dicts()
    assert [row["row"] for row in rows] == [1, 2, 3]
    assert [row["text"] for row in rows] == ['a "joy",\nof two lines', None, None]
    lists = path.suffix in (".jsonl", ".parquet")
    assert [row["tags"] for row in rows] == (
        [["a", "b"], [], None] if lists else ["a|b", None, None]
    )
    assert list(path.parent.iterdir()) == [path]


def test_a_file_is_there_when_it_is_complete(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("before")

    def stopped():
        with table_file(path) as rows:
            rows(PIECES[0])
            assert path.read_text() == "before"
            raise KeyError

    with pytest.raises(KeyError):
        stopped()
    assert (path.read_text(), list(tmp_path.iterdir())) == ("before", [path])


def test_numbers_and_gaps():
    assert [shown_cell(value) for value in (1.0, 1 / 3, float("nan"), True, 12345678)] == [
        *("1", "0.3333333", "", "True", "12345678"),
    ]
    assert shown_cell(["a", None], " ") == "a "
    assert shown_cell({"a": 1}) == '{"a": 1}'


def test_what_cannot_be_written(tmp_path):
    (tmp_path / "t.csv").touch()
    require_writable(tmp_path / "t.csv", overwrite=True)
    for path, message in (
        (tmp_path / "t.xlsx", "Expected an output of type .csv, .tsv, .jsonl"),
        (tmp_path / "t.csv", "which exists"),
    ):
        with pytest.raises(InputError, match=message):
            require_writable(path, overwrite=False)
