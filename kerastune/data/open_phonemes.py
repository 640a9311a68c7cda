"""Opening of recordings with their phonemes, and their splits."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from kerastune.data.audio_files import Recordings
from kerastune.data.audio_folders import recording_notes
from kerastune.data.audio_rates import at_rate
from kerastune.data.columns import Column
from kerastune.data.group_columns import groups_of
from kerastune.data.open import open_data
from kerastune.data.open_audio import is_folder, refuse_tables, require_sounds
from kerastune.data.open_splits import open_splits
from kerastune.data.phonemes import as_phonemes, inventory, with_inventory
from kerastune.data.source import Source
from kerastune.data.splits import Splits
from kerastune.data.timit import read_timit
from kerastune.errors import InputError, WrongDataError

_READ = (
    "Recordings with phonemes are read: a folder in TIMIT's layout, spoken_phonemes:LANGUAGE, or a "
    "pair of recordings and phonemes"
)


def open_phonemes(
    data: Any, *, sample_rate: int, class_names: Sequence[str] | None = None
) -> Source:
    """Opens recordings with the phonemes in them, all at one rate.

    Args:
        data: one of
            - the path of a folder in TIMIT's layout, see `read_timit`;
            - `"spoken_phonemes:en"`, `"spoken_phonemes:de,takes=3"`, see `spoken_phonemes`;
            - another scheme that an `opener` is registered for;
            - a tuple of recordings, paths or arrays of samples at that rate, and their phonemes,
              lists of str, or str with blanks between;
            - a `Source` with an input of kind `audio`, at that rate if its column tells none, and a
              target of kind `phonemes`.
        sample_rate: int, samples a second; recordings of another rate are resampled, with a note.
        class_names: sequence of str, the phonemes that are known, such as those of the training
            data. By default, those of the data.

    Returns:
        A `Source` with an input of kind `audio` and a target of kind `phonemes`.

    Raises:
        InputError: if there is no such data, or it cannot be read.

    Example:

    >>> source = open_phonemes(([np.zeros(800)], ["j ɛ s"]), sample_rate=8000)
    >>> source.values["phonemes"], source.columns["phonemes"].described
    ([['j', 'ɛ', 's']], 'phonemes (3 classes)')
    """
    if sample_rate < 1:
        raise InputError(f"Expected a sample_rate of at least 1. Received: {sample_rate}")
    try:
        source = _opened(data, sample_rate)
        name = source.input("audio")
        source.target("phonemes")
    except WrongDataError as error:
        end = "" if str(error).endswith(("?", ".")) else "."
        raise WrongDataError(f"{error}{end} {_READ}") from error
    source = at_rate(source, name, sample_rate)
    return source if class_names is None else with_inventory(source, tuple(class_names))


def open_phoneme_splits(
    data: Any,
    options: Mapping[str, Any] | None = None,
    *,
    sample_rate: int,
    training_samples: int | None = None,
) -> Splits:
    """Opens recordings with phonemes and shares them out for training, validation and the test.

    Where the data tell who speaks, all recordings of one speaker are in one part.

    Args:
        data: what `open_phonemes` takes, or data that come with their own split, see `parts_of`.
        options: dictionary, as for `open_splits`.
        sample_rate: int, samples a second.
        training_samples: int, the recordings to train on, drawn with a fixed seed; the others are
            left out. Defaults to all.

    Returns:
        `Splits` of the recordings and their phonemes, without what else is told of them.

    Raises:
        InputError: if the data cannot be opened or shared out so.

    Example:

    >>> pair = [np.full(800, step / 9) for step in range(8)], ["n oʊ", "j ɛ s"] * 4
    >>> splits = open_phoneme_splits(pair, sample_rate=8000)
    >>> {use: len(part) for use, part in splits.parts.items()}
    {'training': 6, 'test': 2}
    """
    splits = open_splits(data, options, open_with=partial(open_phonemes, sample_rate=sample_rate))
    if training_samples is not None:
        splits = replace(splits, training=_some(splits.training, training_samples))
    tested, trained = _told(splits.test), _told(splits.training)
    notes = [
        f"{len(tested[what])} {what}, {len(tested[what] & trained[what])} of them also among those "
        "to train on"
        for what in tested
        if what in trained
    ]
    parts = {use: sounds_alone(part) for use, part in splits.parts.items()}
    parts["test"] = replace(parts["test"], notes=(*parts["test"].notes, *notes))
    return replace(splits, **parts)


def _some(source: Source, count: int) -> Source:
    """Returns some of the samples, with a note."""
    if not 1 <= count <= len(source):
        raise InputError(
            f"Expected training_samples from 1 to {len(source)}, those there are. Received: {count}"
        )
    chosen = np.random.default_rng(0).permutation(len(source))[:count]
    note = f"{count} of {len(source)} recordings to train on, the others are left out"
    return replace(source.select(np.sort(chosen)), notes=(*source.notes, note))


def _told(source: Source) -> dict[str, set[str]]:
    """Returns the different voices and words of samples, as far as the data tell them."""
    found = {"voices": source.values.get("voice", groups_of(source))}
    found["words"] = source.values.get("word")
    return {what: set(values) for what, values in found.items() if values is not None}


def sounds_alone(source: Source) -> Source:
    """Returns recordings and their phonemes, without what else is told of them.

    Args:
        source: `Source` with an input of kind `audio` and targets.

    Example:

    >>> source = open_phonemes(([np.zeros(800)], ["j ɛ s"]), sample_rate=8000)
    >>> source = source.with_column("word", ["yes"], Column("text"))
    >>> source.inputs, sounds_alone(source).inputs
    (('audio', 'word'), ('audio',))
    """
    kept = (source.input("audio"), *source.targets)
    return replace(
        source,
        values={name: source.values[name] for name in kept},
        columns={name: source.columns[name] for name in kept},
    )


def _opened(data: Any, sample_rate: int) -> Source:
    if isinstance(data, tuple) and len(data) == 2:
        return _of_pair(*data, sample_rate)
    if is_folder(data):
        return read_timit(data, sample_rate=sample_rate)
    refuse_tables(data)
    return open_data(data)


def _of_pair(recordings: Any, phonemes: Any, sample_rate: int) -> Source:
    """Returns the samples of a list of recordings, or of their paths, and their phonemes."""
    recordings, phonemes = list(recordings), list(phonemes)
    files = require_sounds(recordings)
    if len(phonemes) != len(recordings):
        raise InputError(
            f"Expected phonemes for each of {len(recordings)} recordings. Received: {len(phonemes)}"
        )
    told = as_phonemes(phonemes, "the pair")
    values = Recordings(recordings, sample_rate)
    return Source(
        {"audio": values if files else list(values), "phonemes": told},
        {
            "audio": Column("audio", shape=(None,), sample_rate=sample_rate),
            "phonemes": Column("phonemes", class_names=inventory(told)),
        },
        ("phonemes",),
        "recordings",
        recording_notes(files, sample_rate),
    )
