"""Runs the tests on every backend and the linters, as many processes at once as there are cores.

python tools/run_tests.py [--quick]

With --quick, tests marked `slow` are left out, and those marked `first_backend` run on PyTorch
only, unless they are marked `each_backend`; those marked `quick_on_jax` or `quick_on_tensorflow`
run on PyTorch and that one. Style and types are checked beside the tests; without
--quick the site is built too. Each log is printed whole when its process has ended; until then,
read it in build/tests. The closing lines of all come last.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOGS = ROOT / "build" / "tests"

# What `make test` runs on the other backends too.
ON_EACH = "(each_backend or not first_backend)"

# By name: the backend and which of its tests, as a whole and with --quick. What any backend would
# do runs on one, beside it, and so do the examples. They start in an order with which two cores
# end at about the same time; each process takes a while to import what it tests.
RUNS = {
    "any_backend": ("torch", "any_backend", "any_backend and not slow"),
    "torch": ("torch", "not any_backend", "not any_backend and not slow"),
    "jax": ("jax", "", f"not slow and not quick_on_tensorflow and {ON_EACH}"),
    "tensorflow": ("tensorflow", "", f"not slow and not quick_on_jax and {ON_EACH}"),
    "integration": ("torch", "", "not slow"),
}
INTEGRATION = "tests/integration"
OF_BACKENDS = "kerastune/backends"
PORTABLE = f"{OF_BACKENDS}/portable"  # Its tests show on each backend what its examples say.

# XLA takes longer to compile the small models of the tests than they take to run: without its
# optimizations, the tests on JAX need half the time. Training steps compile in a third of the time
# without those of LLVM; TensorFlow compiles few.
OPTIMIZATION_LEVELS = {"jax": 0}
XLA_FLAGS = (
    "--xla_cpu_multi_thread_eigen=false",
    "--xla_cpu_parallel_codegen_split_count=1",
    "--xla_cpu_use_fusion_emitters=false",
    "--xla_llvm_disable_expensive_passes=true",
)

# Processes would overwrite each other's list of failed tests.
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--durations=10")

# The models of the tests are too small to be divided between cores. What pytest makes of a file of
# tests is written, since several processes read it, also where Python is told to write nothing.
SETTINGS = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "POLARS_MAX_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
}


def run(name: str, command: Sequence[str], backend: str) -> tuple[str, str, int]:
    """Runs a command to its end; returns its name, log and exit status."""
    log = LOGS / f"{name}.txt"
    with log.open("w", encoding="utf-8") as file:
        finished = subprocess.run(
            command,
            cwd=ROOT,
            env={
                **os.environ,
                **SETTINGS,
                "XLA_FLAGS": xla_flags(backend),
                "KERAS_BACKEND": backend,
            },
            stdout=file,
            stderr=subprocess.STDOUT,
            check=False,
        )
    return name, log.read_text(encoding="utf-8", errors="replace"), finished.returncode


def xla_flags(backend: str) -> str:
    """How XLA is to compile on a backend."""
    level = OPTIMIZATION_LEVELS.get(backend, 1)
    return " ".join((f"--xla_backend_optimization_level={level}", *XLA_FLAGS))


def _places(name: str) -> list[str]:
    """Where the tests of a run are: in one folder, or in all others with tests.

    Examples are among what runs once, but for those of the room for backends, which run on all.
    """
    if name == "integration":
        return [INTEGRATION]
    if name == "any_backend":
        return ["tests", "kerastune", f"--ignore={INTEGRATION}"]
    others = [] if name == "torch" else [f"--ignore={PORTABLE}"]
    return ["tests", OF_BACKENDS, f"--ignore={INTEGRATION}", *others]


def _ending(log: str) -> list[str]:
    """The last line of a log, or where Python was when the process died."""
    lines = log.strip().splitlines() or ["no output"]
    # Behind the dots of the tests before it.
    fatal = next((at for at, line in enumerate(lines) if "Fatal Python error: " in line), None)
    if fatal is None:
        return lines[-1:]
    stack = [line for line in lines[fatal:] if line.lstrip().startswith("File ")]
    ours = [line for line in stack if "/_pytest/" not in line and "/pluggy/" not in line]
    return [lines[fatal][lines[fatal].index("Fatal Python") :], *ours[:20]]


def main(*options: str) -> int:
    """Runs all at once; returns 1 when one fails."""
    if unknown := set(options) - {"--quick"}:
        raise SystemExit(f"Expected --quick or nothing. Received: {', '.join(sorted(unknown))}")
    LOGS.mkdir(parents=True, exist_ok=True)
    commands = [
        (name, [*PYTEST, *_places(name), "-m", markers[bool(options)]], backend)
        for name, (backend, *markers) in RUNS.items()
    ]
    targets = ("lint",) if options else ("lint", "docs")
    commands += [(name, ["make", "--no-print-directory", name], "torch") for name in targets]
    endings, failed = [], False
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for ended in as_completed([pool.submit(run, *command) for command in commands]):
            name, log, status = ended.result()
            print(f"== {name}\n{log}", flush=True)
            failed = failed or status != 0
            endings.append(f"== {name}: {'passed' if status == 0 else f'FAILED ({status})'}")
            endings += _ending(log)
    print("\n".join(endings))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
