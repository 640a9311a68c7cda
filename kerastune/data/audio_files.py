"""Recordings, one at a time: from a file, or as an array already."""

import wave
from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import scipy

from kerastune.errors import InputError, MissingExtraError, reason

AUDIO_SUFFIXES = (
    ".aif", ".aiff", ".au", ".caf", ".flac", ".mp3", ".oga", ".ogg", ".opus", ".wav", ".wave",
)  # fmt: skip
"""The suffixes of files with sound, in any case."""

_LOUDEST = 2.0  # Decoders of compressed files, and resampling, give a little more than 1.


@dataclass(frozen=True)
class Recording:
    """Sound of one channel.

    Args:
        samples: float32 array of shape `(samples,)`, values from -1 to 1.
        sample_rate: int, samples a second.
        channels: int, of how many channels it is the mean. Defaults to 1.

    Example:

    >>> Recording(np.zeros(800, "float32"), 8000).at_rate(4000).samples.shape
    (400,)
    """

    samples: np.ndarray
    sample_rate: int
    channels: int = 1

    def at_rate(self, sample_rate: int) -> "Recording":
        """Returns the recording with another number of samples a second.

        Args:
            sample_rate: int.
        """
        changed = resampled(self.samples, self.sample_rate, sample_rate)
        return Recording(changed, sample_rate, self.channels)


def resampled(samples: np.ndarray, sample_rate: int, wanted: int) -> np.ndarray:
    """Returns samples at another rate, by a polyphase filter that keeps what is not heard out.

    Args:
        samples: float array of shape `(samples,)`.
        sample_rate: int, samples a second.
        wanted: int, likewise, those of the result.

    Returns:
        float32 array of `samples * wanted / sample_rate` samples, rounded up.

    Example:

    >>> resampled(np.zeros(22050), 22050, 8000).shape
    (8000,)
    """
    if sample_rate == wanted:
        return np.asarray(samples, "float32")
    common = gcd(sample_rate, wanted)
    up, down = wanted // common, sample_rate // common
    return scipy.signal.resample_poly(samples, up, down).astype("float32")


def is_audio_file(path: Path) -> bool:
    """Returns whether the suffix of a file is that of sound.

    Args:
        path: Path.

    Example:

    >>> is_audio_file(Path("yes/1.WAV"))
    True
    """
    return path.suffix.lower() in AUDIO_SUFFIXES


def read_audio(path: str | PathLike) -> Recording:
    """Reads one recording; several channels become their mean.

    WAV files of whole numbers, 8, 16, 24 or 32 bits each, are read by Python itself, and all
    others by soundfile.

    Args:
        path: str or path of a file.

    Returns:
        A `Recording`.

    Raises:
        InputError: if the file is missing, is cut short or is no sound, or holds no samples, or
            NaN.
        MissingExtraError: if soundfile is needed and not installed.

    Example:

    >>> read_audio("missing.wav")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a recording that can be read. Received: 'missing.wav': ...
    """
    path = Path(path)
    try:
        found = _of_wav(path) if path.suffix.lower() in (".wav", ".wave") else None
        samples, rate = _of_soundfile(path) if found is None else found
    except InputError:
        raise
    except Exception as error:  # The readers share no family of errors.
        raise InputError(
            f"Expected a recording that can be read. Received: {str(path)!r}: {reason(error)}"
        ) from error
    if not samples.size:
        raise InputError(
            f"Expected a recording with samples. Received: {str(path)!r}, of zero length. Leave "
            "it out"
        )
    mono = samples.mean(axis=1, dtype="float32") if samples.shape[1] > 1 else samples[:, 0]
    _require_values(mono, repr(str(path)))
    return Recording(mono, rate, samples.shape[1])


def as_samples(value: Any, sample_rate: int) -> np.ndarray:
    """Returns a recording as an array, whatever it is given as.

    Args:
        value: a path; a `Recording`; or an array of shape `(samples,)` at that rate, of floats
            from -1 to 1, or of whole numbers, whose type tells the largest.
        sample_rate: int, samples a second that are wanted.

    Returns:
        float32 array of shape `(samples,)`.

    Raises:
        InputError: if it is none of these, has no samples, or cannot be read.

    Example:

    >>> as_samples(np.array([0, 16384], "int16"), 8000).tolist()
    [0.0, 0.5]
    """
    if isinstance(value, str | PathLike):
        value = read_audio(value)
    if isinstance(value, Recording):
        return value.at_rate(sample_rate).samples
    array = np.asarray(value)
    if array.dtype.kind not in "if" or array.ndim != 1 or not array.size:
        raise InputError(
            "Expected a recording: a path, or an array of shape (samples,) with at least one. "
            f"Received: {type(value).__name__}, {array.dtype} of shape {array.shape}"
        )
    if array.dtype.kind == "i":
        return (array / (np.iinfo(array.dtype).max + 1.0)).astype("float32")
    _require_values(array, "an array")
    return array.astype("float32")


