"""Files are written whole or not at all."""

import json
import os
import stat

import numpy as np
import pytest

from kerastune import files

pytestmark = pytest.mark.any_backend


def test_replaces_what_was_there(tmp_path):
    path = tmp_path / "notes.txt"
    files.write_text(path, "a much longer first version\n")
    files.write_text(path, "second\n")
    assert path.read_bytes() == b"second\n"
    assert os.listdir(tmp_path) == ["notes.txt"]


def test_makes_the_folder(tmp_path):
    files.write_bytes(tmp_path / "new" / "deeper" / "data.bin", b"\x00\xff")
    assert (tmp_path / "new" / "deeper" / "data.bin").read_bytes() == b"\x00\xff"


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_failure_leaves_the_old_file(tmp_path, monkeypatch, step):
    path = tmp_path / "notes.txt"
    files.write_text(path, "old")

    def fail(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(files.os, step, fail)
    with pytest.raises(OSError, match="No space left"):
        files.write_text(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["notes.txt"]


def test_is_on_the_disk_before_it_takes_the_name(tmp_path, monkeypatch):
    calls = []
    fsync, replace = os.fsync, os.replace
    monkeypatch.setattr(files.os, "fsync", lambda fd: (calls.append("fsync"), fsync(fd)))
    monkeypatch.setattr(files.os, "replace", lambda *a: (calls.append("replace"), replace(*a)))
    files.write_bytes(tmp_path / "data.bin", b"1")
    assert calls == ["fsync", "replace"]


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_others_may_read_it_as_the_umask_says(tmp_path):
    before = os.umask(0o022)
    try:
        files.write_text(tmp_path / "shared.txt", "for all")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "shared.txt").stat().st_mode) == 0o644


def test_half_a_surrogate_pair_survives_json(tmp_path):
    files.write_json(tmp_path / "texts.json", {"text": "naïve \ud800 日本"})
    text = (tmp_path / "texts.json").read_text(encoding="utf-8")
    assert "naïve" in text
    assert json.loads(text) == {"text": "naïve \ud800 日本"}


def test_json_has_null_for_numbers_that_are_not_finite(tmp_path):
    value = {"b": [1.5, float("nan"), (float("inf"), -float("inf"))], "a": {"x": np.float64("nan")}}
    files.write_json(tmp_path / "metrics.json", value)
    text = (tmp_path / "metrics.json").read_text(encoding="utf-8")
    assert json.loads(text) == {"b": [1.5, None, [None, None]], "a": {"x": None}}
    assert text.index('"b"') < text.index('"a"')
    assert text.endswith("}\n")


def test_json_refuses_what_it_cannot_hold_and_keeps_the_old_file(tmp_path):
    path = tmp_path / "metrics.json"
    files.write_json(path, {"accuracy": 1.0})
    with pytest.raises(TypeError):
        files.write_json(path, {"accuracy": np.zeros(2)})
    assert json.loads(path.read_text()) == {"accuracy": 1.0}
