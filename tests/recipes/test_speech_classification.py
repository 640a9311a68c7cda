"""The recipe that trains a WaveNet on spoken words, on this backend."""

import json
import wave

import numpy as np
import pytest

import kerastune
from kerastune import recipes
from kerastune.errors import InputError

pytestmark = pytest.mark.first_backend

RATE = 2000


def two_tones(label, generator):
    """A low tone and a high one, of which one comes first: their mean is the same."""
    seconds = np.arange(int(generator.integers(200, 300))) / RATE
    fade = np.sin(np.pi * np.arange(len(seconds)) / len(seconds))
    loudness = generator.uniform(0.1, 0.5, 2)
    low, high = (
        loud * fade * np.sin(2 * np.pi * tone * seconds)
        for loud, tone in zip(loudness, (200, 600), strict=True)
    )
    both = np.concatenate([low, high] if label == "up" else [high, low])
    # Silence in noise before and behind, of any length.
    around = generator.integers(0, 200, 2).tolist()
    sound = np.pad(both, around)
    return (sound + generator.normal(0, 0.02, len(sound))).astype("float32")


GENERATOR = np.random.default_rng(0)
LABELS = ["up", "down"] * 40
SOUNDS = [two_tones(label, GENERATOR) for label in LABELS]


def settings(tmp_path, name="run", **more):
    return {
        "run_dir": tmp_path / name,
        "sample_rate": RATE,
        "bands": 12,
        "channels": 12,
        "skip_channels": 16,
        "layers": 4,
        "dropout": 0.0,
        "speed": 0.02,
        "hidden_bands": 0.05,
        "hidden_time": 0.05,
        "epochs": 10,
        "batch_size": 10,
        "learning_rate": 2e-2,
        **more,
    }


@pytest.mark.quick_on_tensorflow
@pytest.mark.each_backend
def test_the_order_of_sounds_is_learned(tmp_path):
    result = recipes.speech_classification(
        (SOUNDS, LABELS), **settings(tmp_path, noise=0.02, shift=0.01, random="portable")
    )
    written = json.loads((tmp_path / "run" / "metrics.json").read_text())["baselines"]
    assert set(written) == {"majority class", "logistic regression on mean log-mel"}
    assert result.metrics["accuracy"] > 0.8
    assert written["logistic regression on mean log-mel"]["accuracy"] < 0.75
    loaded = kerastune.load(tmp_path / "run")
    # Longer than any of the training, and so padded to a multiple of their length.
    unseen = [SOUNDS[0][:300], np.tile(SOUNDS[1], 3)]
    assert loaded.predict(unseen) == result.predict(unseen)
    np.testing.assert_allclose(
        loaded.probabilities(unseen), result.probabilities(unseen), atol=1e-6
    )
    assert (tmp_path / "run" / "confusion.png").exists()


@pytest.mark.any_backend
def test_a_run_begins_with_the_network_of_another(tmp_path):
    recipes.speech_classification((SOUNDS[:40], LABELS[:40]), **settings(tmp_path, epochs=1))
    further = settings(tmp_path, "more", pretrained=str(tmp_path / "run"), samples_per_class=4)
    job = recipes.speech_classification.build((SOUNDS[:40], LABELS[:40]), **further)
    first = kerastune.load(tmp_path / "run").model.get_layer("speech_encoder")
    ours = job.model.get_layer("speech_encoder")
    for one, other in zip(
        ours.get_layer("wavenet").weights, first.get_layer("wavenet").weights, strict=True
    ):
        np.testing.assert_array_equal(np.asarray(one), np.asarray(other))
    assert len(job.splits.training) == 8
    for changed, message in (
        ({"sample_rate": 4000}, "the sample_rate of '.*', 2000. Received: 4000"),
        ({"layers": 2}, "the dilations of"),
        (
            {"layers": 2, "stacks": 2},
            r"the dilations of '.*', \[1, 2, 4, 8\]. Received: \[1, 2, 1, 2\]",
        ),
        ({"channels": 5}, "Give the run's `front_end`, `bands`, `channels`"),
        ({"pretrained": str(tmp_path)}, "directory of a finished run"),
    ):
        with pytest.raises(InputError, match=message) as caught:
            recipes.speech_classification.build(
                (SOUNDS[:40], LABELS[:40]), **{**further, **changed}
            )
        assert "\n" not in str(caught.value)


@pytest.mark.any_backend
def test_files_are_answered_for_and_evaluated(tmp_path):
    for label in ("down", "up"):
        (tmp_path / "words" / label).mkdir(parents=True)
    for number, (sound, label) in enumerate(zip(SOUNDS[:24], LABELS[:24], strict=True)):
        with wave.open(str(tmp_path / "words" / label / f"{number}.wav"), "wb") as file:
            file.setparams((1, 2, 2 * RATE, 0, "NONE", ""))
            file.writeframes((np.repeat(sound, 2) * 2**14).astype("<i2").tobytes())
    result = recipes.speech_classification(
        tmp_path / "words",
        **settings(tmp_path, epochs=1, front_end="raw", hidden_bands=None, hidden_time=None),
    )
    path = tmp_path / "words" / "up" / "0.wav"
    with pytest.warns(UserWarning, match="1 of 1 files resampled to 2,000 Hz: 1 from 4,000 Hz"):
        answer = result.predict(path)
    with pytest.warns(UserWarning, match="24 of 24 files resampled"):
        assert answer == result.predict(tmp_path / "words")[12]
    report = (tmp_path / "run" / "report.html").read_text()
    assert "24 of 24 files resampled to 2,000 Hz: 24 from 4,000 Hz" in report
    assert 0 <= result.evaluate(tmp_path / "words")["accuracy"] <= 1


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"sample_rate": 0}, "sample_rate of at least 1. Received: 0"),
        ({"front_end": "mel"}, "front_end out of log_mel, raw"),
        ({"front_end": "raw"}, "to hide some of them"),
        ({"speed": 1.0}, "speed=1.0"),
        ({"hidden_bands": 1.0}, "hidden_bands=1.0"),
        ({"layers": 0}, "'layers': 0"),
        ({"samples_per_class": 99}, "at least 99 samples of each class"),
    ],
)
def test_what_cannot_be_trained_is_told_in_one_line(more, message, tmp_path):
    with pytest.raises(InputError, match=message) as caught:
        recipes.speech_classification((SOUNDS, LABELS), **settings(tmp_path, **more))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "run").exists()
