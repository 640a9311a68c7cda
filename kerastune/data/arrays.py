"""Samples that are already in memory."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kerastune.data.cells import is_missing
from kerastune.data.cleaning import labelled_texts
from kerastune.data.labels import are_whole_numbers, encode_labels
from kerastune.data.missing import is_absent, labelled
from kerastune.data.source import Source
from kerastune.errors import InputError, WrongDataError


def from_arrays(features: Any, labels: Any, class_names: Sequence[str] | None = None) -> Source:
    """Makes a source of features and labels in memory.

    Labels that are str, whole numbers or booleans are classes; those that are floats
    are quantities; `as_kind` makes one of the other. Samples without a label (None, NaN, NA,
    blank) are dropped, and `Source.notes` tells how many. Texts with classes are cleaned as in
    `read_table`.

    Args:
        features: sequence of str, or array-like of shape `(samples, ...)`.
        labels: array-like of shape `(samples,)`, or `(samples, targets)` for quantities.
        class_names: sequence of str, the classes that are known. Whole numbers are
            positions in it, unless the class names are whole numbers themselves. By
            default, the labels found, sorted.

    Returns:
        A `Source` with a column of inputs, named after its kind (`text`, `image`, `array`,
        `number`, `tokens`), and the target `label`.

    Raises:
        InputError: if the lengths differ, only one class is there, or the values
            cannot be features or labels.

    Example:

    >>> source = from_arrays([[0.5], [1.5], [2.5]], ["low", "low", "high"])
    >>> source.values["label"], source.columns["label"].class_names
    (array([1, 1, 0]), ('high', 'low'))
    """
    features = _features(features)
    labels = _labels(labels)
    if labels.ndim == 0 or len(features) != len(labels) or not len(labels):
        raise InputError(
            "Expected one label for each sample. "
            f"Received: {len(features)} samples and {labels.size} labels"
        )
    if labels.dtype.kind == "f":
        return _quantities(features, labels, class_names)
    if labels.dtype.kind not in "iubUO" or labels.ndim != 1:
        raise InputError(
            "Expected labels that are classes, of shape (samples,), or floats. "
            f"Received: {labels.dtype} of shape {labels.shape}"
        )
    names = labels.tolist()
    if class_names is not None and _are_positions(names) and not are_whole_numbers(class_names):
        names = [name if is_absent(name) else _class_name(name, class_names) for name in names]
    if isinstance(features, list):
        return labelled_texts(
            features,
            names,
            class_names=class_names,
            name="arrays",
            where="sample {}".format,
            unit="samples",
        )
    kept, notes = labelled(names, name="arrays")
    encoded, found = encode_labels(
        [names[position] for position in kept],
        class_names,
        where=lambda position: f"sample {kept[position]}",
    )
    if not notes:
        return Source.of(features, encoded, class_names=found, name="arrays")
    source = Source.of(features[kept], encoded, class_names=found, name="arrays", notes=notes)
    return replace(source, rows=kept)


def _array(values: Any) -> np.ndarray:
    """Returns an array in which texts stay Python objects, instead of the width of the longest."""
    if isinstance(values, list | tuple) and any(isinstance(value, str) for value in values):
        return np.fromiter(values, dtype=object, count=len(values))
    if str(getattr(values, "dtype", "")).startswith(("Int", "UInt")):
        # Whole numbers of pandas or polars, which NumPy makes floats where one is missing.
        values = values.to_list()
    return np.asarray(values)


def _labels(labels: Any) -> np.ndarray:
    """Returns a label for each sample, as objects only where they are texts or booleans."""
    try:
        values = _array(labels)
        if values.dtype.kind == "O":
            values = _as_numbers(values)
        return values
    except ValueError as error:
        raise InputError(
            "Expected one label for each sample, or as many quantities for each. Received: lists "
            "of several lengths. Several targets are columns of records: "
            "kerastune.data.from_records([{'text': ..., 'label': ...}, ...], targets=[...])"
        ) from error


def _features(features: Any) -> list[str | None] | np.ndarray:
    """Returns a list when the features are texts, an array of numbers otherwise."""
    try:
        values = _array(features)
    except ValueError as error:
        raise InputError(f"Expected features of one shape. Received: {error}") from error
    if values.dtype.kind == "O":
        values = _as_numbers(values)
    if values.dtype.kind in "iufb" and values.ndim > 0:
        return values
    texts: list[Any] = values.tolist() if values.ndim == 1 else [values]
    texts = [None if is_missing(text) else text for text in texts]
    for text in texts:
        if text is not None and not isinstance(text, str):
            raise WrongDataError(
                "Expected features of one kind and one shape. Received: "
                f"{type(text).__name__} in an array of {values.dtype} of shape {values.shape}"
            )
    return texts


def _quantities(features: Any, labels: np.ndarray, class_names: Sequence[str] | None) -> Source:
    if class_names is not None:
        raise InputError(
            "Expected labels that are classes, because class names are given. Received: floats"
        )
    kept, notes = labelled(list(labels), name="arrays")
    if isinstance(features, list):
        without_text = [position for position in kept if is_absent(features[position])]
        if without_text:
            notes += (f"{len(without_text)} of {len(labels)} samples dropped: no text",)
            kept = np.setdiff1d(kept, without_text)
    infinite = np.flatnonzero(np.isinf(labels.reshape(len(labels), -1)).any(axis=1))
    if len(infinite):
        raise InputError(
            f"Expected labels that are finite. Received: {labels[infinite[0]]} in sample "
            f"{infinite[0]}. Leave such samples out"
        )
    if not len(kept):
        raise InputError(f"Expected texts with labels. Received: {'; '.join(notes)}")
    if isinstance(features, list):
        chosen = [features[position].strip() for position in kept]
    elif notes:
        chosen = features[kept]
    else:
        return Source.of(features, labels, name="arrays")
    source = Source.of(chosen, labels[kept], name="arrays", notes=notes)
    return replace(source, rows=kept)


def _as_numbers(values: np.ndarray) -> np.ndarray:
    """Returns objects as floats, if they are numbers or missing and one has a float's type."""
    flat = [value for value in values.flat if not is_missing(value)]
    if not flat or not all(isinstance(v, int | float | np.number) for v in flat):
        return values
    if values.ndim == 1 and not any(isinstance(value, float | np.floating) for value in flat):
        return values  # Whole numbers and booleans with gaps, such as classes.
    numbers = [np.nan if is_missing(value) else float(value) for value in values.flat]
    return np.array(numbers, "float64").reshape(values.shape)


def _are_positions(labels: list[Any]) -> bool:
    present = [label for label in labels if not is_absent(label)]
    return all(isinstance(label, int) and not isinstance(label, bool) for label in present)


def _class_name(code: int, class_names: Sequence[str]) -> str:
    """Returns the class at a position, or the number itself when there is none."""
    return class_names[code] if 0 <= code < len(class_names) else str(code)
