"""Numbers and texts as a person reads them."""

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.display.formats import (
    format_bytes,
    format_count,
    format_number,
    format_operations,
    format_share,
    format_value,
    short_count,
)
from kerastune.display.texts import format_text

pytestmark = pytest.mark.any_backend

SIZES = st.integers(0, 1024**6) | st.builds(
    lambda unit, power, off: max(0, unit**power + off),
    st.sampled_from([1000, 1024]),
    st.integers(0, 5),
    st.integers(-600, 600),
)
FACTORS = {
    "": 1, "B": 1, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18,
    **{f"{letter}iB": 1024.0**power for power, letter in enumerate("KMGTPE", start=1)},
}  # fmt: skip


def parsed(text: str) -> float:
    """What a person takes a shown number for."""
    number, _, unit = text.partition(" ")
    return float(number.replace(",", "")) * FACTORS[unit]


@pytest.mark.parametrize("form", [format_bytes, format_operations])
@settings(max_examples=200)
@given(size=SIZES)
def test_a_shown_size_reads_back_to_three_digits(form, size: int) -> None:
    text = form(size)
    assert parsed(text) == pytest.approx(size, rel=5.001e-3)
    digits = text.split()[0]
    assert float(digits) < 1000
    if size >= 1000:
        assert len(digits.replace(".", "").lstrip("0")) == 3


@given(count=SIZES)
def test_a_count_is_exact(count: int) -> None:
    assert int(format_count(count).replace(",", "")) == count


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "0.977 KiB"),
        (1024, "1.00 KiB"),
        (int(1023.96 * 1024), "1.00 MiB"),
        (1024**2 - 1, "1.00 MiB"),
        (102_760_448, "98.0 MiB"),
        (-(1024**3), "-1.00 GiB"),
        (5000 * 1024**6, "5,000 EiB"),
    ],
)
def test_sizes_are_in_binary_units(size: int, text: str) -> None:
    assert format_bytes(size) == text


@pytest.mark.parametrize(
    ("count", "text"),
    [(999, "999"), (999_499, "999 K"), (999_500, "1.00 M"), (405_853_388_800, "406 B")],
)
def test_short_counts_carry_over_to_the_next_unit(count: int, text: str) -> None:
    assert short_count(count) == text


SHARES = st.floats(0, 1) | st.builds(
    lambda part, whole: min(part, whole) / whole,
    st.integers(0, 10**12),
    st.integers(1, 10**12),
)


@settings(max_examples=300)
@given(share=SHARES | SHARES.map(lambda share: 1 - share))
def test_only_nothing_is_0_percent_and_only_the_whole_is_100(share: float) -> None:
    text = format_share(share)
    assert (text == "0 %") == (share == 0)
    assert (text == "100 %") == (share == 1)
    assert "100.0" not in text
    match = re.fullmatch(r"([<>] )?(\d+(?:\.\d{1,2})?) %", text)
    assert match is not None
    value = float(match[2]) / 100
    if match[1] == "< ":
        assert 0 < share < value
    elif match[1] == "> ":
        assert value < share < 1
    else:
        assert share == pytest.approx(value, abs=5.001e-4 if value > 0.0999 else 5.001e-5)


@settings(max_examples=200)
@given(change=st.floats(-5, 5))
def test_a_change_has_its_sign_and_bounds_that_are_true(change: float) -> None:
    text = format_value(change, "share", signed=True)
    bound = re.fullmatch(r"([<>]) ([+-][\d.]+) %", text)
    if bound:
        value = float(bound[2]) / 100
        assert change < value if bound[1] == "<" else change > value
    elif change:
        assert text[0] == ("+" if change > 0 else "-")
        assert float(text[:-2]) / 100 == pytest.approx(change, abs=5.001e-4)
    else:
        assert text == "0 %"


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0999, "9.99 %"),
        (0.09996, "10.0 %"),
        (0.9996, "99.96 %"),
        (0.99994, "> 99.99 %"),
        (math.nextafter(1, 0), "> 99.99 %"),
        (5e-324, "< 0.01 %"),
        (1.0001, "> 100 %"),
        (12.5, "1,250.0 %"),
        (-1.0, "-100 %"),
        (-0.99999, "< -99.99 %"),
    ],
)
def test_shares_at_their_bounds(share: float, text: str) -> None:
    assert format_share(share) == text


def test_numbers_without_a_unit() -> None:
    assert [format_number(value) for value in (1234567, 0.5, 1e-7, 1234.5, 98765.4)] == [
        "1,234,567",
        "0.5",
        "1e-07",
        "1234",
        "98,765",
    ]


@settings(max_examples=200)
@given(text=st.text(st.characters(), max_size=600))
def test_a_shown_text_is_one_printable_line_of_limited_length(text: str) -> None:
    line = format_text(text)
    assert line.isprintable()
    assert "\n" not in line
    assert len(line) <= 401 * len("\\U0010ffff")
    if text.isprintable() and len(text) <= 400:
        assert line == text


def test_what_steers_a_terminal_or_turns_the_writing_is_spelled_out() -> None:
    assert format_text("a\x1b[2Jb\u202ec\ud800") == "a\\x1b[2Jb\\u202ec\\ud800"
