"""Greedy and prefix beam decoding for CTC, against all paths."""

import itertools

import numpy as np
import pytest

from kerastune.errors import InputError
from kerastune.models import greedy_labels, prefix_beam_labels

pytestmark = pytest.mark.any_backend


def collapsed(path):
    return [label for at, label in enumerate(path) if label and (at == 0 or path[at - 1] != label)]


def probability_by_labels(logits):
    """The probability of each sequence of labels: the sum over all paths that give it."""
    exponentials = np.exp(logits)
    frames = exponentials / exponentials.sum(axis=1, keepdims=True)
    found = {}
    for path in itertools.product(range(logits.shape[1]), repeat=len(logits)):
        labels = tuple(collapsed(path))
        found[labels] = found.get(labels, 0.0) + np.prod(frames[np.arange(len(path)), path])
    return found


@pytest.mark.parametrize(("frames", "classes"), [(1, 3), (6, 3), (5, 4)])
def test_a_wide_beam_finds_the_most_probable_labels(frames, classes):
    logits = np.random.default_rng(0).normal(0, 1.5, (20, frames, classes))
    everything = sum(classes**length for length in range(frames + 1))
    answers = prefix_beam_labels(logits, everything)
    for sample, answer in zip(logits, answers, strict=True):
        by_labels = probability_by_labels(sample)
        assert by_labels[tuple(answer)] == pytest.approx(max(by_labels.values()), rel=1e-9)


def test_a_narrow_beam_is_at_least_as_good_as_the_best_path():
    logits = np.random.default_rng(1).normal(0, 1, (40, 6, 3))
    better = 0
    for sample, path, beam in zip(
        logits, greedy_labels(logits), prefix_beam_labels(logits, 6), strict=True
    ):
        by_labels = probability_by_labels(sample)
        assert path == collapsed(sample.argmax(axis=1).tolist())
        assert by_labels[tuple(beam)] >= by_labels[tuple(path)] - 1e-12
        better += by_labels[tuple(beam)] > by_labels[tuple(path)] + 1e-6
    assert better > 5


def test_one_label_twice_needs_a_blank_between():
    frames = 9.0 * np.eye(3)[[[1, 1, 2, 2], [1, 0, 1, 2], [0, 0, 0, 0]]]
    expected = [[1, 2], [1, 1, 2], []]
    assert greedy_labels(frames) == prefix_beam_labels(frames) == expected


def test_a_beam_of_none_is_refused():
    with pytest.raises(InputError, match="beam_size of at least 1. Received: 0"):
        prefix_beam_labels(np.zeros((1, 2, 3)), 0)
