"""Metrics of tags of tokens: by token, and by span as seqeval counts them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import sklearn

from kerastune.data import IGNORED_TAG, are_span_tags
from kerastune.data.span_tags import OUTSIDE
from kerastune.errors import InputError, MissingExtraError
from kerastune.evaluation.evaluation import Evaluation, Metric

Tags = Sequence[Sequence[int]]

_NUMBERS = {"f1": "f1-score", "precision": "precision", "recall": "recall"}  # seqeval's names


def evaluate_tags(tags: Tags, predicted: Tags, class_names: Sequence[str]) -> Evaluation:
    """Evaluates predicted tags.

    Where the tags mark spans (see `kerastune.data.are_span_tags`), a span is right if its
    first token, its last and its type are, as in the shared tasks of CoNLL; the numbers are
    those of seqeval, over all spans. For other tags they are macro averages over all tags. What
    divides by nothing is 0, so a tag that the samples lack never makes an average better; the
    detail `untested_classes` names such tags, or such types of spans.

    Args:
        tags: sequence of the tags of each sample, sequences of int, positions in
            `class_names`.
        predicted: the same for the predictions; `IGNORED_TAG` where there is none.
        class_names: sequence of str, at least two.

    Returns:
        An `Evaluation`. For spans: `span_f1`, `span_precision`, `span_recall` and
        `token_accuracy`, and the table `per_type`. Else: `token_accuracy`, `macro_f1`,
        `macro_precision` and `macro_recall`, and the table `per_tag`.

    Raises:
        InputError: if there is no token, or not one prediction for each.
        MissingExtraError: if tags mark spans and seqeval is not installed.

    Reference:
        Tjong Kim Sang and De Meulder, 2003, "Introduction to the CoNLL-2003 Shared Task",
        https://aclanthology.org/W03-0419

    Example:

    >>> names = ("B-person", "I-person", "O")
    >>> found = evaluate_tags([[0, 1, 2, 0]], [[0, 2, 2, 0]], names)
    >>> found["span_f1"], found["token_accuracy"]
    (0.5, 0.75)
    >>> evaluate_tags([[0, 1]], [[0, 0]], ("NOUN", "VERB"))["token_accuracy"]
    0.5
    """
    true, found = _flat(tags, predicted, len(class_names))
    accuracy = Metric("token_accuracy", float(sklearn.metrics.accuracy_score(true, found)))
    if not are_span_tags(class_names):
        return _by_tag(true, found, class_names, accuracy)
    # A token without a prediction is in no span.
    names = {IGNORED_TAG: OUTSIDE, **dict(enumerate(class_names))}
    numbers, per_type = _by_span(
        *([[names[int(tag)] for tag in sample] for sample in each] for each in (tags, predicted))
    )
    return Evaluation(
        [*(Metric(f"span_{name}", numbers[name]) for name in _NUMBERS), accuracy],
        {"per_type": per_type},
        _untested(_untested_types(per_type, class_names)),
    )


def spans_of(tags: Sequence[str]) -> list[tuple[str, int, int]]:
    """Returns the spans that tags mark, as seqeval reads them.

    An I that begins a span is taken for a B.

    Args:
        tags: sequence of str, the tags of one sample.

    Returns:
        List of tuples of the type, the position of the first token, and the position behind
        the last. The type of tags without one is `"_"`.

    Raises:
        MissingExtraError: if seqeval is not installed.

    Example:

    >>> spans_of(["B-person", "I-person", "O", "B-place"])
    [('person', 0, 2), ('place', 3, 4)]
    """
    found = _seqeval().metrics.sequence_labeling.get_entities(list(tags))
    return [(kind, first, last + 1) for kind, first, last in found]


def _flat(tags: Tags, predicted: Tags, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns the tags of all tokens and their predictions, checked."""
    if len(tags) != len(predicted):
        raise InputError(
            f"Expected predictions for {len(tags)} samples. Received: {len(predicted)}"
        )
    for number, (sample, answers) in enumerate(zip(tags, predicted, strict=True)):
        if np.ndim(sample) != 1 or np.shape(sample) != np.shape(answers):
            raise InputError(
                "Expected a list of tags for each sample, and a prediction for each of them. "
                f"Received: tags of shape {np.shape(sample)} and predictions of shape "
                f"{np.shape(answers)} in sample {number}"
            )
    if not sum(map(len, tags)):
        raise InputError("Expected at least one token. Received: none")
    true, found = (
        np.concatenate([np.asarray(sample, "int64") for sample in each if len(sample)])
        for each in (tags, predicted)
    )
    if true.min() < 0 or true.max() >= classes:
        raise InputError(
            f"Expected tags from 0 to {classes - 1}, positions in the class names. Received: "
            f"from {true.min()} to {true.max()}"
        )
    return true, found


def _by_span(
    true: list[list[str]], predicted: list[list[str]]
) -> tuple[dict[str, float], dict[str, dict[str, Any]]]:
    """Returns precision, recall and F1 over all spans, and for each type."""
    report = _seqeval().metrics.classification_report
    if not any(spans_of(sample) for sample in (*true, *predicted)):
        return dict.fromkeys(_NUMBERS, 0.0), {}
    found = report(true, predicted, output_dict=True, zero_division=0)
    rows = {
        kind: {
            **{name: float(row[theirs]) for name, theirs in _NUMBERS.items()},
            "support": int(row["support"]),
        }
        for kind, row in found.items()
    }
    averages = ("micro avg", "macro avg", "weighted avg")
    return rows["micro avg"], {kind: row for kind, row in rows.items() if kind not in averages}


def _untested_types(per_type: Mapping[str, Any], class_names: Sequence[str]) -> list[str]:
    """Returns the types of spans that the tags know and no sample has."""
    kinds = {name.partition("-")[2] or "_" for name in class_names if name != OUTSIDE}
    return sorted(kind for kind in kinds if not per_type.get(kind, {}).get("support"))


def _untested(names: list[str]) -> dict[str, list[str]]:
    """Returns the detail that names what was not tested, if there is something."""
    return {"untested_classes": names} if names else {}


def _by_tag(
    true: np.ndarray, predicted: np.ndarray, class_names: Sequence[str], accuracy: Metric
) -> Evaluation:
    """Returns macro averages over tags that mark no spans, and the numbers of each."""
    no_case: Any = 0  # Of 0 / 0. The annotation of scikit-learn's argument knows only "warn".
    every = np.arange(len(class_names))
    each: Any = sklearn.metrics.precision_recall_fscore_support(
        true, predicted, labels=every, average=None, zero_division=no_case
    )
    rows = {
        class_names[int(code)]: {
            "precision": float(precision),
            "recall": float(recall),
            "f1": float(f1),
            "support": int(support),
        }
        for code, precision, recall, f1, support in zip(every, *each, strict=True)
    }
    macro = [
        Metric(f"macro_{name}", float(np.mean([row[name] for row in rows.values()])))
        for name in _NUMBERS
    ]
    untested = [class_names[code] for code in np.setdiff1d(every, true)]
    return Evaluation([accuracy, *macro], {"per_tag": rows}, _untested(untested))


def _seqeval() -> Any:
    try:
        import seqeval.metrics
    except ImportError as error:
        raise MissingExtraError("Scoring spans of tokens", "tokens") from error
    return seqeval
