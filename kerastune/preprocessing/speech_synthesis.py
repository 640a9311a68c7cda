"""From recordings and the times of their phonemes to what a network that speaks takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import keras
import numpy as np

from kerastune.data import Source
from kerastune.data.audio_files import as_samples
from kerastune.data.described import reads_nothing
from kerastune.data.mu_law import SILENCE, mu_law_codes
from kerastune.errors import InputError, closest
from kerastune.preprocessing.audio import AudioPreprocessor
from kerastune.preprocessing.buckets import bucket_for, bucket_lengths
from kerastune.preprocessing.packed_rows import IGNORED
from kerastune.preprocessing.phoneme_frames import PAUSE, phoneme_frames


@keras.saving.register_keras_serializable(package="kerastune")
@dataclass
class SynthesisPreprocessor(AudioPreprocessor):
    """Turns recordings with phonemes and their times into the inputs of a `speech_generator`.

    Sound becomes codes of the μ-law, and what is said a few numbers for each frame. Silence, which
    is not learned, pads the recordings of a batch to one of a few lengths.

    Args:
        sample_rate: int, samples a second.
        length: int, samples of the longest recording of the training, up to the next tenth of a
            second. Defaults to none, until it is fitted.
        column: str, the column of recordings. Defaults to `"audio"`.
        times: str, the column of times. Defaults to `"times"`.
        phonemes: str, the column of phonemes, the target. Defaults to `"phonemes"`.
        phoneme_names: sequence of str, the phonemes. Defaults to none, until it is fitted.
        hop: float, the seconds of a frame, a whole number of samples. Defaults to 0.005.
        buckets: sequence of int, the frames to which recordings are padded, see
            `kerastune.preprocessing.bucket_lengths`. Defaults to none, until it is fitted.

    Raises:
        InputError: if a number is out of its range.

    Example:

    >>> from kerastune.preprocessing import SynthesisPreprocessor
    >>> prepare = SynthesisPreprocessor(8000, phoneme_names=("s", "ɛ"))
    >>> sample = {"audio": [np.zeros(70)], "times": [[[0, 0.005]]], "phonemes": [["ɛ"]]}
    >>> {name: values.shape for name, values in prepare(sample).items()}
    {'codes': (1, 80), 'phonemes': (1, 2, 3), 'places': (1, 2, 2)}
    """

    times: str = "times"
    phonemes: str = "phonemes"
    phoneme_names: Sequence[str] = ()
    hop: float = 0.005
    buckets: Sequence[int] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        self.buckets = tuple(self.buckets)
        self.phoneme_names = tuple(self.phoneme_names)
        exact = self.hop * self.sample_rate
        if exact < 1 or abs(exact - round(exact)) > 1e-6:
            raise InputError(
                f"Expected a hop of a whole number of samples at {self.sample_rate} Hz, at least "
                f"one. Received: hop={self.hop}, which are {exact:g}"
            )

    @property
    def columns(self) -> tuple[str, ...]:  # type: ignore[override]
        """tuple of three str, the columns of recordings, times and phonemes."""
        return (self.column, self.times, self.phonemes)

    @property
    def samples_per_frame(self) -> int:
        """int, the samples of a frame."""
        return round(self.hop * self.sample_rate)

    def fit(self, samples: Source) -> Self:
        """Finds the columns and the phonemes in the training samples.

        Args:
            samples: `Source` with one input of kind `audio`, a column `times`, and one target of
                kind `phonemes`.

        Returns:
            The preprocessor itself.

        Raises:
            InputError: if there are no such columns, the rate is another, or a time is none.
        """
        self.phonemes = samples.target("phonemes")
        self.phoneme_names = tuple(samples.columns[self.phonemes].class_names or ())
        super().fit(samples)
        frames = -(-self.lengths(samples) // self.samples_per_frame)
        self.buckets = bucket_lengths(frames, int(frames.max()))
        return self

    def check(self, samples: Source) -> None:
        """Refuses recordings with NaN, and those whose times do not fit sound and phonemes.

        Args:
            samples: `Source` with the columns.

        Raises:
            InputError: if there is one, with its row.
        """
        super().check(samples)
        if reads_nothing():  # Times that are made up fit nothing.
            return
        recordings, told = samples.values[self.column], samples.values[self.times]
        for row, phonemes in enumerate(samples.values[self.phonemes]):
            seconds = len(as_samples(recordings[row], self.sample_rate)) / self.sample_rate
            fault = times_fault(told[row], len(phonemes), seconds + self.hop)
            if fault:
                raise InputError(
                    f"Expected for each phoneme the seconds at which it begins and ends. Received: "
                    f"{fault} in row {samples.row(row)} of {samples.name}"
                )

    def lengths(self, samples: Source) -> np.ndarray:
        """Returns the samples of each recording: those of a batch are about as long.

        Args:
            samples: the training `Source`.
        """
        values = samples.values[self.column]
        return np.array([len(as_samples(value, self.sample_rate)) for value in values])

    def without_buckets(self) -> Self:
        """Returns a preprocessor that pads each batch to its own longest."""
        return replace(self, buckets=())

    def frames(self, phonemes: Sequence[str], times: Any, count: int) -> tuple[Any, Any]:
        """Returns what is said at each frame; see `phoneme_frames`.

        Args:
            phonemes: sequence of str.
            times: float array of shape `(phonemes, 2)`.
            count: int, frames.

        Raises:
            InputError: if a phoneme is not one of the training.
        """
        known = {name: code for code, name in enumerate(self.phoneme_names, start=PAUSE + 1)}
        for name in phonemes:
            if name not in known:
                raise InputError(
                    f"Expected phonemes out of the {len(known)} trained on. Received: {name!r}."
                    f"{closest(name, list(known))}"
                )
        return phoneme_frames([known[name] for name in phonemes], times, count, self.hop)

    def prepare(self, inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Returns sound as codes, and what is said at each frame.

        Args:
            inputs: dictionary with the columns.

        Returns:
            Dictionary of int32 `codes` of shape `(recordings, samples)`, int32 `phonemes` of shape
            `(recordings, frames, 3)` and float32 `places` of shape `(recordings, frames, 2)`.

        Raises:
            InputError: if something is no recording, or a phoneme is not known.
        """
        sounds = [as_samples(value, self.sample_rate) for value in inputs[self.column]]
        longest = max((len(sound) for sound in sounds), default=1)
        frames = -(-max(longest, 1) // self.samples_per_frame)
        usual = bucket_for(frames, self.buckets)
        frames = -(-frames // usual) * usual
        size = frames * self.samples_per_frame
        codes = np.full((len(sounds), size), SILENCE, "int32")
        phonemes = np.full((len(sounds), frames, 3), PAUSE, "int32")
        places = np.zeros((len(sounds), frames, 2), "float32")
        told = zip(sounds, inputs[self.phonemes], inputs[self.times], strict=True)
        for row, (sound, names, times) in enumerate(told):
            codes[row, : len(sound)] = mu_law_codes(sound)
            phonemes[row], places[row] = self.frames(names, times, frames)
        return {"codes": codes, "phonemes": phonemes, "places": places}

    def prepare_both(self, inputs: Mapping[str, Any], targets: Any) -> tuple[Any, Any]:  # noqa: ARG002
        """Returns the inputs, and the codes that are to be told, without those of padding.

        Args:
            inputs: dictionary, as for `prepare`.
            targets: not used: sound is what is learned.
        """
        arrays = self.prepare(inputs)
        wanted = arrays["codes"].copy()
        for row, value in enumerate(inputs[self.column]):
            wanted[row, len(as_samples(value, self.sample_rate)) :] = IGNORED
        return arrays, wanted

    def align(self, outputs: np.ndarray, inputs: Mapping[str, Any]) -> list[np.ndarray]:
        """Returns what was found for each recording, without that of its padding.

        Args:
            outputs: array of shape `(recordings, samples)`.
            inputs: dictionary, as for `prepare`.
        """
        return [
            row[: len(as_samples(value, self.sample_rate))]
            for row, value in zip(outputs, inputs[self.column], strict=True)
        ]

    def get_config(self) -> dict[str, Any]:
        """Returns the settings."""
        names = ("times", "phonemes", "hop")
        own = {name: getattr(self, name) for name in names}
        lists = {"phoneme_names": list(self.phoneme_names), "buckets": list(self.buckets)}
        return {**super().get_config(), **own, **lists}


def times_fault(times: Any, count: int, seconds: float) -> str:
    """Returns what is wrong with the times of some phonemes, or nothing.

    Args:
        times: what should be a float array of shape `(count, 2)`.
        count: int, how many phonemes there are.
        seconds: float, how long they last at most.

    Example:

    >>> times_fault([[0.0, 0.1], [0.3, 0.2]], 2, 1.0)
    'a phoneme that ends at 0.2 and begins at 0.3'
    """
    try:
        found = np.asarray(times, "float64")
    except (ValueError, TypeError):
        return f"{times!r}"
    if found.shape != (count, 2):
        return f"times of shape {found.shape} for {count} phonemes"
    if not np.isfinite(found).all() or found.min(initial=0) < 0:
        return "a time that is negative or no number"
    if found.max(initial=0) > seconds:
        return f"a phoneme that ends at {found.max():g} of {seconds:g} seconds"
    over = 0.0
    for begin, end in found.tolist():
        if end < begin:
            return f"a phoneme that ends at {end:g} and begins at {begin:g}"
        if begin < over - 1e-9:
            return f"a phoneme that begins at {begin:g}, before the end of another, {over:g}"
        over = end
    return ""
