"""Freed memory goes back to the system where the C library can give it back."""

from types import SimpleNamespace

import pytest

from kerastune.backends import freed_memory

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize("given", [0, 1])
def test_the_library_is_asked_to_keep_nothing(monkeypatch, given):
    kept = []
    library = SimpleNamespace(malloc_trim=lambda size: kept.append(size) or given)
    monkeypatch.setattr(freed_memory, "_gnu_library", lambda: library)
    assert freed_memory.give_back_freed_memory() is bool(given)
    assert kept == [0]


def test_other_libraries_are_left_alone(monkeypatch):
    monkeypatch.setattr(freed_memory, "_gnu_library", lambda: None)
    assert freed_memory.give_back_freed_memory() is False
    monkeypatch.undo()
    freed_memory._gnu_library.cache_clear()
    monkeypatch.setattr(freed_memory.sys, "platform", "win32")
    assert freed_memory._gnu_library() is None
    freed_memory._gnu_library.cache_clear()
