"""A baseline for language models: counts of runs of tokens, smoothed."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from kerastune.evaluation.evaluation import Evaluation
from kerastune.evaluation.language import evaluate_language

if TYPE_CHECKING:
    from kerastune.data import Source, Splits

    Pieces = Callable[[Source], list[list[Sequence[int]]]]

_DISCOUNT = 0.75  # Where no count tells a better one.


class KneserNey:
    """An interpolated Kneser-Ney model of tokens.

    Each count is made smaller by a discount, and what that leaves goes to the next shorter
    context, whose counts are of how many tokens stand before a run. The discount of each length
    is `n1 / (n1 + 2 n2)`, of the runs that occur once and twice. The shortest context is mixed
    with equal probabilities for all tokens.

    Args:
        pieces: iterable of sequences of int, the tokens to count.
        vocabulary_size: int, the number of tokens.
        order: int, the longest run, from 1. Defaults to 5.

    Reference:
        Chen and Goodman, 1999, "An Empirical Study of Smoothing Techniques for Language
        Modeling", section 3.2 and equation 17 for one discount a length,
        https://doi.org/10.1006/csla.1999.0128

    Example:

    >>> model = KneserNey([[0, 1, 2, 0, 1, 2]], vocabulary_size=3)
    >>> model.probability([0, 1], 2) > 0.5
    True
    >>> round(sum(model.probability([2, 0], token) for token in range(3)), 6)
    1.0
    """

    def __init__(
        self, pieces: Iterable[Sequence[int]], vocabulary_size: int, order: int = 5
    ) -> None:
        self._vocabulary_size = vocabulary_size
        self._order = order
        counts: list[Counter[tuple[int, ...]]] = [Counter() for _ in range(order)]
        for piece in pieces:
            tokens = tuple(map(int, piece))
            for length in range(1, order + 1):
                # The first token of a piece is given. Shorter runs are counted by what stands
                # before them, but for those at the start of a piece, which nothing does.
                starts = range(len(tokens) - length + 1) if length == order else (0,)
                counts[length - 1].update(
                    tokens[start : start + length]
                    for start in starts
                    if start + length <= len(tokens) and start + length > 1
                )
        for length in range(order - 1, 0, -1):
            counts[length - 1].update(run[1:] for run in counts[length])
        self._counts = counts
        self._discounts = [_discount(found) for found in counts]
        self._contexts = [_by_context(found) for found in counts]

    def probability(self, context: Sequence[int], token: int) -> float:
        """Returns the probability of a token behind others.

        Args:
            context: sequence of int, the tokens before it, of which the last are looked at.
            token: int.
        """
        known = tuple(context[-(self._order - 1) :]) if self._order > 1 else ()
        found = 1.0 / self._vocabulary_size
        for length in range(min(len(known) + 1, self._order)):
            before = known[len(known) - length :]
            total, kinds = self._contexts[length].get(before, (0, 0))
            if not total:
                break  # A longer context has not occurred either.
            discount = self._discounts[length]
            count = self._counts[length].get((*before, token), 0)
            found = max(count - discount, 0.0) / total + discount * kinds / total * found
        return found

    def nats(self, piece: Sequence[int]) -> np.ndarray:
        """Returns the negative log-probability of each token of a piece but the first.

        Args:
            piece: sequence of int.
        """
        tokens = tuple(map(int, piece))
        reach = self._order - 1
        return -np.log(
            [
                self.probability(tokens[max(0, at - reach) : at], tokens[at])
                for at in range(1, len(tokens))
            ]
        )


def n_gram(pieces: "Pieces", vocabulary_size: int) -> "Callable[[Splits], dict[str, Evaluation]]":
    """Returns a baseline: a `KneserNey` model of five tokens, with the tokens of a language model.

    It is fitted to the training and validation samples, and sees no more of a text than the
    language model does.

    Args:
        pieces: function from a `Source` to the pieces of each sample, such as
            `kerastune.preprocessing.LanguagePreprocessor.pieces`.
        vocabulary_size: int, the number of tokens.

    Returns:
        A function from `Splits` to a dictionary with `"5-gram, Kneser-Ney"`.

    Example:

    >>> from kerastune.data import Column, Source, Splits
    >>> texts = Source({"text": ["aba"]}, {"text": Column("text")})
    >>> baseline = n_gram(lambda samples: [[[0, 1, 2, 1, 3]]], vocabulary_size=4)
    >>> baseline(Splits(texts, texts))["5-gram, Kneser-Ney"]["perplexity"] < 4
    True
    """

    def kneser_ney(splits: "Splits") -> dict[str, Evaluation]:
        counted = (piece for of_text in pieces(splits.without_test) for piece in of_text)
        model = KneserNey(counted, vocabulary_size)
        nats = [
            np.concatenate([model.nats(piece) for piece in of_text])
            for of_text in pieces(splits.test)
        ]
        texts = splits.test.values[splits.test.input("text")]
        sizes = [len(text.encode("utf-8", "ignore")) for text in texts]
        return {"5-gram, Kneser-Ney": evaluate_language(nats, sizes)}

    return kneser_ney


def _discount(counts: Counter[tuple[int, ...]]) -> float:
    """Returns what to take off each count."""
    once, twice = (sum(count == times for count in counts.values()) for times in (1, 2))
    return once / (once + 2 * twice) if once and twice else _DISCOUNT


def _by_context(counts: Counter[tuple[int, ...]]) -> dict[tuple[int, ...], tuple[int, int]]:
    """Returns the sum of the counts behind each context, and how many tokens occur there."""
    found: dict[tuple[int, ...], tuple[int, int]] = {}
    for run, count in counts.items():
        total, kinds = found.get(run[:-1], (0, 0))
        found[run[:-1]] = (total + count, kinds + 1)
    return found
