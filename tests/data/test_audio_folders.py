"""Folders of recordings, and what is said of rates and channels."""

import numpy as np
import pytest

from kerastune.data import (
    Column,
    Source,
    open_audio,
    open_audio_splits,
    open_splits,
    read_audio_folder,
    read_tfds,
)
from kerastune.data.given_inputs import given_inputs
from kerastune.data.open_as import open_as
from kerastune.errors import InputError, WrongDataError
from tests.data.test_audio_files import write

pytestmark = pytest.mark.any_backend

COLUMNS = {
    "audio": Column("audio", shape=(None,), sample_rate=8000),
    "label": Column("class", class_names=("no", "yes")),
}


@pytest.fixture
def folder(tmp_path):
    for label in ("no", "yes"):
        (tmp_path / label).mkdir()
        for number in range(4):
            write(tmp_path / label / f"{number}.wav", bytes(1600))
    write(tmp_path / "yes" / "4.wav", bytes(3200), rate=16000)
    write(tmp_path / "yes" / "5.wav", bytes(3 * 800 * 2), width=3, channels=2)
    (tmp_path / "yes" / "notes.txt").write_text("of these")
    return tmp_path


def test_rates_and_channels_are_made_one_and_said(folder):
    source = read_audio_folder(folder)
    assert source.columns["audio"].sample_rate == 8000
    assert {len(one) for one in source.values["audio"]} == {800}
    assert source.values["label"].tolist() == [0] * 4 + [1] * 6
    assert source.notes == (
        "1 of 11 files left out, not a recording in the folder of a class: yes/notes.txt",
        "1 of 10 files resampled to 8,000 Hz: 1 from 16,000 Hz",
        "1 of 10 files mixed down to one channel, the mean: 1 of 2 channels",
    )
    assert open_audio(folder, sample_rate=4000).notes[1].startswith("10 of 10 files resampled")


def test_a_broken_file_is_named(folder):
    write(folder / "no" / "9.wav", b"")
    with pytest.raises(InputError, match="no/9.wav', of zero length"):
        open_audio(folder, sample_rate=8000)


def test_speakers_of_speech_commands_stay_together(tmp_path):
    for label in ("no", "yes"):
        (tmp_path / label).mkdir()
        for speaker in "abcdef":
            for take in range(2):
                write(tmp_path / label / f"{speaker}_nohash_{take}.wav", bytes(1600))
    splits = open_audio_splits(tmp_path, sample_rate=8000)
    assert "2 voices, 0 of them also among those to train on" in splits.test.notes
    assert splits.test.inputs == ("audio",)


def test_folders_called_train_and_test_are_the_split(tmp_path):
    for part in ("train", "test"):
        for label in ("no", "yes"):
            (tmp_path / part / label).mkdir(parents=True)
            write(tmp_path / part / label / "1.wav", bytes(1600))
    splits = open_audio_splits(tmp_path, sample_rate=8000)
    assert {use: len(part) for use, part in splits.parts.items()} == {"training": 2, "test": 2}


def test_what_is_predicted_is_resampled_and_that_is_said(folder):
    inputs = {"audio": COLUMNS["audio"]}
    said = "1 of 1 files resampled to 8,000 Hz: 1 from 16,000 Hz"
    for data in (folder / "yes" / "4.wav", [str(folder / "yes" / "4.wav")]):
        given = given_inputs(data, inputs)
        assert [len(piece.cells["audio"]) for piece in given.pieces] == [1]
        assert given.notes == [said]
    given = given_inputs(folder, inputs)
    assert sum(len(piece.cells["audio"]) for piece in given.pieces) == 10
    assert len(given.notes) == 2
    assert given_inputs(np.zeros(800), inputs).is_single
    faster = Source.of([np.zeros(1600)], [0], class_names=("no", "yes"), input_name="audio")
    faster = faster.with_column(
        "audio", faster.values["audio"], Column("audio", shape=(None,), sample_rate=16000)
    )
    given = given_inputs(faster, inputs)
    (piece,) = given.pieces
    assert piece.cells["audio"][0].shape == (800,)
    assert given.notes == ["1 recordings resampled to 8,000 Hz from 16,000 Hz"]
    assert open_as(faster, COLUMNS, ("label",)).values["audio"][0].shape == (800,)


def test_what_is_evaluated_is_opened_at_the_rate_of_the_run(folder):
    source = open_as(folder, COLUMNS, ("label",))
    assert {len(one) for one in source.values["audio"]} == {800}
    assert len(source.notes) == 3


@pytest.mark.parametrize("data", ["digits", ([[1.0, 2.0]], ["a"]), ([], []), "no/such/folder"])
def test_other_data_are_told_what_is_read(data):
    with pytest.raises(WrongDataError, match="ecordings") as caught:
        open_audio_splits(data, sample_rate=8000)
    assert "\n" not in str(caught.value)


def test_speech_of_tensorflow_datasets_is_read(tmp_path):
    import tensorflow_datasets as tfds

    tfds.disable_progress_bar()
    sounds = [np.full(800 + step, 8192 * (step - 1), "int64") for step in range(3)] * 2

    class SmallCommands(tfds.core.GeneratorBasedBuilder, skip_registration=True):
        VERSION = tfds.core.Version("1.0.0")

        def _info(self):
            # As in `speech_commands`.
            features = {
                "audio": tfds.features.Audio(file_format="wav", sample_rate=16000),
                "label": tfds.features.ClassLabel(names=["no", "yes"]),
            }
            return tfds.core.DatasetInfo(
                builder=self, features=tfds.features.FeaturesDict(features)
            )

        def _split_generators(self, _):
            return {"train": self._generate_examples()}

        def _generate_examples(self):
            for position, sound in enumerate(sounds):
                yield position, {"audio": sound, "label": position % 2}

    SmallCommands(data_dir=tmp_path, file_format="array_record").download_and_prepare()
    source = read_tfds("small_commands", data_dir=tmp_path)
    assert source.columns["audio"] == Column("audio", shape=(None,), sample_rate=16000)
    values = {len(one): float(one[0]) for one in source.values["audio"]}
    assert values == {800: -0.25, 801: 0.0, 802: 0.25}
    splits = open_splits(source, open_with=lambda data, **_: open_audio(data, sample_rate=8000))
    assert {len(one) for one in splits.training.values["audio"]} <= {400, 401}
    assert "6 recordings resampled to 8,000 Hz from 16,000 Hz" in splits.training.notes
