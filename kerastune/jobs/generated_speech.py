"""New speech, by a model that was trained to speak."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kerastune.errors import InputError
from kerastune.jobs.result import Result
from kerastune.models.speech_sampling import SpeechSampling
from kerastune.training.speaking import speech_of


def generate_speech(
    result: Result,
    phonemes: Sequence[Sequence[str]],
    times: Sequence[Any],
    *,
    seed: int = 0,
    temperature: float | None = None,
) -> list[np.ndarray]:
    """Returns how phonemes sound, each for as long as it is told.

    `kerastune.data.phonemes_of_words` has eSpeak NG tell the phonemes of words, and their times.
    Samples are made one after the other, a second of sound in about two seconds, and many
    sequences at once take hardly longer.

    Args:
        result: a `Result` of the recipe `speech_synthesis`, of this process or loaded.
        phonemes: sequence of sequences of str, as the training data name them.
        times: sequence of float arrays of shape `(phonemes, 2)`, the seconds at which each phoneme
            begins and ends; what is between them is a pause.
        seed: int, for the draws. The same seed gives the same sound, on any backend but where
            rounding decides between two codes. Defaults to 0.
        temperature: float of at least 0, see `kerastune.models.SpeechSampling`. Defaults to that
            of the run.

    Returns:
        List of float32 arrays of samples, values from -1 to 1, at
        `result.preprocessor.sample_rate`.

    Raises:
        InputError: if the result is of another recipe, a phoneme is not known, or times do not
            fit.

    Example:

    >>> from types import SimpleNamespace
    >>> generate_speech(SimpleNamespace(recipe="lenet", head=None), [["s"]], [[[0, 0.1]]])
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a result whose model speaks... Received: one of lenet
    """
    chosen = getattr(result.head, "sampling", None)
    if not isinstance(chosen, SpeechSampling):
        raise InputError(
            "Expected a result whose model speaks, such as one of speech_synthesis. Received: one "
            f"of {result.recipe}"
        )
    if isinstance(phonemes, str) or not len(phonemes) or len(phonemes) != len(times):
        raise InputError(
            "Expected at least one sequence of phonemes, and as many of times. Received: "
            f"{phonemes!r:.60} and {len(times)} of times"
        )
    if temperature is not None:
        chosen = replace(chosen, temperature=temperature)
    said = {"phonemes": list(phonemes), "times": list(times)}
    preprocessor: Any = result.preprocessor
    return speech_of(result.model, preprocessor, said, chosen, seed)
