"""What is said where memory runs out."""

import keras
import numpy as np
import pytest

from kerastune.errors import InputError
from kerastune.training import memory_shortage
from kerastune.training.feeding import feed_for
from kerastune.training.memory_shortage import told_shortage
from kerastune.tuning import Stage

pytestmark = pytest.mark.any_backend

MIB = 2**20


@pytest.fixture
def model():
    layers = [keras.layers.Dense(500, name=name) for name in ("one", "two", "three")]
    return keras.Sequential([keras.Input((64, 8)), *layers, keras.layers.Dense(1)])


def told(model, free, monkeypatch, *, stage=None, batch_size=32):
    """What is said with some memory that is free."""
    monkeypatch.setattr(memory_shortage, "free_device_memory", lambda: (free, "GPU"))
    data = np.ones((64, 64, 8), "float32"), np.ones((64, 64, 1), "float32")
    feed = feed_for(data, batch_size=batch_size, seed=0)
    with (
        pytest.raises(InputError) as caught,
        told_shortage(model, stage or Stage("all", 1, 0.1), feed),
    ):
        raise MemoryError("no more")
    assert isinstance(caught.value.__cause__, MemoryError)
    return str(caught.value)


def test_the_batch_that_fits(model, monkeypatch):
    """A batch of 32 keeps three outputs of 32 x 64 x 500 numbers, 12 MB, and more beside."""
    found = told(model, 12 * MIB, monkeypatch)
    assert found.startswith(
        "Expected memory for a step of 32 samples in 'all'. Received: no more. By a rough "
        "estimate it takes "
    )
    assert "MiB that are free on this GPU. Give batch_size=" in found
    fitting = int(found.split("batch_size=")[1].split()[0])
    assert fitting in (1, 2, 4, 8, 16)
    assert f"accumulate_gradients={32 // fitting}, " in found
    more = told(model, 60 * MIB, monkeypatch)
    assert int(more.split("batch_size=")[1].split()[0]) > fitting


def test_nothing_fits(model, monkeypatch):
    found = told(model, 0, monkeypatch)
    assert "that are free on this GPU. Take a smaller batch" in found


def test_what_is_no_shortage_goes_through(model):
    feed = feed_for((np.ones((4, 64, 8)), np.ones((4, 64, 1))), batch_size=2, seed=0)
    with pytest.raises(ValueError, match="other"), told_shortage(model, Stage("all", 1, 0.1), feed):
        raise ValueError("other")
