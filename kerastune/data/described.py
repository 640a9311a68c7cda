"""Data sets that are known without being read: their columns, and stand-ins for their samples.

A model is built from what the columns are, not from the samples. To count a model, nothing
needs to be read: a few made-up samples of the right kinds and shapes take their place.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from kerastune.data.columns import Column
from kerastune.data.source import Source

_only_described: ContextVar[bool] = ContextVar("_only_described", default=False)
_STAND_INS = 32


@dataclass(frozen=True)
class NamedData:
    """A data set that has a name.

    Args:
        load: function without arguments that reads it, a `Source`.
        columns: dictionary from the name of each column to its `Column`.
        targets: tuple of str, the columns to predict.
        ranges: dictionary from the name of a column of numbers to the lowest and the highest that
            stand in for it. Defaults to none; other columns hold the numbers of their rows.

    Example:

    >>> NamedData(lambda: Source.of(["a"], [1.0]), {"text": Column("text")}).targets
    ('label',)
    """

    load: Callable[[], Source]
    columns: Mapping[str, Column]
    targets: tuple[str, ...] = ("label",)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def open(self, name: str) -> Source:
        """Returns the samples; or, inside `described_only`, stand-ins for them.

        Args:
            name: str, what the stand-ins are called.
        """
        if not reads_nothing():
            return self.load()
        made = stand_ins(self.columns, self.targets, name)
        for column, (lowest, highest) in self.ranges.items():
            numbers = np.linspace(lowest, highest, len(made))
            made = made.with_column(column, numbers, self.columns[column])
        return made


@contextmanager
def described_only() -> Iterator[None]:
    """Gives stand-ins for data sets that have a name, inside a `with` block.

    Example:

    >>> from kerastune.data import open_data
    >>> with described_only():
    ...     source = open_data("digits")
    >>> len(source), source.columns["image"].shape
    (40, (28, 28, 1))
    """
    token = _only_described.set(True)
    try:
        yield
    finally:
        _only_described.reset(token)


def reads_nothing() -> bool:
    """Returns whether this is inside `described_only`.

    Example:

    >>> reads_nothing()
    False
    """
    return _only_described.get()


def stand_ins(columns: Mapping[str, Column], targets: tuple[str, ...], name: str) -> Source:
    """Returns made-up samples of some columns, which vary and hold every class.

    Args:
        columns: dictionary from the name of each column to its `Column`.
        targets: tuple of str, the columns to predict.
        name: str, what the samples are called.

    Returns:
        A `Source` of at least 32 samples, four of each class.

    Example:

    >>> stand_ins({"text": Column("text"), "label": Column("quantity")}, ("label",), "none")[1]
    {'text': 'text 1', 'label': np.float32(1.0)}
    """
    count = max([_STAND_INS, *(4 * len(column.class_names or ()) for column in columns.values())])
    values = {name: _made_up(column, count) for name, column in columns.items()}
    return Source(values, columns, targets, name, ("made-up samples stand for the real ones",))


def _made_up(column: Column, count: int) -> Any:
    numbers = np.arange(count)
    names = column.class_names or ()
    if column.kind == "class":
        return numbers % len(names)
    if column.kind == "multilabel":
        return (numbers[:, None] % len(names) == np.arange(len(names))).astype("int64")
    if column.kind in ("text", "category", "group"):
        return [names[n % len(names)] if names else f"{column.kind} {n}" for n in numbers]
    if column.kind == "tokens":
        return [["token"] * 2 for _ in numbers]
    if column.kind == "phonemes":
        # One each, for which the shortest sound has room.
        return [[names[n % len(names)]] for n in numbers]
    if column.kind == "boxes":
        return [np.array([[0, 0, 8, 8, n % len(names)]], "float32") for n in numbers]
    if column.kind == "tags":
        return [[int(n) % len(names)] * 2 for n in numbers]
    if column.kind == "date":
        return (np.datetime64("2000-01-01") + numbers).astype("datetime64[us]").tolist()
    shape = tuple(8 if side is None else side for side in column.shape)
    largest = count if column.kind == "audio" else 1  # Sound is no louder than 1.
    return np.broadcast_to(
        numbers.reshape(-1, *[1] * len(shape)).astype("float32") / largest, (count, *shape)
    ).copy()
