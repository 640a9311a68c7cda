"""Cleaning of labelled texts, with notes on what is left out."""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kerastune.data.labels import encode_labels
from kerastune.data.missing import is_absent
from kerastune.data.source import Source
from kerastune.errors import InputError

_NO_TEXT = "no text"
_NO_LABEL = "no label"
_CONTRADICTION = "the same text has different labels"
_REPEATED = "the same text and label came before"


def clean(
    texts: Sequence[str | None], labels: Sequence[Any], unit: str = "rows"
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Finds the texts to keep: complete, once each, and not contradicted.

    Args:
        texts: sequence of str. None, NaN, NA and blank texts are missing.
        labels: sequence of as many labels. None, NaN, NA and blank labels are missing.
        unit: str, what to call the samples in the notes. Defaults to `"rows"`.

    Returns:
        A tuple of the positions kept, an int array of shape `(kept,)` in ascending
        order, and the notes: one str for each reason to drop, with its count.

    Example:

    >>> positions, notes = clean(["fine", "", "bad", "fine"], ["yes", "no", "no", "yes"])
    >>> positions.tolist()
    [0, 2]
    >>> notes
    ('1 of 4 rows dropped: no text', '1 of 4 rows dropped: the same text and label came before')
    """
    labels_of: dict[str, set[Any]] = {}
    for text, label in zip(texts, labels, strict=True):
        if text is not None and not is_absent(text) and not is_absent(label):
            labels_of.setdefault(text, set()).add(label)
    kept: list[int] = []
    seen: set[str] = set()
    dropped: Counter[str] = Counter()
    for position, (text, label) in enumerate(zip(texts, labels, strict=True)):
        if text is None or is_absent(text):
            dropped[_NO_TEXT] += 1
        elif is_absent(label):
            dropped[_NO_LABEL] += 1
        elif len(labels_of[text]) > 1:
            dropped[_CONTRADICTION] += 1
        elif text in seen:
            dropped[_REPEATED] += 1
        else:
            seen.add(text)
            kept.append(position)
    notes = tuple(
        f"{dropped[reason]} of {len(texts)} {unit} dropped: {reason}"
        for reason in (_NO_TEXT, _NO_LABEL, _CONTRADICTION, _REPEATED)
        if dropped[reason]
    )
    return np.array(kept, dtype=int), notes


def labelled_texts(
    texts: Sequence[str | None],
    labels: Sequence[Any],
    *,
    class_names: Sequence[str] | None,
    name: str,
    where: Callable[[int], str],
    unit: str,
    text_name: str = "text",
    label_name: str = "label",
    notes: tuple[str, ...] = (),
) -> Source:
    """Cleans labelled texts and encodes their labels.

    Args:
        texts: sequence of str or None. Blanks around a text do not count.
        labels: sequence of as many labels. Blanks around a label do not count.
        class_names: sequence of str, the classes that are known, or None to find them.
        name: str, what the samples are.
        where: function from a position to a str that tells a person where it is.
        unit: str, what to call the samples in the notes.
        text_name: str, the name of the column of texts. Defaults to `"text"`.
        label_name: str, the name of the target. Defaults to `"label"`.
        notes: tuple of str, what reading has already dropped.

    Returns:
        A `Source` with an input of kind `text` and a target of kind `class`.

    Raises:
        InputError: if nothing is left, only one class is, or a label is not known.

    Example:

    >>> source = labelled_texts(
    ...     ["fine", "dull", None],
    ...     ["good ", "bad", "bad"],
    ...     class_names=None,
    ...     name="reviews",
    ...     where="row {}".format,
    ...     unit="rows",
    ... )
    >>> source.values["text"], source.values["label"], source.notes
    (['fine', 'dull'], array([1, 0]), ('1 of 3 rows dropped: no text',))
    """
    texts = [text.strip() if isinstance(text, str) else text for text in texts]
    labels = [label.strip() if isinstance(label, str) else label for label in labels]
    positions, cleaning_notes = clean(texts, labels, unit)
    notes += cleaning_notes
    if not len(positions):
        found = "; ".join(notes) or f"no {unit}"
        raise InputError(f"Expected texts with labels in {name}. Received: {found}")
    encoded, names = encode_labels(
        [labels[position] for position in positions],
        class_names,
        where=lambda position: where(int(positions[position])),
    )
    kept = [texts[position] for position in positions]
    return Source.of(
        kept,
        encoded,
        class_names=names,
        input_name=text_name,
        label_name=label_name,
        name=name,
        notes=notes,
    )
