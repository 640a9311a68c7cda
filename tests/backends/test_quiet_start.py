"""What frameworks log about themselves when they start."""

import importlib
import os
import sys

import pytest

from kerastune import backends
from kerastune.backends.quiet_start import LEVEL, prepare_tensorflow, quiet_start

pytestmark = pytest.mark.any_backend

NOISE = (
    "WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
    "I0000 00:00:1 1 port.cc:153] oneDNN custom operations are on.\n"
    "To enable the following instructions: AVX2 FMA, in other operations, rebuild.\n"
    "2026-01-01 10:00:00.123456: I tensorflow/core/platform/cpu_feature_guard.cc:210] This\n"
    "E0000 00:00:1 1 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error: Failed "
    "call to cuInit: UNKNOWN ERROR (303)\n"
    "E0000 00:00:1 1 cuda_fft.cc:485] Unable to register cuFFT factory: Attempting to\n"
)
ERRORS = (
    "E0000 00:00:1 1 cuda_platform.cc:52] failed call to cuInit: INTERNAL: CUDA error: Failed "
    "call to cuInit: CUDA_ERROR_SYSTEM_DRIVER_MISMATCH\n"
    "F0000 00:00:1 1 anything.cc:1] cannot go on\n"
    "W0000 00:00:1 1 anything.cc:1] a warning\n"
    "a line of a program\n"
)


@pytest.fixture(autouse=True)
def unset(monkeypatch):
    monkeypatch.delenv(LEVEL, raising=False)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))


def log(text):
    os.write(2, text.encode())


def test_noise_is_left_out_and_errors_are_not(capfd):
    with quiet_start():
        log(NOISE + ERRORS)
    assert capfd.readouterr().err == ERRORS


def test_where_the_start_fails_all_is_told(capfd):
    with pytest.raises(ImportError), quiet_start():
        fail()
    assert capfd.readouterr().err == NOISE


def fail():
    log(NOISE)
    raise ImportError("broken")


def test_who_asks_for_all_gets_it(capfd, monkeypatch):
    monkeypatch.setenv(LEVEL, "0")
    with quiet_start():
        log(NOISE)
    assert capfd.readouterr().err == NOISE


def test_choosing_a_backend_says_what_is_logged_unless_it_is_said(monkeypatch):
    backends.select()
    assert os.environ[LEVEL] == "1"
    monkeypatch.setenv(LEVEL, "2")
    backends.select()
    assert os.environ[LEVEL] == "2"


@pytest.mark.parametrize("level", [None, "0"])
def test_tensorflow_is_quiet_whoever_loads_it(tmp_path, monkeypatch, capfd, level):
    if level is not None:
        monkeypatch.setenv(LEVEL, level)
    # A stand-in, which logs when it is loaded and at the first look for devices.
    (tmp_path / "tensorflow.py").write_text(
        f"import os\nos.write(2, {NOISE.encode()!r})\n"
        "class config:\n    def list_physical_devices(kind):\n"
        f"        os.write(2, {(NOISE + ERRORS).encode()!r})\n"
        "class random:\n    seeds = []\n    set_seed = seeds.append\n",
        encoding="utf-8",
    )
    monkeypatch.syspath_prepend(tmp_path)
    # Set first, so that what was loaded before is put back.
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    del sys.modules["tensorflow"]
    prepare_tensorflow()
    prepare_tensorflow()
    # Asking whether it is installed changes nothing.
    assert importlib.util.find_spec("tensorflow").origin == str(tmp_path / "tensorflow.py")
    backends.seed_everything(7)
    assert importlib.import_module("tensorflow").random.seeds == [7]
    assert capfd.readouterr().err == (ERRORS if level is None else NOISE)
    assert not [finder for finder in sys.meta_path if "TensorFlow" in type(finder).__name__]
