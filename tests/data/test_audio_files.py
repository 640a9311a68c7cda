"""Recordings in files: every sort of WAV, others by soundfile, and what is none."""

import struct
import sys
import wave

import numpy as np
import pytest
import scipy

from kerastune.data import Recording, as_samples, read_audio
from kerastune.data.audio_files import resampled
from kerastune.errors import InputError, MissingExtraError

pytestmark = pytest.mark.any_backend

# The largest, the least, none, and a half of each width.
NUMBERS = {
    1: (bytes([255, 0, 128, 192]), [127 / 128, -1, 0, 0.5]),
    2: (struct.pack("<4h", 2**15 - 1, -(2**15), 0, 2**14), [1 - 2**-15, -1, 0, 0.5]),
    3: (bytes.fromhex("ffff7f 000080 000000 000040"), [1 - 2**-23, -1, 0, 0.5]),
    4: (struct.pack("<4i", 2**31 - 1, -(2**31), 0, 2**30), [1, -1, 0, 0.5]),
}


def write(path, content, width=2, channels=1, rate=8000):
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, width, rate, 0, "NONE", ""))
        file.writeframes(content)
    return path


@pytest.mark.parametrize("width", NUMBERS)
def test_whole_numbers_of_every_width_are_read(width, tmp_path):
    content, values = NUMBERS[width]
    found = read_audio(write(tmp_path / "a.wav", content, width))
    assert found.sample_rate == 8000
    assert found.samples.dtype == "float32"
    np.testing.assert_allclose(found.samples, values, atol=1e-7)


def test_channels_become_their_mean(tmp_path):
    content = struct.pack("<4h", 16384, 0, -16384, -16384)
    found = read_audio(write(tmp_path / "a.WAV", content, channels=2))
    assert (found.samples.tolist(), found.channels) == ([0.25, -0.5], 2)


def test_other_files_are_read_by_soundfile(tmp_path):
    import soundfile

    tone = np.sin(np.arange(1600) / 5) / 2
    for name, subtype in (("a.flac", "PCM_24"), ("b.wav", "FLOAT"), ("c.aiff", "PCM_16")):
        soundfile.write(tmp_path / name, np.stack([tone, tone], axis=1), 16000, subtype)
        found = read_audio(tmp_path / name)
        assert (found.sample_rate, found.channels) == (16000, 2)
        np.testing.assert_allclose(found.samples, tone, atol=2**-15)
    whole = (tmp_path / "a.flac").read_bytes()
    (tmp_path / "a.flac").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="a.flac"):
        read_audio(tmp_path / "a.flac")


def test_without_soundfile_the_extra_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", None)
    (tmp_path / "a.flac").write_bytes(b"fLaC")
    scipy.io.wavfile.write(tmp_path / "b.wav", 8000, np.zeros(8, "float32"))
    for name in ("a.flac", "b.wav"):
        with pytest.raises(MissingExtraError, match=rf"Reading '{name}' needs.*\[audio\]"):
            read_audio(tmp_path / name)


def test_what_is_no_recording_is_told_in_one_line(tmp_path):
    write(tmp_path / "empty.wav", b"")
    whole = write(tmp_path / "short.wav", bytes(800)).read_bytes()
    (tmp_path / "short.wav").write_bytes(whole[:-200])
    # Of more samples than any memory holds.
    huge = whole[:40] + struct.pack("<I", 2**32 - 2) + whole[44:]
    (tmp_path / "huge.wav").write_bytes(huge)
    (tmp_path / "text.wav").write_text("no sound")
    (tmp_path / "nothing.wav").write_bytes(b"")
    for name, message in {
        "empty.wav": "of zero length",
        "short.wav": "cut short: 300 of 400 samples",
        "huge.wav": "cut short: 400 of",
        "text.wav": "can be read",
        "nothing.wav": "can be read",
        "none.wav": "No such file",
        "none.flac": "no such file",
    }.items():
        with pytest.raises(InputError, match=message) as caught:
            read_audio(tmp_path / name)
        assert "\n" not in str(caught.value)
        assert name in str(caught.value)


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.zeros(0), "at least one"),
        (np.zeros((4, 2)), r"shape \(4, 2\)"),
        (np.array(["a"]), "<U1"),
        (np.array([0.0, np.nan]), "from -1 to 1.*nan"),
        (np.array([0.0, 20000.0]), "from -1 to 1.*20000"),
    ],
)
def test_arrays_that_are_no_recording_are_refused(value, message):
    with pytest.raises(InputError, match=message):
        as_samples(value, 8000)


def test_resampling_keeps_a_tone_and_takes_away_what_is_too_high():
    time = np.arange(22050) / 22050
    low, high = np.sin(2 * np.pi * 440 * time), np.sin(2 * np.pi * 6000 * time)
    found = resampled(low + high, 22050, 8000)
    wanted = np.sin(2 * np.pi * 440 * np.arange(8000) / 8000)
    assert np.abs(found - wanted)[100:-100].max() < 0.01
    assert as_samples(Recording(low.astype("float32"), 22050), 8000).shape == (8000,)
