"""Sources of recordings at another rate than theirs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from kerastune.data.audio_files import Recording, Recordings, as_samples
from kerastune.data.columns import Column
from kerastune.data.source import Source


def at_rate(source: Source, name: str, sample_rate: int) -> Source:
    """Returns a source whose recordings have a rate, with a note if they had another.

    Args:
        source: `Source`.
        name: str, its column of recordings. If that tells no rate, it is taken for the wanted.
        sample_rate: int, samples a second that are wanted.

    Example:

    >>> import numpy as np
    >>> columns = {"audio": Column("audio", shape=(None,), sample_rate=16000)}
    >>> source = at_rate(Source({"audio": [np.zeros(800)]}, columns), "audio", 8000)
    >>> source.values["audio"][0].shape, source.notes
    ((400,), ('1 recordings resampled to 8,000 Hz from 16,000 Hz',))
    """
    column, values = source.columns[name], source.values[name]
    given, wanted = column.sample_rate, replace(column, sample_rate=sample_rate)
    if given in (None, sample_rate):
        return source.with_column(name, values, wanted)
    if isinstance(values, list):
        changed: Any = [Recording(one, given).at_rate(sample_rate).samples for one in values]
    else:
        changed = Recordings(_AtOwnRate(values, given), sample_rate)
    note = f"{len(source)} recordings resampled to {sample_rate:,} Hz from {given:,} Hz"
    return replace(source.with_column(name, changed, wanted), notes=(*source.notes, note))


def at_known_rates(source: Source, columns: Mapping[str, Column]) -> Source:
    """Returns a source whose recordings have the rates of columns that are known.

    Args:
        source: `Source`.
        columns: dictionary from the name of each known column to its `Column`.

    Example:

    >>> source = Source.of(["a"], [0.5])
    >>> at_known_rates(source, {"text": Column("text")}) is source
    True
    """
    for name, column in columns.items():
        if column.sample_rate is not None and name in source.columns:
            source = at_rate(source, name, column.sample_rate)
    return source


class _AtOwnRate(Sequence):
    """Samples that are read when they are asked for, with their rate."""

    def __init__(self, values: Sequence[Any], sample_rate: int) -> None:
        self._values = values
        self._sample_rate = sample_rate

    def __len__(self) -> int:
        return len(self._values)

    def __getitem__(self, position: Any) -> Any:
        samples = as_samples(self._values[position], self._sample_rate)
        return Recording(samples, self._sample_rate)
