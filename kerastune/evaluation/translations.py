"""Metrics of translations, by sacrebleu."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerastune.errors import InputError, MissingExtraError
from kerastune.evaluation.evaluation import Evaluation, Metric


def evaluate_translations(references: Sequence[str], answers: Sequence[str]) -> Evaluation:
    """Evaluates translations against one reference each.

    Args:
        references: sequence of str.
        answers: sequence of as many str.

    Returns:
        An `Evaluation` with `chrf` and `bleu`, of all texts together and from 0 to 100, as
        sacrebleu gives them by default, and `exact_match`, the share of answers that are the
        reference. The details `chrf_signature` and `bleu_signature` say what was counted.

    Raises:
        InputError: if there are none, or not as many of both.
        MissingExtraError: if sacrebleu is not installed.

    Reference:
        Post, 2018, "A Call for Clarity in Reporting BLEU Scores",
        https://aclanthology.org/W18-6319; Popović, 2015, "chrF: character n-gram F-score for
        automatic MT evaluation", https://aclanthology.org/W15-3049

    Example:

    >>> found = evaluate_translations(["the cat sat on the mat", "no"], ["the cat sat", "no"])
    >>> found["exact_match"], found["chrf"] < 100
    (0.5, True)
    """
    if not len(references) or len(references) != len(answers):
        raise InputError(
            "Expected an answer for each of at least one reference. Received: "
            f"{len(answers)} answers for {len(references)} references"
        )
    metrics = _metrics()
    chrf, bleu = metrics.CHRF(), metrics.BLEU()
    found = [one.corpus_score(list(answers), [list(references)]).score for one in (chrf, bleu)]
    same = [answer == reference for answer, reference in zip(answers, references, strict=True)]
    return Evaluation(
        [
            Metric("chrf", found[0]),
            Metric("bleu", found[1]),
            Metric("exact_match", float(np.mean(same))),
        ],
        details={
            "chrf_signature": str(chrf.get_signature()),
            "bleu_signature": str(bleu.get_signature()),
        },
    )


def translation_errors(references: Sequence[str], answers: Sequence[str]) -> np.ndarray:
    """Returns how wrong each answer is: 0 if it is the reference, else more, up to 1.

    Args:
        references: sequence of str.
        answers: sequence of as many str.

    Returns:
        float64 array of shape `(answers,)`, 1 less chrF / 100.

    Raises:
        MissingExtraError: if sacrebleu is not installed.

    Example:

    >>> translation_errors(["one", "two"], ["one", "six"]).tolist()
    [0.0, 1.0]
    """
    chrf = _metrics().CHRF()
    return np.array(
        [
            0.0 if answer == reference else 1 - chrf.sentence_score(answer, [reference]).score / 100
            for answer, reference in zip(answers, references, strict=True)
        ]
    )


def _metrics() -> Any:
    try:
        from sacrebleu import metrics
    except ImportError as error:
        raise MissingExtraError("Scoring translations", "translation") from error
    return metrics
