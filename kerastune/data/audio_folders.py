"""Folders of recordings, one subfolder for each class."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from kerastune.data.audio_files import AUDIO_SUFFIXES, Recordings, is_audio_file, read_audio
from kerastune.data.columns import Column
from kerastune.data.folder_names import described_files, name_no_classes
from kerastune.data.folder_trees import class_files, visible_files
from kerastune.data.labels import encode_labels
from kerastune.data.source import Source
from kerastune.errors import InputError, WrongDataError, reason

_SPEAKER = "_nohash_"  # Behind the speaker, in the names of the files of Speech Commands.


class AudioForm(NamedTuple):
    """What a note tells of a file.

    Args:
        sample_rate: int, samples a second.
        channels: int.

    Example:

    >>> AudioForm(16000, 1).sample_rate
    16000
    """

    sample_rate: int
    channels: int


def read_audio_folder(
    path: str | PathLike,
    *,
    sample_rate: int | None = None,
    class_names: Sequence[str] | None = None,
) -> Source:
    """Reads recordings whose folder is their label: `path/label/*.wav`.

    Suffixes are those of `AUDIO_SUFFIXES`, in any case; see `class_files` for which folders are
    classes. Files are in the order of their names, and read when they are asked for, so that the
    data may be larger than the memory. Each is read once at the start too. Files of another rate
    are resampled, and several channels become their mean, with a note.

    Files that are all called as those of Speech Commands, `SPEAKER_nohash_NUMBER.wav`, get a
    column `speaker` of kind `group`, so that a split tests on speakers that are not trained on.

    Args:
        path: str or path of the folder.
        sample_rate: int, samples a second that are wanted. Defaults to what most files have.
        class_names: sequence of str, the classes that are known. Give the training
            data's when reading test data. By default, the subfolders, sorted.

    Returns:
        A `Source` with the input `audio`, float32 arrays of shape `(samples,)`, and the target
        `label`.

    Raises:
        InputError: if the folder is missing, has no subfolder with recordings or only one, or a
            subfolder is not among the `class_names`; or a file cannot be read, is cut short or
            holds no samples.
        MissingExtraError: if soundfile is needed and not installed.

    Example:

    >>> import tempfile, wave
    >>> path = Path(tempfile.mkdtemp())
    >>> for label in ("no", "yes"):
    ...     (path / label).mkdir()
    ...     with wave.open(str(path / label / "1.wav"), "wb") as file:
    ...         file.setparams((1, 2, 8000, 0, "NONE", ""))
    ...         file.writeframes(bytes(1600))
    >>> source = read_audio_folder(path, sample_rate=4000)
    >>> source.values["audio"][0].shape, source.columns["label"].class_names, source.notes
    ((400,), ('no', 'yes'), ('2 of 2 files resampled to 4,000 Hz: 2 from 8,000 Hz',))
    """
    path = Path(path)
    try:
        found = class_files(path, is_audio_file, "a recording")
        if not found.files or (class_names is None and name_no_classes(set(found.labels))):
            raise WrongDataError(
                f"Expected one subfolder of recordings for each class in {path}. Received: "
                f"{described_files(visible_files(path))}. Recordings are "
                f"{', '.join(AUDIO_SUFFIXES)}"
            )
    except OSError as error:
        raise InputError(
            f"Expected a folder that can be read. Received: {path}: {reason(error)}"
        ) from error
    forms = audio_forms(found.files)
    rate = sample_rate or Counter(form.sample_rate for form in forms).most_common(1)[0][0]
    labels, names = encode_labels(
        found.labels, class_names, where=lambda position: str(found.files[position])
    )
    speakers = [file.stem.partition(_SPEAKER) for file in found.files]
    by_speaker = all(separator for _, separator, _ in speakers)
    group = {"speaker": [name for name, _, _ in speakers]} if by_speaker else {}
    return Source(
        {"audio": Recordings(found.files, rate), **group, "label": labels},
        {
            "audio": Column("audio", shape=(None,), sample_rate=rate),
            **{name: Column("group") for name in group},
            "label": Column("class", class_names=names),
        },
        ("label",),
        path.resolve().name,
        (*found.notes, *form_notes(forms, rate)),
    )


def audio_forms(files: Iterable[str | PathLike]) -> list[AudioForm]:
    """Returns the form of each file, all of which are read once.

    Args:
        files: iterable of str or path.

    Raises:
        InputError: if a file cannot be read, is cut short or holds no samples.

    Example:

    >>> audio_forms([])
    []
    """
    with ThreadPoolExecutor() as threads:
        return list(threads.map(_form_of, files))


def recording_notes(files: Iterable[str | PathLike], sample_rate: int) -> tuple[str, ...]:
    """Returns notes on files that are resampled, or mixed down to one channel.

    Args:
        files: iterable of str or path.
        sample_rate: int, samples a second that are wanted.

    Raises:
        InputError: if a file cannot be read.

    Example:

    >>> recording_notes([], 8000)
    ()
    """
    return form_notes([_form_of(file) for file in files], sample_rate)


def with_recording_notes(
    chunks: Iterator[Mapping[str, Any]], columns: Mapping[str, Column], notes: list[str]
) -> Iterator[Mapping[str, Any]]:
    """Yields inputs as they come, and notes at their end what will be done to recordings in files.

    Args:
        chunks: iterator of dictionaries from the name of each column to values.
        columns: dictionary from the name of each input to its `Column`.
        notes: list of str, to which the notes are added.

    Example:

    >>> list(with_recording_notes(iter([{"age": [30]}]), {"age": Column("number")}, []))
    [{'age': [30]}]
    """
    rates = {name: column.sample_rate for name, column in columns.items() if column.sample_rate}
    forms: dict[str, list[AudioForm]] = {name: [] for name in rates}
    for chunk in chunks:
        for name in rates.keys() & chunk.keys():
            paths = (value for value in chunk[name] if isinstance(value, str | PathLike))
            forms[name] += [_form_of(path) for path in paths]
        yield chunk
    for name, rate in rates.items():
        notes += form_notes(forms[name], rate)


def _form_of(file: str | PathLike) -> AudioForm:
    found = read_audio(file)
    return AudioForm(found.sample_rate, found.channels)


def form_notes(forms: Sequence[AudioForm], rate: int) -> tuple[str, ...]:
    """Returns a note on rates, and one on channels, where there is something to tell.

    Args:
        forms: sequence of `AudioForm`, one for each file.
        rate: int, samples a second that are wanted.

    Example:

    >>> form_notes([AudioForm(16000, 1)], 8000)
    ('1 of 1 files resampled to 8,000 Hz: 1 from 16,000 Hz',)
    """
    rates = Counter(form.sample_rate for form in forms if form.sample_rate != rate)
    channels = Counter(form.channels for form in forms if form.channels > 1)
    notes = []
    if rates:
        listed = ", ".join(f"{count} from {old:,} Hz" for old, count in rates.most_common())
        notes.append(f"{rates.total()} of {len(forms)} files resampled to {rate:,} Hz: {listed}")
    if channels:
        listed = ", ".join(f"{count} of {number}" for number, count in channels.most_common())
        notes.append(
            f"{channels.total()} of {len(forms)} files mixed down to one channel, the mean: "
            f"{listed} channels"
        )
    return tuple(notes)
