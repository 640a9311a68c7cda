"""Opening of recordings of any form as a source, at one rate."""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from kerastune.data.arrays import from_arrays
from kerastune.data.audio_files import Recordings
from kerastune.data.audio_folders import read_audio_folder, recording_notes
from kerastune.data.audio_rates import at_rate
from kerastune.data.columns import Column
from kerastune.data.frames import looks_like_frame
from kerastune.data.kinds import require_known_classes
from kerastune.data.open import NAMED, open_data
from kerastune.data.openers import find_opener
from kerastune.data.records import looks_like_records
from kerastune.data.source import Source
from kerastune.data.table_files import is_table_file
from kerastune.errors import InputError, WrongDataError


def open_audio(data: Any, *, sample_rate: int, class_names: Sequence[str] | None = None) -> Source:
    """Opens recordings with classes, all at one rate.

    Args:
        data: one of
            - the path of a folder of recordings, one subfolder a class, see `read_audio_folder`;
            - `"spoken_words"`, `"spoken_words:language=de"`, see `spoken_words`;
            - `"tfds:speech_commands"` or another `"tfds:NAME"` with a feature `audio`;
            - another scheme that an `opener` is registered for;
            - a tuple of recordings, paths or arrays of samples at that rate, and their labels;
            - a `Source` with an input of kind `audio`, at that rate if its column tells none.
        sample_rate: int, samples a second; recordings of another rate are resampled, with a note.
        class_names: sequence of str, the classes that are known, such as those of the
            training data. By default, those of the data.

    Returns:
        A `Source` with an input of kind `audio`, float32 arrays of shape `(samples,)`.

    Raises:
        InputError: if there is no such data, it cannot be read, or its classes are not
            the `class_names`.

    Example:

    >>> import numpy as np
    >>> source = open_audio(([np.zeros(800), np.zeros(400)], ["no", "yes"]), sample_rate=8000)
    >>> source.columns["audio"].described, source.columns["audio"].sample_rate
    ('audio (?)', 8000)
    """
    if sample_rate < 1:
        raise InputError(f"Expected a sample_rate of at least 1. Received: {sample_rate}")
    if isinstance(data, tuple) and len(data) == 2:
        return _of_pair(*data, sample_rate, class_names)
    if is_folder(data):
        return read_audio_folder(data, sample_rate=sample_rate, class_names=class_names)
    refuse_tables(data)
    source = open_data(data)
    name = source.input("audio")
    if class_names is not None:
        source = require_known_classes(source, tuple(class_names))
    return at_rate(source, name, sample_rate)


def refuse_tables(data: Any) -> None:
    """Raises if data are a table, in a file or in memory.

    Args:
        data: anything.

    Raises:
        InputError: if they are.

    Example:

    >>> refuse_tables({"path": ["a.wav"]})
    Traceback (most recent call last):
        ...
    kerastune.errors.WrongDataError: Expected recordings. Received: a table, of which none are read
    """
    if isinstance(data, Source):
        return
    if isinstance(data, str | PathLike):
        is_table = is_table_file(Path(data))
    else:
        is_table = isinstance(data, Mapping) or looks_like_frame(data) or looks_like_records(data)
    if is_table:
        raise WrongDataError("Expected recordings. Received: a table, of which none are read")


def is_folder(data: Any) -> bool:
    """Returns whether data are the path of a folder, and no name of data.

    Args:
        data: anything.

    Example:

    >>> is_folder("digits"), is_folder(".")
    (False, True)
    """
    if not isinstance(data, str | PathLike):
        return False
    is_named = isinstance(data, str) and (data in NAMED or find_opener(data) is not None)
    return not is_named and Path(data).is_dir()


def require_sounds(recordings: Sequence[Any]) -> list[str | PathLike]:
    """Returns the paths among recordings, unless these are neither all paths nor all arrays.

    Args:
        recordings: sequence.

    Returns:
        List of all of them, or an empty one.

    Raises:
        InputError: if there are none, or some are neither.

    Example:

    >>> require_sounds(["a.wav", "b.wav"]), require_sounds([np.zeros(8)])
    (['a.wav', 'b.wav'], [])
    """
    files = [one for one in recordings if isinstance(one, str | PathLike)]
    are_sounds = bool(recordings) and all(
        isinstance(one, str | PathLike) or getattr(one, "ndim", None) == 1 for one in recordings
    )
    if len(files) not in (0, len(recordings)) or not are_sounds:
        raise WrongDataError(
            "Expected recordings: all of them paths, or arrays of shape (samples,). Received: "
            f"{type(recordings[0]).__name__ if recordings else 'none'}"
        )
    return files


def _of_pair(
    recordings: Any, labels: Any, sample_rate: int, class_names: Sequence[str] | None
) -> Source:
    """Returns the samples of a list of recordings, or of their paths, and their labels."""
    recordings = list(recordings)
    files = require_sounds(recordings)
    # Which have a label, and of what kind labels are, is told as for all arrays.
    found = from_arrays(np.arange(len(recordings)), labels, class_names)
    given = [recordings[at] for at in found.values[found.inputs[0]]]
    values = Recordings(given, sample_rate)
    label = found.targets[0]
    return Source(
        {"audio": values if files else list(values), label: found.values[label]},
        {
            "audio": Column("audio", shape=(None,), sample_rate=sample_rate),
            label: found.columns[label],
        },
        found.targets,
        "recordings",
        (*found.notes, *recording_notes(given if files else [], sample_rate)),
        found.rows,
    )
