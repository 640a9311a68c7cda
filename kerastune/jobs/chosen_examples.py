"""The test samples that a report shows: those that teach most about a model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from kerastune.data import Source
from kerastune.heads import Head, Several
from kerastune.jobs.mistakes import answers_at, how_wrong

_MISTAKES = 10  # About; at least two of each class, and never more than
_MOST = 20
_RIGHT_OF_A_CLASS = 2
_LARGEST, _TYPICAL, _FIRST = 5, 3, 3


@dataclass(frozen=True)
class Example:
    """A sample with the answer to it.

    Args:
        position: int, where it is among the samples.
        answers: dictionary of what to show, such as `predicted` and `true`.

    Example:

    >>> Example(3, {"predicted": "cat"}).position
    3
    """

    position: int
    answers: dict[str, Any]


def chosen_examples(head: Head, samples: Source, outputs: Any) -> dict[str, list[Example]]:
    """The samples to show in a report, by what they are examples of.

    Of classes these are the mistakes that the model is most sure of, some of each class, and a
    few right answers for each; of quantities the largest errors, and some in the middle. Of a
    head that has no `errors` they are the first few samples.

    Args:
        head: the `Head`.
        samples: `Source`.
        outputs: the model's outputs for them.

    Returns:
        Dictionary from a heading to a list of `Example`, none of them empty.

    Example:

    >>> from kerastune.heads import Classification
    >>> samples = Source.of(["a joy", "a bore"], [1, 0], class_names=("bad", "good"))
    >>> found = chosen_examples(Classification(("bad", "good")), samples, np.array([[3.0], [2.0]]))
    >>> {heading: [one.position for one in examples] for heading, examples in found.items()}
    {'Most confident mistakes': [1], 'Right answers': [0]}
    """
    targets = samples.target_values
    if not isinstance(head, Several):
        kind = samples.columns[samples.targets[0]].kind if len(samples.targets) == 1 else ""
        return _of_target(head, kind, targets, outputs, len(samples))
    return {
        f"{heading}: {column}": examples
        for column, output in head.output_names.items()
        for heading, examples in _of_target(
            head.heads[column],
            samples.columns[column].kind,
            targets[column],
            outputs[output],
            len(samples),
        ).items()
    }


def _of_target(
    head: Head, kind: str, targets: Any, outputs: Any, count: int
) -> dict[str, list[Example]]:
    """The samples to show of one target."""
    errors = None if targets is None else how_wrong(head, targets, outputs)
    if errors is None:
        chosen: dict[str, Sequence[int]] = {"Some predictions": range(min(_FIRST, count))}
    elif kind == "quantity":
        chosen = _by_size(errors)
    else:
        groups = np.asarray(targets) if kind == "class" else np.zeros(count, "int64")
        chosen = _by_confidence(errors, groups)
    return {
        heading: [
            Example(int(position), answers)
            for position, answers in zip(
                positions, answers_at(head, targets, outputs, positions), strict=True
            )
        ]
        for heading, positions in chosen.items()
        if len(positions)
    }


def _by_size(errors: np.ndarray) -> dict[str, Sequence[int]]:
    """The largest errors, and those nearest to the median of the others."""
    order = np.argsort(-errors, kind="stable").tolist()
    largest, others = order[:_LARGEST], order[_LARGEST:]
    middle = max(0, (len(others) - _TYPICAL) // 2)
    return {"Largest errors": largest, "Typical errors": others[middle : middle + _TYPICAL]}


def _by_confidence(errors: np.ndarray, groups: np.ndarray) -> dict[str, Sequence[int]]:
    """The worst mistakes, and the first right answers, some of each group."""
    classes = max(1, len(np.unique(groups)))
    order = np.argsort(-errors, kind="stable")
    wrong, right = order[errors[order] > 0], np.flatnonzero(errors == 0)
    return {
        "Most confident mistakes": _some_of_each(wrong, groups, max(2, _MISTAKES // classes)),
        "Right answers": sorted(
            _some_of_each(right, groups, _RIGHT_OF_A_CLASS if classes > 1 else _FIRST),
            key=lambda position: groups[position],
        ),
    }


def _some_of_each(positions: np.ndarray, groups: np.ndarray, each: int) -> list[int]:
    """The first positions, so many of each group at most, and not too many in all."""
    taken: dict[Any, int] = {}
    chosen = []
    for position in positions.tolist():
        group = groups[position]
        taken[group] = taken.get(group, 0) + 1
        if taken[group] <= each:
            chosen.append(position)
    return chosen[:_MOST]
