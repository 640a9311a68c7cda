"""Sentences as lists of tokens, with a tag for each token."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kerastune.data.columns import Column
from kerastune.data.labels import encode_labels
from kerastune.data.source import Source
from kerastune.data.span_tags import standard_tags
from kerastune.errors import InputError

IGNORED_TAG = -1
"""What stands for the tag of a position that is not to be learned, such as padding."""


def tagged_tokens(
    tokens: Sequence[Sequence[str]],
    tags: Sequence[Sequence[Any]],
    *,
    class_names: Sequence[str] | None = None,
    name: str = "tokens",
    where: Callable[[int], str] = "sample {}".format,
    unit: str = "samples",
    tokens_name: str = "tokens",
    tags_name: str = "tags",
    notes: tuple[str, ...] = (),
) -> Source:
    """Makes a source of tokens and their tags, checked and encoded.

    Samples without tokens are left out. Tags that mark spans are brought to IOB2, or stay
    in IOBES, see `standard_tags`. Sentences that occur twice are kept, as in published
    scores.

    Args:
        tokens: sequence of the tokens of each sample, sequences of str.
        tags: sequence of the tags of each sample, one a token: str, or whole numbers, whose
            names are their digits.
        class_names: sequence of str, the tags that are known, such as those of the training
            data. By default, those of the data in alphabetical order.
        name: str, what the samples are.
        where: function from the position of a sample to a str that tells a person where it
            is.
        unit: str, what to call the samples in the notes.
        tokens_name: str, the name of the column of tokens. Defaults to `"tokens"`.
        tags_name: str, the name of the target. Defaults to `"tags"`.
        notes: tuple of str, what reading has already left out.

    Returns:
        A `Source` with an input of kind `tokens` and a target of kind `tags`.

    Raises:
        InputError: if a sample has other tokens than str, or not one tag for each; if a tag
            is not known, or there are fewer than two; or if nothing is left.

    Example:

    >>> source = tagged_tokens([["Ada", "wrote"], []], [["B-person", "O"], []])
    >>> source[0]
    {'tokens': ['Ada', 'wrote'], 'tags': [0, 1]}
    >>> source.columns["tags"].class_names, source.notes
    (('B-person', 'O'), ('1 of 2 samples dropped: no tokens',))
    """
    if len(tokens) != len(tags):
        raise InputError(
            "Expected the tags of each sample. Received: "
            f"{len(tokens)} samples of tokens and {len(tags)} of tags"
        )
    pairs = [
        _checked(words, names, where(position))
        for position, (words, names) in enumerate(zip(tokens, tags, strict=True))
    ]
    kept = [position for position, (words, _) in enumerate(pairs) if words]
    if len(kept) < len(pairs):
        notes += (f"{len(pairs) - len(kept)} of {len(pairs)} {unit} dropped: no tokens",)
    if not kept:
        raise InputError(f"Expected tokens with tags in {name}. Received: none")
    standard, changes = standard_tags([pairs[position][1] for position in kept])
    owners = np.repeat(kept, [len(sentence) for sentence in standard])
    codes, known = encode_labels(
        [tag for sentence in standard for tag in sentence],
        class_names,
        where=lambda position: where(int(owners[position])),
    )
    ends = np.cumsum([len(sentence) for sentence in standard])[:-1]
    return Source(
        {
            tokens_name: [pairs[position][0] for position in kept],
            tags_name: [part.tolist() for part in np.split(codes, ends)],
        },
        {tokens_name: Column("tokens"), tags_name: Column("tags", class_names=known)},
        (tags_name,),
        name,
        notes + changes,
    )


def with_known_tags(source: Source, class_names: Sequence[str]) -> Source:
    """Returns the source with the tags of the training data, in their order.

    Args:
        source: `Source` with one target of kind `tags`.
        class_names: sequence of str, the tags that are known.

    Returns:
        A `Source`.

    Raises:
        InputError: if it has another tag.

    Example:

    >>> source = tagged_tokens([["a", "joy"]], [["DET", "NOUN"]])
    >>> with_known_tags(source, ("NOUN", "DET", "VERB")).values["tags"]
    [[1, 0]]
    """
    column = source.target("tags")
    names = source.columns[column].class_names or ()
    if names == tuple(class_names):
        return source
    used = sorted({code for codes in source.values[column] for code in codes})
    positions, known = encode_labels([names[code] for code in used], class_names)
    new = dict(zip(used, positions.tolist(), strict=True))
    values = [[new[code] for code in codes] for codes in source.values[column]]
    return source.with_column(column, values, Column("tags", class_names=known))


def _checked(words: Any, tags: Any, location: str) -> tuple[list[str], list[str]]:
    """Returns the tokens and tags of one sample as lists of str."""
    for found, expected in ((words, "tokens"), (tags, "tags")):
        if isinstance(found, str) or not hasattr(found, "__len__"):
            raise InputError(f"Expected a list of {expected} in {location}. Received: {found!r}")
    wrong = [word for word in words if not isinstance(word, str)]
    if wrong:
        raise InputError(f"Expected tokens that are text in {location}. Received: {wrong[0]!r}")
    if len(words) != len(tags):
        raise InputError(
            f"Expected a tag for each token in {location}. Received: {len(words)} tokens and "
            f"{len(tags)} tags"
        )
    missing = [tag for tag in tags if not isinstance(tag, str | int | np.integer) or tag == ""]
    if missing:
        raise InputError(
            f"Expected tags that are text or whole numbers in {location}. Received: {missing[0]!r}"
        )
    return [str(word) for word in words], [str(tag) for tag in tags]
