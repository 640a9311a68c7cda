"""Pieces of texts put together into rows of one length, with what tells them apart."""

from bisect import bisect_left, insort
from collections.abc import Sequence

import numpy as np

Piece = Sequence[int]

IGNORED = -1
"""The target of a position at which there is nothing to learn."""


def cut(tokens: Piece, length: int) -> list[Piece]:
    """Returns tokens in pieces of a length, each beginning with the last token of the one before.

    So each token but the first is the next one of a position, once.

    Args:
        tokens: sequence of int, at least two.
        length: int, the most tokens of a piece, at least 2.

    Example:

    >>> cut([2, 5, 6, 7, 3], 3)
    [[2, 5, 6], [6, 7, 3]]
    """
    return [tokens[start : start + length] for start in range(0, len(tokens) - 1, length - 1)]


def packed(pieces: Sequence[Piece], length: int) -> list[tuple[Piece, ...]]:
    """Returns pieces in few rows, the longest first, each where it leaves the least room.

    Args:
        pieces: sequence of pieces, none of them longer than a row.
        length: int, the tokens of a row.

    Returns:
        List of rows, tuples of pieces, in an order that depends on the pieces alone.

    Reference:
        Johnson, 1974, "Fast Algorithms for Bin Packing", best fit decreasing,
        https://doi.org/10.1016/S0022-0000(74)80026-7

    Example:

    >>> packed([[1] * 2, [2] * 3, [3] * 4], 6)
    [([3, 3, 3, 3], [1, 1]), ([2, 2, 2],)]
    """
    rows: list[list[Piece]] = []
    free: list[tuple[int, int]] = []  # The room of each row, and its number.
    for piece in sorted(pieces, key=len, reverse=True):
        place = bisect_left(free, (len(piece), -1))
        if place < len(free):
            room, row = free.pop(place)
            rows[row].append(piece)
        else:
            room, row = length, len(rows)
            rows.append([piece])
        insort(free, (room - len(piece), row))
    return [tuple(row) for row in rows]


def as_arrays(rows: Sequence[Sequence[Piece]], length: int, padding: int) -> dict[str, np.ndarray]:
    """Returns rows of pieces as a language model takes them.

    Args:
        rows: sequence of rows, sequences of pieces.
        length: int, the positions of a row.
        padding: int, the token behind the last piece.

    Returns:
        Dictionary of int32 arrays of shape `(rows, length)`: `token_ids`, and `segment_ids`,
        which are 1 for the first piece of a row, 2 for the second and so on, and 0 for padding.

    Example:

    >>> arrays = as_arrays([([2, 5, 3], [2, 3])], 6, padding=0)
    >>> arrays["token_ids"].tolist(), arrays["segment_ids"].tolist()
    ([[2, 5, 3, 2, 3, 0]], [[1, 1, 1, 2, 2, 0]])
    """
    token_ids = np.full((len(rows), length), padding, "int32")
    segment_ids = np.zeros((len(rows), length), "int32")
    for row, pieces in enumerate(rows):
        start = 0
        for number, piece in enumerate(pieces, start=1):
            token_ids[row, start : start + len(piece)] = piece
            segment_ids[row, start : start + len(piece)] = number
            start += len(piece)
    return {"token_ids": token_ids, "segment_ids": segment_ids}


def next_tokens(token_ids: np.ndarray, segment_ids: np.ndarray) -> np.ndarray:
    """Returns the next token of each position in its piece, and `IGNORED` where there is none.

    Args:
        token_ids: int array of shape `(rows, positions)`.
        segment_ids: int array of the same shape, as `as_arrays` gives it.

    Example:

    >>> next_tokens(np.array([[2, 5, 3, 2, 3, 0]]), np.array([[1, 1, 1, 2, 2, 0]])).tolist()
    [[5, 3, -1, 3, -1, -1]]
    """
    found = np.full_like(token_ids, IGNORED)
    goes_on = (segment_ids[:, 1:] == segment_ids[:, :-1]) & (segment_ids[:, 1:] > 0)
    found[:, :-1][goes_on] = token_ids[:, 1:][goes_on]
    return found
