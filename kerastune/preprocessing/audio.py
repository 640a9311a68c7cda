"""From recordings of any length to the arrays that a network takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import keras
import numpy as np

from kerastune.data import Source
from kerastune.data.audio_files import as_samples
from kerastune.data.finite import require_finite
from kerastune.errors import InputError
from kerastune.preprocessing.preprocessor import Preprocessor

_STEPS_PER_SECOND = 10  # Lengths are rounded up to a tenth of a second.


@keras.saving.register_keras_serializable(package="kerastune")
@dataclass
class AudioPreprocessor(Preprocessor):
    """Turns recordings into one array with their mask, padded with silence behind their ends.

    Nothing is cut: a batch with a longer recording than any of the training is padded to a
    multiple of the usual length.

    Args:
        sample_rate: int, samples a second. Files of another rate are resampled.
        length: int, samples to which recordings are padded. Defaults to those of the longest
            recording of the training, up to the next tenth of a second, once it is fitted.
        column: str, the column of recordings. Defaults to `"audio"`.

    Raises:
        InputError: if a number is less than 1.

    Example:

    >>> found = AudioPreprocessor(8000, 5)([np.zeros(3), np.zeros(4)])
    >>> found["audio"].shape, found["padding_mask"].sum(axis=1).tolist()
    ((2, 5), [3, 4])
    """

    sample_rate: int
    length: int | None = None
    column: str = "audio"

    def __post_init__(self) -> None:
        if self.sample_rate < 1 or (self.length is not None and self.length < 1):
            raise InputError(
                "Expected a sample_rate and a length of at least 1. Received: "
                f"sample_rate={self.sample_rate}, length={self.length}"
            )

    @property
    def columns(self) -> tuple[str, ...]:  # type: ignore[override]
        """tuple of one str, the column of recordings."""
        return (self.column,)

    def fit(self, samples: Source) -> Self:
        """Finds the column of recordings in the training samples, and the longest of them.

        Args:
            samples: `Source` with one input of kind `audio`.

        Returns:
            The preprocessor itself.

        Raises:
            InputError: if there is no such column, or its rate is another.
        """
        self.column = samples.input("audio")
        found = samples.columns[self.column].sample_rate
        if found not in (None, self.sample_rate):
            raise InputError(
                f"Expected recordings of {self.sample_rate} samples a second. Received: "
                f"{samples.name} with {found}. Open them with `audio_reader({self.sample_rate})`"
            )
        self.check(samples)
        if self.length is None:
            values = samples.values[self.column]
            longest = max(len(values[at]) for at in range(len(values)))
            step = max(1, self.sample_rate // _STEPS_PER_SECOND)
            self.length = -(-longest // step) * step
        return self

    def check(self, samples: Source) -> None:
        """Refuses recordings in memory with NaN or infinity, with the row of the first.

        Args:
            samples: `Source` with the column of recordings.

        Raises:
            InputError: if there is one.
        """
        require_finite(samples, self.column)

    def prepare(self, inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Returns recordings padded to one length, and what of them is no padding.

        Args:
            inputs: dictionary with the column of recordings, a sequence of what
                `kerastune.data.as_samples` takes.

        Returns:
            Dictionary of `audio`, a float32 array of shape `(recordings, samples)`, and
            `padding_mask`, a bool array of that shape.

        Raises:
            InputError: if something is no recording.
        """
        recordings = [as_samples(value, self.sample_rate) for value in inputs[self.column]]
        longest = max((len(recording) for recording in recordings), default=1)
        usual = self.length or longest
        shape = (len(recordings), -(-longest // usual) * usual)
        audio, mask = np.zeros(shape, "float32"), np.zeros(shape, "bool")
        for row, recording in enumerate(recordings):
            audio[row, : len(recording)] = recording
            mask[row, : len(recording)] = True
        return {"audio": audio, "padding_mask": mask}

    def get_config(self) -> dict[str, Any]:
        """Returns the rate, the length and the column."""
        return {
            "sample_rate": self.sample_rate,
            "length": self.length,
            "column": self.column,
        }
