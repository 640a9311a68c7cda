"""Several devices and processes train as one does with the same batches.

Plans unfreeze step by step, the last batch of an epoch is uneven, and samples have weights.
"""

import signal

import numpy as np
import pytest

from tests.distribution.launching import apart, started, task
from tests.distribution.working import SAMPLES

pytestmark = pytest.mark.any_backend

CLOSE = 1e-5
MODEL_PARALLEL = {
    "mesh": [2, 2],
    "layout": {"dense/kernel": [None, "model"], "logits/kernel": ["model", None]},
}
LAYOUTS = {"torch": [(4, 1)], "jax": [(1, 4), (4, 1), (2, 2)], "tensorflow": [(1, 2)]}
TWO = [("torch", (2, 1)), ("jax", (1, 2)), ("tensorflow", (1, 2))]
# The rest is `slow`, most of all on JAX, where each stage takes long to compile: its layouts are
# tried on a small network below, and four processes of PyTorch on a ResNet that is killed.
FEW_STEPS = 24
QUICK = [
    ("torch", "bert", [(2, 1)], FEW_STEPS),
    ("tensorflow", "normed", [(1, 2)], FEW_STEPS),
]
FULL = [
    pytest.param(backend, network, layouts, 40, marks=pytest.mark.slow)
    for backend, layouts in LAYOUTS.items()
    for network in ("small_resnet", "bert", "dense")
]


def check(expected, result):
    found, weights = apart(expected, result)
    # Rounding of all weights adds up in what they predict.
    assert found.pop("outputs") < 10 * CLOSE
    assert max(found.values()) < CLOSE, found
    assert max(weights.values()) < CLOSE, weights


@pytest.mark.parametrize(("backend", "network", "layouts", "steps"), [*QUICK, *FULL])
def test_losses_metrics_predictions_and_weights_are_those_of_one_device(
    tmp_path, backend, network, layouts, steps
):
    one = tmp_path / "one.npz"
    files = [tmp_path / f"{number}.npz" for number in range(len(layouts))]
    # Statistics of batch normalization are sent besides.
    counts = backend == "torch" and network != "small_resnet"
    tasks = [task(one, network, distribution=None, steps=steps)]
    tasks += [
        task(file, network, *layout, steps=steps, counts=counts)
        for file, layout in zip(files, layouts, strict=True)
    ]
    statuses, told = started(backend, tasks)
    assert not any(map(any, statuses)), told
    assert len(statuses) == len(tasks), told
    for file in files:
        check(one, file)
        if counts:
            arrays = np.load(file)
            # Four bytes for each parameter that trains, a few at first and all at last, and for
            # each penalty.
            assert len(set(arrays["trained"].tolist())) > 1
            numbers = arrays["trained"] + arrays["penalties"]
            assert arrays["sent"].ravel().tolist() == (4 * numbers).tolist()


def test_small_trainings_on_jax(tmp_path):
    """Batches over four devices, and weights too, over two times two of two processes."""
    one, four, both = (tmp_path / f"{name}.npz" for name in ("one", "four", "both"))
    options = {"checkpoint_directory": str(tmp_path / "kept"), "checkpoints": {"every_steps": 3}}
    settings = {"distribution": MODEL_PARALLEL, "places": True, "options": options}
    tasks = [
        task(one, "normed", distribution=None, steps=FEW_STEPS),
        task(four, "normed", 1, 4, steps=FEW_STEPS),
        task(both, "normed", 2, 2, steps=FEW_STEPS, **settings),
    ]
    statuses, told = started("jax", tasks)
    assert statuses == [[0], [0], [0, 0]], told
    check(one, four)
    check(one, both)
    assert "Weights are divided over 4 devices, 2 x 2 along data and model" in told
    # A half of each kernel, and of what the optimizer remembers of it.
    assert "place sequential/dense/kernel (5, 4) (5, 4)" in told
    assert "place sequential/logits/kernel (4, 3) (4, 3)" in told
    assert "place sequential/logits/bias (3,) (3,)" in told


def kept(folder):
    """What lets a training go on from a checkpoint in a folder."""
    checkpoints = {"every_steps": 3}
    return {"checkpoint_directory": str(folder), "checkpoints": checkpoints, "resume": "auto"}


@pytest.mark.parametrize(
    ("backend", "before", "after"),
    [
        ("torch", (4, 1), (2, 1)),
        pytest.param("jax", (1, 4), (1, 2), marks=pytest.mark.slow),
        pytest.param("jax", (4, 1), (2, 1), marks=pytest.mark.slow),
    ],
)
def test_a_killed_process_ends_the_others_and_fewer_devices_go_on(tmp_path, backend, before, after):
    one, file = tmp_path / "one.npz", tmp_path / "resumed.npz"
    options = kept(tmp_path / "kept")
    killed = before[0] - 1
    tasks = [
        task(one, "small_resnet", distribution=None, steps=FEW_STEPS),
        task(file, "small_resnet", *before, options=options, steps=FEW_STEPS, kill=killed, at=14),
        task(file, "small_resnet", *after, options=options, steps=FEW_STEPS),
    ]
    statuses, told = started(backend, tasks)
    assert statuses[0] == [0], told
    assert statuses[1][killed] == -signal.SIGKILL
    assert all(statuses[1]), told
    assert statuses[2] == [0] * after[0], told
    if before[0] > 1:
        # The others of the killed process say so at once.
        assert "4 processes that train to the end. Received: process 0 has lost another" in told
    check(one, file)


