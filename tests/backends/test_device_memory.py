"""What is free, of the machine and of a container."""

import os

import pytest

from kerastune.backends import device_memory
from kerastune.backends.device_memory import free_device_memory

pytestmark = pytest.mark.any_backend


@pytest.fixture
def group(tmp_path, monkeypatch):
    """Writes what a control group tells."""
    paths = tmp_path / "memory.max", tmp_path / "memory.current"
    monkeypatch.setattr(device_memory, "_GROUPS", (tuple(map(str, paths)),))

    def write(*texts):
        for path, text in zip(paths, texts, strict=True):
            path.write_text(f"{text}\n")

    return write


def test_is_no_more_than_the_machine_has():
    size, device = free_device_memory()
    assert device == "machine"
    assert 0 < size <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.parametrize(("limit", "used", "left"), [(5000, 4000, 1000), (5000, 6000, 0)])
def test_a_container_has_less(group, limit, used, left):
    group(limit, used)
    assert free_device_memory() == (left, "machine")


def test_a_container_without_a_limit(group):
    before = free_device_memory()[0]
    group("max", 4000)
    assert free_device_memory()[0] > before / 2


def test_what_the_gpu_has(monkeypatch):
    monkeypatch.setattr(device_memory, "_ON_GPU", {"torch": lambda: 123})
    assert free_device_memory() == (123, "GPU")
