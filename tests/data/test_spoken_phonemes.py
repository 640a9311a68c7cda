"""Words with phonemes and times, by eSpeak NG: no word or voice is on both sides of a split."""

import subprocess
import sys

import numpy as np
import pytest

from kerastune.data import (
    Utterance,
    names_in,
    open_data,
    open_phoneme_splits,
    spoken,
    spoken_phonemes,
)
from kerastune.data.described import described_only
from kerastune.data.spoken_phonemes import _ENGLISH
from kerastune.errors import InputError, MissingExtraError

pytestmark = pytest.mark.any_backend

WORDS = ("seven", "eleven", "twelve", "nineteen", "forty", "fifty", "sixty", "eighty", "Algeria")


@pytest.fixture(scope="module")
def words():
    return spoken_phonemes("en", words=WORDS, takes=1)


def test_a_session_has_words_and_voices_of_its_own(words):
    for name in ("word", "voice"):
        pairs = set(zip(words.values["session"], words.values[name], strict=True))
        assert len(pairs) == len(set(words.values[name]))
    assert len(set(words.values["session"])) == 8
    assert len(words) == 104
    alike = {
        session
        for session, voice in zip(words.values["session"], words.values["voice"], strict=True)
        if voice.startswith("en+klatt")
    }
    assert len(alike) == 1
    assert words.columns["phonemes"].class_names == tuple(
        sorted({name for names in words.values["phonemes"] for name in names})
    )


def test_times_are_those_of_the_phonemes(words):
    for phonemes, times, audio in zip(
        words.values["phonemes"], words.values["times"], words.values["audio"], strict=True
    ):
        assert times.shape == (len(phonemes), 2)
        assert (times[:, 0] <= times[:, 1]).all()
        assert (times[1:, 0] >= times[:-1, 1] - 1e-9).all()
        assert times[-1, 1] <= len(audio) / 22050 + 1e-9
    at = words.values["word"].index("Algeria")
    assert words.values["phonemes"][at] == ["a", "l", "dʒ", "iə", "ɹ", "i", "ə"]


def test_marks_of_stress_can_be_kept():
    source = spoken_phonemes("en", words=["seven", "eight"], takes=1, stress=True)
    at = source.values["word"].index("seven")
    assert source.values["phonemes"][at] == ["s", "ˈɛ", "v", "ə", "n"]


def test_neither_voices_nor_words_of_the_test_are_trained_on():
    options = {"test_fraction": 0.25, "validation_fraction": 0.1}
    splits = open_phoneme_splits(
        f"spoken_phonemes:en,takes=1,words={' '.join(WORDS)}",
        options,
        sample_rate=8000,
        training_samples=20,
    )
    told = "\n".join(splits.test.notes)
    assert "voices, 0 of them also among those to train on" in told
    assert "words, 0 of them also among those to train on" in told
    assert len(splits.training) == 20
    assert splits.training.inputs == ("audio",)
    with pytest.raises(InputError, match="training_samples from 1 to"):
        open_phoneme_splits(
            ([np.zeros(9)] * 4, ["a"] * 4), options, sample_rate=8000, training_samples=4
        )


def test_words_in_another_language_are_left_out_with_a_note():
    source = spoken_phonemes("de", words=["Delaware", "Schweden"], takes=1)
    assert set(source.values["word"]) == {"Schweden"}
    assert "words left out: eSpeak NG changes to another language" in source.notes[0]


def test_models_are_built_without_a_word(monkeypatch):
    monkeypatch.setattr(subprocess, "run", None)
    with described_only():
        source = open_data("spoken_phonemes:en")
    assert source.columns["phonemes"].class_names == _ENGLISH
    assert max(np.abs(audio).max() for audio in source.values["audio"]) <= 1


@pytest.mark.slow
def test_the_phonemes_of_english_are_those_of_its_names():
    said = spoken([Utterance(name, "en") for name in names_in("en")])
    found = {name.lstrip("ˈˌ") for speech in said for name, _ in speech.phonemes} - {""}
    assert found == set(_ENGLISH)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("xx", "a language that Babel knows. Received: 'xx'"),
        ("xx,words=a b", "a language of eSpeak NG.*Received: 'xx'"),
        ("en,word=a", r"Received: 'word'. Did you mean 'words'\?"),
        ("en,words=yes", r"two different words. Received: \['yes'\]"),
        ("en,words=a b,takes=0", "takes from 1 to 1000. Received: 0"),
        ("en,takes=many", "a number of takes. Received: 'many'"),
        ("de,words=Delaware Newari,takes=1", "with phonemes of 'de'. Received: Delaware, Newari"),
    ],
)
def test_what_cannot_be_spoken_is_told_in_one_line(text, message):
    with pytest.raises(InputError, match=message) as caught:
        open_data(f"spoken_phonemes:{text}")
    assert "\n" not in str(caught.value)


def test_a_missing_babel_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "babel", None)
    with pytest.raises(MissingExtraError, match=r"Names of countries.*demo"):
        names_in("en")
