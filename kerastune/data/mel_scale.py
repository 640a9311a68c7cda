"""Mel bands: how much of the power of each frequency counts to each of them."""

from functools import cache

import numpy as np
import scipy

from kerastune.errors import InputError

FLOOR = 1e-5
"""The power of a mel band, of samples from -1 to 1, below which there is silence."""


def frame_sizes(sample_rate: int, window: float, hop: float) -> tuple[int, int]:
    """Returns how long frames are, and how far apart, in samples.

    Args:
        sample_rate: int, samples a second.
        window: float, seconds of a frame.
        hop: float, seconds from a frame to the next.

    Raises:
        InputError: if the hop is less than a sample, or more than a frame.

    Example:

    >>> frame_sizes(8000, 0.032, 0.01)
    (256, 80)
    """
    length, step = round(sample_rate * window), round(sample_rate * hop)
    if not 1 <= step <= length:
        raise InputError(
            "Expected a hop of at least a sample, and of at most the window. Received: "
            f"window={window}, hop={hop} at {sample_rate} samples a second"
        )
    return length, step


@cache
def mel_matrix(bands: int, frame_length: int, sample_rate: int) -> np.ndarray:
    """Returns the weights of the frequencies of a Fourier transform in mel bands.

    Each band is a triangle of height 1, from the centre of the band before it to that of the
    next. The centres are at equal distances on the mel scale of HTK, 2595 log10(1 + f / 700),
    from 0 to half the rate of the samples.

    Args:
        bands: int of at least 1, the bands.
        frame_length: int, samples of a frame.
        sample_rate: int, samples a second.

    Returns:
        float32 array of shape `(frame_length // 2 + 1, bands)`.

    Raises:
        InputError: if a band would hold no frequency.

    Reference:
        Young et al., 2006, "The HTK Book", sections 5.4 and 5.6.

    Example:

    >>> mel_matrix(40, 256, 8000).shape
    (129, 40)
    """
    weights = _weights(bands, frame_length, sample_rate)
    if not weights.any(axis=0).all():
        raise InputError(
            f"Expected mel bands that each hold a frequency of a frame of {frame_length} samples. "
            f"Received: {bands} bands at {sample_rate} samples a second. Choose fewer"
        )
    return weights.astype("float32")


def _weights(bands: int, frame_length: int, sample_rate: int) -> np.ndarray:
    """Returns the triangles, of which those without a frequency are zeros."""
    highest = 2595 * np.log10(1 + sample_rate / 2 / 700)
    mels = np.linspace(0, highest, bands + 2)
    edges = 700 * (10 ** (mels / 2595) - 1)
    frequencies = np.fft.rfftfreq(frame_length, 1 / sample_rate)[:, None]
    rising = (frequencies - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequencies) / (edges[2:] - edges[1:-1])
    return np.maximum(0, np.minimum(rising, falling))


def most_bands(sample_rate: int, window: float = 0.032, most: int = 40) -> int:
    """Returns how many mel bands sound of some rate can be divided into.

    Args:
        sample_rate: int, samples a second.
        window: float, seconds of a frame. Defaults to 0.032.
        most: int, the most that are wanted. Defaults to 40.

    Raises:
        InputError: if a frame is too short for any.

    Example:

    >>> most_bands(8000), most_bands(2000)
    (40, 39)
    """
    length, _ = frame_sizes(sample_rate, window, window)
    for bands in range(most, 1, -1):
        if _weights(bands, length, sample_rate).any(axis=0).all():
            return bands
    return 1


def log_mel(
    samples: np.ndarray,
    sample_rate: int,
    *,
    bands: int = 40,
    window: float = 0.032,
    hop: float = 0.01,
) -> np.ndarray:
    """Returns the logarithm of the power of a recording in mel bands, frame by frame.

    As `kerastune.models.LogMel`, for one recording and without Keras.

    Args:
        samples: float array of shape `(samples,)`, values from -1 to 1.
        sample_rate: int, samples a second.
        bands: int, the mel bands. Defaults to 40.
        window: float, seconds of a frame. Defaults to 0.032.
        hop: float, seconds from a frame to the next. Defaults to 0.01.

    Returns:
        float array of shape `(frames, bands)`: 0 where there is silence.

    Example:

    >>> log_mel(np.zeros(800), 8000).shape
    (10, 40)
    """
    length, step = frame_sizes(sample_rate, window, hop)
    padded = np.pad(samples, (length - step, step - 1))
    frames = np.lib.stride_tricks.sliding_window_view(padded, length)[::step]
    hann = scipy.signal.get_window("hann", length)
    power = np.abs(np.fft.rfft(frames * hann)) ** 2
    return np.log1p(power @ mel_matrix(bands, length, sample_rate) / FLOOR)
