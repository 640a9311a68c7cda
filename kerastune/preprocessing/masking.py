"""Tokens hidden for a model to guess, as BERT hides them."""

import numpy as np

from kerastune.errors import InputError
from kerastune.preprocessing.packed_rows import IGNORED, Piece
from kerastune.preprocessing.tokenizer import SPECIAL_TOKENS, UNKNOWN

MASK = UNKNOWN
"""The token that stands for a hidden one. Byte pairs know every text, so none has it otherwise."""

MASK_RATE, RANDOM_RATE = 0.8, 0.1
"""How many of the chosen tokens become `MASK`, and how many any token; the others stay."""


def require_masked_share(share: float) -> None:
    """Raises unless a share of tokens can be chosen.

    Args:
        share: float.

    Raises:
        InputError: if it is not between 0 and 1.

    Example:

    >>> require_masked_share(0.15)
    """
    if not 0 < share < 1:
        raise InputError(
            f"Expected a masked_share between 0 and 1, both not included. Received: {share}"
        )


def chosen_count(tokens: int, share: float) -> int:
    """Returns how many of some tokens are chosen: their share, rounded, but at least one.

    Args:
        tokens: int, how many there are that are not special.
        share: float, the share to choose.

    Example:

    >>> chosen_count(64, 0.15), chosen_count(2, 0.15), chosen_count(0, 0.15)
    (10, 1, 0)
    """
    return min(tokens, max(1, int(share * tokens + 0.5)))


# `keras_hub.layers.MaskedLMMaskGenerator` draws from Python's global random numbers, so that
# neither a run nor its test would be the same twice, and puts special tokens in as random ones.
def masked(
    tokens: Piece, share: float, vocabulary_size: int, generator: np.random.Generator
) -> np.ndarray:
    """Returns what stands in the place of the tokens that are chosen to be guessed.

    Of these 80 % become `MASK`, 10 % a random token and 10 % stay as they are, each by chance.
    Special tokens are never chosen, and are not among the random ones.

    Args:
        tokens: sequence of int.
        share: float, the share of tokens to choose, see `chosen_count`.
        vocabulary_size: int, the number of tokens, of which the first are special.
        generator: NumPy's generator of random numbers.

    Returns:
        int32 array of shape `(tokens,)`: a token where one is chosen, and `IGNORED` elsewhere.

    Reference:
        Devlin et al., 2018, "BERT: Pre-training of Deep Bidirectional Transformers for Language
        Understanding", section 3.1 and appendix A.1, https://arxiv.org/abs/1810.04805

    Example:

    >>> masked([2, 9, 8, 7, 3], 0.3, 20, np.random.default_rng(2)).tolist()
    [-1, -1, -1, 1, -1]
    """
    found = np.full(len(tokens), IGNORED, "int32")
    ordinary = np.flatnonzero(np.asarray(tokens) >= len(SPECIAL_TOKENS))
    places = generator.permutation(ordinary)[: chosen_count(len(ordinary), share)]
    drawn = generator.random(len(places))
    random_tokens = generator.integers(len(SPECIAL_TOKENS), vocabulary_size, len(places))
    stay = np.asarray(tokens)[places]
    changed = np.where(drawn < MASK_RATE + RANDOM_RATE, random_tokens, stay)
    found[places] = np.where(drawn < MASK_RATE, MASK, changed)
    return found


def masked_tokens(
    token_ids: np.ndarray, replacements: np.ndarray, positions: np.ndarray
) -> np.ndarray:
    """Returns the tokens to guess at each position that is asked for, `IGNORED` behind the last.

    Args:
        token_ids: int array of shape `(rows, length)`, the true tokens.
        replacements: int array of the same shape, rows as `masked` gives them.
        positions: int array of shape `(rows, count)`, the chosen positions of a row and what
            fills it up.

    Example:

    >>> arrays = np.array([[5, 6, 7]]), np.array([[-1, 1, -1]]), np.array([[1, 0]])
    >>> masked_tokens(*arrays).tolist()
    [[6, -1]]
    """
    counts = (replacements != IGNORED).sum(axis=1, keepdims=True)
    is_chosen = np.arange(positions.shape[1]) < counts
    return np.where(is_chosen, np.take_along_axis(token_ids, positions, axis=1), IGNORED)
