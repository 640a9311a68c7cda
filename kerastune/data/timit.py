"""TIMIT, and other recordings in its layout: a file of phonemes with their times beside each."""

from collections.abc import Iterable
from os import PathLike
from pathlib import Path

import numpy as np

from kerastune.data.audio_files import Recordings, is_audio_file
from kerastune.data.audio_folders import audio_forms, form_notes
from kerastune.data.columns import Column
from kerastune.data.folder_names import described_files
from kerastune.data.folder_trees import visible_files
from kerastune.data.phonemes import inventory
from kerastune.data.source import Source
from kerastune.errors import InputError, WrongDataError, reason

_KEPT = (
    "aa", "ae", "ah", "aw", "ay", "b", "ch", "d", "dh", "dx", "eh", "er", "ey", "f", "g", "hh",
    "ih", "iy", "jh", "k", "l", "m", "n", "ng", "ow", "oy", "p", "r", "s", "sh", "t", "th", "uh",
    "uw", "v", "w", "y", "z",
)  # fmt: skip
TIMIT_FOLDING = {
    **{name: name for name in _KEPT},
    "ao": "aa", "ax": "ah", "ax-h": "ah", "axr": "er", "hv": "hh", "ix": "ih", "el": "l",
    "em": "m", "en": "n", "nx": "n", "eng": "ng", "zh": "sh", "ux": "uw",
    "pcl": "sil", "tcl": "sil", "kcl": "sil", "bcl": "sil", "dcl": "sil", "gcl": "sil",
    "h#": "sil", "pau": "sil", "epi": "sil", "q": "",
}  # fmt: skip
"""Dictionary from TIMIT's 61 phonemes to the 39 that recognition is measured by.

The glottal stop `q` is left out. The source is Lee and Hon, 1989, "Speaker-Independent Phone
Recognition Using Hidden Markov Models", https://doi.org/10.1109/29.46546, table II.
"""

_SUFFIX = ".phn"
_SAME_FOR_ALL = ("sa1", "sa2")  # Two sentences that every speaker says.


def read_timit(path: str | PathLike, *, sample_rate: int | None = None) -> Source:
    """Reads recordings with their phonemes in the layout of TIMIT: `DR1/FCJF0/SX37.WAV` and `.PHN`.

    Beside each recording lies a file of the same name with a line for each phoneme: the numbers of
    the sample at which it begins and of that before which it ends, and its name. The 61 phonemes
    of TIMIT become 39, see `TIMIT_FOLDING`. The sentences `SA1` and `SA2`, which are the same for
    all speakers, are left out, as is usual, with a note. The folder of a recording is its speaker.

    Args:
        path: str or path of the folder, such as `TIMIT/TRAIN`.
        sample_rate: int, samples a second that are wanted. Defaults to what most files have.

    Returns:
        A `Source` with the input `audio`; the target `phonemes`, lists of str; and besides
        `times`, float64 arrays of shape `(phonemes, 2)` of the seconds at which each begins and
        ends, and `speaker`, of kind `group`.

    Raises:
        InputError: if the folder is missing; a recording has no file of phonemes, or there is one
            without a recording; one cannot be read, or a line of it is wrong.
        MissingExtraError: if soundfile is needed and not installed, as for TIMIT's own files.

    Reference:
        Garofolo et al., 1993, "TIMIT Acoustic-Phonetic Continuous Speech Corpus",
        https://catalog.ldc.upenn.edu/LDC93S1

    Example:

    >>> import tempfile, wave
    >>> folder = Path(tempfile.mkdtemp()) / "FCJF0"
    >>> folder.mkdir()
    >>> with wave.open(str(folder / "SX37.WAV"), "wb") as file:
    ...     file.setparams((1, 2, 16000, 0, "NONE", ""))
    ...     file.writeframes(bytes(32000))
    >>> _ = (folder / "SX37.PHN").write_text("0 4000 h#\\n4000 8000 ix\\n8000 16000 tcl\\n")
    >>> source = read_timit(folder.parent)
    >>> source[0]["phonemes"], source[0]["times"][1].tolist(), source[0]["speaker"]
    (['sil', 'ih', 'sil'], [0.25, 0.5], 'FCJF0')
    """
    path = Path(path)
    try:
        pairs, notes = _pairs(path)
        forms = audio_forms([sound for sound, _ in pairs])
        told = [
            read_phonemes(file, form.sample_rate)
            for (_, file), form in zip(pairs, forms, strict=True)
        ]
    except OSError as error:
        raise InputError(
            f"Expected a folder that can be read. Received: {path}: {reason(error)}"
        ) from error
    rates = [form.sample_rate for form in forms]
    rate = sample_rate or max(set(rates), key=rates.count)
    phonemes = [[name for name, _, _ in one] for one in told]
    return Source(
        {
            "audio": Recordings([sound for sound, _ in pairs], rate),
            "times": [np.array([times for _, *times in one]) for one in told],
            "speaker": [sound.parent.name for sound, _ in pairs],
            "phonemes": phonemes,
        },
        {
            "audio": Column("audio", shape=(None,), sample_rate=rate),
            "times": Column("array", shape=(None, 2)),
            "speaker": Column("group"),
            "phonemes": Column("phonemes", class_names=inventory(phonemes)),
        },
        ("phonemes",),
        path.resolve().name,
        (*notes, *form_notes(forms, rate)),
    )


