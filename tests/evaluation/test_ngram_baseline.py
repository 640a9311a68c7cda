"""The n-gram baseline against the definition, written out."""

from itertools import pairwise

import numpy as np
import pytest

from kerastune.evaluation.ngram_baseline import KneserNey

pytestmark = pytest.mark.any_backend

GENERATOR = np.random.default_rng(0)
PIECES = [[0, *GENERATOR.integers(1, 5, 12).tolist()] for _ in range(6)]


def bigrams():
    return [pair for piece in PIECES for pair in pairwise(piece)]


def test_two_tokens_are_as_in_the_paper():
    """Chen and Goodman, 1999, section 2.7: the shorter context counts what stands before."""
    found = bigrams()
    kinds = set(found)
    counts = {pair: found.count(pair) for pair in kinds}
    once, twice = (sum(count == n for count in counts.values()) for n in (1, 2))
    discount = once / (once + 2 * twice) if once and twice else 0.75
    model = KneserNey(PIECES, vocabulary_size=6, order=2)
    before = {token: len({pair for pair in kinds if pair[1] == token}) for token in range(6)}
    lower_counts = [count for count in before.values() if count]
    once, twice = (sum(count == n for count in lower_counts) for n in (1, 2))
    lower_discount = once / (once + 2 * twice) if once and twice else 0.75
    total = sum(before.values())
    for context in range(5):
        behind = sum(count for pair, count in counts.items() if pair[0] == context)
        followed = len({pair for pair in kinds if pair[0] == context})
        for token in range(6):
            lower = max(before[token] - lower_discount, 0) / total
            lower += lower_discount * len(lower_counts) / total / 6
            expected = max(counts.get((context, token), 0) - discount, 0) / behind
            expected += discount * followed / behind * lower
            assert model.probability([context], token) == pytest.approx(expected)


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_probabilities_add_up_to_one(order):
    model = KneserNey(PIECES, vocabulary_size=6, order=order)
    for context in ([], [0], [0, 3], [3, 4, 1], [5, 5, 2, 1], PIECES[0][:7]):
        total = sum(model.probability(context, token) for token in range(6))
        assert total == pytest.approx(1)
    assert model.nats([0, 5, 1]).shape == (2,)
