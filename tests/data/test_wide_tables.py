from datetime import datetime

import numpy as np
import pandas
import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.data import (
    Column,
    Source,
    open_as,
    open_table,
    open_table_like,
    open_table_splits,
    opener,
)
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

FRAME = polars.DataFrame(
    {
        "age": [22.0, None, 26.5, 35.0],
        "rooms": [1, 3, None, 1],
        "port": ["S", "C", None, "S"],
        "boarded": [datetime(1912, 4, 10), None, datetime(1912, 4, 11, 12), datetime(1912, 4, 10)],
        "ship": ["Titanic"] * 4,
        "survived": ["no", "yes", "yes", "no"],
    }
)
NOTES = (
    "numbers: 'age', 'rooms'",
    "categories: 'port'",
    "dates: 'boarded'",
    "missing values: 'age' (1), 'rooms' (1), 'port' (1), 'boarded' (1)",
    "left out, as it never varies: 'ship'",
)


def written(tmp_path, suffix, frame=FRAME):
    path = tmp_path / f"passengers.{suffix}"
    writers = {
        "csv": frame.write_csv,
        "tsv": lambda to: frame.write_csv(to, separator="\t"),
        "jsonl": frame.write_ndjson,
        "parquet": frame.write_parquet,
    }
    writers[suffix](path)
    return path


def given_as(form, tmp_path):
    if form in ("csv", "tsv", "jsonl", "parquet"):
        return str(written(tmp_path, form))
    return {
        "polars": FRAME,
        "lazy": FRAME.lazy(),
        "pandas": pandas.DataFrame(FRAME.to_dict(as_series=False)),
        "records": FRAME.to_dicts(),
        "columns": FRAME.to_dict(as_series=False),
    }[form]


def error_of(data, **options):
    with pytest.raises(InputError) as caught:
        open_table(data, **{"target": "survived", **options})
    message = str(caught.value)
    assert "\n" not in message
    assert "Received: " in message
    return message


@pytest.mark.parametrize(
    "form",
    ["csv", "tsv", "jsonl", "parquet", "polars", "lazy", "pandas", "records", "columns"],
)
def test_every_form_reads_the_same(form, tmp_path):
    source = open_table(given_as(form, tmp_path), target="survived")
    kinds = {name: column.kind for name, column in source.columns.items()}
    assert kinds == {
        "age": "number",
        "rooms": "number",
        "port": "category",
        "boarded": "date",
        "survived": "class",
    }
    np.testing.assert_array_equal(source.values["age"], [22, np.nan, 26.5, 35])
    np.testing.assert_array_equal(source.values["rooms"], [1, 3, np.nan, 1])
    assert source.values["port"] == ["S", "C", None, "S"]
    assert source.values["boarded"] == FRAME["boarded"].to_list()
    assert source.values["survived"].tolist() == [0, 1, 1, 0]
    assert source.columns["survived"].class_names == ("no", "yes")
    assert source.targets == ("survived",)
    assert source.notes == NOTES


def test_rows_without_a_target_are_dropped(tmp_path):
    frame = FRAME.with_columns(survived=polars.Series(["no", None, "yes", " "]))
    for form in ("csv", "parquet"):
        source = open_table(written(tmp_path, form, frame), target="survived")
        assert source.values["age"].tolist() == [22, 26.5]
        assert "2 of 4 rows dropped: no 'survived'" in source.notes


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ([10, 9, 10, 1], ("1", "9", "10")),
        ([1.0, 0.0, None, 1.0], ("0", "1")),
        ([True, False, True, True], ("false", "true")),
        (["-", "+", "None", "?"], ("+", "-", "?", "None")),
    ],
)
def test_classes(values, names, tmp_path):
    frame = FRAME.with_columns(survived=polars.Series(values))
    for form in ("csv", "parquet"):
        source = open_table(written(tmp_path, form, frame), target="survived", target_kind="class")
        assert source.columns["survived"].class_names == names
        assert open_table(frame, target="survived").columns["survived"].kind == "class"


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_quantities(form, tmp_path):
    path = written(tmp_path, form)
    by_fractions = open_table(path, target="age")
    assert by_fractions.columns["age"] == Column("quantity")
    assert by_fractions.values["age"].tolist() == [22, 26.5, 35]
    whole = open_table(path, target="rooms", target_kind="quantity")
    assert whole.values["rooms"].tolist() == [1, 3, 1]
    assert whole.columns["rooms"] == Column("quantity")