def read_phonemes(path: Path, sample_rate: int) -> list[tuple[str, float, float]]:
    """Reads a file of phonemes with their times, as TIMIT has it, and folds them to 39.

    Args:
        path: Path.
        sample_rate: int, samples a second of the recording.

    Returns:
        List of tuples of a phoneme, and the seconds at which it begins and ends.

    Raises:
        InputError: if a line is wrong, or there is no phoneme.

    Example:

    >>> read_phonemes(Path("missing.PHN"), 16000)
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a file of phonemes that can be read. Received: ...
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"Expected a file of phonemes that can be read. Received: '{path}': {reason(error)}"
        ) from error
    found, before = [], 0
    for number, line in enumerate(lines, start=1):
        begin, end, name = _of_line(line, f"line {number} of '{path}'")
        if begin < before:
            raise InputError(
                "Expected phonemes in the order of their times. Received: one that begins at "
                f"{begin}, behind one that ends at {before}, in line {number} of '{path}'"
            )
        before = end
        if folded := TIMIT_FOLDING[name]:
            found.append((folded, begin / sample_rate, end / sample_rate))
    if not found:
        raise InputError(f"Expected at least one phoneme. Received: none in '{path}'")
    return found


def _of_line(line: str, where: str) -> tuple[int, int, str]:
    parts = line.split()
    if len(parts) != 3 or not (parts[0].isdecimal() and parts[1].isdecimal()):
        raise InputError(
            "Expected the number of the first sample of a phoneme, that behind its last, and its "
            f"name, such as '2260 4070 sh'. Received: {line!r} in {where}"
        )
    begin, end, name = int(parts[0]), int(parts[1]), parts[2].lower()
    if begin >= end:
        raise InputError(
            f"Expected a phoneme that ends behind its beginning. Received: {line!r} in {where}"
        )
    if name not in TIMIT_FOLDING:
        raise InputError(
            f"Expected one of TIMIT's 61 phonemes. Received: {parts[2]!r} in {where}. Give those "
            "of your own as a pair of recordings and phonemes, from Python"
        )
    return begin, end, name


def _pairs(root: Path) -> tuple[list[tuple[Path, Path]], tuple[str, ...]]:
    """Returns the recordings, each with its file of phonemes, and a note on what is left out."""
    files = visible_files(root)
    sounds = _by_place(file for file in files if is_audio_file(file))
    told = _by_place(file for file in files if file.suffix.lower() == _SUFFIX)
    if not sounds or not told:
        raise WrongDataError(
            "Expected recordings, and beside each a file of its phonemes, such as SX37.WAV and "
            f"SX37.PHN, in {root}. Received: {described_files(files)}"
        )
    for name, one, other in (("phonemes", sounds, told), ("sound", told, sounds)):
        alone = sorted(str(one[place]) for place in one.keys() - other.keys())
        if alone:
            raise InputError(
                f"Expected a file of {name} beside each of the other kind. Received: {alone[0]!r} "
                f"without, one of {len(alone)}. Add it, or take the file away"
            )
    kept = [place for place in sounds if place[1] not in _SAME_FOR_ALL]
    left_out = len(sounds) - len(kept)
    note = (
        f"{left_out} of {len(sounds)} recordings left out: SA1 and SA2, the same sentences by all "
        "speakers"
    )
    if not kept:
        raise InputError(f"Expected recordings other than SA1 and SA2. Received: none in {root}")
    return [(sounds[place], told[place]) for place in kept], (note,) if left_out else ()


def _by_place(files: Iterable[Path]) -> dict[tuple[Path, str], Path]:
    """Returns files by folder and name: without suffixes, as in SX37.WAV.wav, in any case."""
    return {(file.parent, file.name.partition(".")[0].lower()): file for file in files}
