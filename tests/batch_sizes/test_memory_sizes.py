"""Amounts of memory in the ways in which people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kerastune.batch_sizes import memory_size
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

# By IEC 80000-13 and by the SI.
UNITS = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40, "PiB": 2**50}
UNITS |= {"kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "PB": 10**15, "B": 1}


@given(st.integers(1, 10**6), st.sampled_from(sorted(UNITS)), st.sampled_from(["", " ", "  "]))
def test_whole_amounts(number, unit, space):
    for written in (unit, unit.lower(), unit.upper()):
        assert memory_size(f"{number}{space}{written}") == number * UNITS[unit]


@pytest.mark.parametrize(
    ("text", "size"),
    [("1.5GiB", 3 * 2**29), (" 24 GiB ", 24 * 2**30), ("80G", 80 * 10**9), ("0.5kB", 500)],
)
def test_other_amounts(text, size):
    assert memory_size(text) == size


NOT_NUMBERS = ["", "GiB", "-1GB", "1,5GB", "1e3GB", "nanGB", "infGB", "8 0GB", "٣GB"]
OTHERS = ["80", "8XB", "8GiBs", "0GB", "0.1B", "8GB\n7GB", None, 80]


@pytest.mark.parametrize("text", [*NOT_NUMBERS, *OTHERS])
def test_refused(text):
    with pytest.raises(InputError, match="Expected an amount of memory"):
        memory_size(text)
