"""Samples without labels for a student, of which only what its teacher answers is known."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kerastune.data.group_columns import without_groups
from kerastune.data.open import open_data
from kerastune.data.open_texts import open_texts
from kerastune.data.source import Source
from kerastune.data.splits import Splits
from kerastune.errors import InputError

_RUN = 3  # words
_NEAR = 0.8  # the share of a text's runs of words that makes another one a near copy of it
_WORD = re.compile(r"\w+")


def open_transfer(data: Any, splits: Splits) -> Source:
    """Opens samples without labels, and leaves out what is also in the test or validation.

    Args:
        data: texts, as `open_texts` takes them, where the samples of `splits` are such; else
            anything that `open_data` takes. Labels that it has are not looked at.
        splits: `Splits` of the samples with labels.

    Returns:
        A `Source` with the inputs of the training samples, and without targets. Its notes say
        how many samples are left out: texts that have 80 % of the runs of three words of a text
        in the test or validation, and other inputs that are equal to one there.

    Raises:
        InputError: if it cannot be opened, has other inputs, or nothing is left.

    Example:

    >>> samples = Source.of(["a fine film", "a bad film"], [1, 0], class_names=("no", "yes"))
    >>> found = open_transfer(["A fine film.", "a film"], Splits(samples, samples))
    >>> found.values["text"], found.notes[-1]
    (['a film'], 'transfer: 1 more left out, near copies of test or validation samples')
    """
    training = without_groups(splits.training)
    kinds = [training.columns[name].kind for name in training.inputs]
    if kinds == ["text"]:
        source = open_texts(data)
        (column,) = training.inputs
        (found,) = (name for name in source.inputs if source.columns[name].kind == "text")
        values: dict[str, Any] = {column: source.values[found]}
    else:
        source = (data if isinstance(data, Source) else open_data(data)).with_targets()
        missing = [name for name in training.inputs if name not in source.values]
        if missing:
            raise InputError(
                f"Expected transfer samples with the inputs of {training.name}, "
                f"{', '.join(training.inputs)}. Received: {', '.join(source.values)}"
            )
        values = {name: source.values[name] for name in training.inputs}
    columns = {name: training.columns[name] for name in values}
    source = Source(values, columns, (), source.name, source.notes, source.rows)
    known = [without_groups(part) for use, part in splits.parts.items() if use != "training"]
    kept = np.flatnonzero(~_copies(source, known))
    if not len(kept):
        raise InputError(
            f"Expected transfer samples that are not in the test or validation. Received: "
            f"{len(source)} in {source.name}, all of which are"
        )
    notes = [*source.notes, f"transfer: {len(kept)} samples without labels from {source.name}"]
    if len(kept) < len(source):
        notes.append(
            f"transfer: {len(source) - len(kept)} more left out, near copies of test or "
            "validation samples"
        )
    return replace(source.select(kept), notes=tuple(notes))


def near_copies(texts: Sequence[str], others: Iterable[str]) -> np.ndarray:
    """Returns which texts hold most of one out of others, or are the same but for marks and case.

    Args:
        texts: sequence of str.
        others: iterable of str.

    Returns:
        Bool array of shape `(texts,)`: whether it has the words of another text, or 80 % of its
        different runs of three words.

    Example:

    >>> near_copies(["So it is a very fine film, I think", "a film"], ["It is a very fine film."])
    array([ True, False])
    """
    whole, sizes = set(), []
    texts_of_run: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, other in enumerate(others):
        words = _words(other)
        runs = _runs(words)
        whole.add(words)
        sizes.append(len(runs))
        for run in runs:
            texts_of_run[run].append(number)
    copies = np.zeros(len(texts), bool)
    for place, text in enumerate(texts):
        words = _words(text)
        shared = Counter(number for run in _runs(words) for number in texts_of_run.get(run, ()))
        is_near = any(count >= _NEAR * sizes[number] for number, count in shared.items())
        copies[place] = is_near or words in whole
    return copies


def _words(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.casefold()))


def _runs(words: tuple[str, ...]) -> set[tuple[str, ...]]:
    return set(zip(*(words[start:] for start in range(_RUN)), strict=False))


def _copies(source: Source, known: Sequence[Source]) -> np.ndarray:
    """Returns which samples are in others too."""
    (first, *rest) = source.inputs
    if not rest and source.columns[first].kind == "text":
        return near_copies(
            list(source.values[first]), (text for part in known for text in part.values[first])
        )
    theirs = {_bytes(part, at) for part in known for at in range(len(part))}
    return np.array([_bytes(source, at) in theirs for at in range(len(source))])


def _bytes(source: Source, position: int) -> tuple[Any, ...]:
    """Returns the inputs of a sample as something that can be compared."""
    values = (source.values[name][position] for name in source.inputs)
    return tuple(
        value if isinstance(value, str) else np.asarray(value, "float64").tobytes()
        for value in values
    )
