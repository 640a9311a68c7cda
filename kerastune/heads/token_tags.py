"""Tags of tokens: as arrays, out of logits, and as text."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerastune.data import IGNORED_TAG, are_span_tags
from kerastune.data.span_tags import OUTSIDE
from kerastune.errors import InputError
from kerastune.evaluation.spans import spans_of


def tags_by_position(targets: Any, count: int) -> np.ndarray:
    """Returns tags as an array of one row a sample.

    Args:
        targets: int array of shape `(samples, positions)`: tags, or `IGNORED_TAG`.
        count: int, the number of tags there are.

    Raises:
        InputError: if samples have different numbers of tags, or there is no such tag.

    Example:

    >>> tags_by_position([[0, -1], [1, 1]], 2).tolist()
    [[0, -1], [1, 1]]
    """
    if not isinstance(targets, np.ndarray) and len({np.shape(tags) for tags in targets}) > 1:
        lengths = sorted({len(tags) for tags in targets})
        raise InputError(
            "Expected the same number of tags for each sample. Received: from "
            f"{lengths[0]} to {lengths[-1]}. Give the job a TokenPreprocessor, which spreads "
            "them over positions"
        )
    tags = np.asarray(targets)
    if tags.ndim != 2 or tags.dtype.kind not in "iu":
        raise InputError(
            "Expected whole numbers of shape (samples, positions) as tags. Received: "
            f"{tags.dtype} of shape {tags.shape}"
        )
    if tags.size and not IGNORED_TAG <= tags.min() <= tags.max() < count:
        raise InputError(
            f"Expected tags from {IGNORED_TAG}, ignored, to {count - 1}. "
            f"Received: from {tags.min()} to {tags.max()}"
        )
    return tags


def most_probable_tags(outputs: Any, class_names: tuple[str, ...]) -> list[list[int]]:
    """Returns the position of the most probable tag of each token.

    Args:
        outputs: list of arrays of logits of shape `(tokens, tags)`, one a sample.
        class_names: tuple of str, the tags.

    Returns:
        For each sample a list of int. Of a token whose row is NaN, the position of `O`, or
        `IGNORED_TAG` where that is no tag.

    Raises:
        InputError: if outputs have another shape.

    Example:

    >>> most_probable_tags([np.array([[1.0, 2.0], [np.nan, np.nan]])], ("O", "B-name"))
    [[1, 0]]
    """
    unanswered = class_names.index(OUTSIDE) if OUTSIDE in class_names else IGNORED_TAG
    found = []
    for logits in map(np.asarray, outputs):
        if logits.ndim != 2 or logits.shape[1] != len(class_names):
            raise InputError(
                f"Expected outputs of shape (tokens, {len(class_names)}) for each sample. "
                f"Received: {logits.shape}"
            )
        best = np.where(np.isnan(logits).any(axis=1), unanswered, logits.argmax(axis=1))
        found.append(best.tolist())
    return found


def tags_text(tags: Sequence[str | None], class_names: tuple[str, ...]) -> str:
    """Returns the tags of a sample as a report shows them.

    Args:
        tags: sequence of str, one a token; None for a token without an answer.
        class_names: tuple of str, all tags there are.

    Returns:
        str, the spans with the numbers of their tokens, counted from 1; or all the tags, where
        they mark no spans.

    Example:

    >>> tags_text(["noun", None], ("noun", "verb"))
    'noun ?'
    """
    if not are_span_tags(class_names):
        return " ".join(tag or "?" for tag in tags)
    spans = spans_of([tag or OUTSIDE for tag in tags])
    found = ", ".join(f"{kind} {_token_numbers(first, end)}" for kind, first, end in spans)
    return found or "no spans"


def _token_numbers(first: int, end: int) -> str:
    return str(first + 1) if end == first + 1 else f"{first + 1}-{end}"