def test_classes_that_are_numbers_with_fractions_are_refused(tmp_path):
    message = error_of(written(tmp_path, "csv"), target="age", target_kind="class")
    assert "Received: 26.5 in row 3 (line 4) of" in message
    assert "regression" in message


def test_quantities_that_are_text_are_refused():
    message = error_of(FRAME, target_kind="quantity")
    assert "Expected numbers in column 'survived'. Received: 'no' in row 1" in message
    assert "choose a recipe for classification" in message


def test_a_date_cannot_be_predicted():
    assert "Received: dates" in error_of(FRAME, target="boarded")


def test_known_classes_keep_their_order():
    source = open_table(FRAME, target="survived", class_names=("yes", "no", "maybe"))
    assert source.values["survived"].tolist() == [1, 0, 0, 1]
    assert "Received: 'no' in row 1" in error_of(FRAME, class_names=("yes", "maybe"))


def test_other_kinds_and_columns_left_out():
    source = open_table(
        FRAME, target="survived", drop=["age", "boarded"], kinds={"rooms": "category"}
    )
    assert source.inputs == ("rooms", "port")
    assert source.values["rooms"] == ["1", "3", None, "1"]


def test_identifiers_are_kept_and_noted():
    frame = FRAME.with_columns(ticket=polars.Series(["a", "b", "c", "d"]), row=range(4))
    source = open_table(frame.with_columns(row=polars.int_range(4)), target="survived")
    assert {"ticket", "row"} <= set(source.inputs)
    assert source.notes[-1] == (
        "another value in each row, as identifiers have, which are better left out: 'ticket', 'row'"
    )


def test_the_index_that_pandas_writes_has_a_name(tmp_path):
    path = tmp_path / "indexed.csv"
    pandas.DataFrame(FRAME.to_dict(as_series=False)).to_csv(path)
    source = open_table(path, target="survived", drop=["column 1"])
    assert source.inputs == ("age", "rooms", "port", "boarded")


@pytest.mark.parametrize(
    ("data", "options", "expected"),
    [
        (FRAME, {"target": "survive"}, "Did you mean 'survived'?"),
        (FRAME, {"target": None}, "Received: none. Choose one of 'age', 'rooms'"),
        (FRAME, {"drop": ["shipp"]}, "Did you mean 'ship'?"),
        (FRAME, {"kinds": {"prot": "number"}}, "Did you mean 'port'?"),
        (FRAME, {"kinds": {"port": "text"}}, "Received: 'text' for 'port'"),
        (FRAME, {"kinds": {"survived": "category"}}, "for the target 'survived'"),
        (FRAME, {"kinds": {"port": "number"}}, "Received: 'S' in row 1"),
        (FRAME.select("ship", "survived"), {}, "Received: 'ship'"),
        (FRAME.select("survived"), {}, "Received: no other column"),
        (FRAME.clear(), {}, "no rows"),
        (polars.DataFrame(), {}, "no columns"),
        (FRAME.with_columns(survived=None), {}, "Received: 4 rows without"),
        (FRAME.with_columns(survived=polars.lit("no")), {}, "at least two different labels"),
        (FRAME.with_columns(age=polars.lit(float("inf"))), {}, "'age'. Received: inf in row 1"),
        (FRAME.with_columns(age=[[1]] * 4), {}, "in column 'age'. Received: List"),
        ({"a": [1, 2], "survived": ["x"]}, {}, "{'a': 2, 'survived': 1}"),
        ([], {}, "Received: an empty list"),
        (5, {}, "Received: int"),
        ("no/such/file.csv", {}, "which is not a file"),
        ("brest_cancer", {}, "Did you mean 'breast_cancer'?"),
        ("people.xlsx", {}, ".csv, .tsv, .tab, .jsonl, .ndjson, .json, .parquet"),
    ],
)
def test_bad_tables(data, options, expected):
    assert expected in error_of(data, **options)


