"""Classes that may be one, or none, or several at once, by their names."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kerastune.data.missing import spells_missing
from kerastune.data.number_formats import PLAIN
from kerastune.data.source import Source

_SEPARATORS = ("|", ";", ", ", ",", " / ")
_MOST_SHOWN = 4
_BLANKS = re.compile(r"[\s_\-]+")


def label_notes(source: Source) -> tuple[str, ...]:
    """Returns notes on names of classes that look like mistakes.

    Args:
        source: `Source`; its targets of kind `class` and `tags` are looked at.

    Returns:
        Tuple of str: which classes look alike, such as `1` and `1.0`, `True` and `TRUE`, or
        `cat` and `Cat`; which read like missing values; and whether most labels name several
        classes at once.

    Example:

    >>> source = Source.of(["a", "b", "c"], [0, 1, 2], class_names=("Cat", "cat", "nan"))
    >>> for note in label_notes(source):
    ...     print(note)
    classes of 'label' that look alike: 'Cat' and 'cat'. Give them one name if they are one
    classes of 'label' that read like missing values: 'nan'. Leave such samples out if they are
    """
    notes: list[str] = []
    for name in source.targets:
        column = source.columns[name]
        names = column.class_names or ()
        if column.kind not in ("class", "tags") or not names:
            continue
        notes += _alike(name, names)
        missing = [repr(known) for known in names if spells_missing(known) or not known.strip()]
        if missing:
            notes.append(
                f"classes of {name!r} that read like missing values: {_names(missing)}. Leave such "
                "samples out if they are"
            )
        if column.kind == "class":
            notes += _several_at_once(name, names, np.asarray(source.values[name]))
    return tuple(notes)


def noted_labels(source: Source) -> Source:
    """Returns the samples with notes on the names of their classes, each once.

    Args:
        source: `Source`.

    Example:

    >>> source = Source.of(["a", "b"], [0, 1], class_names=("no", "yes"))
    >>> noted_labels(source) is source
    True
    """
    new = tuple(note for note in label_notes(source) if note not in source.notes)
    return replace(source, notes=(*source.notes, *new)) if new else source


def _alike(target: str, names: Sequence[str]) -> list[str]:
    groups: dict[str, list[str]] = {}
    for name in names:
        groups.setdefault(_key(name), []).append(repr(name))
    pairs = [" and ".join(group) for group in groups.values() if len(group) > 1]
    if not pairs:
        return []
    text = f"classes of {target!r} that look alike: {_names(pairs)}. Give them one name if they "
    return [text + "are one"]


def _key(name: str) -> str:
    plain = name.strip().casefold()
    if spells_missing(plain):
        return "missing"
    if PLAIN.fits(plain):
        return repr(float(plain))
    return _BLANKS.sub(" ", plain)


def _several_at_once(target: str, names: Sequence[str], codes: np.ndarray) -> list[str]:
    """Returns a hint where most labels are several names with a separator."""
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    for separator in _SEPARATORS:
        parts = [[part.strip() for part in name.split(separator)] for name in names]
        several = [index for index, each in enumerate(parts) if len(each) > 1 and all(each)]
        if 2 * counts[several].sum() <= counts.sum() or not several:
            continue
        uses = Counter(part for each in parts for part in each)
        if max(uses.values()) > 1:
            return [
                f"{int(counts[several].sum())} of {int(counts.sum())} labels of {target!r} name "
                f"several at once, such as {names[several[0]]!r}, and each combination is a class. "
                "kerastune.heads.Multilabel learns them one by one"
            ]
    return []


def _names(names: Sequence[str]) -> str:
    """Returns some names, for a note."""
    more = len(names) - _MOST_SHOWN
    return ", ".join(names[:_MOST_SHOWN]) + (f" and {more} more" if more > 0 else "")
