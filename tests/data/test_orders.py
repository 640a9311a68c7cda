"""Batches of similar length: each sample once an epoch, in an order of the seed alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kerastune.data.orders import batches_by_length

pytestmark = pytest.mark.any_backend


def epoch(lengths, batch_size, seed, number):
    """The batches of an epoch."""
    steps = -(-len(lengths) // batch_size)
    batches = batches_by_length(lengths, batch_size=batch_size, seed=seed)
    return [batches[number * steps + place] for place in range(steps)]


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=200),
    st.integers(1, 9),
    st.integers(0, 5),
    st.integers(0, 3),
)
def test_each_epoch_has_each_sample_once(lengths, batch_size, seed, number):
    batches = epoch(np.array(lengths), batch_size, seed, number)
    assert sorted(np.concatenate(batches).tolist()) == list(range(len(lengths)))
    assert all(len(batch) == batch_size for batch in batches[:-1])


def test_the_order_is_that_of_the_seed_and_differs_by_epoch():
    lengths = np.random.default_rng(0).integers(1, 50, 300)
    first, again = epoch(lengths, 8, 0, 0), epoch(lengths, 8, 0, 0)
    assert [batch.tolist() for batch in first] == [batch.tolist() for batch in again]
    for other in (epoch(lengths, 8, 1, 0), epoch(lengths, 8, 0, 1)):
        assert [batch.tolist() for batch in first] != [batch.tolist() for batch in other]


def test_it_goes_on_where_it_stopped():
    lengths = np.random.default_rng(0).integers(1, 50, 30)
    whole = batches_by_length(lengths, batch_size=4, seed=3)
    later = batches_by_length(lengths, batch_size=4, seed=3, first_batch=11)
    assert [later[place].tolist() for place in range(20)] == [
        whole[11 + place].tolist() for place in range(20)
    ]


def test_little_is_padded_and_batches_are_not_sorted():
    lengths = np.random.default_rng(0).integers(1, 50, 3_000)
    longest = np.array([lengths[batch].max() for batch in epoch(lengths, 16, 0, 0)])
    assert (longest * 16).sum() < 1.1 * lengths.sum()
    assert abs(np.corrcoef(np.arange(len(longest)), longest)[0, 1]) < 0.2
