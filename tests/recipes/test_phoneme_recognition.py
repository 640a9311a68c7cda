"""The recipe that trains a WaveNet to write down phonemes, on this backend."""

import json
import wave

import numpy as np
import pytest

import kerastune
from kerastune import recipes
from kerastune.errors import InputError

pytestmark = pytest.mark.first_backend

RATE = 2000
TONES = {"a": 200, "b": 450, "c": 800}


def tones(names, generator):
    """A tone of about a tenth of a second for each phoneme, in noise."""
    parts = []
    for name in names:
        seconds = np.arange(int(generator.integers(160, 240))) / RATE
        fade = np.sin(np.pi * np.arange(len(seconds)) / len(seconds))
        parts.append(0.4 * fade * np.sin(2 * np.pi * TONES[name] * seconds))
    sound = np.concatenate(parts)
    return (sound + generator.normal(0, 0.01, len(sound))).astype("float32")


GENERATOR = np.random.default_rng(0)
PHONEMES = [list(GENERATOR.choice(list(TONES), GENERATOR.integers(1, 4))) for _ in range(80)]
SOUNDS = [tones(names, GENERATOR) for names in PHONEMES]


def settings(tmp_path, name="run", **more):
    return {
        "run_dir": tmp_path / name,
        "sample_rate": RATE,
        "bands": 10,
        "hop": 0.02,
        "channels": 8,
        "skip_channels": 12,
        "layers": 2,
        "dropout": 0.0,
        "speed": 0.02,
        "shift": 0.01,
        "hidden_bands": 0.0,
        "epochs": 16,
        "batch_size": 10,
        "learning_rate": 3e-2,
        **more,
    }


def test_phonemes_are_recognized_in_their_order(tmp_path):
    result = recipes.phoneme_recognition(
        (SOUNDS, PHONEMES), **settings(tmp_path, random="portable")
    )
    written = json.loads((tmp_path / "run" / "metrics.json").read_text())["baselines"]
    assert result.metrics["phoneme_error_rate"] < 0.2
    assert written["constant sequence"]["phoneme_error_rate"] > 0.5
    loaded = kerastune.load(tmp_path / "run")
    # Longer than any of the training, and so padded to a multiple of their length.
    unseen = [SOUNDS[0][:300], np.tile(SOUNDS[1], 4)]
    answers = result.predict(unseen)
    assert loaded.predict(unseen) == answers
    assert all(set(answer.split()) <= set(TONES) for answer in answers)
    assert len(answers[1].split()) > len(answers[0].split())
    assert (tmp_path / "run" / "first_sample.png").exists()


@pytest.mark.any_backend
def test_a_run_begins_with_the_network_of_another_and_is_evaluated(tmp_path):
    few = SOUNDS[:24], PHONEMES[:24]
    first = recipes.phoneme_recognition(few, **settings(tmp_path, epochs=1))
    further = settings(tmp_path, "more", pretrained=str(tmp_path / "run"), training_samples=4)
    job = recipes.phoneme_recognition.build(few, **further)
    ours, theirs = (
        model.get_layer("frame_encoder").get_layer("wavenet").weights
        for model in (job.model, first.model)
    )
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))
    assert len(job.splits.training) == 4
    with wave.open(str(tmp_path / "one.wav"), "wb") as file:
        file.setparams((1, 2, 2 * RATE, 0, "NONE", ""))
        file.writeframes((np.repeat(SOUNDS[0], 2) * 2**14).astype("<i2").tobytes())
    texts = [" ".join(names) for names in PHONEMES]
    assert (
        first.evaluate((SOUNDS[:9], texts[:9])).to_dict()
        == first.evaluate((SOUNDS[:9], PHONEMES[:9])).to_dict()
    )
    with pytest.warns(UserWarning, match="1 of 1 files resampled to 2,000 Hz: 1 from 4,000 Hz"):
        assert isinstance(first.predict(tmp_path / "one.wav"), str)


@pytest.mark.any_backend
@pytest.mark.parametrize("place", ["in memory", "file"])
def test_more_phonemes_than_frames_are_refused_before_training(place, tmp_path):
    """Four of 20 ms need four frames, and one between the two that are the same."""
    short = np.zeros(4 * 40, "float32")
    sounds, name = [*SOUNDS[:12], short], "row 12 of recordings"
    if place == "file":
        name = "'12.wav', row 12 of recordings"
        for number, sound in enumerate(sounds):
            with wave.open(str(tmp_path / f"{number}.wav"), "wb") as file:
                file.setparams((1, 2, RATE, 0, "NONE", ""))
                file.writeframes((sound * 2**14).astype("<i2").tobytes())
        sounds = [tmp_path / f"{number}.wav" for number in range(13)]
    given = settings(tmp_path, speed=0.0, shift=0.0, test_fraction=0.1)
    said = [*PHONEMES[:12], list("abbc")]
    expected = f"Received: 4 frames of 20 ms for the 4 phonemes of {name}, which need 5. Leave"
    with pytest.raises(InputError, match=expected) as caught:
        recipes.phoneme_recognition((sounds, said), **given)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()
    said[-1] = list("abca")
    recipes.phoneme_recognition.build((sounds, said), **given)
    with pytest.raises(InputError, match="shortens it, speed=0.4, shift=0"):
        recipes.phoneme_recognition.build((sounds, said), **{**given, "speed": 0.4})


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"sample_rate": 0}, "sample_rate of at least 1. Received: 0"),
        ({"hop": 0.1}, "hop=0.1"),
        ({"hop": 0.0}, "hop=0.0"),
        ({"speed": 1.0}, "speed=1.0"),
        ({"shift": -1.0}, "shift=-1.0"),
        ({"beam_size": 0}, "beam_size=0"),
        ({"hidden_bands": 1.0}, "hidden_bands=1.0"),
        ({"training_samples": 99}, "training_samples from 1 to 60"),
        ({"pretrained": "none"}, "directory of a finished run"),
    ],
)
def test_what_cannot_be_trained_is_told_in_one_line(more, message, tmp_path):
    with pytest.raises(InputError, match=message) as caught:
        recipes.phoneme_recognition((SOUNDS, PHONEMES), **settings(tmp_path, **more))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()
