"""Linear prediction as a baseline for speech, and what is told of frames."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kerastune.baselines import linear_prediction
from kerastune.data import Column, Source, Splits
from kerastune.data.mu_law import mu_law_samples
from kerastune.evaluation.speech import spectrogram_sheet
from kerastune.evaluation.speech_baseline import _Vocoder
from kerastune.preprocessing.phoneme_frames import phoneme_frames

pytestmark = pytest.mark.any_backend

RATE = 8000


def source(sounds, names, times):
    columns = {
        "audio": Column("audio", shape=(None,), sample_rate=RATE),
        "times": Column("array", shape=(None, 2)),
        "phonemes": Column("phonemes", class_names=("a", "b")),
    }
    values = {"audio": sounds, "times": times, "phonemes": names}
    return Source(values, columns, ("phonemes",), "sounds")


def autoregressive(weights, size, length, seed=0):
    noise = np.random.default_rng(seed).normal(0, size, length)
    sound = np.zeros(length)
    for at in range(length):
        before = sound[max(0, at - len(weights)) : at][::-1]
        sound[at] = before @ np.array(weights)[: len(before)] + noise[at]
    return sound


def test_the_filter_of_a_process_is_found_for_each_phoneme():
    first, second = (1.2, -0.8), (-0.5, 0.2)
    sounds = [
        np.concatenate(
            [autoregressive(first, 0.01, 2000, seed), autoregressive(second, 0.05, 2000, 9 + seed)]
        )
        for seed in range(4)
    ]
    samples = source(sounds, [["a", "b"]] * 4, [[[0, 0.25], [0.25, 0.5]]] * 4)
    vocoder = _Vocoder(2).fit(samples)
    for name, expected, size in (("a", first, 0.01), ("b", second, 0.05)):
        weights, spread = vocoder.filter(name)
        np.testing.assert_allclose(weights[::-1], expected, atol=0.05)
        assert spread == pytest.approx(size, rel=0.05)
    # What it makes has the same filters again.
    made = vocoder.spoken(samples, seed=3)
    again = _Vocoder(2).fit(source(made, samples.values["phonemes"], samples.values["times"]))
    np.testing.assert_allclose(again.filter("a")[0], vocoder.filter("a")[0], atol=0.05)


def test_its_probabilities_of_all_codes_are_one():
    vocoder = _Vocoder(1)
    vocoder.filters["a"] = np.array([0.9]), 0.02
    total = 0.0
    for code in range(256):
        sound = np.array([0.3, mu_law_samples(code)])
        total += np.exp(-vocoder.nats(sound, [("a", 0, 2)])[1])
    assert total == pytest.approx(1.0, abs=1e-6)


def test_what_was_never_heard_is_said_as_a_pause():
    sounds = [autoregressive((0.5,), 0.1, 800)]
    known = source(sounds, [["a"]], [[[0.0, 0.05]]])
    unknown = source(sounds, [["b"]], [[[0.0, 0.05]]])
    found = linear_prediction(order=4)(Splits(known, unknown))
    assert 0 < found["linear prediction by phoneme"]["bits_per_sample"] < 8


@given(
    st.lists(st.tuples(st.floats(0, 0.2), st.floats(0.001, 0.3)), min_size=1, max_size=6),
    st.integers(1, 40),
)
def test_each_frame_says_the_phoneme_in_its_middle(parts, frames):
    times, over = [], 0.0
    for gap, length in parts:
        times.append((over + gap, over + gap + length))
        over = times[-1][1]
    hop = 0.013
    phonemes, places = phoneme_frames(range(1, len(times) + 1), times, frames, hop)
    for frame, (_, said, _) in enumerate(phonemes):
        middle = (frame + 0.5) * hop
        inside = [code for code, (b, e) in enumerate(times, start=1) if b <= middle < e]
        near = min(abs(middle - edge) for pair in times for edge in pair)
        assert near < 1e-9 or said == (inside[0] if inside else 0)
    assert ((places >= 0) & (places <= [1, 5])).all()


def test_a_sheet_has_a_row_for_each_word():
    sounds = [np.zeros(1600, "float32")] * 2
    figure = spectrogram_sheet({"recorded": sounds, "made": sounds}, ["yes", "no"], RATE)
    assert [axes.get_ylabel() for axes in figure.axes] == ["yes", "", "no", ""]
