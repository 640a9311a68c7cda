"""Targets of other samples as the numbers that they were in the training."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kerastune.data.columns import Column
from kerastune.data.label_lists import encode_label_lists, label_lists
from kerastune.data.labels import encode_labels
from kerastune.data.phonemes import as_phonemes
from kerastune.data.source import Source
from kerastune.errors import InputError


def known_target(samples: Source, key: str, found: Column | None, wanted: Column) -> Any:
    """Returns the values of a target as numbers: positions in the classes, or quantities.

    Args:
        samples: `Source`.
        key: str, the column.
        found: `Column`, what is known of its values there, or None.
        wanted: `Column`, what it was in the training.

    Returns:
        Array, or for tags and phonemes a list of lists.

    Raises:
        InputError: if a label is not of a known class, or no number.

    Example:

    >>> pets = Source({"pet": ["dog", "cat"]}, {"pet": Column("raw")})
    >>> known_target(pets, "pet", None, Column("class", class_names=("cat", "dog"))).tolist()
    [1, 0]
    """
    values, name = samples.values[key], samples.name
    if found is not None and found == wanted:
        return values
    if wanted.kind == "class":
        return _codes(values, found, wanted, name, samples.row)
    if wanted.kind == "phonemes":
        return as_phonemes(values, name)
    if wanted.kind == "tags":
        return [_codes(tags, found, wanted, name).tolist() for tags in values]
    if wanted.kind == "quantity" and found is not None and found.class_names is not None:
        values = [found.class_names[code] for code in values]
    if wanted.kind == "multilabel" and not _are_indicators(values, wanted.class_names or ()):

        def where(position: int) -> str:
            return f"sample {samples.row(position)} of {name}"

        lists = [labels or [] for labels in label_lists(values, key, where)]
        return encode_label_lists(lists, wanted.class_names, where)[0]
    try:
        array = np.asarray(list(values), "float64")
    except (TypeError, ValueError) as error:
        raise InputError(
            f"Expected numbers to predict in {name}. Received: values such as {values[0]!r}"
        ) from error
    return array.astype("int64") if wanted.kind == "multilabel" else array


def _are_indicators(values: Any, names: Sequence[str]) -> bool:
    """Returns whether there is a zero or a one for each label, unless labels are called so."""
    try:
        array = np.asarray(list(values))
    except ValueError:
        return False
    return (
        array.shape == (len(values), len(names))
        and array.dtype.kind in "iufb"
        and bool(np.isin(array, (0, 1)).all())
        and not {"0", "1"} & set(names)
    )


def _codes(
    values: Any,
    found: Column | None,
    wanted: Column,
    name: str,
    row: Callable[[int], int] = int,
) -> np.ndarray:
    """Returns labels as positions in the classes that are known."""
    names: Sequence[str] = wanted.class_names or ()
    labels = list(values)
    if found is not None and found.class_names is not None:
        labels = [found.class_names[code] for code in labels]
    elif all(isinstance(label, int | np.integer) for label in labels) and not (
        {str(label) for label in labels} <= set(names)
    ):
        # Whole numbers are positions, unless the classes are named by whole numbers.
        outside = [label for label in labels if not 0 <= label < len(names)]
        if outside:
            raise InputError(
                f"Expected labels from 0 to {len(names) - 1}, positions in the known classes, in "
                f"{name}. Received: {outside[0]}"
            )
        return np.asarray(labels, "int64")
    return encode_labels(labels, names, where=lambda index: f"sample {row(index)} of {name}")[0]
