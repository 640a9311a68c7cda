"""Several devices and processes train as one does with the same batches.

Plans unfreeze step by step, the last batch of an epoch is uneven, and samples have weights.
"""

import signal

import pytest

from tests.distribution.launching import apart, started, task

pytestmark = pytest.mark.any_backend

CLOSE = 1e-5
LAYOUTS = {"torch": [(4, 1)], "jax": [(1, 4), (4, 1), (2, 2)]}
FULL = [
    pytest.param(backend, network, layouts, 40, marks=pytest.mark.slow)
    for backend, layouts in LAYOUTS.items()
    for network in ("small_resnet", "bert")
]
SMALL = [("torch", "small_resnet", [(2, 1)], 8), ("jax", "small_resnet", [(1, 2)], 8)]


def check(expected, result):
    found, weights = apart(expected, result)
    assert max(found.values()) < CLOSE, found
    assert max(weights.values()) < CLOSE, weights


@pytest.mark.parametrize(("backend", "network", "layouts", "steps"), [*SMALL, *FULL])
def test_losses_metrics_predictions_and_weights_are_those_of_one_device(
    tmp_path, backend, network, layouts, steps
):
    one = tmp_path / "one.npz"
    files = [tmp_path / f"{number}.npz" for number in range(len(layouts))]
    tasks = [task(one, network, steps=steps, distribution=None)]
    tasks += [
        task(file, network, *layout, steps=steps)
        for file, layout in zip(files, layouts, strict=True)
    ]
    statuses, told = started(backend, tasks)
    assert not any(map(any, statuses)), told
    assert len(statuses) == len(tasks), told
    for file in files:
        check(one, file)


@pytest.mark.parametrize(
    ("backend", "before", "after"),
    [
        ("torch", (3, 1), (2, 1)),
        pytest.param("torch", (4, 1), (2, 1), marks=pytest.mark.slow),
        pytest.param("jax", (1, 4), (1, 2), marks=pytest.mark.slow),
        pytest.param("jax", (2, 2), (2, 1), marks=pytest.mark.slow),
    ],
)
def test_a_killed_process_ends_the_others_and_fewer_devices_go_on(tmp_path, backend, before, after):
    network = "small_resnet" if backend == "jax" or before[0] == 4 else "dense"
    one, file = tmp_path / "one.npz", tmp_path / "resumed.npz"
    kept = {
        "checkpoint_directory": str(tmp_path / "kept"),
        "checkpoints": {"every_steps": 3},
        "resume": "auto",
    }
    killed = before[0] - 1
    tasks = [
        task(one, network, steps=24, distribution=None),
        task(file, network, *before, steps=24, options=kept, kill=killed, at=11),
        task(file, network, *after, steps=24, options=kept),
    ]
    statuses, told = started(backend, tasks)
    assert statuses[0] == [0], told
    assert statuses[1][killed] == -signal.SIGKILL
    assert all(statuses[1]), told
    assert statuses[2] == [0] * after[0], told
    if before[0] > 1 and backend == "torch":
        assert "processes that train to the end. Received: process 0 has lost another" in told
    check(one, file)
