"""The variables of launchers: what they say, in which order, and what is refused."""

import pytest

from kerastune.distribution import LAUNCHERS, find_launch
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

TORCHRUN = {
    "RANK": "3",
    "WORLD_SIZE": "4",
    "LOCAL_RANK": "1",
    "LOCAL_WORLD_SIZE": "2",
    "MASTER_ADDR": "10.0.0.1",
    "MASTER_PORT": "29500",
}
SLURM = {
    "SLURM_PROCID": "3",
    "SLURM_NTASKS": "4",
    "SLURM_LOCALID": "1",
    "SLURM_STEP_NODELIST": "gpu[07-08]",
    "SLURM_STEP_TASKS_PER_NODE": "2(x2)",
    "SLURM_JOB_ID": "12345",
}
SKYPILOT = {
    "SKYPILOT_NODE_RANK": "1",
    "SKYPILOT_NUM_NODES": "2",
    "SKYPILOT_NODE_IPS": "10.0.0.1\n10.0.0.2",
}
JOBSET = {
    "JOBSET_PROCESSES": "2",
    "JOBSET_COORDINATOR": "train-workers-0-0.train",
    "JOB_COMPLETION_INDEX": "1",
}
TPU = {"TPU_WORKER_ID": "2", "TPU_WORKER_HOSTNAMES": "t0,t1,t2,t3"}
ALL = {
    "torchrun": TORCHRUN,
    "Kubernetes JobSet": JOBSET,
    "SkyPilot": SKYPILOT,
    "Slurm": SLURM,
    "Cloud TPU": TPU,
}


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (TORCHRUN, ("torchrun", 3, 4, "10.0.0.1:29500", 1, 2)),
        (SLURM, ("Slurm", 3, 4, "gpu07:8821", 1, 2)),
        (SKYPILOT, ("SkyPilot", 1, 2, "10.0.0.1:8476", 0, 1)),
        (JOBSET, ("Kubernetes JobSet", 1, 2, "train-workers-0-0.train:8476", 0, 1)),
        (TPU, ("Cloud TPU", 2, 4, "t0:8476", 0, 1)),
    ],
)
def test_each_launcher_tells_the_place_of_a_process(given, expected):
    launch = find_launch(given)
    assert tuple(vars(launch).values())[:6] == expected
    assert launch.told().startswith(f"Process {launch.rank} of {launch.processes}, started by ")


@pytest.mark.parametrize("place", range(len(ALL)))
def test_of_several_the_first_of_the_order_counts_and_the_others_are_named(place):
    names = list(LAUNCHERS)
    assert names == list(ALL)
    launch = find_launch({name: value for one in names[place:] for name, value in ALL[one].items()})
    assert launch.launcher == names[place]
    assert launch.others == tuple(names[place + 1 :])
    if launch.others:
        assert f"the order is {', '.join(names)}" in launch.told()


@pytest.mark.parametrize("name", list(ALL))
def test_variables_that_are_missing_or_no_numbers_are_refused(name):
    given = ALL[name]
    marks = LAUNCHERS[name][0]
    optional = {"LOCAL_RANK", "LOCAL_WORLD_SIZE", "SLURM_STEP_TASKS_PER_NODE", "SLURM_JOB_ID"}
    for variable in given:
        rest = {other: value for other, value in given.items() if other != variable}
        if variable not in optional and any(mark in rest for mark in marks):
            with pytest.raises(InputError, match=f"Expected the variable .*as {name} sets it"):
                find_launch(rest)
        if given[variable].isdigit():
            with pytest.raises(InputError, match=f"whole number in the variable {variable}"):
                find_launch({**given, variable: "many"})


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({**TORCHRUN, "RANK": "4"}, "Received: process 4 of 4"),
        ({**TORCHRUN, "RANK": "0"}, "local number 1"),
        ({**SKYPILOT, "SKYPILOT_NODE_IPS": "10.0.0.1"}, "as many addresses .*, 2. Received: 1"),
        ({**SLURM, "SLURM_STEP_NODELIST": "[1-2]"}, "as Slurm lists them"),
        ({**TPU, "TPU_WORKER_ID": "4"}, "Received: process 4 of 4"),
    ],
)
def test_variables_that_contradict_each_other_are_refused(given, match):
    with pytest.raises(InputError, match=match):
        find_launch(given)


@pytest.mark.parametrize(
    ("nodes", "first"),
    [("node1", "node1"), ("gpu[07-08]", "gpu07"), ("a1,b[2-3]", "a1"), ("n[1,4]-x", "n1")],
)
def test_the_first_machine_of_slurm(nodes, first):
    given = {**SLURM, "SLURM_JOB_ID": "", "SLURM_STEP_NODELIST": nodes}
    assert find_launch(given).coordinator == f"{first}:8476"


def test_a_job_of_slurm_without_tasks_is_one_process():
    given = {name: value for name, value in SLURM.items() if name != "SLURM_PROCID"}
    assert find_launch(given) is None
