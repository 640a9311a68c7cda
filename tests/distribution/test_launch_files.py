"""The launch files of the documentation: what launchers and shells say of them."""

import ast
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

import kerastune
from kerastune import backends
from kerastune.distribution import find_launch

pytestmark = pytest.mark.any_backend

LAUNCH = Path(kerastune.__file__).parents[1] / "docs" / "launch"

# What `srun` does: it starts tasks, and tells each its number.
SRUN = """#!/usr/bin/env bash
[ "$1" = --kill-on-bad-exit=1 ] && shift
for task in 0 1; do
    SLURM_PROCID=$task SLURM_LOCALID=$task "$@" > "$TASKS/$task" 2>&1 &
done
wait -n && wait -n
"""
SLURM = {
    "SLURM_NTASKS": "2",
    "SLURM_STEP_NODELIST": "127.0.0.1",
    "SLURM_STEP_TASKS_PER_NODE": "2",
    "SLURM_JOB_ID": "4242",
    "GLOO_SOCKET_IFNAME": "lo",
}


def slurm(folder, python, *options):
    """Runs the script for Slurm with another `srun` and `python`."""
    tools = folder / "tools"
    tools.mkdir()
    for name, text in {"srun": SRUN, "python": python}.items():
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    return subprocess.run(
        ["bash", str(LAUNCH / "slurm.sh"), *options],
        env={
            **backends.environment_of("torch"),
            **SLURM,
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "TASKS": str(folder),
        },
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_the_script_for_slurm_starts_each_task_with_its_number(tmp_path):
    assert subprocess.run(["bash", "-n", str(LAUNCH / "slurm.sh")], check=False).returncode == 0
    finished = slurm(tmp_path, '#!/usr/bin/env bash\necho "$SLURM_PROCID" "$@"\n', "lenet")
    assert finished.returncode == 0, finished.stderr
    rest = "-m kerastune run lenet --distribution data_parallel --resume auto\n"
    assert [(tmp_path / str(task)).read_text() for task in (0, 1)] == [f"0 {rest}", f"1 {rest}"]


@pytest.mark.slow
def test_the_script_for_slurm_trains(tmp_path):
    """Two tasks, of which the first alone writes and prints."""
    python = f'#!/usr/bin/env bash\nexec "{sys.executable}" "$@"\n'
    options = ("linear_regression", "--epochs", "2", "--run_dir", "run")
    finished = slurm(tmp_path, python, *options)
    first, second = ((tmp_path / str(task)).read_text() for task in (0, 1))
    assert finished.returncode == 0, first + second
    assert "Process 0 of 2, started by Slurm" in first
    assert "Report" in first or "report.html" in first
    assert "epoch" not in second
    assert "report.html" not in second
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "finished"


def test_the_job_set_tells_each_pod_where_it_is():
    job = yaml.safe_load((LAUNCH / "jobset.yaml").read_text())
    assert (job["apiVersion"], job["kind"]) == ("jobset.x-k8s.io/v1alpha2", "JobSet")
    [workers] = job["spec"]["replicatedJobs"]
    indexed = workers["template"]["spec"]
    assert indexed["completionMode"] == "Indexed"
    assert indexed["parallelism"] == indexed["completions"]
    pod = indexed["template"]["spec"]
    [container] = pod["containers"]
    told = {entry["name"]: entry["value"] for entry in container["env"]}
    last = {**told, "JOB_COMPLETION_INDEX": str(indexed["completions"] - 1)}
    launch = find_launch(last)
    assert (launch.rank, launch.processes) == (3, indexed["completions"])
    # As JobSet names the first pod of the first job, in a service with its own name.
    name = job["metadata"]["name"]
    assert launch.coordinator == f"{name}-{workers['name']}-0-0.{name}:8476"
    assert container["ports"] == [{"containerPort": 8476}]


@pytest.mark.slow
def test_the_job_set_is_what_kubernetes_takes():
    """The template of the job against the published models of Kubernetes, where they are."""
    client = pytest.importorskip("kubernetes.client")
    job = yaml.safe_load((LAUNCH / "jobset.yaml").read_text())
    for replicated in job["spec"]["replicatedJobs"]:
        template = replicated["template"]
        api = client.ApiClient()
        read = api.deserialize(json.dumps(template), "V1JobTemplateSpec", "application/json")
        # What a model does not know is lost on the way.
        assert api.sanitize_for_serialization(read) == template


def test_the_task_for_skypilot():
    task = yaml.safe_load((LAUNCH / "skypilot.yaml").read_text())
    assert set(task) == {"name", "resources", "num_nodes", "envs", "setup", "run"}
    for part in ("setup", "run"):
        shell = ["bash", "-n", "-c", task[part]]
        assert subprocess.run(shell, check=False).returncode == 0
    assert all(name in task["run"] for name in ("SKYPILOT_NODE_RANK", "SKYPILOT_NUM_NODES"))


@pytest.mark.slow
def test_the_task_for_skypilot_is_what_skypilot_takes():
    sky = pytest.importorskip("sky")
    task = sky.Task.from_yaml(str(LAUNCH / "skypilot.yaml"))
    assert task.num_nodes == 2


def test_the_file_for_kinetic_names_its_accelerator():
    tree = ast.parse((LAUNCH / "kinetic_tpu.py").read_text())
    [train] = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    [decorator] = train.decorator_list
    assert ast.unparse(decorator) == "kinetic.run(accelerator='tpu-v5e-4')"


@pytest.mark.slow
def test_the_file_for_kinetic_is_imported():
    """`keras-kinetic`; the package `kinetic` is another one."""
    pytest.importorskip("kinetic")
    names = {"__name__": "kinetic_tpu"}
    exec(compile((LAUNCH / "kinetic_tpu.py").read_text(), "kinetic_tpu.py", "exec"), names)
    assert callable(names["train"])
