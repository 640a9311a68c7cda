"""A baseline for speech: linear prediction, with a filter for each phoneme."""

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy

from kerastune.data.audio_files import as_samples
from kerastune.data.mu_law import MU_LAW_CODES, mu_law_codes, mu_law_samples
from kerastune.data.phonemes import with_pauses
from kerastune.errors import InputError
from kerastune.evaluation.evaluation import Evaluation
from kerastune.evaluation.speech import bits_per_sample

if TYPE_CHECKING:
    from kerastune.data import Source, Splits

Speaker = Callable[["Source"], list[np.ndarray]]

_ANYTHING = 0.01  # Probability that a sample is any at all.
_WHITENING = 1e-4
_PAUSE = ""


def linear_prediction(
    evaluate: "Callable[[Speaker], Evaluation] | None" = None, order: int = 16, seed: int = 0
) -> "Callable[[Splits], dict[str, Evaluation]]":
    """Returns a baseline: each sample from those before it, by a linear filter for its phoneme.

    This is the vocoder of linear predictive coding, driven by noise: it has the resonances of a
    phoneme and no voice. A sample has a normal distribution around what is predicted, and in one
    of a hundred cases is anything at all.

    Args:
        evaluate: function from one that speaks (from samples with phonemes and `times` to a sound
            for each) to an `Evaluation` of its speech. Defaults to none.
        order: int, how many samples before it tell a sample. Defaults to 16.
        seed: int, for the noise. Defaults to 0.

    Returns:
        A function from `Splits` of recordings at one rate with phonemes and their `times` to a
        dictionary with `"linear prediction by phoneme"`.

    Reference:
        Atal and Hanauer, 1971, "Speech Analysis and Synthesis by Linear Prediction of the Speech
        Wave", https://doi.org/10.1121/1.1912679

    Example:

    >>> from kerastune.data import Column, Source, Splits
    >>> wave = np.sin(np.arange(400.0))
    >>> columns = {
    ...     "audio": Column("audio", shape=(None,), sample_rate=8000),
    ...     "times": Column("array", shape=(None, 2)),
    ...     "phonemes": Column("phonemes", class_names=("m",)),
    ... }
    >>> values = {"audio": [wave], "times": [[[0.0, 0.05]]], "phonemes": [["m"]]}
    >>> samples = Source(values, columns, ("phonemes",))
    >>> found = linear_prediction(order=2)(Splits(samples, samples))
    >>> found["linear prediction by phoneme"]["bits_per_sample"] < 4
    True
    """

    def baseline(splits: "Splits") -> dict[str, Evaluation]:
        vocoder = _Vocoder(order).fit(splits.training)
        metrics = [bits_per_sample([vocoder.nats(*one) for one in _told(splits.test)])]
        made = evaluate(lambda samples: vocoder.spoken(samples, seed)) if evaluate else None
        metrics += made.metrics if made else []
        return {"linear prediction by phoneme": Evaluation(metrics)}

    return baseline


class _Vocoder:
    """A filter and the size of what it does not predict, for each phoneme and for the pause."""

    def __init__(self, order: int) -> None:
        self.order = order
        self.filters: dict[str, tuple[np.ndarray, float]] = {}

    def fit(self, samples: "Source") -> "_Vocoder":
        """Finds the filters from the autocorrelation of the training samples."""
        sums: dict[str, np.ndarray] = {}
        counts: dict[str, int] = {}
        for sound, spans in _told(samples):
            for name, begin, end in spans:
                part = sound[begin:end]
                lags = np.array(
                    [part[lag:] @ part[: len(part) - lag] for lag in range(self.order + 1)]
                )
                sums[name] = sums.get(name, 0) + lags
                counts[name] = counts.get(name, 0) + len(part)
        for name, lags in sums.items():
            lags = lags / max(counts[name], 1) + np.eye(self.order + 1)[0] * 1e-7
            lags[0] *= 1 + _WHITENING
            # The autocorrelation method gives filters that never ring louder and louder.
            weights = scipy.linalg.solve_toeplitz(lags[:-1], lags[1:])
            self.filters[name] = weights[::-1], float(np.sqrt(lags[0] - weights @ lags[1:]))
        return self

    def filter(self, name: str) -> tuple[np.ndarray, float]:
        """Returns that of a phoneme; of one that was never heard, that of the pause."""
        found = self.filters.get(name, self.filters.get(_PAUSE))
        return (np.zeros(self.order), 0.1) if found is None else found

    def nats(self, sound: np.ndarray, spans: Sequence[tuple[str, int, int]]) -> np.ndarray:
        """Returns the negative log-probability of each sample's code."""
        padded = np.pad(sound, (self.order, 0))
        before = np.lib.stride_tricks.sliding_window_view(padded, self.order)[: len(sound)]
        middle, spread = np.zeros(len(sound)), np.ones(len(sound))
        for name, begin, end in spans:
            weights, size = self.filter(name)
            middle[begin:end] = before[begin:end] @ weights
            spread[begin:end] = size
        codes = mu_law_codes(sound)
        between = mu_law_samples(np.arange(MU_LAW_CODES + 1) - 0.5).astype("float64")
        between[[0, -1]] = -np.inf, np.inf
        normal = scipy.special.ndtr
        upper, lower = (normal((between[at] - middle) / spread) for at in (codes + 1, codes))
        return -np.log((1 - _ANYTHING) * (upper - lower) + _ANYTHING / MU_LAW_CODES)

    def spoken(self, samples: "Source", seed: int) -> list[np.ndarray]:
        """Returns a sound for each sample, of its phonemes, times and length."""
        found = []
        for row, (sound, spans) in enumerate(_told(samples)):
            noise = np.random.default_rng([seed, row]).normal(size=len(sound))
            made, past = np.zeros(len(sound)), np.zeros(self.order)
            for name, begin, end in spans:
                weights, size = self.filter(name)
                denominator = np.concatenate([[1.0], -weights[::-1]])
                # The state that the filter has behind the samples before.
                state = scipy.signal.lfiltic([1.0], denominator, past[::-1])
                part, _ = scipy.signal.lfilter(
                    [1.0], denominator, size * noise[begin:end], zi=state
                )
                made[begin:end] = part
                past = np.concatenate([past, part])[-self.order :]
            found.append(np.clip(made, -1, 1).astype("float32"))
        return found


def _told(samples: "Source") -> Iterator[tuple[np.ndarray, list[tuple[str, int, int]]]]:
    """Yields each sound with what is said from which sample to which, pauses included."""
    audio, phonemes = samples.input("audio"), samples.target("phonemes")
    rate = samples.columns[audio].sample_rate
    if rate is None:
        raise InputError(f"Expected recordings with their sample_rate. Received: {audio!r} without")
    values = (samples.values[name] for name in (audio, phonemes, "times"))
    for value, names, times in zip(*values, strict=True):
        sound = np.asarray(as_samples(value, rate), "float64")
        yield sound, _spans(names, times, rate, len(sound))


def _spans(names: Sequence[str], times: Any, rate: int, length: int) -> list[tuple[str, int, int]]:
    edges = [
        (name, *(min(round(second * rate), length) for second in (begin, end)))
        for name, begin, end in with_pauses(names, times, length / rate, _PAUSE)
    ]
    return [one for one in edges if one[2] > one[1]]
