"""The table of raw values, and its forms for programs."""

import csv
import io
import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.display import Column, Table

pytestmark = pytest.mark.any_backend

COLUMNS = (Column("model", "text"), Column("parameters"), Column("share", "share"))
TABLE = Table("Models", COLUMNS, (("a", 3, 0.5), (None, None, None)), ("a note",), ("all", 3, 1))


def test_a_dictionary_holds_raw_values_that_json_can_write() -> None:
    held = json.loads(json.dumps(TABLE.to_dict()))
    assert held["rows"] == [
        {"model": "a", "parameters": 3, "share": 0.5},
        {"model": None, "parameters": None, "share": None},
    ]
    assert held["total"] == {"model": "all", "parameters": 3, "share": 1}
    assert held["columns"][2] == {"name": "share", "unit": "share", "signed": False}
    assert (held["title"], held["notes"]) == ("Models", ["a note"])


def test_a_data_frame_has_the_right_types_and_no_total() -> None:
    frame = TABLE.to_polars()
    assert frame.schema == {"model": pl.String, "parameters": pl.Int64, "share": pl.Float64}
    assert frame.rows() == [("a", 3, 0.5), (None, None, None)]


def test_an_empty_table_keeps_its_types() -> None:
    assert Table("none", COLUMNS, ()).to_polars().schema == TABLE.to_polars().schema


def test_integers_beyond_64_bits_stay_exact() -> None:
    table = Table("t", (Column("FLOPs", "operations"),), ((2**70,), (1,)))
    assert table.to_polars()["FLOPs"].to_list() == [2**70, 1]
    assert table.to_csv() == f"FLOPs\n{2**70}\n1\n"


def test_values_of_numpy_become_those_of_python() -> None:
    columns = (Column("n"), Column("x", "number"))
    [(count, number)] = Table("t", columns, ((np.int64(3), np.float32(0.5)),)).rows
    assert (type(count), type(number)) == (int, float)


@pytest.mark.parametrize(
    ("columns", "rows", "message"),
    [
        ((), (), "at least one column"),
        ((Column("a"), Column("a")), (), "different names. Received: 'a' twice"),
        ((Column("a"),), ((1, 2),), "Expected 1 values in each row"),
        ((Column("a"),), ((1.5,),), "a whole number or None in the column 'a'"),
        ((Column("a"),), ((True,),), "Received: True"),
        ((Column("a", "text"),), ((1,),), "a text or None"),
        ((Column("a", "number"),), ((float("nan"),),), "a finite number"),
        ((Column("a", "share"),), ((1.01,),), "a share, 0 to 1,"),
        ((Column("a", "share"),), (("x",),), "Received: 'x'"),
    ],
)
def test_what_does_not_fit_is_refused(columns, rows, message: str) -> None:
    with pytest.raises(ValueError) as caught:
        Table("t", columns, rows)
    assert message in str(caught.value)


def test_csv_ends_with_the_total() -> None:
    columns = Column("model", "text"), Column("parameters"), Column("share", "share")
    table = Table("Sizes", columns, (("a", 1, 0.5), ("b", 1, 0.5)), total=("all", 2, None))
    assert table.to_csv().splitlines() == ["model,parameters,share", "a,1,0.5", "b,1,0.5", "all,2,"]


def test_a_total_has_to_fit_too() -> None:
    with pytest.raises(ValueError, match="Expected 1 values"):
        Table("t", (Column("a"),), (), total=(1, 2))


def test_an_unknown_unit_is_refused() -> None:
    with pytest.raises(ValueError, match="Received: 'bytez'"):
        Column("a", "bytez")


def test_a_change_may_leave_0_to_1() -> None:
    assert Table("t", (Column("a", "share", signed=True),), ((-2.5,),)).rows == ((-2.5,),)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "\r@x", "＝1"])
def test_no_text_in_csv_runs_as_a_formula(text: str) -> None:
    table = Table("t", (Column(text, "text"), Column("n")), ((text, -1), ("a=b", 2)))
    heads, first, second = csv.reader(io.StringIO(table.to_csv(), newline=""))
    assert heads == [f"'{text}", "n"]
    assert first == [f"'{text}", "-1"]
    assert second == ["a=b", "2"]
    assert table.to_polars().columns[0] == text


@settings(max_examples=60)
@given(
    texts=st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)),
    name=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9),
)
def test_csv_and_data_frames_hold_any_text(texts: list[str | None], name: str) -> None:
    columns = (Column(name, "text"), Column(name + "2"))
    rows = tuple((text, place) for place, text in enumerate(texts))
    table = Table("t", columns, rows)
    assert tuple(table.to_polars().rows()) == rows
    read = list(csv.reader(io.StringIO(table.to_csv(), newline="")))
    assert len(read) == len(rows) + 1
    for (text, place), (cell, number) in zip(rows, read[1:], strict=True):
        assert int(number) == place
        assert cell.removeprefix("'") == (text or "").removeprefix("'") or cell == f"'{text}"


def test_names_that_utf8_cannot_hold_are_spelled_out() -> None:
    table = Table("t", (Column("file", "text"),), (("a\udcff",),))
    assert table.to_polars()["file"].to_list() == ["a\\udcff"]
