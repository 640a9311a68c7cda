"""Checkpoints on a disk: whole or not there, checked, and used by one process."""

import json
import shutil

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.checkpoints import CheckpointFolder, Checkpoints, State, checkpoint_settings
from kerastune.checkpoints.state import FILES
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend


def state(step):
    return State(
        {"weight": np.full((3, 2), step, "float32"), "scale": np.array(0.5)}, {"step": step}
    )


@pytest.fixture
def folder(tmp_path):
    """A folder with the checkpoints of two steps."""
    made = CheckpointFolder(tmp_path / "checkpoints", keep_last=2)
    with made.locked():
        for step in (1, 2):
            made.write(step, state(step))
        made.wait()
        yield made


def test_what_is_written_is_read(folder):
    found, told = folder.newest()
    assert (found.values, told) == ({"step": 2}, [])
    np.testing.assert_array_equal(found.arrays["weight"], state(2).arrays["weight"])
    assert found.arrays["scale"].shape == ()


@pytest.mark.parametrize("kind", ["bfloat16", "float8_e4m3fn", "int8", "uint32", "bool", "float16"])
def test_every_type_of_a_weight(tmp_path, kind):
    dtype = getattr(ml_dtypes, kind, None) or kind
    values = np.array([[0, 1, 1], [1, 0, 1]]).astype(dtype)
    State({"weight": values.T}, {}).write(tmp_path)
    found = State.read(tmp_path).arrays["weight"]
    assert found.dtype == values.dtype
    np.testing.assert_array_equal(found, values.T)


def test_the_newest_stay(folder):
    folder.write(30, state(30))
    folder.wait()
    assert [path.name for path in folder.checkpoints()] == ["step-00000002", "step-00000030"]


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
@pytest.mark.parametrize("fault", ["missing", "truncated", "emptied"])
def test_of_a_damaged_one_the_one_before_is_used(folder, name, fault):
    file = folder.checkpoints()[-1] / name
    if fault == "missing":
        file.unlink()
    else:
        content = file.read_bytes()
        file.write_bytes(content[: len(content) // 2] if fault == "truncated" else b"")
    found, (told,) = folder.newest()
    assert found.values == {"step": 1}
    assert "step-00000002' is damaged: " in told


@given(st.sampled_from([*FILES, "manifest.json"]), st.floats(0, 1), st.integers(0, 7))
@settings(max_examples=80)
def test_a_bit_that_flips_is_found_or_changes_nothing(tmp_path_factory, name, where, bit):
    made = CheckpointFolder(tmp_path_factory.getbasetemp() / "flipped", keep_last=2)
    shutil.rmtree(made.path, ignore_errors=True)
    for step in (1, 2):
        made.write(step, state(step))
    made.wait()
    file = made.checkpoints()[-1] / name
    content = bytearray(file.read_bytes())
    content[min(int(where * len(content)), len(content) - 1)] ^= 1 << bit
    file.write_bytes(content)
    found, told = made.newest()
    expected = state(1 if told else 2)
    assert found.values == expected.values
    np.testing.assert_array_equal(found.arrays["weight"], expected.arrays["weight"])
    made.close()


def test_where_all_are_damaged_nothing_is_used(folder):
    for path in folder.checkpoints():
        (path / "values.json").write_text("{}")
    with pytest.raises(InputError, match=r"a checkpoint that is whole.*00000002.*00000001"):
        folder.newest()


def test_what_a_killed_process_left_is_no_checkpoint(folder):
    left = folder.path / ".0123456789abcdef.tmp"
    shutil.copytree(folder.checkpoints()[-1], left)
    (folder.path / "step-1").mkdir()
    assert len(folder.checkpoints()) == 2
    folder.write(3, state(3))
    folder.wait()
    assert not left.exists()


def test_a_full_disk_leaves_the_earlier_ones(folder):
    resource = pytest.importorskip("resource", reason="Windows has no such limits")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        folder.write(3, State({"weight": np.zeros(10_000)}, {}))
        with pytest.raises(InputError, match=r"room for a checkpoint in .*File too large"):
            folder.wait()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert folder.newest()[0].values == {"step": 2}
    assert not list(folder.path.glob(".*.tmp"))


@pytest.mark.parametrize("failing", ["os.fsync", "pathlib.Path.rename"])
def test_a_disk_that_fails_leaves_the_earlier_ones(folder, monkeypatch, failing):
    def fails(*_):
        raise OSError("Input/output error")

    with monkeypatch.context() as context:
        context.setattr(failing, fails)
        folder.write(3, state(3))
        with pytest.raises(InputError, match="Input/output error"):
            folder.wait()
    assert folder.newest()[0].values == {"step": 2}


def test_another_process_is_refused_until_the_first_is_gone(folder):
    other = CheckpointFolder(folder.path, keep_last=2)
    with pytest.raises(InputError, match="no other process writes"), other.locked():
        pass
    other.close()


def test_a_manifest_names_no_other_files(folder):
    manifest = folder.checkpoints()[-1] / "manifest.json"
    told = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**told, "../../../etc/passwd": told["values.json"]}))
    assert folder.newest()[0].values == {"step": 1}


@pytest.mark.parametrize("text", ["[1]", '{"state": 1, "types": {}}', '{"state": {}}', "[" * 5000])
def test_values_of_another_form_are_refused(tmp_path, text):
    state(1).write(tmp_path)
    (tmp_path / "values.json").write_text(text)
    with pytest.raises(ValueError):
        State.read(tmp_path)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"every_step": 3}, "every_steps.*Received: 'every_step'"),
        ({"every_steps": 0}, "`every_steps` of at least 1. Received: 0"),
        ({"every_minutes": -1}, "`every_minutes` above 0"),
        ({"keep_last": 1.5}, "`keep_last` of at least 1"),
        ({"every_epoch": "yes"}, "every_epoch.*Received: 'yes'"),
        (3, "settings of checkpoints.*Received: 3"),
    ],
)
def test_bad_settings(given, words):
    with pytest.raises(InputError, match=words):
        checkpoint_settings(given)


def test_settings_in_every_form():
    asked = Checkpoints(every_steps=5)
    assert checkpoint_settings({"every_steps": 5}) == checkpoint_settings(asked) == asked
    assert checkpoint_settings(None) == Checkpoints()
