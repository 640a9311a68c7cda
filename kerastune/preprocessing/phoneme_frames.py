"""What is said at each moment: the phonemes of frames, from the times of phonemes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from kerastune.data.phonemes import with_pauses

PAUSE = 0
"""The code of a pause; phonemes have those behind it."""


def phoneme_frames(
    codes: Sequence[int], times: Any, frames: int, hop: float
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the phonemes at each frame, and where in its phoneme it is.

    What lies before the first phoneme, between two, and behind the last is a pause.

    Args:
        codes: sequence of int, the code of each phoneme.
        times: float array of shape `(phonemes, 2)`, the seconds at which each begins and ends, in
            their order.
        frames: int, how many frames there are.
        hop: float, the seconds from one to the next.

    Returns:
        Tuple of an int32 array of shape `(frames, 3)`, the codes of the phoneme before, of the one
        that is said, and of the one behind it; and a float32 array of shape `(frames, 2)`, the
        share of the phoneme that is over, and its length in tenths of a second, 5 at most.

    Example:

    >>> phonemes, places = phoneme_frames([7, 9], [[0.0, 0.2], [0.2, 0.3]], frames=4, hop=0.1)
    >>> phonemes.tolist(), places[:, 0].round(2).tolist()
    ([[0, 7, 9], [0, 7, 9], [7, 9, 0], [9, 0, 0]], [0.25, 0.75, 0.5, 0.5])
    """
    parts = with_pauses(codes, times, frames * hop, PAUSE)
    begins = np.array([begin for _, begin, _ in parts])
    lengths = np.array([end - begin for _, begin, end in parts])
    middles = (np.arange(frames) + 0.5) * hop
    # Of a frame in which a phoneme begins, what its middle says.
    at = np.maximum(np.searchsorted(begins, middles, side="right") - 1, 0)
    said = np.array([PAUSE, *(code for code, _, _ in parts), PAUSE], "int32")
    phonemes = np.stack([said[at], said[at + 1], said[at + 2]], axis=1)
    share = (middles - begins[at]) / np.maximum(lengths[at], 1e-9)
    tenths = np.minimum(10 * lengths[at], 5)
    return phonemes, np.stack([np.clip(share, 0, 1), tenths], axis=1).astype("float32")