def test_an_infinite_number_in_a_file_is_found_by_its_row(tmp_path):
    path = tmp_path / "huge.csv"
    path.write_text("size,won\n1,yes\n1e999,no\n")
    message = error_of(path, target="won")
    assert message.startswith(
        "Expected finite numbers in column 'size'. Received: inf in row 2 (line 3) of "
    )


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a,b,a\n1,2,3\n", "Expected one column 'a'"),
        ("a,b\n1,2,3\n", "Expected 2 fields in line 2"),
        ("a,b\n1\n", "Expected 2 fields in line 2"),
        ("a,b\n", "no rows"),
        ("", "is empty"),
    ],
)
def test_broken_files(content, expected, tmp_path):
    path = tmp_path / "broken.csv"
    path.write_text(content)
    assert expected in error_of(path, target="a")


def test_broken_lines_of_json(tmp_path):
    path = tmp_path / "broken.jsonl"
    path.write_text('{"a": 1, "won": 1}\n{"a": [1], "won": 0}\n')
    message = error_of(path, target="won")
    assert "text, a number, true, false or null as 'a' in line 2" in message


def test_a_source_can_have_another_target():
    source = open_table(FRAME, target="survived")
    other = open_table(source, target="age")
    assert other.values["survived"] == ["no", "yes", "no"]
    assert other.columns["survived"].kind == "category"
    assert open_table(source).values["survived"].tolist() == source.values["survived"].tolist()


def test_a_source_of_another_kind_is_refused():
    images = Source.of(np.zeros((2, 4, 4, 1)), [0, 1], class_names=("a", "b"))
    assert "'image' of kind image (4 x 4 x 1)" in error_of(images, target=None)


def test_a_scheme_of_a_user():
    @opener("passengers")
    def passengers(rest):
        return open_table(FRAME, target=rest)

    assert open_table("passengers:survived").targets == ("survived",)


def test_other_tables_are_read_as_the_known_one(tmp_path):
    known = open_table(FRAME, target="survived")
    path = tmp_path / "more.csv"
    path.write_text("port,age,rooms,boarded,survived,deck\n7,30,2,,yes,B\n8,,1,,NA,C\n")
    source = open_table_like(path, known.columns, known.targets)
    assert source.values["port"] == ["7"]
    assert source.values["boarded"] == [None]
    assert source.values["survived"].tolist() == [1]
    assert source.notes == (
        "1 of 2 rows dropped: no 'survived'",
        "left out, as the training data lacks it: 'deck'",
    )
    assert open_as(path, known.columns, known.targets).values["port"] == ["7"]
    inputs = {name: known.columns[name] for name in known.inputs}
    assert len(open_table_like(path, inputs)) == 2
    with pytest.raises(InputError, match="Expected a column 'age' in the records"):
        open_table_like([{"port": "S"}], inputs)


CELLS = st.none() | st.text(st.characters(codec="utf-8"), max_size=5)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=8))
@settings(max_examples=60)
def test_any_texts_are_read_from_files_as_from_frames(tmp_path_factory, rows):
    frame = polars.DataFrame(
        {
            "first": [row[0] for row in rows],
            "second": [row[1] for row in rows],
            "y": [position % 2 for position in range(len(rows))],
        },
        schema={"first": polars.String, "second": polars.String, "y": polars.Int64},
    )
    kinds = {"first": "category", "second": "category"}
    folder = tmp_path_factory.mktemp("any")
    try:
        expected = open_table(frame, target="y", kinds=kinds)
    except InputError as error:
        assert "varies" in str(error) or "two different labels" in str(error)  # noqa: PT017
        return
    for suffix in ("jsonl", "parquet"):
        source = open_table(written(folder, suffix, frame), target="y", kinds=kinds)
        assert dict(source.columns) == dict(expected.columns)
        for name in source.inputs:
            assert source.values[name] == expected.values[name]


@pytest.mark.parametrize("setting", ["drop", "categories"])
def test_a_text_is_no_list_of_columns(setting):
    rows = {"a": [1, 2, 3], "b": [2, 2, 1], "ab": [5, 6, 7], "y": [0, 1, 0]}
    with pytest.raises(InputError, match=rf"list of columns as {setting}. .*Write \['ab'\]"):
        open_table_splits(rows, target_kind="class", target="y", **{setting: "ab"})
