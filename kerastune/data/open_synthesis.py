"""Opening of recordings to learn to speak from, and their splits."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from kerastune.data.open_phonemes import open_phonemes
from kerastune.data.open_splits import open_splits
from kerastune.data.source import Source
from kerastune.data.splits import Splits
from kerastune.errors import WrongDataError


def open_synthesis_splits(
    data: Any, options: Mapping[str, Any] | None = None, *, sample_rate: int
) -> Splits:
    """Opens recordings with phonemes and their times, and shares them out.

    Where the data tell who speaks, or of which session samples are, all of one are in one part.

    Args:
        data: what `open_phonemes` takes, with the times of phonemes, or data that come with their
            own split, see `parts_of`.
        options: dictionary, as for `open_splits`.
        sample_rate: int, samples a second; recordings of another rate are resampled, with a note.

    Returns:
        `Splits` of the recordings, with a column `times`.

    Raises:
        InputError: if the data cannot be opened or shared out so, or tell no times.

    Example:

    >>> import numpy as np
    >>> open_synthesis_splits(([np.zeros(800)] * 4, ["n oʊ"] * 4), sample_rate=8000)
    Traceback (most recent call last):
        ...
    kerastune.errors.WrongDataError: Expected recordings with the times of their phonemes...
    """
    splits = open_splits(data, options, open_with=partial(_with_times, sample_rate=sample_rate))
    if {"word", "voice"} <= splits.test.values.keys():
        return splits
    note = "no columns `word` and `voice`, so whether words are recognized is not measured"
    test = replace(splits.test, notes=(*splits.test.notes, note))
    return replace(splits, test=test)


def _with_times(data: Any, *, sample_rate: int) -> Source:
    source = open_phonemes(data, sample_rate=sample_rate)
    if "times" not in source.values:
        raise WrongDataError(
            "Expected recordings with the times of their phonemes, in a column `times`, as of "
            f"spoken_phonemes:LANGUAGE or of a folder in TIMIT's layout. Received: {source.name} "
            f"with {', '.join(source.columns)}"
        )
    return source
