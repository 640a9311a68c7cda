"""Spoken words of eSpeak NG: the same each time, by voices that stay on one side of a split."""

import subprocess

import numpy as np
import pytest

from kerastune.data import (
    Utterance,
    espeak,
    open_audio_splits,
    open_data,
    spoken,
    spoken_languages,
    spoken_words,
    voice_variants,
)
from kerastune.data.described import described_only
from kerastune.errors import InputError, MissingPackageError

pytestmark = pytest.mark.any_backend


@pytest.fixture(scope="module")
def words():
    return spoken_words("de", words=["ja", "nein"])


def test_the_same_words_come_each_time_and_others_with_another_seed(words):
    again = spoken_words("de", words=["ja", "nein"])
    other = spoken_words("de", words=["ja", "nein"], seed=1)
    pairs = zip(words.values["audio"], again.values["audio"], strict=True)
    assert all(np.array_equal(one, two) for one, two in pairs)
    assert not np.array_equal(words.values["audio"][0], other.values["audio"][0])
    largest = max(float(np.abs(one).max()) for one in words.values["audio"])
    assert 0.3 < largest <= 1


def test_each_voice_says_each_word(words):
    said = set(zip(words.values["voice"], words.values["label"].tolist(), strict=True))
    assert len(said) == 2 * len(set(words.values["voice"]))
    assert {"f1", "f2", "m8", "klatt"} <= set(words.values["voice"])
    assert "klatt2" not in words.values["voice"]


def test_no_voice_of_the_test_is_trained_on_and_resampling_is_said():
    splits = open_audio_splits(
        "spoken_words:words=yes no", {"validation_fraction": 0.1}, sample_rate=8000
    )
    assert splits.training.inputs == ("audio",)
    assert splits.columns["audio"].sample_rate == 8000
    assert splits.class_names == ("yes", "no")
    told = splits.test.notes
    assert "208 recordings resampled to 8,000 Hz from 22,050 Hz" in told
    assert "25 voices, 0 of them also among those to train on" in told


def test_phonemes_come_in_their_order_and_time():
    (seven,) = spoken([Utterance("7", "en", speed=120)])
    names, times = zip(*seven.phonemes, strict=True)
    assert "".join(names) == "sˈɛvən"
    assert list(times) == sorted(times)
    assert times[-1] <= len(seven.samples) / seven.rate


def test_speed_and_language_are_heard():
    slow, fast, german = spoken(
        [Utterance("seven", "en", 100), Utterance("seven", "en", 300), Utterance("7", "de")]
    )
    assert len(slow.samples) > 1.5 * len(fast.samples)
    assert "".join(name for name, _ in german.phonemes) == "zˈiːbən"
    assert len(voice_variants()) == 104
    assert len(spoken_languages()) >= 141


def test_the_data_set_is_described_without_being_spoken(monkeypatch):
    monkeypatch.setattr(subprocess, "run", None)
    with described_only():
        source = open_data("spoken_words:language=fr")
        assert open_data("spoken_words").columns == source.columns
    assert source.columns["label"].class_names == (
        "24",
        "42",
        "26",
        "62",
        "35",
        "53",
        "47",
        "74",
        "68",
        "86",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("language=xx", "Expected a language of eSpeak NG.*Received: 'xx'"),
        ("language=deu", r"Did you mean 'de'\?|Received: 'deu'"),
        ("lang=de", r"Received: 'lang'. Did you mean 'language'\?"),
        ("words=yes", r"at least two different words. Received: \['yes'\]"),
        ("takes=0", "takes from 1 to 100. Received: 0"),
        ("takes=many", "a number of takes. Received: 'many'"),
    ],
)
def test_what_cannot_be_spoken_is_told_in_one_line(text, message):
    with pytest.raises(InputError, match=message) as caught:
        open_data(f"spoken_words:{text}")
    assert "\n" not in str(caught.value)


def test_unknown_variants_and_numbers_are_refused():
    with pytest.raises(InputError, match="variant of voices.*'klatt9'. Did you mean"):
        spoken([Utterance("yes", "en+klatt9")])
    with pytest.raises(InputError, match="speed from 80 to 450. Received: 500"):
        Utterance("yes", "en", speed=500)


def test_a_package_that_is_missing_is_named(monkeypatch):
    monkeypatch.setattr(espeak, "package_folder", lambda _: None)
    with pytest.raises(MissingPackageError, match="pip install --no-deps espeakng-loader"):
        spoken([Utterance("yes", "en")])


def test_a_library_that_fails_is_told_in_one_line(monkeypatch):
    monkeypatch.setitem(espeak._LIBRARIES, espeak.sys.platform, "none.so")
    with pytest.raises(InputError, match="none.so.*exit status 1") as caught:
        spoken([Utterance("yes", "en")])
    assert "\n" not in str(caught.value)
