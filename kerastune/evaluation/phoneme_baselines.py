"""A baseline for phonemes: the best constant sequence."""

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from kerastune.evaluation.evaluation import Evaluation
from kerastune.evaluation.phonemes import evaluate_phonemes

if TYPE_CHECKING:
    from kerastune.data import Source, Splits

_FREQUENT = 12  # Phonemes that may be in the constant sequence.


def constant_phonemes(splits: "Splits") -> dict[str, Evaluation]:
    """Evaluates answering always with the same sequence, the best for the training samples.

    It is found step by step: from nothing, the phoneme and place that lower the phoneme error rate
    most are added, or one is exchanged, until nothing lowers it. The best of all sequences may be a
    little better: finding it takes too long.

    Args:
        splits: `Splits` with a target of kind `phonemes`.

    Returns:
        Dictionary with `"constant sequence"`, whose detail `sequence` tells it.

    Example:

    >>> from kerastune.data import Splits, open_phonemes
    >>> pair = [np.zeros(800)] * 3, ["n oʊ", "n aʊ", "n oʊ t"]
    >>> samples = open_phonemes(pair, sample_rate=8000)
    >>> found = constant_phonemes(Splits(samples, samples))["constant sequence"]
    >>> found["sequence"], round(found["phoneme_error_rate"], 3)
    ('n oʊ', 0.286)
    """
    answer = _best_constant(_sequences(splits.without_test))
    references = _sequences(splits.test)
    found = evaluate_phonemes(references, [answer] * len(references))
    told = {"sequence": " ".join(answer)}
    return {"constant sequence": Evaluation(found.metrics, details=told)}


def _sequences(source: "Source") -> list[list[str]]:
    values = source.values[source.target("phonemes")]
    return [list(values[at]) for at in range(len(source))]


def _best_constant(sequences: list[list[str]]) -> list[str]:
    """Returns a sequence of which the sum of edit distances to some is low."""
    counts = Counter(map(tuple, sequences))
    names = sorted({name for sequence in counts for name in sequence})
    codes = {name: code for code, name in enumerate(names)}
    lengths = np.array([len(sequence) for sequence in counts])
    rows = np.full((len(counts), lengths.max()), -1)
    for row, sequence in zip(rows, counts, strict=True):
        row[: len(sequence)] = [codes[name] for name in sequence]
    weights = np.array(list(counts.values()))
    frequency: Counter[str] = Counter()
    for sequence, count in counts.items():
        frequency.update(dict.fromkeys(sequence, count))
    frequent = [codes[name] for name, _ in frequency.most_common(_FREQUENT)]
    best: list[int] = []
    least = int(weights @ lengths)
    while True:
        tried = [
            [*best[:place], code, *best[place + gap :]]
            for code in frequent
            for gap in (0, 1)
            for place in range(len(best) + 1 - gap)
        ]
        sums = [int(weights @ _distances(rows, lengths, one)) for one in tried]
        if min(sums) >= least:
            return [names[code] for code in best]
        best, least = tried[int(np.argmin(sums))], min(sums)


def _distances(rows: np.ndarray, lengths: np.ndarray, answer: list[int]) -> np.ndarray:
    """Returns the edit distance of one sequence to each row, of some length, of an array."""
    count, longest = rows.shape
    places = np.arange(longest + 1)
    row = np.broadcast_to(places, (count, longest + 1))
    for code in answer:
        changed = np.concatenate(
            [row[:, :1] + 1, np.minimum(row[:, 1:] + 1, row[:, :-1] + (rows != code))], axis=1
        )
        # Each place may also be reached from those before it, a step each.
        row = np.minimum.accumulate(changed - places, axis=1) + places
    return row[np.arange(count), lengths]