class Recordings(Sequence):
    """Recordings at one rate, each read when it is asked for.

    Args:
        values: sequence of what `as_samples` takes.
        sample_rate: int, samples a second.

    Example:

    >>> Recordings([Recording(np.zeros(800, "float32"), 8000)], 4000)[0].shape
    (400,)
    """

    def __init__(self, values: Sequence[Any], sample_rate: int) -> None:
        self._values = values
        self._sample_rate = sample_rate

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, position: Any) -> Any:
        return as_samples(self._values[range(len(self))[position]], self._sample_rate)

    def item_key(self, position: int) -> str | None:
        """Returns the name and the size of a file, which tell it from others wherever it lies."""
        value = self._values[position]
        if not isinstance(value, str | PathLike):
            return None
        path = Path(value)
        try:
            return f"{path.name} {path.stat().st_size} {self._sample_rate}"
        except OSError:
            return path.name  # It has gone since it was read; the model is trained already.


def _of_wav(path: Path) -> tuple[np.ndarray, int] | None:
    """Returns the samples, by channel, of a WAV file of whole numbers; None for another."""
    try:
        with wave.open(str(path), "rb") as reader:
            width, channels = reader.getsampwidth(), reader.getnchannels()
            count, rate = reader.getnframes(), reader.getframerate()
            # Not as many as the header promises: it may promise gigabytes.
            content = reader.readframes(min(count, path.stat().st_size))
    except wave.Error as error:
        # Other numbers than whole ones, or, before Python 3.12, an extended header; or the files
        # of TIMIT, which are NIST SPHERE.
        if "unknown format" in str(error) or _is_sphere(path):
            return None
        raise
    if len(content) < width * channels * count:
        raise InputError(
            f"Expected a whole recording. Received: {str(path)!r}, which is cut short: "
            f"{len(content) // (width * channels)} of {count} samples are there"
        )
    return _of_bytes(content, width).reshape(-1, channels), rate


def _is_sphere(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(7) == b"NIST_1A"


def _of_bytes(content: bytes, width: int) -> np.ndarray:
    """Returns whole numbers of some bytes each, of which the first comes first, as floats."""
    if width == 1:  # The only ones without a sign.
        return np.frombuffer(content, "uint8").astype("float32") / 128 - 1
    if width == 3:
        wide = np.zeros((len(content) // 3, 4), "uint8")
        wide[:, 1:] = np.frombuffer(content, "uint8").reshape(-1, 3)
        return wide.view("<i4")[:, 0].astype("float32") / np.float32(2**31)
    return np.frombuffer(content, f"<i{width}").astype("float32") / np.float32(2 ** (8 * width - 1))


def _of_soundfile(path: Path) -> tuple[np.ndarray, int]:
    """Returns the samples, by channel, of a file of any type that soundfile reads."""
    if not path.is_file():
        raise FileNotFoundError("no such file")
    try:
        import soundfile
    except (ImportError, OSError) as error:  # OSError where there is no libsndfile.
        raise MissingExtraError(f"Reading {path.name!r}", "audio") from error
    with soundfile.SoundFile(path) as file:
        samples = file.read(dtype="float32", always_2d=True)
        if len(samples) < file.frames:
            raise InputError(
                f"Expected a whole recording. Received: {str(path)!r}, which is cut short: "
                f"{len(samples)} of {file.frames} samples are there"
            )
        return samples, file.samplerate


def _require_values(samples: np.ndarray, name: str) -> None:
    """Raises unless samples are finite, and about from -1 to 1."""
    largest = float(np.abs(samples).max())
    if not largest <= _LOUDEST:  # Written so that NaN fails too.
        raise InputError(
            f"Expected a recording with values from -1 to 1. Received: {name}, with {largest:g}. "
            "Divide by the largest value that its numbers can have"
        )
