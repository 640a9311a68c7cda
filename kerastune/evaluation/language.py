"""How well tokens of texts are predicted: perplexity, cross-entropy, bits per byte, accuracy."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from kerastune.evaluation.evaluation import Evaluation, Metric


def evaluate_language(nats: Sequence[Any], sizes: Sequence[int] | np.ndarray) -> Evaluation:
    """Returns the perplexity, the cross-entropy and the bits per byte of texts.

    Perplexity and cross-entropy are by token, and so of another scale with another vocabulary;
    bits per byte are not. The token that ends a text counts as a token, and takes no byte.

    Args:
        nats: sequence of float arrays, the negative log-probability of each token of each text.
        sizes: sequence of int, the bytes of each text as UTF-8.

    Returns:
        An `Evaluation` with `perplexity`, `cross_entropy` in nats per token, `bits_per_byte`,
        and `tokens`, how many were predicted.

    Example:

    >>> found = evaluate_language([np.log([2.0, 8.0])], [4])
    >>> round(found["perplexity"], 6), round(found["bits_per_byte"], 6)
    (4.0, 1.0)
    """
    total = sum(float(np.sum(losses, dtype="float64")) for losses in nats)
    tokens = sum(len(losses) for losses in nats)
    mean = total / max(tokens, 1)
    bits = total / math.log(2) / max(int(np.sum(sizes)), 1)
    return Evaluation(
        [
            # Beyond any float where a model has diverged.
            Metric("perplexity", math.exp(min(mean, 700.0)), higher_is_better=False),
            Metric("cross_entropy", mean, higher_is_better=False),
            Metric("bits_per_byte", bits, higher_is_better=False),
            Metric("tokens", tokens, higher_is_better=None),
        ]
    )


def evaluate_masked_tokens(nats: Sequence[Any], is_right: Sequence[Any]) -> Evaluation:
    """Returns how well hidden tokens are guessed from those around them.

    Each sees what stands behind it too, so the perplexity is not that of a text, and cannot be
    compared with that of a language model that reads from left to right.

    Args:
        nats: sequence of float arrays, the negative log-probability of each hidden token of
            each text.
        is_right: sequence of bool arrays, whether the most probable token is the true one.

    Returns:
        An `Evaluation` with `accuracy`, `cross_entropy` in nats per hidden token, `perplexity`,
        and `tokens`, how many were hidden.

    Example:

    >>> found = evaluate_masked_tokens([np.log([2.0, 8.0])], [[True, False]])
    >>> found["accuracy"], round(found["perplexity"], 6), found["tokens"]
    (0.5, 4.0, 2.0)
    """
    losses = np.concatenate([np.asarray(each, "float64") for each in nats])
    right = np.concatenate([np.asarray(each, bool) for each in is_right])
    tokens = len(losses)
    mean = float(losses.sum()) / max(tokens, 1)
    return Evaluation(
        [
            Metric("accuracy", float(right.sum()) / max(tokens, 1), higher_is_better=True),
            Metric("cross_entropy", mean, higher_is_better=False),
            # Beyond any float where a model has diverged.
            Metric("perplexity", math.exp(min(mean, 700.0)), higher_is_better=False),
            Metric("tokens", tokens, higher_is_better=None),
        ]
    )
