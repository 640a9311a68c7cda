"""What `compare` refuses, and what it does when a process fails; no process is started."""

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import kerastune
from kerastune import cli
from kerastune.comparison import comparing, request_checks, running
from kerastune.comparison.comparison import Comparison
from kerastune.comparison.costs import cost_of
from kerastune.comparison.judging.differences import Difference
from kerastune.comparison.judging.tolerances import Tolerances
from kerastune.comparison.specification import Specification
from kerastune.comparison.trial import Trial
from kerastune.display.output import printing
from tests.comparison.made_records import made_record

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["lenett"], "Did you mean 'lenet'?"),
        (["lenet", "--backends", "tensorflow,theano"], "Received: 'theano'"),
        (["lenet", "--backends", "jax"], "at least two backends"),
        (["lenet", "--backends", "jax,torch", "--reference", "tensorflow"], "a reference out of"),
        (["lenet", "--steps", "0"], "at least one step"),
        (["lenet", "--cost_rounds", "-1"], "or 0 for none"),
        (["lenet", "--precision", "float31"], "Did you mean 'float32'?"),
        (["lenet", "--tolerance", "forwards=1"], "Did you mean 'forward'?"),
        (["lenet", "--tolerance", "forward=x"], "Expected a number"),
        (["lenet", "--tolerance", "forward=0"], "above 0"),
        (["no.keras"], "which is not there"),
        (["no.py:build"], "which is not there"),
        ([], "Expected what to compare"),
        (["--steps", "3"], "Expected what to compare"),
    ],
)
def test_bad_input_is_told_in_one_line(arguments, expected, capsys):
    assert cli.main(["compare", *arguments]) == 2
    told = capsys.readouterr().err
    assert expected in told
    assert told.count("\n") == 1


def test_help_tells_what_can_be_compared(capsys):
    assert cli.main(["compare", "--help"]) == 0
    assert "file.py:function" in capsys.readouterr().out


@pytest.mark.parametrize("what", [3, object()])
def test_only_what_another_process_can_read_is_taken(what):
    with pytest.raises(kerastune.InputError, match="Received: (int|object)"):
        kerastune.compare(what, verbose=0)


def test_data_and_options_are_such_that_another_process_can_read_them():
    with pytest.raises(kerastune.InputError, match="Received: ndarray"):
        kerastune.compare("lenet", np.ones(3), verbose=0)
    with pytest.raises(kerastune.InputError, match="Received: callbacks"):
        kerastune.compare("lenet", callbacks=[object()], verbose=0)


def plays(monkeypatch, answers):
    """Let processes answer as a test says: by backend a function of their folder."""
    asked = []

    def run_worker(specification):
        asked.append(specification)
        answer = answers[specification.backend]
        if isinstance(answer, Exception):
            raise answer
        return answer(Path(specification.folder).parent)

    monkeypatch.setattr(running, "run_worker", run_worker)
    return asked


def makes(backend, **changes):
    return lambda folder: made_record(folder, backend, **changes)


def test_the_next_backend_is_the_reference_where_the_first_fails(monkeypatch, capsys):
    failed = running.WorkerFailedError("its process was ended by SIGKILL\n  last", is_input=False)
    answers = {"tensorflow": failed, "jax": makes("jax"), "torch": makes("torch")}
    asked = plays(monkeypatch, answers)
    comparison = kerastune.compare("lenet", steps=2, cost_rounds=0)
    assert [one.is_reference for one in asked] == [True, True, False]
    assert comparison.trials[0].backends == ("jax", "torch")
    assert not comparison.is_same
    told, others, last = comparison.verdict
    assert told == "Not the same on all backends: tensorflow could not run it. The others:"
    assert others == "jax and torch do the same, within the tolerances."
    assert "tensorflow could not run it: its process was ended by SIGKILL" in last
    assert [row[::7] for row in comparison.to_table().rows] == [
        ("torch", "same"),
        ("tensorflow", "could not run it"),
    ]
    assert "tensorflow: its process was ended" in capsys.readouterr().out


def test_what_one_backend_can_run_alone_is_refused(monkeypatch):
    failed = running.WorkerFailedError("no string tensors", is_input=True)
    plays(monkeypatch, {"tensorflow": makes("tensorflow"), "jax": failed, "torch": failed})
    with pytest.raises(kerastune.InputError, match=r"tensorflow.*can. jax: no string tensors"):
        kerastune.compare("lenet", verbose=0, cost_rounds=0)


def test_what_no_backend_takes_is_told_once(monkeypatch):
    failed = running.WorkerFailedError("Expected data that fit. Received: none", is_input=True)
    plays(monkeypatch, dict.fromkeys(("tensorflow", "jax", "torch"), failed))
    with pytest.raises(kerastune.InputError, match="^Expected data that fit. Received: none$"):
        kerastune.compare("lenet", verbose=0, cost_rounds=0)


