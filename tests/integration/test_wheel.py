"""The wheel in an empty environment with one backend, and no other framework there."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kerastune.backends import BACKENDS

pytestmark = [pytest.mark.any_backend, pytest.mark.slow]

ROOT = Path(__file__).parents[2]
ABSENT = """
import importlib.util, sys
present = [name for name in sys.argv[1:] if importlib.util.find_spec(name)]
sys.exit(f"unexpected: {present}" if present else 0)
"""


def finish(command, **options):
    """Run a command to its end, and show what it printed when it fails."""
    finished = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert finished.returncode == 0, finished.stdout[-3000:] + finished.stderr[-3000:]
    return finished


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    finish([*pip, "--wheel-dir", str(folder), str(ROOT)])
    (path,) = folder.glob("kerastune-*.whl")
    return path


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_command_runs_beside_one_backend_alone(wheel, tmp_path, backend):
    finish([sys.executable, "-m", "venv", str(tmp_path / "venv")])
    python = str(tmp_path / "venv" / "bin" / "python")
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    finish([*pip, "--constraint", str(ROOT / "constraints.txt"), f"{wheel}[{backend}]"])
    others = [name for name in (*BACKENDS, "keras_hub") if name != backend]
    finish([python, "-c", ABSENT, *others])

    environment = {**os.environ, "HOME": str(tmp_path), "KERAS_HOME": str(tmp_path / "keras")}
    environment.pop("KERAS_BACKEND", None)
    here = {"env": environment, "cwd": tmp_path}
    command = str(tmp_path / "venv" / "bin" / "kerastune")
    finish([command, "run", "linear_regression", "--epochs", "2", "--run_dir", "linear"], **here)
    # Keras has written its configuration file by now, which names TensorFlow.
    lenet = ["--data", "digits", "--epochs", "1", "--run_dir", "lenet"]
    finish([command, "run", "lenet", *lenet], **here)
    for folder in ("linear", "lenet"):
        assert f'"backend": "{backend}"' in (tmp_path / folder / "environment.json").read_text()
        assert (tmp_path / folder / "report.html").stat().st_size > 10_000

    counted = ["lenet", "applications:MobileNetV2", "--flops", "--html", "page.html"]
    assert "225,034" in finish([command, "params", *counted], **here).stdout
    assert (tmp_path / "page.html").stat().st_size > 10_000

    for arguments, extra in (
        (["run", "text_classification"], "kerastune[hub]"),
        (["run", "lenet", "--data", "tfds:mnist"], "kerastune[datasets]"),
        (["run", "lenet", "--backend", others[0]], f"kerastune[{others[0]}]"),
        (["params", "bert_base"], "kerastune[hub]"),
    ):
        refused = subprocess.run(
            [command, *arguments], capture_output=True, text=True, check=False, **here
        )
        assert refused.returncode == 2
        assert extra in refused.stderr
        assert len(refused.stderr.strip().splitlines()) == 1, refused.stderr
