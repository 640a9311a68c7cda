"""Sequences of phonemes, one for each recording."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from kerastune.data.columns import Column
from kerastune.data.source import Source
from kerastune.errors import InputError, some_of


def inventory(sequences: Iterable[Sequence[str]]) -> tuple[str, ...]:
    """Returns the different phonemes of some sequences, in alphabetical order.

    Args:
        sequences: iterable of sequences of str.

    Example:

    >>> inventory([["s", "ɛ"], ["ɛ", "l"]])
    ('l', 's', 'ɛ')
    """
    return tuple(sorted({name for sequence in sequences for name in sequence}))


def as_phonemes(values: Iterable[Any], name: str) -> list[list[str]]:
    """Returns sequences of phonemes as lists, however they are given.

    Args:
        values: iterable of sequences of str, or of str with blanks between phonemes.
        name: str, what the data are, for messages.

    Raises:
        InputError: if one is neither, or holds no phoneme.

    Example:

    >>> as_phonemes(["s ɛ v ə n", ["eɪ", "t"]], "two words")
    [['s', 'ɛ', 'v', 'ə', 'n'], ['eɪ', 't']]
    """
    found = []
    for row, value in enumerate(values):
        parts = value.split() if isinstance(value, str) else value
        is_list = isinstance(parts, Sequence) and len(parts) > 0
        if not is_list or not all(isinstance(part, str) and part.strip() for part in parts):
            raise InputError(
                "Expected the phonemes of each recording, at least one: a list of them, or a str "
                f"with blanks between. Received: {value!r} in row {row} of {name}"
            )
        found.append([str(part) for part in parts])
    return found


def with_pauses(
    names: Sequence[Any], times: Any, end: float, pause: Any
) -> list[tuple[Any, float, float]]:
    """Returns phonemes with their times, and a pause wherever none is said.

    Args:
        names: sequence of what stands for each phoneme, such as its name.
        times: float array of shape `(phonemes, 2)`, when each begins and ends, in their order.
        end: float, up to when there is a pause behind the last.
        pause: what stands for a pause.

    Returns:
        List of tuples of a name, and when it begins and ends.

    Example:

    >>> with_pauses(["s", "ɛ"], [[0.1, 0.2], [0.2, 0.4]], end=0.5, pause="")
    [('', 0.0, 0.1), ('s', 0.1, 0.2), ('ɛ', 0.2, 0.4), ('', 0.4, 0.5)]
    """
    found: list[tuple[Any, float, float]] = []
    over = 0.0
    for name, (begin, until) in zip(names, np.asarray(times, "float64").tolist(), strict=True):
        if begin > over:
            found.append((pause, over, begin))
        found.append((name, begin, until))
        over = until
    return [*found, (pause, over, end)] if end > over else found


def with_inventory(source: Source, known: tuple[str, ...]) -> Source:
    """Returns samples as those of an inventory that is known, with a note on other phonemes.

    Args:
        source: `Source` with a target of kind `phonemes`.
        known: tuple of str, the phonemes that a model can answer.

    Example:

    >>> column = Column("phonemes", class_names=("a", "b"))
    >>> source = Source({"phonemes": [["a"], ["b", "b"]]}, {"phonemes": column}, ("phonemes",))
    >>> with_inventory(source, ("a", "c")).notes
    ("2 phonemes in 1 of 2 samples are none of those trained on, and are never answered: 'b' (2)",)
    """
    name = source.target("phonemes")
    others: Counter[str] = Counter()
    samples = 0
    for sequence in source.values[name]:
        unknown = [phoneme for phoneme in sequence if phoneme not in known]
        others.update(unknown)
        samples += bool(unknown)
    changed = source.with_column(name, source.values[name], Column("phonemes", class_names=known))
    if not others:
        return changed
    listed = some_of([f"{phoneme!r} ({count})" for phoneme, count in others.most_common()])
    note = (
        f"{others.total()} phonemes in {samples} of {len(source)} samples are none of those "
        f"trained on, and are never answered: {listed}"
    )
    return Source(
        changed.values, changed.columns, source.targets, source.name, (*source.notes, note),
        source.rows,
    )  # fmt: skip
