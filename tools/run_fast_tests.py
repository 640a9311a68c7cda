"""Runs, on one backend, a choice of tests that takes less than a minute on two cores.

python tools/run_fast_tests.py BACKEND

It is for the time between two edits: what every room asks of a backend is in it once, but little
of what needs long to compile. `make test` runs all.
"""

import os
import subprocess
import sys

from run_tests import ON_EACH, PYTEST, ROOT, SETTINGS

BACKENDS = ("tensorflow", "jax", "torch")
TESTS = (
    "kerastune/backends",
    "tests/heads/test_ordinal.py",
    "tests/jobs/test_job.py",
    "tests/training/test_given_arrays.py",
    "tests/training/test_label_checks.py",
    "tests/training/test_samples.py",
    "tests/training/test_traps.py",
    "tests/tuning/test_backbone.py",
    "tests/tuning/test_patterns.py",
    "tests/tuning/test_frozen_state.py",
)


def main(backend: str = "") -> int:
    """Runs them with their output on the terminal; returns the exit status of pytest."""
    if backend not in BACKENDS:
        raise SystemExit(f"Expected a backend out of {', '.join(BACKENDS)}. Received: {backend!r}")
    command = [*PYTEST, "-m", f"not any_backend and not slow and {ON_EACH}", *TESTS]
    environment = {**os.environ, **SETTINGS, "KERAS_BACKEND": backend}
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
