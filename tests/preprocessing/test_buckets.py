"""Lengths to pad to: no other choice of as many leaves less padding."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kerastune.preprocessing.buckets import bucket_for, bucket_lengths

pytestmark = pytest.mark.any_backend


def positions(lengths, buckets):
    """All positions, padding included."""
    return sum(bucket_for(length, buckets) for length in lengths)


@given(st.lists(st.integers(1, 70), min_size=1, max_size=50), st.integers(3, 64))
def test_no_choice_of_as_many_is_better(lengths, longest):
    buckets = bucket_lengths(lengths, longest)
    assert buckets[-1] == longest
    assert list(buckets) == sorted(set(buckets))
    others = [(*some, longest) for some in combinations(range(8, longest, 8), len(buckets) - 1)]
    least = min((positions(lengths, other) for other in others), default=None)
    assert least == positions(lengths, buckets)


@given(st.lists(st.integers(1, 600), max_size=50))
def test_every_sample_fits_that_is_not_cut(lengths):
    buckets = bucket_lengths(lengths, 512)
    assert len(buckets) <= 4
    for length in lengths:
        assert bucket_for(length, buckets) >= min(length, 512)


def test_one_length_for_samples_of_one():
    assert bucket_lengths(np.full(9, 64), 64) == (64,)
    assert bucket_lengths([], 64) == (64,)
