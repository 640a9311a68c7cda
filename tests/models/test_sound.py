"""Log-mel features against NumPy, and random changes of sound, on this backend."""

import keras
import numpy as np
import pytest

from kerastune.backends import random_from
from kerastune.data import log_mel
from kerastune.errors import InputError
from kerastune.models import (
    LogMel,
    RandomNoise,
    RandomSpeedAndShift,
    SpecAugment,
    audio_augmentation,
)

pytestmark = pytest.mark.first_backend

TIME = np.arange(4000) / 8000


def as_numpy(values):
    return keras.ops.convert_to_numpy(values)


@pytest.mark.each_backend
def test_log_mel_is_that_of_the_formula():
    """Frames, their Fourier transform and the triangles of HTK's mel bands written out."""
    sound = np.random.default_rng(0).normal(0, 0.1, 1000)
    found = as_numpy(LogMel(8000, bands=20)(sound[None].astype("float32")))[0]
    padded = np.concatenate([np.zeros(256 - 80), sound, np.zeros(79)])
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(256) / 256)
    centres = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + 4000 / 700), 22) / 2595) - 1)
    expected = np.zeros((13, 20))
    for frame in range(13):
        part = padded[frame * 80 : frame * 80 + 256] * window
        for k in range(129):
            angle = 2 * np.pi * k * np.arange(256) / 256
            power = (part @ np.cos(angle)) ** 2 + (part @ np.sin(angle)) ** 2
            for band in range(20):
                low, middle, high = centres[band : band + 3]
                frequency = k * 8000 / 256
                up, down = (frequency - low) / (middle - low), (high - frequency) / (high - middle)
                expected[frame, band] += power * max(0.0, min(up, down))
    expected = np.log(1 + expected / 1e-5)
    np.testing.assert_allclose(found, expected, atol=2e-4)
    np.testing.assert_allclose(log_mel(sound, 8000, bands=20), expected, atol=1e-5)


def test_a_tone_is_in_the_band_of_its_frequency():
    tone = np.sin(2 * np.pi * 1000 * TIME)[None].astype("float32")
    bands = as_numpy(LogMel(8000, bands=20)(tone))[0]
    centres = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + 4000 / 700), 22) / 2595) - 1)
    assert set(bands[4:-4].argmax(axis=1)) == {np.abs(centres[1:-1] - 1000).argmin()}


@pytest.mark.each_backend
def test_faster_sound_is_shorter_and_higher():
    tone = np.tile(np.sin(2 * np.pi * 100 * TIME), (64, 1)).astype("float32")
    mask = np.arange(4000)[None].repeat(64, 0) < 3000
    layer = RandomSpeedAndShift(0.2, 0.0, seed=0)
    moved, heard = map(as_numpy, layer([tone, mask], training=True))
    lengths = heard.sum(axis=1)
    assert (lengths.min() < 2600, lengths.max() > 3600) == (True, True)
    for sound, length in zip(moved, lengths, strict=True):
        # The tone is read at its new speed, linearly between samples.
        expected = np.sin(2 * np.pi * 100 * np.arange(length) / 8000 * 3000 / length)
        assert np.abs(sound[: length - 4] - expected[:-4]).max() < 0.1
        assert not sound[length:].any()
    plain, same = layer([tone, mask], training=False)
    assert np.array_equal(as_numpy(plain), tone)
    assert np.array_equal(as_numpy(same), mask)


def test_shifted_sound_begins_later_or_earlier():
    sound = np.tile(np.arange(1, 101, dtype="float32"), (64, 1))
    sound[:, 60:] = 0
    mask = sound > 0
    moved, heard = map(
        as_numpy, RandomSpeedAndShift(0.0, 20.0, seed=0)([sound, mask], training=True)
    )
    ends = heard.sum(axis=1)
    assert (ends.min() < 50, ends.max() > 70) == (True, True)
    later = ends > 61
    assert not moved[later, 0].any()
    assert (moved[ends < 59, 0] > 1).all()


@pytest.mark.each_backend
def test_noise_is_drawn_for_each_recording_and_not_on_padding():
    sound = np.tile(np.sin(2 * np.pi * 100 * TIME), (32, 1)).astype("float32")
    sound[:, 2000:] = 0
    mask = np.arange(4000)[None].repeat(32, 0) < 2000
    noisy, _ = map(as_numpy, RandomNoise(0.5, seed=0)([sound, mask], training=True))
    shares = (noisy - sound)[:, :2000].std(axis=1) / sound[:, :2000].std(axis=1)
    assert (shares.min() < 0.1, 0.4 < shares.max() < 0.55) == (True, True)
    assert not noisy[:, 2000:].any()


@pytest.mark.each_backend
def test_spec_augment_hides_stretches_of_no_more_than_the_share():
    bands, mask = np.ones((64, 40, 20), "float32"), np.ones((64, 40), bool)
    mask[:, 30:] = False
    layer = SpecAugment(0.25, 0.2, masks=1, seed=0)
    hidden = as_numpy(layer([bands, mask], training=True)) == 0
    times, rows = hidden.all(axis=2), hidden.all(axis=1)
    assert (times.sum(axis=1).max(), rows.sum(axis=1).max()) == (6, 5)
    assert not times[:, 30:].any()
    assert len({row.tobytes() for row in hidden}) > 50
    for row in (*times, *rows):  # One stretch.
        assert np.abs(np.diff(row.astype(int))).sum() <= 2
    assert np.array_equal(hidden, times[:, :, None] | rows[:, None, :])
    assert np.array_equal(as_numpy(layer([bands, mask], training=False)), bands)


@pytest.mark.parametrize("stream", ["backend", "portable"])
def test_the_same_seed_draws_the_same(stream):
    """That the portable stream draws the same on three backends is in tests/integration."""
    sound = {"audio": np.ones((2, 8), "float32"), "padding_mask": np.ones((2, 8), bool)}
    with random_from(stream):
        first, again, other = (
            audio_augmentation(8, speed=0.2, shift=0.25, noise=0.5, seed=seed) for seed in (3, 3, 4)
        )
        one, two, three = (
            as_numpy(model(sound, training=True)["audio"]) for model in (first, again, other)
        )
    assert np.array_equal(one, two)
    assert not np.array_equal(one, three)
    assert not np.array_equal(one[0], one[1])


@pytest.mark.any_backend
def test_changes_out_of_their_range_are_refused():
    assert audio_augmentation(8000, seed=0) is None
    for settings in ({"speed": 1.0}, {"shift": -1.0}, {"noise": -0.1}):
        with pytest.raises(InputError, match=f"{next(iter(settings))}="):
            audio_augmentation(8000, **settings, seed=0)
    with pytest.raises(InputError, match="a hop of at least a sample"):
        LogMel(8000, hop=0.0)
