"""Phoneme error rate and the constant sequence, against their definitions."""

import itertools
from functools import cache

import numpy as np
import pytest

from kerastune.baselines import constant_phonemes
from kerastune.data import Splits, open_phonemes
from kerastune.errors import InputError
from kerastune.evaluation import edit_distance, evaluate_phonemes

pytestmark = pytest.mark.any_backend

GENERATOR = np.random.default_rng(0)
WORDS = ["".join(GENERATOR.choice(list("abc"), GENERATOR.integers(1, 6))) for _ in range(30)]


@cache
def by_definition(one, other):
    """The fewest steps, by the recursion over the last letters of both."""
    if not one or not other:
        return len(one) + len(other)
    return min(
        by_definition(one[:-1], other) + 1,
        by_definition(one, other[:-1]) + 1,
        by_definition(one[:-1], other[:-1]) + (one[-1] != other[-1]),
    )


def test_the_edit_distance_is_that_of_the_recursion():
    for one, other in itertools.product(WORDS[:12], ["", *WORDS]):
        assert edit_distance(one, other) == by_definition(one, other)


def test_the_rate_is_over_all_phonemes_together():
    references, answers = [list(word) for word in WORDS], [list(word) for word in WORDS[1:]]
    found = evaluate_phonemes(references, [*answers, []])
    errors = sum(
        by_definition(one, other) for one, other in zip(WORDS, [*WORDS[1:], ""], strict=True)
    )
    assert found["phoneme_error_rate"] == pytest.approx(errors / sum(map(len, WORDS)))
    assert found.metrics[0].higher_is_better is False
    with pytest.raises(InputError, match="1 answers for 30 references"):
        evaluate_phonemes(references, [[]])


def test_no_short_sequence_is_a_better_constant():
    pair = [np.zeros(800)] * len(WORDS), [list(word) for word in WORDS]
    samples = open_phonemes(pair, sample_rate=8000)
    found = constant_phonemes(Splits(samples, samples))["constant sequence"]
    total = sum(map(len, WORDS))
    every = [
        "".join(letters)
        for length in range(5)
        for letters in itertools.product("abc", repeat=length)
    ]
    rates = {one: sum(by_definition(one, word) for word in WORDS) / total for one in every}
    assert found["phoneme_error_rate"] == pytest.approx(rates[found["sequence"].replace(" ", "")])
    assert found["phoneme_error_rate"] == pytest.approx(min(rates.values()), abs=0.02)
