"""Baselines for tokens learn from all samples that are not for the test."""

import pytest

from kerastune.baselines import most_frequent_tag, token_features
from kerastune.data import Splits, tagged_tokens

pytestmark = pytest.mark.any_backend

SAMPLES = tagged_tokens(
    [["Ada", "ran"], ["It", "ran"], ["Bob", "sat"], ["Bob", "ran"]],
    [["B-PER", "O"], ["O", "O"], ["B-PER", "O"], ["B-PER", "O"]],
)
TRAINING, VALIDATION, TEST = (SAMPLES.select(part) for part in ([0, 1], [2], [3]))


@pytest.mark.parametrize("baseline", [most_frequent_tag, token_features])
def test_samples_for_validation_are_learned_from_too(baseline):
    (found,) = baseline(Splits(TRAINING, TEST, VALIDATION)).values()
    (expected,) = baseline(Splits(SAMPLES.select([0, 1, 2]), TEST)).values()
    assert found == expected
    assert found["span_f1"] == 1
    (less,) = baseline(Splits(TRAINING, TEST)).values()
    assert less != found
