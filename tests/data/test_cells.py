import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import numpy as np
import polars
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kerastune.data import as_categories, as_dates, as_numbers, is_missing
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

NOON = datetime(2024, 2, 29, 12)


class NAType:
    """As pandas has it."""


@pytest.mark.parametrize(
    "values",
    [
        [1, 2.5, None, True],
        [np.int64(1), np.float32(2.5), float("nan"), np.True_],
        [Decimal(1), Decimal("2.5"), NAType(), 1],
        np.array([1, 2.5, np.nan, 1]),
        polars.Series([1.0, 2.5, None, 1.0]),
    ],
)
def test_numbers_of_any_type(values):
    np.testing.assert_array_equal(as_numbers(values, "size"), [1, 2.5, np.nan, 1])


def test_numbers_of_booleans_and_none():
    assert as_numbers(polars.Series([True, False]), "size").tolist() == [1, 0]
    assert as_numbers([], "size").shape == (0,)


@pytest.mark.parametrize("value", [float("inf"), -math.inf, 10**400, np.float32("inf")])
def test_infinite_numbers_are_refused(value):
    with pytest.raises(
        InputError, match="finite numbers in column 'size'. Received: -?inf in row 2"
    ):
        as_numbers([1, value], "size")


@pytest.mark.parametrize("value", ["5", [5], {}, NOON, b"5"])
def test_what_is_no_number(value):
    with pytest.raises(InputError, match="column 'size'. Received: .* in row 3") as caught:
        as_numbers([1, None, value], "size")
    assert "\n" not in str(caught.value)


def test_a_long_value_is_shortened():
    with pytest.raises(InputError) as caught:
        as_numbers(["x" * 10_000], "size")
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (" red ", "red"),
        (" ", None),
        (np.str_("red"), "red"),
        (5, "5"),
        (5.0, "5"),
        (np.int8(5), "5"),
        (2.5, "2.5"),
        (False, "false"),
        (np.True_, "true"),
        (Decimal("2.50"), "2.5"),
        (date(2024, 2, 29), "2024-02-29"),
        (NAType(), None),
        (math.nan, None),
    ],
)
def test_categories_of_any_type(value, expected):
    assert as_categories([value], "colour") == [expected]


@pytest.mark.parametrize("value", [["red"], {"red": 1}, b"red", object])
def test_what_is_no_category(value):
    with pytest.raises(InputError, match="column 'colour'. Received: .* in sample 0"):
        as_categories([value], "colour", "sample {}".format)


@pytest.mark.parametrize(
    "value",
    [
        NOON,
        "2024-02-29T12:00",
        " 2024-02-29 12:00:00 ",
        "2024-02-29T14:00+02:00",
        NOON.replace(tzinfo=UTC),
        NOON.replace(hour=7, tzinfo=timezone(timedelta(hours=-5))),
        np.datetime64("2024-02-29T12:00"),
    ],
)
def test_dates_of_any_type(value):
    assert as_dates([value, None, "", np.datetime64("NaT")], "bought") == [NOON, None, None, None]


def test_dates_of_arrays_and_series():
    days = np.array(["2024-02-29T12", "NaT"], "datetime64[ns]")
    assert as_dates(days, "bought") == [NOON, None]
    assert as_dates(polars.Series([date(2024, 2, 29), None]), "bought") == [
        datetime(2024, 2, 29),
        None,
    ]


@pytest.mark.parametrize("value", ["yesterday", 20240229, "2023-02-29", ["2024-02-29"]])
def test_what_is_no_date(value):
    with pytest.raises(InputError, match="a date such as 2024-02-29 or None in column 'bought'"):
        as_dates([value], "bought")


def test_a_date_before_the_first_year():
    edge = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=12)))
    with pytest.raises(InputError, match="column 'bought'"):
        as_dates([edge], "bought")


@given(st.lists(st.none() | st.integers() | st.floats(allow_infinity=False)))
def test_numbers_are_kept_and_missing_ones_are_nan(values):
    try:
        numbers = as_numbers(values, "size")
    except InputError:
        assert any(isinstance(value, int) and abs(value) > 1e308 for value in values)
        return
    for value, number in zip(values, numbers, strict=True):
        assert math.isnan(number) if is_missing(value) else number == float(value)
