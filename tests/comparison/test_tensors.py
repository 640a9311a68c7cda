"""Nested values come back from files as they were."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kerastune.comparison.tensors import (
    Arrays,
    UnpackableError,
    pack,
    read_packed,
    unpack,
    write_packed,
)

pytestmark = pytest.mark.any_backend

ends = st.none() | st.integers(-9, 9)
plain = st.none() | st.booleans() | st.integers() | st.text() | st.builds(slice, ends, ends, ends)
values = st.recursive(
    plain | st.just(...),
    lambda inner: (
        st.lists(inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(st.characters(codec="utf-8")), inner)
    ),
    max_leaves=9,
)


@given(values)
def test_plain_values_come_back(value):
    assert unpack(pack(value, Arrays(), np.asarray), []) == value


def test_arrays_come_back_and_are_stored_once(tmp_path):
    one = np.arange(3, dtype="int32")
    arrays = Arrays()
    packed = pack({"a": one, "b": (one, np.array(["x", "yes"], object))}, arrays, np.asarray)
    assert len(arrays.values) == 2
    write_packed(tmp_path, "batch", packed, arrays)
    back = unpack(*read_packed(tmp_path, "batch"))
    assert back["a"].dtype == np.int32
    np.testing.assert_array_equal(back["b"][0], one)
    assert back["b"][1].tolist() == ["x", "yes"]


@pytest.mark.parametrize("value", [object(), {1: 2}, slice(np.ones(1), 2)])
def test_what_no_file_can_hold_is_refused(value):
    with pytest.raises(UnpackableError):
        pack(value, Arrays(), np.asarray)
