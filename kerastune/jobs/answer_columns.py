"""The answers for some rows as the columns of a table."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np

from kerastune.errors import InputError
from kerastune.heads import Head, Several
from kerastune.jobs.predicting import Predicted


@dataclass(frozen=True)
class RequestedAnswers:
    """What a table of predictions shows besides the predictions.

    Args:
        probabilities: bool, whether the probability of each class. Defaults to False.
        top: int, how many of the most probable classes. Defaults to 0.
        coverage: float between 0 and 1, the probability of intervals of quantities, or None
            for 0.9 where the head gives it. Defaults to None.

    Example:

    >>> RequestedAnswers(top=3).probabilities
    False
    """

    probabilities: bool = False
    top: int = 0
    coverage: float | None = None


def prediction_tables(
    head: Head, pieces: Iterable[Predicted], wanted: RequestedAnswers
) -> Iterator[dict[str, list[Any]]]:
    """The rows of each piece of inputs with their predictions.

    Args:
        head: the `Head`.
        pieces: iterable of `Predicted`, in the first of which a row can be predicted.
        wanted: `RequestedAnswers`.

    Returns:
        Iterator of dictionaries with the same columns, from the name of each to its values,
        plain data: `row`, counted from 1; the text, the tokens or the path that was given, where
        it is one of these; and what `answer_columns` gives, with None in rows that cannot be
        predicted.

    Raises:
        InputError: as `answer_columns`.

    Example:

    >>> from kerastune.data import Column
    >>> from kerastune.data.input_pieces import InputPiece
    >>> from kerastune.heads import Regression
    >>> columns = {"text": Column("text")}
    >>> piece = InputPiece({"text": ["a", ""]}, columns, np.array([0, 1]), "lines")
    >>> found = Predicted(piece, [0], np.array([[0.5]]), {1: "no text in 'text'"})
    >>> list(prediction_tables(Regression((0.0,), (1.0,)), [found], RequestedAnswers()))
    [{'row': [1, 2], 'text': ['a', ''], 'prediction': [0.5, None]}]
    """
    names: list[str] = []
    for found in pieces:
        table = _table(head, found, wanted)
        names = names or list(table)
        gaps = [None] * len(found.piece)
        yield {name: table.get(name, gaps) for name in names}


def _table(head: Head, found: Predicted, wanted: RequestedAnswers) -> dict[str, list[Any]]:
    """The rows of a piece of inputs; without predictions if it has none."""
    table: dict[str, list[Any]] = {"row": [int(row) + 1 for row in found.piece.rows]}
    table |= _identity(found)
    if not found.positions:
        return table
    for name, values in answer_columns(head, found.outputs, wanted).items():
        spread: list[Any] = [None] * len(found.piece)
        for position, value in zip(found.positions, values, strict=True):
            spread[position] = value
        # A column of the data may be called like one of the answers.
        table[name if name not in table else f"{name}_"] = spread
    return table


def answer_columns(head: Head, outputs: Any, wanted: RequestedAnswers) -> dict[str, list[Any]]:
    """The answers for outputs by column.

    Args:
        head: the `Head`.
        outputs: outputs as the head takes them.
        wanted: `RequestedAnswers`.

    Returns:
        Dictionary from the name of a column to a value for each sample, plain data:
        `prediction`, or `prediction_1` and so on of several quantities; `probability`, of the
        predicted class; `lower` and `upper`, of quantities whose head gives intervals;
        `probability_CLASS` and `top_1`, `top_1_probability` and so on where they are wanted.
        Of several targets the names begin with the column and an underscore.

    Raises:
        InputError: if there are no probabilities or intervals of the kind that are wanted.

    Example:

    >>> from kerastune.heads import Classification
    >>> answer_columns(Classification(("cat", "dog")), np.array([[0.0]]), RequestedAnswers(top=1))
    {'prediction': ['cat'], 'probability': [0.5], 'top_1': ['cat'], 'top_1_probability': [0.5]}
    """
    if isinstance(head, Several):
        return {
            f"{column}_{name}": values
            for column, output in head.output_names.items()
            for name, values in _of_one(head.heads[column], outputs[output], wanted).items()
        }
    return _of_one(head, outputs, wanted)


def require_wanted(head: Head, wanted: RequestedAnswers) -> None:
    """Raises if a head cannot give what is wanted.

    Args:
        head: the `Head`.
        wanted: `RequestedAnswers`.

    Raises:
        InputError: if no head gives it.

    Example:

    >>> from kerastune.heads import Classification
    >>> require_wanted(Classification(("cat", "dog")), RequestedAnswers(top=1))
    """
    heads = list(head.heads.values()) if isinstance(head, Several) else [head]
    for option, is_wanted, method in (
        ("probabilities", wanted.probabilities, "probabilities"),
        ("top", wanted.top, "probabilities"),
        ("coverage", wanted.coverage is not None, "intervals"),
    ):
        if is_wanted and not any(hasattr(one, method) for one in heads):
            raise InputError(
                f"Expected a run whose head gives {method} for --{option}. Received: "
                f"{', '.join(type(one).__name__ for one in heads)}. Leave the option out"
            )


def _of_one(head: Head, outputs: Any, wanted: RequestedAnswers) -> dict[str, list[Any]]:
    """The answers of one head."""
    answers = head.decode(outputs)
    columns = _by_name("prediction", answers)
    if hasattr(head, "intervals"):
        columns |= _intervals(head, outputs, wanted.coverage)
    if hasattr(head, "probabilities"):
        columns |= _probabilities(head, answers, head.probabilities(outputs), wanted)
    return columns


def _by_name(name: str, answers: Any) -> dict[str, list[Any]]:
    """Answers as a column, or as numbered ones where there are several numbers a sample."""
    if isinstance(answers, np.ndarray) and answers.ndim == 2:
        width = answers.shape[1]
        names = [name] if width == 1 else [f"{name}_{number + 1}" for number in range(width)]
        return {one: answers[:, place].tolist() for place, one in enumerate(names)}
    return {name: [_plain(answer) for answer in answers]}


def _intervals(head: Any, outputs: Any, coverage: float | None) -> dict[str, list[Any]]:
    """The lower and upper ends of quantities."""
    try:
        found = np.asarray(head.intervals(outputs, 0.9 if coverage is None else coverage))
    except InputError:
        if coverage is not None:
            raise
        return {}  # Quantiles of other coverages, which the option can ask for.
    return {**_by_name("lower", found[..., 0]), **_by_name("upper", found[..., 1])}


def _probabilities(
    head: Any, answers: Any, found: Any, wanted: RequestedAnswers
) -> dict[str, list[Any]]:
    """The probabilities of classes, or of the tags of tokens."""
    names: Sequence[str] = getattr(head, "class_names", ())
    if isinstance(found, list):
        sure = [[_rounded(row.max()) for row in rows] for rows in found]
        return {"probability": sure} if wanted.probabilities else {}
    if np.ndim(found) != 2 or found.shape[1] != len(names):
        return {}
    columns: dict[str, list[Any]] = {}
    if isinstance(answers, list) and all(isinstance(answer, str) for answer in answers):
        place = {name: at for at, name in enumerate(names)}
        columns["probability"] = [
            float(row[place[answer]]) for row, answer in zip(found, answers, strict=True)
        ]
    if wanted.probabilities:
        columns |= {f"probability_{name}": found[:, at].tolist() for at, name in enumerate(names)}
    order = np.argsort(-found, axis=1, kind="stable")[:, : wanted.top]
    for rank in range(order.shape[1]):
        best = order[:, rank]
        columns[f"top_{rank + 1}"] = [names[at] for at in best]
        columns[f"top_{rank + 1}_probability"] = found[np.arange(len(found)), best].tolist()
    return columns


def _identity(found: Predicted) -> dict[str, list[Any]]:
    """What was given, where a person can read it: texts, tokens, paths of images or recordings."""
    piece = found.piece
    if len(piece.columns) != 1:
        return {}
    ((name, column),) = piece.columns.items()
    given = piece.cells[name]
    if column.kind in _IN_FILES:
        is_readable, name = any(isinstance(value, str | PathLike) for value in given), "path"
    else:
        is_readable = column.kind in ("text", "tokens")
    values = [_plain(value) for value in given] if is_readable else []
    return {name: values} if values else {}


_IN_FILES = ("audio", "image")


def _plain(value: Any) -> Any:
    """An answer or an input as plain data."""
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, np.ndarray | list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    return value if isinstance(value, str | int | float | None) else str(value)


def _rounded(probability: Any) -> float | None:
    """The probability of a tag, or None for a token that has none."""
    return None if np.isnan(probability) else float(probability)
