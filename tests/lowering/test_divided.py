"""Steps that are divided over devices: what a device has of them, and what they send each other."""

import json
import subprocess
import sys

import pytest

import kerastune as kt
from kerastune.lowering.targets import target_for

pytestmark = pytest.mark.any_backend

HELD = "What a device has of a step's arguments"
MESH = {"mesh": [2, 2], "layout": {"hidden/kernel": [None, "model"]}}
DIVIDED = '''
import keras
import kerastune as kt
import numpy as np


@kt.recipe(epochs=1, batch_size=8, learning_rate=1e-3)
def mine(data=None, **options):
    """Learn nothing."""
    samples = kt.Source.of(np.ones((8, 4), "float32"), np.arange(8.0))
    head = kt.heads.Regression.for_samples(samples)
    layers = [keras.Input((4,)), keras.layers.Dense(16, "relu", name="hidden")]
    model = kt.heads.attach(keras.Sequential(layers, name="body"), head)
    return kt.Job(model=model, head=head, splits=kt.Splits(samples, samples), options=options)
'''


@pytest.fixture(scope="module")
def lowered(tmp_path_factory):
    """Steps lowered in one process, which takes its processor for devices."""
    folder = tmp_path_factory.mktemp("divided")
    file = folder / "mine.py"
    file.write_text(DIVIDED)
    options = {
        "whole": ["--distribution", "data_parallel"],
        "head": ["--distribution", "data_parallel", "--plan", "head_only"],
        "mesh": ["--distribution", json.dumps(MESH)],
    }
    code = "import json, sys\nfrom kerastune.cli import main\n"
    code += "sys.exit(max(map(main, json.load(sys.stdin))))"
    given = [
        ["lower", f"{file}:mine", f"--json={folder}/{name}.json", "--devices=4", *more]
        for name, more in options.items()
    ]
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=kt.backends.environment_of("jax"),
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return {name: json.loads((folder / f"{name}.json").read_text()) for name in options}


def tables(lowered):
    return {table["title"]: table["rows"] for table in lowered["tables"]}


def sent(lowered):
    title = "What 4 devices send each other in a step, by XLA's compiler for processors"
    return {row["collective"]: row["arrays"] for row in tables(lowered)[title]}


def test_gradients_of_what_trains_are_summed_and_nothing_else(lowered):
    """Four bytes for each number that trains, and those of the loss and the metrics."""
    whole, head = sent(lowered["whole"]), sent(lowered["head"])
    assert list(whole) == list(head) == ["all-reduce"]
    assert whole["all-reduce"] - head["all-reduce"] == 4 * (4 * 16 + 16)
    assert 4 <= head["all-reduce"] - 4 * (16 + 1) <= 16


def test_it_lowers_for_accelerators(lowered):
    for one in lowered.values():
        rows = one["tables"][0]["rows"]
        assert [(row["platform"], row["lowers"]) for row in rows] == [
            ("tpu", "yes"),
            ("cuda", "yes"),
        ]


def test_what_a_device_has(lowered):
    held = {name: {row["what"]: row for row in tables(one)[HELD]} for name, one in lowered.items()}
    weights = 4 * (4 * 16 + 16 + 16 + 1)
    assert held["whole"]["weights"]["a device"] == weights
    assert held["mesh"]["weights"]["all"] == weights
    # Half of the kernel, and of both moments of it.
    assert held["mesh"]["weights"]["a device"] == weights - 4 * 4 * 8
    state = held["mesh"]["state of the optimizer"]
    assert state["all"] - state["a device"] == 2 * 4 * 4 * 8
    assert state["divided"] == 2
    batch = {name: one["the batch"] for name, one in held.items()}
    assert batch["whole"]["all"] == 4 * batch["whole"]["a device"]
    assert batch["mesh"]["all"] == 2 * batch["mesh"]["a device"]


def test_memory_is_that_of_a_device(lowered):
    title = "Memory of one of 4 devices, by XLA's compiler for processors"
    for one in lowered.values():
        memory = {row["part"]: row["memory"] for row in tables(one)[title]}
        arguments = sum(row["a device"] for row in tables(one)[HELD])
        assert memory["arguments"] == pytest.approx(arguments, abs=64)


@pytest.mark.parametrize(
    ("topology", "devices", "distribution", "said"),
    [
        (None, 4, None, "Expected devices with a distribution"),
        (None, 0, "data_parallel", "devices of at least 1"),
        (None, None, "pipeline", "Expected distribution out of"),
        ("v5e:2x2", 8, "data_parallel", "Expected the 4 devices of v5e:2x2"),
    ],
)
def test_devices_that_are_none(topology, devices, distribution, said):
    with pytest.raises(kt.InputError, match=said):
        target_for("tpu", topology, devices, distribution)


def test_the_tpu_compiler_is_asked_where_it_is_installed(monkeypatch):
    found = {True: ("v5e:2x2", 4), False: (None, 4)}
    for is_installed, expected in found.items():
        monkeypatch.setattr(
            "kerastune.backends.tpu_topologies.has_compiler", lambda told=is_installed: told
        )
        target = target_for("tpu,cuda", None, None, "data_parallel")
        assert (target.topology, target.devices) == expected
        assert target_for("cuda", None, None, "data_parallel").topology is None
        assert target_for("tpu", None, 8, "data_parallel").devices == 8
