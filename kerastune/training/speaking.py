"""What a model says that was trained to speak."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from kerastune.data.mu_law import mu_law_samples
from kerastune.errors import InputError
from kerastune.models.speech_sampling import SpeechSampling
from kerastune.preprocessing.speech_synthesis import SynthesisPreprocessor, times_fault

_AT_ONCE = 64


def speech_of(
    model: keras.Model,
    preprocessor: SynthesisPreprocessor,
    said: Mapping[str, Sequence[Any]],
    sampling: SpeechSampling,
    seed: int = 0,
) -> list[np.ndarray]:
    """Returns how a model says phonemes, each as long as it is told.

    Args:
        model: a model with a `speech_generator` in it and a layer for the logits behind it.
        preprocessor: the `SynthesisPreprocessor` that it was trained behind.
        said: dictionary of `phonemes`, a sequence of sequences of str, and `times`, a float array
            of shape `(phonemes, 2)` for each: the seconds at which each begins and ends.
        sampling: the `SpeechSampling`.
        seed: int, for the draws, which differ from sequence to sequence. Defaults to 0.

    Returns:
        List of float32 arrays of samples, values from -1 to 1, each up to the end of its last
        phoneme and the rest of its frame.

    Raises:
        InputError: if a phoneme is not one of the training, times do not fit, or the model is
            another.

    Example:

    >>> from kerastune import heads
    >>> from kerastune.models.speech_generator import speech_generator
    >>> generator = speech_generator(2, channels=4, skip_channels=6, layers=2)
    >>> model = heads.attach(generator, heads.SpeechSynthesis(("s", "ɛ")), pooling="sequence")
    >>> prepare = SynthesisPreprocessor(8000, phoneme_names=("s", "ɛ"))
    >>> said = {"phonemes": [["s", "ɛ"]], "times": [[[0, 0.02], [0.02, 0.03]]]}
    >>> [sound.shape for sound in speech_of(model, prepare, said, SpeechSampling())]
    [(240,)]
    """
    ends = []
    for row, (names, times) in enumerate(zip(said["phonemes"], said["times"], strict=True)):
        if fault := times_fault(times, len(names), math.inf) or ("" if len(names) else "none"):
            raise InputError(
                "Expected phonemes to say, each with the seconds at which it begins and ends. "
                f"Received: {fault} in row {row}"
            )
        ends.append(math.ceil(np.max(times) / preprocessor.hop - 1e-6))
    found: list[np.ndarray] = []
    for start in range(0, len(ends), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        count = max(ends[part])
        told = [
            preprocessor.frames(names, times, count)
            for names, times in zip(said["phonemes"][part], said["times"][part], strict=True)
        ]
        phonemes, places = (np.stack(arrays) for arrays in zip(*told, strict=True))
        codes = sampling(
            model,
            {"phonemes": phonemes, "places": places},
            samples_per_frame=preprocessor.samples_per_frame,
            seed=seed + start,
        )
        for row, frames in zip(codes, ends[part], strict=True):
            found.append(mu_law_samples(row[: frames * preprocessor.samples_per_frame]))
    return found
