"""Phoneme error rate: how far recognized phonemes are from those that were said."""

from collections.abc import Sequence

import numpy as np

from kerastune.errors import InputError
from kerastune.evaluation.evaluation import Evaluation, Metric


def edit_distance(reference: Sequence[str], answer: Sequence[str]) -> int:
    """Returns the fewest insertions, deletions and substitutions from one sequence to another.

    Args:
        reference: sequence of str.
        answer: sequence of str.

    Reference:
        Levenshtein, 1966, "Binary codes capable of correcting deletions, insertions, and
        reversals"

    Example:

    >>> edit_distance(["s", "ɛ", "v", "n"], ["s", "ɪ", "n", "n", "n"])
    3
    """
    row = list(range(len(answer) + 1))
    for count, wanted in enumerate(reference, start=1):
        before, row[0] = row[0], count
        for place, found in enumerate(answer, start=1):
            before, row[place] = (
                row[place],
                min(row[place] + 1, row[place - 1] + 1, before + (wanted != found)),
            )
    return row[-1]


def evaluate_phonemes(
    references: Sequence[Sequence[str]], answers: Sequence[Sequence[str]]
) -> Evaluation:
    """Evaluates recognized phonemes.

    Args:
        references: sequence of sequences of str, those that were said.
        answers: sequence of as many sequences of str.

    Returns:
        An `Evaluation` with `phoneme_error_rate`, the edit distances of all samples divided by the
        number of phonemes that were said, which may be above 1; and `exact_match`, the share of
        samples without an error.

    Raises:
        InputError: if there are none, or not as many of both.

    Example:

    >>> found = evaluate_phonemes([["j", "ɛ", "s"], ["n", "oʊ"]], [["j", "ɛ"], ["n", "oʊ"]])
    >>> found["phoneme_error_rate"], found["exact_match"]
    (0.2, 0.5)
    """
    if not len(references) or len(references) != len(answers):
        raise InputError(
            "Expected an answer for each of at least one reference. Received: "
            f"{len(answers)} answers for {len(references)} references"
        )
    errors = [
        edit_distance(reference, answer)
        for reference, answer in zip(references, answers, strict=True)
    ]
    return Evaluation(
        [
            Metric(
                "phoneme_error_rate",
                sum(errors) / sum(map(len, references)),
                higher_is_better=False,
            ),
            Metric("exact_match", float(np.mean(np.equal(errors, 0)))),
        ]
    )
