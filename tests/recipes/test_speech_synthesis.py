"""The recipe that speaks learns, on this backend, and its run can be read back."""

import json
import wave
from types import SimpleNamespace

import numpy as np
import pytest

import kerastune
from kerastune import data, recipes
from kerastune.data import Column, Source
from kerastune.errors import InputError

RATE = 2000
LEVELS = {"m": 0.4, "s": -0.4}


def tones(count=24, seed=0):
    """Recordings of two phonemes, noise around a level each, with their times."""
    generator = np.random.default_rng(seed)
    values = {"audio": [], "times": [], "phonemes": [], "word": [], "voice": []}
    for number in range(count):
        names = ["m", "s"] if number % 2 else ["s", "m"]
        first = generator.integers(6, 12)
        seconds = np.array([first, 18 - first]) / 200
        ends = np.cumsum(seconds)
        parts = [
            generator.normal(LEVELS[name], 0.2, round(length * RATE))
            for name, length in zip(names, seconds, strict=True)
        ]
        values["audio"].append(np.concatenate(parts).astype("float32"))
        values["times"].append(np.stack([ends - seconds, ends], axis=1))
        values["phonemes"].append(names)
        values["word"].append("".join(names))
        values["voice"].append("en+m3")
    columns = {
        "audio": Column("audio", shape=(None,), sample_rate=RATE),
        "times": Column("array", shape=(None, 2)),
        "phonemes": Column("phonemes", class_names=("m", "s")),
        "word": Column("text"),
        "voice": Column("category"),
    }
    return Source(values, columns, ("phonemes",), "tones")


def settings(tmp_path, **more):
    return {
        "run_dir": tmp_path / "run",
        "sample_rate": RATE,
        "channels": 8,
        "skip_channels": 16,
        "condition_width": 16,
        "layers": 4,
        "epochs": 1,
        "batch_size": 8,
        "judged_words": 0,
        "precision": "float32",
        **more,
    }


@pytest.mark.quick_on_jax
@pytest.mark.first_backend
@pytest.mark.each_backend
def test_it_says_the_phoneme_that_it_is_asked_for(tmp_path):
    chosen = settings(
        tmp_path, layers=2, epochs=16, batch_size=4, learning_rate=3e-2, temperature=1.0
    )
    result = recipes.speech_synthesis(tones(), **chosen)
    written = json.loads((tmp_path / "run" / "metrics.json").read_text())
    # Of 8 for one that knows nothing.
    assert written["metrics"]["bits_per_sample"] < 7.3
    orders = [["m", "s"], ["s", "m"]]
    sounds = kerastune.generate_speech(result, orders, [[[0.0, 0.05], [0.05, 0.1]]] * 2)
    for names, sound in zip(orders, sounds, strict=True):
        for name, part in zip(names, (sound[:100], sound[100:]), strict=True):
            assert part.mean() == pytest.approx(LEVELS[name], abs=0.2)


@pytest.mark.any_backend
def test_a_run_that_is_loaded_says_the_same(tmp_path):
    samples = tones(16)
    first = recipes.speech_synthesis(samples, **settings(tmp_path))
    loaded = kerastune.load(tmp_path / "run")
    said = [["m", "s"]], [[[0.0, 0.05], [0.05, 0.1]]]
    (expected,) = kerastune.generate_speech(first, *said)
    (found,) = kerastune.generate_speech(loaded, *said)
    np.testing.assert_array_equal(found, expected)
    (other,) = kerastune.generate_speech(loaded, *said, seed=1)
    assert (other != expected).any()
    (surest,) = kerastune.generate_speech(loaded, *said, temperature=0.0)
    (again,) = kerastune.generate_speech(loaded, *said, temperature=0.0, seed=1)
    np.testing.assert_array_equal(surest, again)
    inputs = {name: samples.values[name] for name in ("audio", "times", "phonemes")}
    bits = loaded.predict(inputs)
    np.testing.assert_allclose(bits, first.predict(inputs), atol=1e-5)
    assert bits.shape == (16,)
    assert loaded.evaluate(samples)["bits_per_sample"] == pytest.approx(
        np.average(bits, weights=[len(sound) for sound in samples.values["audio"]]), abs=1e-5
    )