@pytest.mark.slow
@pytest.mark.parametrize(("backend", "layout"), TWO)
@pytest.mark.parametrize(("network", "plan"), [("bert", "lora"), ("small_resnet", "averaged")])
def test_adapters_and_averaged_weights(tmp_path, backend, layout, network, plan):
    one, two = tmp_path / "one.npz", tmp_path / "two.npz"
    tasks = [
        task(one, network, distribution=None, steps=20, plan=plan),
        task(two, network, *layout, steps=20, plan=plan),
    ]
    statuses, told = started(backend, tasks)
    assert not any(map(any, statuses)), told
    assert len(statuses) == 2, told
    check(one, two)


@pytest.mark.slow
@pytest.mark.parametrize(("backend", "layout"), TWO)
def test_mixed_precision(tmp_path, backend, layout):
    """As close as rounding to eight bits lets it be: a sample at the border may fall elsewhere."""
    one, two = tmp_path / "one.npz", tmp_path / "two.npz"
    options = {"steps": 20, "precision": "mixed_bfloat16"}
    tasks = [task(one, "bert", distribution=None, **options), task(two, "bert", *layout, **options)]
    statuses, told = started(backend, tasks)
    assert not any(map(any, statuses)), told
    assert len(statuses) == 2, told
    found, weights = apart(one, two)
    assert max(found["losses"], found["epochs"]) < 5e-3, found
    assert found["accuracies"] < 1.01 / SAMPLES, found
    assert max(weights.values()) < 1e-2, weights


@pytest.mark.slow
def test_weights_are_divided_as_keras_hub_lays_them_out(tmp_path):
    """Over fewer steps than elsewhere: rounding grows from step to step, in a Llama quickly."""
    one = tmp_path / "one.npz"
    meshes = ([1, 4], [2, 2], [4, 1])
    files = [tmp_path / f"{mesh[0]}.npz" for mesh in meshes]
    tasks = [task(one, "llama", distribution=None, steps=24)]
    tasks += [
        task(file, "llama", 1, 4, distribution={"mesh": mesh}, steps=24, places=True)
        for mesh, file in zip(meshes, files, strict=True)
    ]
    statuses, told = started("jax", tasks)
    assert statuses == [[0]] * 4, told
    for (data, model), file in zip(meshes, files, strict=True):
        query = (32 // model, 4 // data, 8)
        assert f"place transformer_layer_1/self_attention/query/kernel {query} {query}" in told
        check(one, file)


@pytest.mark.slow
def test_weights_divided_over_processes_are_kept_whole_and_go_on_in_another_mesh(tmp_path):
    one, resumed = tmp_path / "one.npz", tmp_path / "resumed.npz"
    options = {**kept(tmp_path / "kept"), "checkpoints": {"every_steps": 3, "every_minutes": 0.01}}
    both = {"steps": 24, "options": options}
    tasks = [
        task(one, "llama", distribution=None, steps=24),
        task(resumed, "llama", 2, 2, distribution={"mesh": [1, 4]}, kill=1, at=13, **both),
        task(resumed, "llama", 2, 2, distribution={"mesh": [2, 2]}, **both),
    ]
    statuses, told = started("jax", tasks)
    assert statuses[0] == [0], told
    assert statuses[1][1] == -signal.SIGKILL
    assert all(statuses[1]), told
    assert statuses[2] == [0, 0], told
    check(one, resumed)


@pytest.mark.slow
def test_divided_weights_are_kept_whole_and_go_on_on_one_device(tmp_path):
    one, resumed = tmp_path / "one.npz", tmp_path / "resumed.npz"
    options = kept(tmp_path / "kept")
    first = {"distribution": MODEL_PARALLEL, "kill": 0, "at": 23}
    tasks = [
        task(one, "normed", distribution=None),
        task(resumed, "normed", 1, 4, options=options, **first),
        task(resumed, "normed", distribution=None, options=options),
    ]
    statuses, told = started("jax", tasks)
    assert statuses == [[0], [-signal.SIGKILL], [0]], told
    check(one, resumed)


@pytest.mark.slow
def test_devices_of_jax_draw_what_one_device_draws(tmp_path):
    one, four = tmp_path / "one.npz", tmp_path / "four.npz"
    tasks = [task(one, "dropping", distribution=None), task(four, "dropping", 1, 4)]
    statuses, told = started("jax", tasks)
    assert statuses == [[0], [0]], told
    check(one, four)


@pytest.mark.slow
def test_the_same_number_of_processes_of_torch_draws_the_same_again(tmp_path):
    """And each process draws numbers of its own, so that it is not what one process draws."""
    one, two, again = (tmp_path / f"{name}.npz" for name in ("one", "two", "again"))
    tasks = [task(one, "dropping", distribution=None)]
    tasks += [task(file, "dropping", 2) for file in (two, again)]
    statuses, told = started("torch", tasks)
    assert statuses == [[0], [0, 0], [0, 0]], told
    assert max(apart(two, again)[1].values()) == 0.0
    assert max(apart(one, two)[1].values()) > CLOSE


@pytest.mark.slow
def test_ctrl_c_in_one_process_of_torch_ends_all_after_the_same_step(tmp_path):
    asked = {"kill": 1, "at": 7, "signal": int(signal.SIGINT)}
    statuses, told = started("torch", [task(tmp_path / "none.npz", "plain", 2, steps=16, **asked)])
    assert statuses == [[1, 1]], told
    assert told.count("TrainingInterrupted: Interrupted after step 5 of the stage 'all'") == 2, told
