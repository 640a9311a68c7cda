"""Which process of how many this one is, as a launcher says it by environment variables."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from kerastune.errors import InputError

PORT = 8476
"""The port of the first process where a launcher names none."""

Variables = Mapping[str, str]


@dataclass(frozen=True)
class Launch:
    """The place of a process among those that train together.

    Args:
        launcher: str, the name of what started it.
        rank: int, its number, from 0.
        processes: int, how many there are.
        coordinator: str, `host:port` of the process of number 0.
        local_rank: int, its number among those on its machine.
        local_processes: int, how many there are on its machine, as far as it is told. Defaults
            to 1.
        others: tuple of str, launchers whose variables are set too, and were not read.

    Example:

    >>> Launch("torchrun", 1, 4, "10.0.0.1:29500", 1).told()
    'Process 1 of 4, started by torchrun; the first is at 10.0.0.1:29500.'
    """

    launcher: str
    rank: int
    processes: int
    coordinator: str
    local_rank: int
    local_processes: int = 1
    others: tuple[str, ...] = ()

    def told(self) -> str:
        """Returns a line about it, with the order in which launchers are asked where it matters."""
        line = (
            f"Process {self.rank} of {self.processes}, started by {self.launcher}; the first is at "
            f"{self.coordinator}."
        )
        if not self.others:
            return line
        return (
            f"{line} Variables of {' and '.join(self.others)} are set too, and not read: the order "
            f"is {', '.join(LAUNCHERS)}."
        )


def find_launch(environment: Variables) -> Launch | None:
    """Returns the place that a launcher has given to a process, or None where there is none.

    Launchers are asked in the order of `LAUNCHERS`: what starts processes comes before what only
    starts machines, so that `torchrun` inside a Slurm job or a pod is what counts.

    Args:
        environment: mapping of environment variables, such as `os.environ`.

    Returns:
        A `Launch`, or None.

    Raises:
        InputError: if variables of a launcher are missing, no numbers, or contradict each other.

    Example:

    >>> find_launch({}) is None
    True
    >>> find_launch({"SLURM_PROCID": "3", "SLURM_NTASKS": "4", "SLURM_LOCALID": "1",
    ...              "SLURM_STEP_NODELIST": "gpu[07-08]"})
    Launch(launcher='Slurm', rank=3, processes=4, coordinator='gpu07:8476', local_rank=1,
    local_processes=1, others=())
    """
    found = [
        name for name, (marks, _) in LAUNCHERS.items() if any(environment.get(m) for m in marks)
    ]
    if not found:
        return None
    launch = LAUNCHERS[found[0]][1](environment)
    if not 0 <= launch.rank < launch.processes or not 0 <= launch.local_rank <= launch.rank:
        raise InputError(
            "Expected a process number from 0 up to, not including, the number of processes, and a "
            f"local one that is not larger. Received: process {launch.rank} of {launch.processes}, "
            f"local number {launch.local_rank}, from the variables of {launch.launcher}. Unset "
            "those that another job has left"
        )
    return Launch(**{**vars(launch), "others": tuple(found[1:])})


def _torchrun(given: Variables) -> Launch:
    """Also what else sets its variables, such as Kubeflow's PyTorchJob."""
    name = "torchrun"
    rank, processes = _number(given, name, "RANK"), _number(given, name, "WORLD_SIZE")
    local = _number(given, name, "LOCAL_RANK", default=0)
    address = f"{_text(given, name, 'MASTER_ADDR')}:{_number(given, name, 'MASTER_PORT')}"
    return Launch(
        name, rank, processes, address, local, _number(given, name, "LOCAL_WORLD_SIZE", default=1)
    )


def _jobset(given: Variables) -> Launch:
    """An indexed job of a JobSet, whose first pod has a name of its own in the network."""
    name = "Kubernetes JobSet"
    rank = _number(given, name, "JOB_COMPLETION_INDEX")
    processes = _number(given, name, "JOBSET_PROCESSES")
    host = _text(given, name, "JOBSET_COORDINATOR")
    return Launch(name, rank, processes, _with_port(host), 0)