@pytest.mark.any_backend
def test_words_are_judged_beside_linear_prediction(tmp_path, monkeypatch):
    def few(language, words, seed):
        return (found := data.spoken_words(language, words=words, seed=seed)).select(
            range(0, len(found), 9)
        )

    monkeypatch.setattr("kerastune.training.speech_judge.spoken_words", few)
    words = "seven eight yes no"
    name = f"spoken_phonemes:en,voices=m3,pitch=50,words={words}"
    chosen = settings(tmp_path, sample_rate=8000, hop=0.01, judged_words=2, layers=2)
    result = recipes.speech_synthesis(name, **{**chosen, "test_fraction": 0.5})
    written = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert {"word_accuracy", "word_accuracy_of_recordings"} < set(written["metrics"])
    baseline = written["baselines"]["linear prediction by phoneme"]
    assert set(baseline) == {"bits_per_sample", "word_accuracy"}
    assert (tmp_path / "run" / "spoken_words.png").stat().st_size > 0
    phonemes, times = data.phonemes_of_words(["yes"], "en+m3")
    known = set(result.head.phonemes)
    if set(phonemes[0]) <= known:
        (sound,) = kerastune.generate_speech(result, phonemes, times)
        assert len(sound) >= times[0][-1, 1] * 8000 - 1


def test_times_are_read_from_a_folder_in_the_layout_of_timit(tmp_path):
    for number in range(6):
        folder = tmp_path / "data" / f"FCJF{number // 2}"
        folder.mkdir(parents=True, exist_ok=True)
        with wave.open(str(folder / f"SX{number}.WAV"), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(bytes(3200))
        lines = "0 400 h#\n400 800 ix\n800 1600 s\n"
        (folder / f"SX{number}.PHN").write_text(lines)
    job = recipes.speech_synthesis.build(tmp_path / "data", **settings(tmp_path, sample_rate=8000))
    assert job.head.phonemes == ("ih", "s", "sil")
    assert any("word" in note for note in job.splits.test.notes)


def broken(**changes):
    samples = tones(8)
    return Source({**samples.values, **changes}, samples.columns, ("phonemes",), "tones")


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("given", "more", "message"),
    [
        (broken(times=[[[0.0, 9.0], [9.0, 9.1]]] * 8), {}, "ends at 9.1 of.*row 0 of tones"),
        (broken(times=[[[0.0, 0.01]]] * 8), {}, r"shape \(1, 2\) for 2 phonemes"),
        (broken(times=[[[0.02, 0.01], [0.02, 0.03]]] * 8), {}, "ends at 0.01 and begins at 0.02"),
        (broken(times=[[[0.0, 0.02], [0.01, 0.03]]] * 8), {}, "before the end of another"),
        (broken(times=[[[np.nan, 0.02], [0.01, 0.03]]] * 8), {}, "negative or no number"),
        (([np.zeros(800)] * 4, ["m s"] * 4), {}, "times of their phonemes"),
        (tones(8), {"hop": 0.0007}, "hop=0.0007"),
        (tones(8), {"temperature": -1.0}, "temperature=-1"),
        (tones(8), {"dropout": 1.0}, "dropout=1"),
        (tones(8), {"layers": 0}, "layers"),
    ],
)
def test_what_cannot_be_learned_is_told_in_one_line(tmp_path, given, more, message):
    with pytest.raises(InputError, match=message) as caught:
        recipes.speech_synthesis.build(given, **{**settings(tmp_path), **more}).run()
    assert "\n" not in str(caught.value)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("phonemes", "times", "message"),
    [
        ([["m"]], [], "1 of times|0 of times"),
        ("m", [[[0, 1]]], "'m'"),
        ([["x"]], [[[0.0, 0.1]]], "'x'"),
        ([["m"]], [[[0.1, 0.0]]], "ends at 0 and begins at 0.1"),
        ([[]], [np.zeros((0, 2))], "none in row 0"),
    ],
)
def test_what_cannot_be_said(tmp_path, phonemes, times, message):
    job = recipes.speech_synthesis.build(tones(8), **settings(tmp_path))
    result = SimpleNamespace(
        recipe="speech_synthesis", head=job.head, model=job.model, preprocessor=job.preprocessor
    )
    with pytest.raises(InputError, match=message):
        kerastune.generate_speech(result, phonemes, times)


@pytest.mark.any_backend
def test_it_is_counted_without_reading_anything():
    with data.described_only():
        job = recipes.speech_synthesis.build()
    assert job.splits.training.name.startswith("spoken_phonemes:en")
