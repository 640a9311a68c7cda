"""Cleaning of labelled texts, with notes on what is left out."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kerastune.data.coded import MISSING, coded
from kerastune.data.in_pieces import InPieces, pieces_of
from kerastune.data.labels import encode_labels
from kerastune.data.mapped import mapped_texts
from kerastune.data.missing import is_absent
from kerastune.data.rows_taken import RowsTaken
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
    codes = coded(labels).converted(lambda label, _: None if is_absent(label) else label).codes
    digests, has_text = text_digests(texts)
    complete = np.flatnonzero(has_text & (codes != MISSING))
    kept, contradicted = _first_of_each(digests[complete], codes[complete])
    kept = complete[kept]
    dropped = {
        _NO_TEXT: int((~has_text).sum()),
        _NO_LABEL: int((has_text & (codes == MISSING)).sum()),
        _CONTRADICTION: contradicted,
        _REPEATED: len(complete) - contradicted - len(kept),
    }
    notes = tuple(
        f"{count} of {len(texts)} {unit} dropped: {reason}"
        for reason, count in dropped.items()
        if count
    )
    return kept, notes


def text_digests(texts: Sequence[str | None]) -> tuple[np.ndarray, np.ndarray]:
    """Returns two numbers that stand for each text, and whether there is one.

    128 bits of a cryptographic hash are the same for the same texts alone, and take less memory
    than texts.

    Args:
        texts: sequence of str. None, NaN and blank texts are missing.

    Returns:
        A tuple of a uint64 array of shape `(texts, 2)` and a bool array of shape `(texts,)`.

    Example:

    >>> digests, has_text = text_digests(["a joy", None, "a joy"])
    >>> (digests[0] == digests[2]).all(), has_text.tolist()
    (np.True_, [True, False, True])
    """
    digests, has_text = bytearray(), np.zeros(len(texts), "bool")
    for start, piece in pieces_of(texts):
        for at, text in enumerate(piece, start):
            has_text[at] = text is not None and not is_absent(text)
            content = text.encode("utf-8", "surrogatepass") if has_text[at] else b""
            digests += hashlib.blake2b(content, digest_size=16).digest()
    return np.frombuffer(digests, "uint64").reshape(-1, 2), has_text


def _first_of_each(digests: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, int]:
    """Returns where each text comes first, if all of its labels agree, and how many do not."""
    if not len(codes):
        return np.empty(0, int), 0
    # Stable: those of one text stay in their order.
    order = np.lexsort((digests[:, 1], digests[:, 0]))
    changes = (digests[order[1:]] != digests[order[:-1]]).any(axis=1)
    starts = np.concatenate([[0], np.flatnonzero(changes) + 1])
    sorted_codes = codes[order]
    agree = np.minimum.reduceat(sorted_codes, starts) == np.maximum.reduceat(sorted_codes, starts)
    sizes = np.diff(np.append(starts, len(order)))
    return np.sort(order[starts[agree]]), int(sizes[~agree].sum())


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
    texts = stripped_texts(texts)
    labels = coded(labels).converted(lambda label, _: _strip(label))
    positions, cleaning_notes = clean(texts, labels, unit)
    notes += cleaning_notes
    if not len(positions):
        found = "; ".join(notes) or f"no {unit}"
        raise InputError(f"Expected texts with labels in {name}. Received: {found}")
    encoded, names = encode_labels(
        labels.rows(positions),
        class_names,
        where=lambda position: where(int(positions[position])),
    )
    source = Source.of(
        RowsTaken(positions)(texts),
        encoded,
        class_names=names,
        input_name=text_name,
        label_name=label_name,
        name=name,
        notes=notes,
    )
    return replace(source, rows=positions)


def stripped_texts(texts: Sequence[Any]) -> Sequence[Any]:
    """Returns texts without blanks around them; of those that are read in pieces, on the disk.

    Args:
        texts: sequence of str, or of None where one is missing.

    Example:

    >>> stripped_texts([" a joy", None])
    ['a joy', None]
    """
    if isinstance(texts, InPieces):
        return mapped_texts([_strip(text) for text in piece] for _, piece in pieces_of(texts))
    return [_strip(text) for text in texts]


def _strip(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value
