"""Baselines for hidden tokens: how frequent each is, and what its neighbours say."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from kerastune.evaluation.evaluation import Evaluation
from kerastune.evaluation.language import evaluate_masked_tokens

if TYPE_CHECKING:
    from kerastune.data import Source, Splits

    Hidden = Callable[[Source], Iterable[tuple[Sequence[int], np.ndarray]]]

_OUTSIDE = -1  # What stands before the first and behind the last token of a piece.


class BetweenNeighbours:
    """Probabilities of a token between two others, by counts.

    Each count is mixed with what a more general one says, as in interpolated Witten-Bell
    smoothing: with as much weight as there are different tokens in its place. The counts between
    both neighbours are mixed with the mean of those behind the left one and before the right one,
    these with the frequencies of tokens, and these with equal probabilities.

    Args:
        pieces: iterable of sequences of int, the tokens to count.
        vocabulary_size: int, the number of tokens.

    Reference:
        Chen and Goodman, 1999, "An Empirical Study of Smoothing Techniques for Language
        Modeling", section 2.4, on Witten-Bell, https://doi.org/10.1006/csla.1999.0128

    Example:

    >>> model = BetweenNeighbours([[0, 1, 2, 0, 1, 2]], vocabulary_size=3)
    >>> found = model.probabilities(0, 2)
    >>> int(found.argmax()), round(float(found.sum()), 6)
    (1, 1.0)
    """

    def __init__(self, pieces: Iterable[Sequence[int]], vocabulary_size: int) -> None:
        self._both: dict[tuple[int, int], Counter[int]] = defaultdict(Counter)
        self._left: dict[int, Counter[int]] = defaultdict(Counter)
        self._right: dict[int, Counter[int]] = defaultdict(Counter)
        total: Counter[int] = Counter()
        for piece in pieces:
            tokens = [_OUTSIDE, *map(int, piece), _OUTSIDE]
            for left, token, right in zip(tokens, tokens[1:], tokens[2:], strict=False):
                self._both[left, right][token] += 1
                self._left[left][token] += 1
                self._right[right][token] += 1
                total[token] += 1
        self.frequencies = _mixed(total, np.full(vocabulary_size, 1.0 / vocabulary_size))

    def probabilities(self, left: int, right: int) -> np.ndarray:
        """Returns the probability of each token between two others.

        Args:
            left: int, the token before it, -1 for none.
            right: int, the token behind it, -1 for none.
        """
        behind = _mixed(self._left.get(left, {}), self.frequencies)
        before = _mixed(self._right.get(right, {}), self.frequencies)
        return _mixed(self._both.get((left, right), {}), (behind + before) / 2)


def _mixed(counts: Mapping[int, int], general: np.ndarray) -> np.ndarray:
    """Returns probabilities by counts, mixed with more general ones."""
    if not counts:
        return general
    kinds = len(counts)
    found = kinds * general
    found[list(counts)] += list(counts.values())
    return found / (sum(counts.values()) + kinds)


def hidden_tokens(
    hidden: "Hidden", vocabulary_size: int
) -> "Callable[[Splits], dict[str, Evaluation]]":
    """Returns a baseline: guesses of hidden tokens by counts, from what an encoder sees of them.

    Args:
        hidden: function from a `Source` to the tokens of each piece, and what stands in the
            place of those that are hidden, such as
            `kerastune.preprocessing.MaskedLanguagePreprocessor.hidden`.
        vocabulary_size: int, the number of tokens.

    Returns:
        A function from `Splits` to a dictionary with `"most frequent token"` and `"between the
        same neighbours"`, fitted to the training and validation samples.

    Example:

    >>> from kerastune.data import Column, Source, Splits
    >>> texts = Source({"text": ["aba"]}, {"text": Column("text")})
    >>> piece = [5, 6, 7], np.array([-1, 1, -1])
    >>> baseline = hidden_tokens(lambda samples: [piece], vocabulary_size=9)
    >>> baseline(Splits(texts, texts))["between the same neighbours"]["accuracy"]
    1.0
    """

    def by_counts(splits: "Splits") -> dict[str, Evaluation]:
        counted = (tokens for tokens, _ in hidden(splits.without_test))
        model = BetweenNeighbours(counted, vocabulary_size)
        frequent, between = [], []
        for tokens, replacements in hidden(splits.test):
            visible = np.where(replacements >= 0, replacements, tokens).tolist()
            seen = [_OUTSIDE, *visible, _OUTSIDE]
            for place in np.flatnonzero(replacements >= 0).tolist():
                frequent.append(_guess(model.frequencies, tokens[place]))
                between.append(
                    _guess(model.probabilities(seen[place], seen[place + 2]), tokens[place])
                )
        return {
            "most frequent token": _evaluated(frequent),
            "between the same neighbours": _evaluated(between),
        }

    return by_counts


def _guess(probabilities: np.ndarray, true: int) -> tuple[float, bool]:
    """Returns the negative log-probability of a token, and whether it is the most probable."""
    return -float(np.log(probabilities[true])), int(probabilities.argmax()) == true


def _evaluated(guesses: Sequence[tuple[float, bool]]) -> Evaluation:
    return evaluate_masked_tokens([[nats for nats, _ in guesses]], [[hit for _, hit in guesses]])