def test_a_backend_that_is_not_installed_is_left_out(monkeypatch):
    monkeypatch.setattr(request_checks, "installed", lambda: ["jax", "torch"])
    plays(monkeypatch, {"jax": makes("jax"), "torch": makes("torch")})
    comparison = kerastune.compare("lenet", verbose=0, cost_rounds=0)
    assert comparison.is_same
    assert comparison.verdict[-1] == "tensorflow is not installed, and was left out."
    with pytest.raises(kerastune.InputError, match="tensorflow not installed"):
        kerastune.compare("lenet", backends="tensorflow,jax", verbose=0)


@pytest.mark.parametrize("form", ["input", "death"])
def test_a_process_that_fails_is_told(monkeypatch, tmp_path, form):
    def run(command, *, stdout, **_):
        stdout.write("Traceback\nIllegal instruction\n")
        if form == "input":
            (tmp_path / "own" / "error.json").write_text(json.dumps({"message": "Expected data"}))
        return subprocess.CompletedProcess(command, 2 if form == "input" else -4)

    monkeypatch.setattr(subprocess, "run", run)
    asked = Specification("lenet", "jax", str(tmp_path / "common"), str(tmp_path / "own"))
    with pytest.raises(running.WorkerFailedError) as failed:
        running.run_worker(asked)
    assert failed.value.is_input == (form == "input")
    told = "Expected data" if form == "input" else "SIGILL\n  Traceback\n  Illegal instruction"
    assert told in str(failed.value)


def test_costs_are_measured_by_turns_and_a_failure_is_told(monkeypatch, capsys):
    failed = running.WorkerFailedError("its process was ended by SIGKILL", is_input=False)
    asked = plays(
        monkeypatch,
        {"tensorflow": failed, "jax": made_cost("jax", 0.02), "torch": made_cost("torch", 0.01)},
    )
    specification = Specification("lenet", "", "", "", steps=2)
    with printing(1):
        costs, unmeasured = comparing._costs(
            specification, ["tensorflow", "jax", "torch"], [None], Path("cost"), 3
        )
    turns = [one.backend for one in asked]
    assert turns == ["tensorflow", "jax", "torch", "torch", "jax", "jax", "torch"]
    assert {(one.task, one.steps) for one in asked} == {("measure", 7)}
    assert unmeasured == {"tensorflow": "its process was ended by SIGKILL"}
    told = capsys.readouterr().out
    assert "cost, round 3 of 3, torch: 10 ms a step" in told
    assert "cost on tensorflow: its process" in told
    jax, _ = costs
    assert (jax.rounds, jax.samples_per_second, jax.memory["process"]) == (3, 200.0, 3 * 2**20)
    assert [one.backend for one in costs] == ["jax", "torch"]
    comparison = Comparison("a", (), Tolerances(), costs=tuple(costs), unmeasured=unmeasured)
    assert comparison.is_same
    assert comparison.verdict == [
        "Fastest: torch, 10 ms a step of 4 samples; jax takes 2.00 times that.",
        "tensorflow could not be measured: its process was ended by SIGKILL",
    ]
    assert comparison.to_dict()["costs"][1]["seconds"]["step"]["median"] == 0.01
    assert "3.00 MiB" in str(comparison.to_tables()[-1])


def made_cost(backend, step):
    """What a process that measures cost has written."""
    seconds = {"import": 2.0, "build": 1.0, "first step": 3.0, "step": [step] * 5}
    result = {
        "backend": backend,
        "batch_size": 4,
        "jit_compile": False,
        "seconds": {**seconds, "evaluation": [step / 2], "prediction": [step / 3]},
        "memory": {"process": 3 * 2**20, "device": None},
    }
    return lambda folder: SimpleNamespace(backend=backend, result=result)


def test_a_report_is_one_page_and_plain_data(tmp_path):
    losses = {"torch": [1.0, float("nan")], "jax": [1.0, 0.5]}
    layers = (
        Difference("layer", "conv<1>", "jax", 1e-7, 1e-7, 1e-4, "same", "inference", place=0),
        Difference("layer", "norm", "jax", 0.1, 0.2, 1e-4, "off", "training", place=1),
        Difference("training", "step 1", "jax", float("inf"), float("inf"), 1.0, "off"),
    )
    trial = Trial("float32", ("torch", "jax"), layers, losses, {"torch": {}, "jax": {"a": 1.0}})
    cost = cost_of("float32", [made_cost("torch", 0.01)(tmp_path)])
    failures = {"tensorflow": "<no>"}
    comparison = Comparison("model.keras", (trial,), Tolerances(), failures, costs=(cost,))
    (tmp_path / "reproduction").mkdir()
    (tmp_path / "reproduction" / "reproduce.py").write_text("of a comparison before")
    comparison.save(tmp_path)
    assert not (tmp_path / "reproduction").exists()
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "conv&lt;1&gt;" in page
    assert "&lt;no&gt;" in page
    assert page.count("data:image/png") == 3
    assert "http:" not in page
    assert "https:" not in page
    stored = json.loads((tmp_path / "comparison.json").read_text(encoding="utf-8"))
    assert stored["first"]["name"] == "norm"
    assert stored["trials"][0]["losses"]["torch"] == [1.0, None]
    assert "norm: on the same inputs its outputs in training differ" in str(comparison.verdict)
    assert "differs" in str(comparison)
