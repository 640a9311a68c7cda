"""Recordings with phonemes in TIMIT's layout, whole and broken, and given as pairs."""

import wave

import numpy as np
import pytest

from kerastune.data import TIMIT_FOLDING, open_phoneme_splits, open_phonemes, read_timit
from kerastune.errors import InputError, MissingExtraError

pytestmark = pytest.mark.any_backend

LINES = "0 1600 h#\n1600 3200 sh\n3200 4800 ix\n4800 5600 q\n5600 6400 tcl\n6400 8000 t\n"


def add(folder, name, lines=LINES, *, rate=16000, suffix=".WAV"):
    """A recording of half a second at 16,000 samples a second, and its phonemes."""
    folder.mkdir(parents=True, exist_ok=True)
    with wave.open(str(folder / f"{name}{suffix}"), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(bytes(16000))
    if lines is not None:
        (folder / f"{name}.PHN").write_text(lines)
    return folder


@pytest.fixture
def timit(tmp_path):
    for part, region, speaker in (
        ("TRAIN", "DR1", "FCJF0"),
        ("TRAIN", "DR2", "MABC0"),
        ("TEST", "DR1", "FAKS0"),
    ):
        for name in ("SA1", "SX37", "SI648"):
            add(tmp_path / "TIMIT" / part / region / speaker, name)
    return tmp_path / "TIMIT"


def test_the_61_phonemes_become_39():
    assert len(TIMIT_FOLDING) == 61
    assert len(set(TIMIT_FOLDING.values()) - {""}) == 39
    # Each is kept under its own name, or is one of another that is.
    assert all(TIMIT_FOLDING.get(name, name) == name for name in TIMIT_FOLDING.values())


def test_times_speakers_and_the_split_are_read(timit):
    source = read_timit(timit / "TRAIN")
    assert source.values["phonemes"] == [["sil", "sh", "ih", "sil", "t"]] * 4
    np.testing.assert_allclose(
        source.values["times"][0], [[0, 0.1], [0.1, 0.2], [0.2, 0.3], [0.35, 0.4], [0.4, 0.5]]
    )
    assert source.values["speaker"] == ["FCJF0", "FCJF0", "MABC0", "MABC0"]
    splits = open_phoneme_splits(timit, sample_rate=8000)
    assert {use: len(part) for use, part in splits.parts.items()} == {"training": 4, "test": 2}
    assert len(splits.training.values["audio"][0]) == 4000
    assert set(splits.training.notes) == {
        "the split is that of the data: TRAIN (training), TEST (test)",
        "2 of 6 recordings left out: SA1 and SA2, the same sentences by all speakers",
        "4 of 4 files resampled to 8,000 Hz: 4 from 16,000 Hz",
    }
    assert "1 voices, 0 of them also among those to train on" in splits.test.notes


def test_files_of_sphere_and_with_two_suffixes_are_read(tmp_path):
    soundfile = pytest.importorskip("soundfile", exc_type=MissingExtraError)
    folder = add(tmp_path / "FCJF0", "SX37", suffix=".WAV.wav")
    tone = np.sin(np.arange(8000) / 9) / 2
    soundfile.write(folder / "SX38.WAV", tone, 16000, "PCM_16", format="NIST")
    (folder / "SX38.PHN").write_text(LINES.lower().replace("\n", " \n"))
    source = read_timit(tmp_path)
    np.testing.assert_allclose(source.values["audio"][1], tone, atol=2**-15)
    assert source.values["phonemes"][0] == source.values["phonemes"][1]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("0 1600\n", "Received: '0 1600' in line 1 of '.*SX37.PHN'"),
        ("0 1600 h#\nsh 1600 3200\n", "Received: 'sh 1600 3200' in line 2"),
        ("0 1600 h#\n1600 1600 sh\n", "ends behind its beginning. Received: '1600 1600 sh'"),
        ("0 1600 h#\n800 3200 sh\n", "begins at 800, behind one that ends at 1600, in line 2"),
        ("0 1600 ʃ\n", "one of TIMIT's 61 phonemes. Received: 'ʃ' in line 1"),
        ("", "at least one phoneme. Received: none"),
        (None, "Received: '.*SX37.WAV' without, one of 1"),
    ],
)
def test_what_is_wrong_is_told_with_the_file_and_line(lines, message, tmp_path):
    add(tmp_path / "FCJF0", "SX36")
    add(tmp_path / "FCJF0", "SX37", lines)
    with pytest.raises(InputError, match=message) as caught:
        open_phonemes(tmp_path, sample_rate=16000)
    assert "\n" not in str(caught.value)


def test_phonemes_without_sound_and_folders_without_either_are_refused(tmp_path):
    add(tmp_path / "FCJF0", "SX36")
    (tmp_path / "FCJF0" / "SX37.PHN").write_bytes(b"\xff")
    with pytest.raises(InputError, match=r"Received: '.*SX37.PHN' without"):
        read_timit(tmp_path)
    add(tmp_path / "FCJF0", "SX37", None)
    with pytest.raises(InputError, match=r"can be read. Received: '.*SX37.PHN'"):
        read_timit(tmp_path)
    (tmp_path / "none").mkdir()
    with pytest.raises(InputError, match="beside each a file of its phonemes"):
        read_timit(tmp_path / "none")
    add(tmp_path / "only", "SA1")
    with pytest.raises(InputError, match="other than SA1 and SA2"):
        read_timit(tmp_path / "only")


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        (([np.zeros(9)], [""]), "at least one.* Received: '' in row 0 of the pair"),
        (([np.zeros(9)], [[1, 2]]), r"Received: \[1, 2\] in row 0"),
        (([np.zeros(9)], ["a", "b"]), "each of 1 recordings. Received: 2"),
        (([], []), "Received: none"),
        ((["a.wav", np.zeros(9)], ["a", "b"]), "all of them paths, or arrays"),
        (([np.zeros((9, 2))], ["a"]), "arrays of shape"),
    ],
)
def test_pairs_that_are_none_are_refused_in_one_line(pair, message):
    with pytest.raises(InputError, match=message) as caught:
        open_phonemes(pair, sample_rate=8000)
    assert "\n" not in str(caught.value)
