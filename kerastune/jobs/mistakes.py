"""The answers that are most wrong, with what was given and what was expected."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kerastune.data import Source
from kerastune.errors import InputError
from kerastune.heads import Head, Several


def mistakes(head: Head, samples: Source, outputs: Any, count: int = 20) -> list[dict[str, Any]]:
    """The samples whose answers are most wrong, the worst first.

    Args:
        head: the `Head`. It has a method `errors`.
        samples: `Source` with the targets.
        outputs: the model's outputs for them.
        count: int, how many at most; of several targets, of each. Defaults to 20.

    Returns:
        List of dictionaries: `row`, where the sample was in the data as they were given, counted
        from 0; `input`, its value, or a dictionary of several by column; `error`, see
        `Head.errors`; and what `Head.examples` tells, such as `predicted`, `true` and
        `probability`. Of several targets also `target`, the column. Right answers are none.

    Raises:
        InputError: if the head cannot tell how wrong answers are, or the count is less than 1.

    Example:

    >>> from kerastune.heads import Classification
    >>> samples = Source.of(["a joy", "a bore"], [1, 0], class_names=("bad", "good"))
    >>> found = mistakes(Classification(("bad", "good")), samples, np.array([[3.0], [2.0]]))
    >>> [(one["input"], one["predicted"], one["true"], one["probability"]) for one in found]
    [('a bore', 'good', 'bad', 0.881)]
    """
    if count < 1:
        raise InputError(f"Expected a count of at least 1. Received: count={count}")
    targets = samples.target_values
    if not isinstance(head, Several):
        return _worst(head, samples, targets, outputs, count)
    return [
        {"target": column, **row}
        for column, output in head.output_names.items()
        for row in _worst(head.heads[column], samples, targets[column], outputs[output], count)
    ]


def how_wrong(head: Head, targets: Any, outputs: Any) -> np.ndarray | None:
    """How wrong the answers of a head are, if it can tell.

    Args:
        head: the `Head`.
        targets: targets of the samples.
        outputs: the model's outputs for them.

    Returns:
        float64 array of shape `(samples,)`, see `Head.errors`; None if the head has no such
        method.

    Example:

    >>> from kerastune.heads import Classification
    >>> how_wrong(Classification(("no", "yes")), np.array([1, 0]), np.zeros((2, 1)))
    array([0.5, 0. ])
    """
    errors_of = getattr(head, "errors", None)
    return None if errors_of is None else np.asarray(errors_of(targets, outputs), "float64")


def answers_at(
    head: Head, targets: Any, outputs: Any, positions: Sequence[int]
) -> list[dict[str, Any]]:
    """What `Head.examples` tells of the samples at some positions.

    Args:
        head: the `Head`.
        targets: targets of all samples, None where the data have none.
        outputs: the model's outputs for them.
        positions: sequence of int.

    Returns:
        List of dictionaries, one a position.

    Example:

    >>> from kerastune.heads import Classification
    >>> found = answers_at(Classification(("no", "yes")), [1, 0], np.array([[3.0], [0.0]]), [1])
    >>> found[0]["predicted"], found[0]["true"]
    ('no', 'no')
    """
    if not len(positions):
        return []
    places = list(map(int, positions))
    return head.examples(None if targets is None else _at(targets, places), _at(outputs, places))


def _worst(
    head: Head, samples: Source, targets: Any, outputs: Any, count: int
) -> list[dict[str, Any]]:
    """The samples with the largest errors of one target."""
    errors = how_wrong(head, targets, outputs)
    if errors is None:
        raise InputError(
            "Expected a head that tells how wrong answers are. Received: "
            f"{type(head).__name__} without. Write `def errors(self, targets, outputs): ...`"
        )
    # Ties stay in the order of the samples.
    order = [int(at) for at in np.argsort(-errors, kind="stable")[:count] if errors[at] > 0]
    rows = answers_at(head, targets, outputs, order)
    return [
        {
            "row": samples.row(at),
            "input": _input(samples, at),
            **row,
            "error": float(f"{errors[at]:.4g}"),
        }
        for at, row in zip(order, rows, strict=True)
    ]


def _at(outputs: Any, positions: list[int]) -> Any:
    """The outputs, or targets, at some positions."""
    if isinstance(outputs, Mapping):
        return {name: _at(values, positions) for name, values in outputs.items()}
    if isinstance(outputs, np.ndarray):
        return outputs[positions]
    return [outputs[position] for position in positions]


def _input(samples: Source, position: int) -> Any:
    """What the model was given: a value, or several by column."""
    values = {name: samples.values[name][position] for name in samples.inputs}
    return next(iter(values.values())) if len(values) == 1 else values
