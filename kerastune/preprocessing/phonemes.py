"""From recordings with phonemes to what a network that answers frame by frame takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import keras
import numpy as np

from kerastune.data import Source
from kerastune.data.audio_files import as_samples
from kerastune.data.lazy import item_key
from kerastune.errors import InputError
from kerastune.preprocessing.audio import AudioPreprocessor


@keras.saving.register_keras_serializable(package="kerastune")
@dataclass
class PhonemePreprocessor(AudioPreprocessor):
    """Prepares recordings as `AudioPreprocessor` does, and refuses those too short for CTC.

    Each phoneme needs a frame, and the same one twice in succession a frame without between them.

    Args:
        sample_rate: int, samples a second. Files of another rate are resampled.
        length: int, samples to which recordings are padded. Defaults to what the longest recording
            of the training needs when it is slowed down and shifted, once it is fitted.
        column: str, the column of recordings. Defaults to `"audio"`.
        hop: float, seconds from a frame of the network to the next. Defaults to 0.01.
        speed: float, the share by which recordings are faster or slower at most in training.
            Defaults to 0.
        shift: float, the seconds by which they begin later or earlier at most. Defaults to 0.

    Raises:
        InputError: if a number is less than 1.

    Example:

    >>> from kerastune.data import open_phonemes
    >>> source = open_phonemes(([np.zeros(160)], ["ɛ ɛ"]), sample_rate=8000)
    >>> PhonemePreprocessor(8000).fit(source)
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected recordings with a frame for each phoneme... Received: ...
    """

    hop: float = 0.01
    speed: float = 0.0
    shift: float = 0.0

    def fit(self, samples: Source) -> Self:
        """Finds the column of recordings in the training samples, and the longest of them.

        Args:
            samples: `Source` with one input of kind `audio`.

        Returns:
            The preprocessor itself.

        Raises:
            InputError: if there is no such column, or its rate is another; or a recording is too
                short for its phonemes.
        """
        given = self.length
        super().fit(samples)
        if given is None and self.length is not None:
            self.length = int(self.length / (1 - self.speed) + self.shift * self.sample_rate) + 1
        return self

    def check(self, samples: Source) -> None:
        """Refuses recordings with NaN or infinity, and those too short for their phonemes.

        Args:
            samples: `Source` with the column of recordings.

        Raises:
            InputError: if there is one, with its file or row.
        """
        super().check(samples)
        if not samples.targets:
            return
        recordings = samples.values[self.column]
        for row, phonemes in enumerate(samples.values[samples.target("phonemes")]):
            sound = as_samples(recordings[row], self.sample_rate)
            # What is faster and begins earlier in training still has to hold them.
            heard = len(sound) / (1 + self.speed) - self.shift * self.sample_rate
            frames, needed = self._frames(heard), frames_needed(phonemes)
            if frames < needed:
                raise InputError(
                    "Expected recordings with a frame for each phoneme, and one more between two "
                    f"that are the same. Received: {frames} frames of {self.hop * 1000:g} ms for "
                    f"the {len(phonemes)} phonemes of {_name(samples, row, self.column)}, which "
                    f"need {needed}{self._why()}. Leave it out, or see whether it is cut"
                )

    def align(self, outputs: Any, inputs: Mapping[str, Any]) -> list[np.ndarray]:
        """Returns the outputs of each recording without those of its padding.

        Args:
            outputs: float array of shape `(recordings, frames, classes)`.
            inputs: dictionary with the column of recordings.

        Returns:
            List of arrays of shape `(frames, classes)`.
        """
        return [
            row[: self._frames(len(as_samples(value, self.sample_rate)))]
            for row, value in zip(outputs, inputs[self.column], strict=True)
        ]

    def get_config(self) -> dict[str, Any]:
        """Returns the settings."""
        own = {name: getattr(self, name) for name in ("hop", "speed", "shift")}
        return {**super().get_config(), **own}

    def _frames(self, samples: float) -> int:
        """Returns the frames of which some samples are no padding."""
        step = max(1, round(self.hop * self.sample_rate))
        return max(0, int(np.ceil(samples / step)))

    def _why(self) -> str:
        """Returns what makes the frames fewer than those of the recording, for a message."""
        if not (self.speed or self.shift):
            return ""
        return f" (training shortens it, speed={self.speed:g}, shift={self.shift:g})"


def frames_needed(phonemes: Sequence[str]) -> int:
    """Returns the fewest frames that hold phonemes, with one between two that are the same.

    Args:
        phonemes: sequence of str.

    Example:

    >>> frames_needed(["h", "ɛ", "l", "l"])
    5
    """
    repeated = sum(one == other for one, other in pairwise(phonemes))
    return len(phonemes) + repeated


def _name(samples: Source, row: int, column: str) -> str:
    """Returns what a sample is called: its row in the data, and its file if it has one."""
    place = f"row {samples.row(row)} of {samples.name}"
    key = item_key(samples.values[column], row)  # The name of a file, its size and the rate.
    return place if key is None else f"'{key.rsplit(' ', 2)[0]}', {place}"
