import math
from datetime import date, datetime, time, timedelta

import numpy as np
import polars
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kerastune.data import read_column
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize(
    "text",
    ["5", "-5", "+5.", ".5", "-0.5", "0", "1e5", "1.5E-3", " 7 ", "123456789012345678901234567890"],
)
def test_spelled_numbers(text):
    read = read_column([text, "", "12"], "size", spelled=True)
    assert read.kind == "number"
    np.testing.assert_array_equal(read.values, [float(text), math.nan, 12])
    assert read.notes == ()


@pytest.mark.parametrize(
    "text", ["1,5,", "1 000", "1_000", "0x10", "5%", "$5", "five", "1e", ".", "٣", "01234", "--5"]
)
def test_what_is_no_spelled_number(text):
    assert read_column([text], "size", spelled=True).kind == "category"


@pytest.mark.parametrize("text", ["", " ", "NA", "n/a", "NaN", "null", "NONE", "?", "-"])
def test_spelled_missing_values(text):
    assert np.isnan(read_column(["1", text], "size", spelled=True).values[1])
    assert read_column(["red", text], "colour", spelled=True).values == ["red", None]
    assert read_column(["2024-02-29", text], "bought", spelled=True).values[1] is None


def test_missing_values_are_not_spelled_where_there_are_types():
    assert read_column(["NA", "None", "", None], "country").values == ["NA", "None", None, None]


@pytest.mark.parametrize("text", ["inf", "-Infinity", "1e999"])
def test_infinite_numbers_are_refused(text):
    with pytest.raises(
        InputError, match="finite numbers in column 'size'. Received: -?inf in row 2"
    ):
        read_column(["1", text], "size", spelled=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-02-29", datetime(2024, 2, 29)),
        ("2024-02-29 12:30", datetime(2024, 2, 29, 12, 30)),
        ("2024-02-29T12:30:05", datetime(2024, 2, 29, 12, 30, 5)),
        ("2024-02-29T12:30:05.123456789", datetime(2024, 2, 29, 12, 30, 5, 123456)),
        ("2024-02-29T12:30:00Z", datetime(2024, 2, 29, 12, 30)),
        ("2024-02-29T12:30:00+02:00", datetime(2024, 2, 29, 10, 30)),
    ],
)
@pytest.mark.parametrize("spelled", [True, False])
def test_dates_in_text(text, expected, spelled):
    read = read_column([text, None if not spelled else ""], "bought", spelled=spelled)
    assert (read.kind, read.values) == ("date", [expected, None])


@pytest.mark.parametrize("text", ["29.02.2024", "2024-2-9", "2023-02-29", "20240229x", "12:30"])
def test_what_is_no_date(text):
    assert read_column([text], "bought", spelled=True).kind == "category"


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        ([1, 2.5, None], "number", [1, 2.5, math.nan]),
        ([np.int64(1), np.float32(2.5)], "number", [1, 2.5]),
        ([True, False, None], "category", ["true", "false", None]),
        (["red", "5"], "category", ["red", "5"]),
        (["1", "2"], "category", ["1", "2"]),
        ([None, None], "category", [None, None]),
        ([date(2024, 2, 29), None], "date", [datetime(2024, 2, 29), None]),
        (polars.Series([1, None], dtype=polars.Int8), "number", [1, math.nan]),
        (polars.Series(["1.50"]).cast(polars.Decimal(10, 2)), "number", [1.5]),
        (polars.Series([True, None]), "category", ["true", None]),
        (polars.Series(["a", None], dtype=polars.Categorical), "category", ["a", None]),
        (polars.Series([date(2024, 2, 29)]), "date", [datetime(2024, 2, 29)]),
        (polars.Series([None]), "category", [None]),
    ],
)
def test_values_with_types(cells, kind, values):
    read = read_column(cells, "x")
    assert read.kind == kind
    np.testing.assert_array_equal(read.values, values)


