"""`kerastune doctor`: what it finds, with the backends made up in all tests but one."""

import json
import shutil
import subprocess
import sys

import pytest

from kerastune.backends import BACKENDS, installed
from kerastune.backends.diagnosis import BackendReport, conflicts, diagnose, probing
from kerastune.backends.diagnosis import diagnosis as the_diagnosis
from kerastune.cli import main

pytestmark = pytest.mark.any_backend


def reports(**errors):
    """A function that stands in for trying a backend."""

    def probe(name):
        if errors.get(name) == "missing":
            return BackendReport(name, None)
        return BackendReport(name, "1.0", ("cpu:0",), errors.get(name))

    return probe


@pytest.fixture(autouse=True)
def own_keras_home(tmp_path, monkeypatch):
    """A Keras configuration of the test's own, on a machine without a GPU, all packages well."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(the_diagnosis, "_lacking", list)
    monkeypatch.setattr(the_diagnosis, "_conflicting", list)
    return tmp_path


def test_everything_needed_works_although_another_backend_does_not():
    found = diagnose(reports(jax="no jaxlib", tensorflow="missing"))
    assert found.works
    assert (found.backend, found.chosen_by) == ("torch", "KERAS_BACKEND")
    assert found.remarks == ("jax does not work: no jaxlib",)


@pytest.mark.parametrize(
    ("backend", "errors", "message"),
    [
        ("torch", {"torch": "no torch"}, "KERAS_BACKEND asks for, does not work: no torch"),
        ("jax", {"jax": "missing"}, "asks for, is not installed: "),
        ("pytorch", {}, "'pytorch', which KERAS_BACKEND asks for, is none of tensorflow, jax"),
    ],
)
def test_a_backend_that_is_chosen_and_cannot_run(monkeypatch, backend, errors, message):
    monkeypatch.setenv("KERAS_BACKEND", backend)
    found = diagnose(reports(**errors))
    assert not found.works
    assert message in found.problems[0]


def test_the_configuration_file_chooses_and_is_looked_at(own_keras_home, monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND")
    file = own_keras_home / "keras.json"
    file.write_text('{"backend": "jax", "floatx": "float64", "epsilon": 1e-7}')
    found = diagnose(reports())
    assert (found.backend, found.chosen_by) == ("jax", str(file))
    assert found.remarks == (
        f"{file} sets floatx to 'float64'; kerastune is tested with 'float32' alone",
    )
    file.write_text("{")
    assert diagnose(reports()).remarks == (
        f"{file} cannot be read, so that Keras takes its defaults",
    )


def test_no_backend_at_all(monkeypatch):
    monkeypatch.delenv("KERAS_BACKEND")
    monkeypatch.setattr("kerastune.backends.choice.installed", list)
    found = diagnose(reports(**dict.fromkeys(BACKENDS, "missing")))
    assert found.backend is None
    assert "Received: none of them" in found.problems[0]


def test_a_gpu_that_a_backend_does_not_see(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: f"/bin/{name}")
    found = diagnose(
        lambda name: BackendReport(name, "1.0", ("gpu:0",) if name == "jax" else ("cpu:0",))
    )
    assert [remark.split()[0] for remark in found.remarks] == ["tensorflow", "torch"]


@pytest.mark.parametrize(
    ("versions", "message"),
    [
        ({"keras-hub": "0.32", "keras-hub-nightly": "0.33"}, "keras-hub and keras-hub-nightly"),
        ({"tensorflow": "2.21.0", "tensorflow-text": "2.20.1"}, "was not built for tensorflow"),
        ({"jax": "0.10.2", "jaxlib": "0.9.0"}, "jaxlib 0.9.0 was not built for jax 0.10.2"),
        ({"torch": "2.13.0+cpu", "torchvision": "0.28.0+cu130"}, "not both for the CPU"),
    ],
)
def test_versions_that_do_not_go_together(versions, message):
    (told,) = conflicts.version_conflicts(versions.get)
    assert message in told


def test_versions_that_do():
    versions = {
        "keras": "3.15.1",
        "tensorflow": "2.21.0",
        "tensorflow-text": "2.21.1",
        "jax": "0.10.2",
        "jaxlib": "0.10.1",
        "torch": "2.13.0+cpu",
        "torchvision": "0.28.0+cpu",
    }
    assert conflicts.version_conflicts(versions.get) == []


class TestProbe:
    """Of the process that tries a backend, its end is made up."""

    def answer(self, monkeypatch, **finished):
        asked = {}

        def run(command, **options):
            asked.update(options, command=command)
            if "timeout" in finished:
                raise subprocess.TimeoutExpired(command, finished["timeout"])
            return subprocess.CompletedProcess(command, **finished)

        monkeypatch.setattr(probing, "backend_version", lambda name: "1.0")
        monkeypatch.setattr(subprocess, "run", run)
        return probing.probe_backend("jax", timeout=3), asked

    def test_devices(self, monkeypatch):
        out = 'I am JAX\n{"devices": ["gpu:0", "gpu:1"]}\n'
        found, asked = self.answer(monkeypatch, returncode=0, stdout=out, stderr="")
        assert found == BackendReport("jax", "1.0", ("gpu:0", "gpu:1"))
        assert (asked["env"]["KERAS_BACKEND"], asked["timeout"]) == ("jax", 3)

    def test_a_failure_is_its_last_line(self, monkeypatch):
        err = "Traceback\n  File\nImportError: no libcuda\n\n"
        found, _ = self.answer(monkeypatch, returncode=1, stdout="", stderr=err)
        assert (found.error, found.works) == ("ImportError: no libcuda", False)
        found, _ = self.answer(monkeypatch, returncode=-11, stdout="", stderr="")
        assert found.error == "it ended with status -11"

    def test_no_answer(self, monkeypatch):
        found, _ = self.answer(monkeypatch, timeout=3)
        assert found.error == "no answer within 3 s"

    def test_a_backend_that_is_not_installed_is_not_started(self, monkeypatch):
        monkeypatch.setattr(probing, "installed_version", lambda name: None)
        monkeypatch.setattr(subprocess, "run", None)
        assert probing.probe_backend("torch") == BackendReport("torch", None)


def test_a_backend_is_really_tried():
    """The one that starts quickest."""
    assert "jax" in installed()
    found = probing.probe_backend("jax")
    assert found.error is None
    assert found.devices


class TestCommand:
    @pytest.fixture(autouse=True)
    def made_up(self, monkeypatch):
        monkeypatch.setattr(
            "kerastune.backends.diagnosis.probe_backend",
            lambda name, timeout: BackendReport(
                name, "1.0", ("cpu:0",), "no jaxlib" if name == "jax" else None
            ),
        )
        monkeypatch.setattr(the_diagnosis, "extras_of", lambda name: ["hub", "tables", "test"])
        monkeypatch.setattr(
            the_diagnosis, "unmet", lambda name, extra: ["mlxtend>=0.25"] * (extra == "tables")
        )

    def test_for_a_person(self, capsys):
        assert main(["doctor"]) == 0
        lines = capsys.readouterr().out.splitlines()
        python = ".".join(map(str, sys.version_info[:3]))
        assert lines[0].startswith(f"Python {python}, kerastune ")
        assert lines[2] == "Backend: torch, by KERAS_BACKEND"
        assert [line.split() for line in lines[3:6]] == [
            ["tensorflow", "1.0", "cpu:0"],
            ["jax", "1.0", "does", "not", "work"],
            ["*", "torch", "1.0", "cpu:0"],
        ]
        assert [line.split() for line in lines[7:9]] == [
            ["hub", "installed"],
            ["tables", "missing:", "mlxtend>=0.25"],
        ]
        assert lines[9].endswith("[tables]'")
        assert lines[10:] == ["Remark: jax does not work: no jaxlib", "Everything needed works."]

    def test_for_a_program(self, capsys, monkeypatch):
        monkeypatch.setenv("KERAS_BACKEND", "jax")
        assert main(["doctor", "--json"]) == 1
        found = json.loads(capsys.readouterr().out)
        assert found["works"] is False
        assert found["problems"] == ["jax, which KERAS_BACKEND asks for, does not work: no jaxlib"]
        assert found["backends"][2] == {
            "name": "torch",
            "version": "1.0",
            "devices": ["cpu:0"],
            "error": None,
        }

    def test_a_time_that_cannot_be(self, capsys):
        assert main(["doctor", "--timeout", "0"]) == 2
        assert "Expected a positive number for --timeout" in capsys.readouterr().err
