"""Means of weights, points between them, and which members a greedy soup has."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kerastune.errors import InputError
from kerastune.soups.averaging import between, mean_of
from kerastune.soups.selecting import greedy_choice, ranked

pytestmark = pytest.mark.any_backend

FINITE = {"allow_nan": False, "allow_infinity": False, "width": 32}
WEIGHTS = arrays.arrays("float32", (2, 3), elements=st.floats(**FINITE))
SCORES = st.lists(st.floats(0, 1), min_size=1, max_size=6)


@given(st.lists(WEIGHTS, min_size=1, max_size=5))
def test_the_mean_is_that_of_numpy_in_float64(several):
    (found,) = mean_of([[one] for one in several])
    expected = np.mean(np.asarray(several, "float64"), axis=0)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected.astype("float32"), rtol=2e-7, atol=1e-38)


@given(WEIGHTS, st.integers(1, 7))
def test_the_mean_of_equal_weights_is_these_bit_for_bit(weights, count):
    np.testing.assert_array_equal(mean_of([[weights]] * count)[0], weights)


@given(WEIGHTS, WEIGHTS)
def test_a_line_begins_and_ends_at_the_weights(start, end):
    np.testing.assert_array_equal(between([start], [end], 0.0)[0], start)
    np.testing.assert_array_equal(between([start], [end], 1.0)[0], end)
    middle = (start.astype("float64") + end) / 2
    np.testing.assert_allclose(
        between([start], [end], 0.5)[0], middle.astype("float32"), rtol=2e-7, atol=1e-38
    )


def test_integers_have_no_mean_unless_they_are_the_same():
    counts = np.array([3, 4])
    assert mean_of([[counts], [counts]])[0].tolist() == [3, 4]
    with pytest.raises(InputError, match="Received: some that differ in int64"):
        mean_of([[counts], [counts + 1]])


def test_small_floats_are_averaged_in_float64():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    weights = [np.array([value], ml_dtypes.bfloat16) for value in (1.0, 2.0)]
    (found,) = mean_of([[one] for one in weights])
    assert found.dtype == ml_dtypes.bfloat16
    assert float(found[0]) == 1.5


@given(SCORES, st.randoms(use_true_random=False))
def test_a_greedy_soup_is_never_worse_than_the_best_run(scores, chance):
    known = {}

    def score_of(members):
        assert len(members) > 1
        return known.setdefault(frozenset(members), chance.choice([math.nan, chance.random()]))

    members = greedy_choice(scores, score_of)
    assert members[0] == scores.index(max(scores))
    assert len(set(members)) == len(members)
    reached = scores[members[0]] if len(members) == 1 else known[frozenset(members)]
    assert reached >= max(scores)


def test_a_member_that_changes_nothing_stays_and_one_that_harms_does_not():
    values = {(1, 0): 0.9, (1, 0, 2): 0.8}
    assert greedy_choice([0.8, 0.9, 0.7], values.__getitem__) == (1, 0)
    assert ranked([math.nan, 0.1, 0.1]) == [1, 2, 0]
