"""Checkpoints and weights that changed on a disk: bits that flip, and files that are cut."""

import json
import random
import shutil

import numpy as np
import pytest

from kerastune.checkpoints import CheckpointFolder, State
from kerastune.errors import InputError
from kerastune.models import load_backbone
from tests.untrusted.hostile_files import archive

pytestmark = pytest.mark.any_backend

FLIPS, CUTS = 500, 500


def written(step):
    generator = np.random.default_rng(step)
    arrays = {
        "dense/kernel": generator.normal(size=(17, 5)).astype("float32"),
        "dense/bias": generator.normal(size=5).astype("float16"),
        "optimizer/step": np.array(step),
    }
    values = {"step": step, "history": {"loss": [0.5, 0.25]}, "random": [2**127 - step, "PCG64"]}
    return State(arrays, values)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with two checkpoints."""
    made = CheckpointFolder(tmp_path_factory.mktemp("damage") / "checkpoints", keep_last=2)
    for step in (1, 2):
        made.write(step, written(step))
        made.wait()
    made.close()
    return made


def same(found, expected):
    return found.values == expected.values and all(
        np.array_equal(found.arrays[name], array) and found.arrays[name].dtype == array.dtype
        for name, array in expected.arrays.items()
    )


def harmed(folder, harm):
    """What is read when a file of the newest checkpoint is harmed, which is mended afterwards."""
    newest = folder.checkpoints()[-1]
    path = random.choice(sorted(newest.iterdir()))
    honest = path.read_bytes()
    path.write_bytes(harm(honest))
    try:
        return folder.newest()
    finally:
        path.write_bytes(honest)


def flipped(content):
    at = random.randrange(len(content))
    return content[:at] + bytes([content[at] ^ (1 << random.randrange(8))]) + content[at + 1 :]


def cut(content):
    return content[: random.randrange(len(content))]


@pytest.mark.parametrize(("harm", "times"), [(flipped, FLIPS), (cut, CUTS)])
def test_damage_is_found_or_changes_nothing(folder, harm, times):
    found = 0
    for _ in range(times):
        state, told = harmed(folder, harm)
        if told:
            found += 1
            assert len(told) == 1
            assert "step-00000002' is damaged" in told[0]
            assert same(state, written(1))
        else:
            assert same(state, written(2))
    # Of a manifest, spaces and the case of nothing that counts may change.
    assert found > 0.95 * times


def test_two_that_are_damaged_are_told(folder, tmp_path):
    copy = CheckpointFolder(tmp_path / "copy", keep_last=2)
    copy.close()
    shutil.copytree(folder.path, copy.path)
    for checkpoint in copy.checkpoints():
        (checkpoint / "values.json").write_text(json.dumps({"state": {}, "types": {}}))
    with pytest.raises(InputError, match="whole.*step-00000002.*step-00000001") as caught:
        copy.newest()
    assert len(str(caught.value).splitlines()) == 1


def test_a_model_that_is_damaged_is_refused_or_the_same(tmp_path):
    path = archive(tmp_path / "model.keras")
    honest = path.read_bytes()
    weights = [array.tolist() for array in load_backbone(path).get_weights()]
    found = 0
    for harm in [flipped] * 100 + [cut] * 50:
        path.write_bytes(harm(honest))
        try:
            model = load_backbone(path)
        except InputError:
            found += 1
        else:
            assert [array.tolist() for array in model.get_weights()] == weights
    # Times and rights of members may change.
    assert found > 100