def _skypilot(given: Variables) -> Launch:
    """One process a node."""
    name = "SkyPilot"
    rank = _number(given, name, "SKYPILOT_NODE_RANK")
    processes = _number(given, name, "SKYPILOT_NUM_NODES")
    addresses = _text(given, name, "SKYPILOT_NODE_IPS").split()
    if len(addresses) != processes:
        raise InputError(
            f"Expected as many addresses in SKYPILOT_NODE_IPS as SKYPILOT_NUM_NODES, {processes}. "
            f"Received: {len(addresses)}. Unset those that another job has left"
        )
    return Launch(name, rank, processes, _with_port(addresses[0]), 0)


def _slurm(given: Variables) -> Launch:
    """A task that `srun` has started."""
    name = "Slurm"
    rank, processes = _number(given, name, "SLURM_PROCID"), _number(given, name, "SLURM_NTASKS")
    local = _number(given, name, "SLURM_LOCALID")
    nodes = given.get("SLURM_STEP_NODELIST") or _text(given, name, "SLURM_JOB_NODELIST")
    # Two jobs of one machine are not to meet at one port.
    job = _number(given, name, "SLURM_JOB_ID", default=0)
    port = PORT + job % 1000 if job else PORT
    # `4(x2),3`: as many on each machine.
    told = re.match(r"\d+", given.get("SLURM_STEP_TASKS_PER_NODE", "1"))
    here = int(told[0]) if told else 1
    return Launch(name, rank, processes, f"{_first_node(nodes)}:{port}", local, here)


def _cloud_tpu(given: Variables) -> Launch:
    """A worker of a TPU slice, one process each."""
    name = "Cloud TPU"
    rank = _number(given, name, "TPU_WORKER_ID")
    hosts = [host.strip() for host in _text(given, name, "TPU_WORKER_HOSTNAMES").split(",")]
    return Launch(name, rank, len(hosts), _with_port(hosts[0]), 0)


LAUNCHERS: dict[str, tuple[tuple[str, ...], Callable[[Variables], Launch]]] = {
    "torchrun": (("RANK", "WORLD_SIZE", "LOCAL_RANK"), _torchrun),
    "Kubernetes JobSet": (("JOBSET_PROCESSES", "JOBSET_COORDINATOR"), _jobset),
    "SkyPilot": (("SKYPILOT_NODE_RANK", "SKYPILOT_NUM_NODES", "SKYPILOT_NODE_IPS"), _skypilot),
    # A job without `srun` has the other variables too, and is one process.
    "Slurm": (("SLURM_PROCID",), _slurm),
    "Cloud TPU": (("TPU_WORKER_HOSTNAMES",), _cloud_tpu),
}
"""Launchers in the order in which they are asked: by name, the variables that tell that it has
started a process, and what reads them."""


def _text(given: Variables, launcher: str, name: str) -> str:
    value = given.get(name, "").strip()
    if not value:
        raise InputError(
            f"Expected the variable {name}, as {launcher} sets it. Received: none, though "
            f"others of {launcher} are set. Start all processes by the launcher, or unset what it "
            "has left"
        )
    return value


def _number(given: Variables, launcher: str, name: str, default: int | None = None) -> int:
    if default is not None and not given.get(name):
        return default
    text = _text(given, launcher, name)
    if not re.fullmatch(r"\d{1,9}", text):
        raise InputError(
            f"Expected a whole number in the variable {name} of {launcher}. Received: {text!r}"
        )
    return int(text)


def _with_port(host: str) -> str:
    """The address of a process, with the usual port where none is given."""
    return host if re.search(r":\d+$", host) else f"{host}:{PORT}"


def _first_node(nodes: str) -> str:
    """The first machine of a list as Slurm writes it, `gpu[07-08,11],login1`."""
    found = re.match(r"([^,\[\]]+)(?:\[(\d+)[^\]]*\])?", nodes)
    if found is None:
        raise InputError(f"Expected the names of machines as Slurm lists them. Received: {nodes!r}")
    return found[1] + (found[2] or "")