def test_a_date_with_a_time_zone_comes_in_utc():
    zoned = polars.Series([datetime(2024, 2, 29, 12)]).dt.replace_time_zone("Asia/Tokyo")
    assert read_column(zoned, "bought").values == [datetime(2024, 2, 29, 3)]


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        ([1, "2", None, "NA"], "number"),
        ([1, "two"], "category"),
        ([date(2024, 2, 29), "2024-03-01"], "date"),
        ([True, "x", 5, 2.5], "category"),
    ],
)
def test_values_that_are_text_in_part_are_read_as_text(cells, kind):
    assert read_column(cells, "x").kind == kind


@pytest.mark.parametrize(
    "cells",
    [
        polars.Series([[1]]),
        polars.Series([{"a": 1}]),
        polars.Series([time(12)]),
        polars.Series([timedelta(days=1)]),
        [[1], [2]],
        [{"a": 1}],
        [b"bytes"],
    ],
)
def test_values_of_no_kind_are_refused(cells):
    with pytest.raises(InputError, match="in column 'x'. Received: ") as caught:
        read_column(cells, "x")
    assert "\n" not in str(caught.value)


def test_a_few_texts_among_numbers_are_noted():
    read = read_column(["5", "6", "", "seven", "8"], "size", spelled=True)
    assert read.values == ["5", "6", None, "seven", "8"]
    assert read.notes == (
        "'size' read as categories: 3 of 4 values are numbers, but 'seven' in row 4 is none",
    )


def test_an_impossible_date_among_dates_is_noted():
    (note,) = read_column(["2023-01-01", "2023-02-29", "2023-03-01"], "day").notes
    assert note.endswith("2 of 3 values are dates, but '2023-02-29' in row 2 is none")


def test_numbers_as_text_are_noted_where_there_are_types():
    (note,) = read_column(["1.5", "2.5"], "size").notes
    assert note == "'size' read as categories: 2 of 2 values are numbers, but as text"


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        ([1, 2.0, 2.5], "category", ["1", "2", "2.5"]),
        (["01", "02"], "number", [1, 2]),
        ([True, False], "number", [1, 0]),
        (polars.Series([True, None]), "number", [1, math.nan]),
        (["2024-02-29"], "category", ["2024-02-29"]),
        ([date(2024, 2, 29)], "category", ["2024-02-29"]),
        (["2024-02-29 12:00"], "date", [datetime(2024, 2, 29, 12)]),
        ([None], "date", [None]),
        ([None], "number", [math.nan]),
    ],
)
def test_a_kind_that_is_asked_for(cells, kind, values):
    read = read_column(cells, "x", kind=kind)
    assert read.kind == kind
    np.testing.assert_array_equal(read.values, values)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["5", "five"], "number"),
        (["1_000"], "number"),
        ([date(2024, 2, 29)], "number"),
        ([5], "date"),
        (["spring"], "date"),
        (polars.Series([5]), "date"),
    ],
)
@pytest.mark.parametrize("spelled", [False, True])
def test_a_kind_that_values_are_not_of(cells, kind, spelled):
    with pytest.raises(InputError, match="in column 'x'. Received: .* in row [12]"):
        read_column(cells, "x", kind=kind, spelled=spelled)


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False) | st.none(), min_size=1))
def test_numbers_survive_being_spelled(numbers):
    texts = ["" if number is None else repr(number) for number in numbers]
    read = read_column(texts, "x", spelled=True)
    if any(numbers) or 0.0 in numbers:
        assert read.kind == "number"
        expected = [math.nan if number is None else number for number in numbers]
        np.testing.assert_array_equal(read.values, expected)


@given(st.lists(st.text("0123456789.-+ T:/?xNA", max_size=12), min_size=1), st.booleans())
def test_any_text_is_read(texts, spelled):
    read = read_column(texts, "x", spelled=spelled)
    assert read.kind in ("number", "category", "date")
    assert len(read.values) == len(texts)
    if not spelled:
        assert read.kind != "number"
