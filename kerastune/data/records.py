"""Samples as records: dictionaries with the same keys."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kerastune.data.columns import Column, input_column
from kerastune.data.labels import encode_labels
from kerastune.data.missing import all_labels, labelled
from kerastune.data.source import Source
from kerastune.errors import InputError


def looks_like_records(data: Any) -> bool:
    """Returns whether data can be counted and fetched by position, and its items are dictionaries.

    Args:
        data: anything.

    Example:

    >>> looks_like_records([{"text": "a joy", "label": "good"}]), looks_like_records("data.csv")
    (True, False)
    """
    if isinstance(data, str | bytes | Mapping) or not hasattr(data, "__getitem__"):
        return False
    try:
        return len(data) > 0 and isinstance(data[0], Mapping)
    except (TypeError, KeyError, IndexError):
        return False


def from_records(
    records: Sequence[Mapping[str, Any]],
    *,
    targets: Sequence[str] = ("label",),
    columns: Mapping[str, Column] | None = None,
    class_names: Sequence[str] | None = None,
    name: str = "records",
) -> Source:
    """Makes a source of records: a list of dictionaries, a Grain source, and their like.

    Inputs are read when they are asked for, targets at once. Targets that are str, whole
    numbers or booleans are classes; others are quantities. Records without a label (None, NaN,
    NA, blank) are dropped, and `Source.notes` tells how many.

    Args:
        records: sequence of dictionaries; a Grain `RandomAccessDataSource` is one.
        targets: sequence of str, the columns to predict; those that the records lack are
            left out, as for records to predict.
        columns: dictionary from the name of a column to its `Column`, for what cannot be
            told from the first record. Defaults to none.
        class_names: sequence of str, the classes that are known, if there is one target
            that is a class. By default, those of the data.
        name: str, what the samples are.

    Returns:
        A `Source`.

    Raises:
        InputError: if there is no record, one has other columns than the first, or a value
            is of no known kind.

    Example:

    >>> source = from_records([{"text": "a joy", "label": "good"}, {"text": "no", "label": "bad"}])
    >>> source.columns["label"].class_names, source[0]
    (('bad', 'good'), {'text': 'a joy', 'label': np.int64(1)})
    """
    if not len(records):
        raise InputError("Expected at least one record. Received: none")
    given = dict(columns or {})
    present = [target for target in targets if target in records[0]]
    raw = {key: RecordColumn(records, key) for key in records[0]}
    read = {key: list(raw[key]) for key in present if key not in given}
    source = Source(raw, dict.fromkeys(raw, Column("raw")), (), name)
    kept, notes = labelled(all_labels(read.values()), name=name, unit="records")
    source = source.select(kept) if notes else source
    values = dict(source.values)
    for key in raw:
        if key not in present:
            given.setdefault(key, input_column(values[key]))
        elif key in read:
            labels = [read[key][index] for index in kept]
            values[key], given[key] = _target(labels, kept, class_names)
    return Source(values, given, tuple(present), name, notes, source.rows)


class RecordColumn(Sequence):
    """One column of records, read when it is asked for.

    Args:
        records: sequence of dictionaries.
        name: str, the column.

    Example:

    >>> list(RecordColumn([{"a": 1}, {"a": 2}], "a"))
    [1, 2]
    """

    def __init__(self, records: Sequence[Mapping[str, Any]], name: str) -> None:
        self._records = records
        self._name = name

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, position: Any) -> Any:
        index = range(len(self))[position]
        try:
            return self._records[index][self._name]
        except KeyError as error:
            raise InputError(
                f"Expected the column {self._name!r} in every record. Received: record {index} "
                "without. Add it"
            ) from error


def _target(
    labels: list[Any], indices: np.ndarray, class_names: Sequence[str] | None
) -> tuple[Any, Column]:
    """Returns the values of a target and its column; positions are for messages."""
    first = np.asarray(labels[0])
    if first.ndim == 0 and first.dtype.kind in "iubU":
        codes, names = encode_labels(
            labels, class_names, where=lambda position: f"record {indices[position]}"
        )
        return codes, Column("class", class_names=names)
    if first.dtype.kind == "f":
        values = _quantities(labels, indices)
        return values, Column("quantity", shape=values.shape[1:])
    raise InputError(
        "Expected labels that are classes (text, whole numbers) or quantities (numbers). "
        f"Received: {type(labels[0]).__name__}. Describe the column with `columns`"
    )


def _quantities(labels: list[Any], indices: np.ndarray) -> np.ndarray:
    """Returns quantities as an array, as many of each sample."""
    for index, label in zip(indices, labels, strict=True):
        found = np.asarray(label)
        if found.dtype.kind not in "iuf" or found.shape != np.shape(labels[0]):
            raise InputError(
                "Expected labels that are numbers, of one shape, as in the first record. Received: "
                f"{label!r} in record {index}, and {labels[0]!r} in record {indices[0]}"
            )
        if not np.isfinite(found).all():
            raise InputError(
                f"Expected labels that are finite. Received: {label!r} in record {index}. Leave "
                "such records out"
            )
    return np.asarray(labels)
