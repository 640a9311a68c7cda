"""`kerastune tune`: its options, what it prints, and how it ends."""

import pytest

from kerastune.cli import main

pytestmark = pytest.mark.any_backend

SEARCH = ["--search", "learning_rate=0.01..1:log"]


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_goal_that_holds(trials, capsys, tmp_path):
    arguments = [*SEARCH, "--goal", "r2=-0.2", "--epochs", "2", "--seed", "0"]
    assert main(["tune", "linear_regression", *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Trial 0: r2 -0.1, ")
    assert lines[1] == "  learning_rate 0.2"
    assert lines[2] == "Trials, by R² on the validation samples"
    assert (
        lines[-5]
        == "Reached after 1 trial: r2 -0.1 of trial 0 on the validation samples (r2 ≥ -0.2)."
    )
    assert lines[-3].startswith("On the test samples, which only the best trial has read: r2 0.25")
    assert lines[-2:] == [
        "Best run: studies/linear_regression/trial-0",
        "Report: studies/linear_regression/report.html",
    ]
    assert max(map(len, lines[2:-5])) <= 80


def test_a_goal_that_does_not_hold_and_more_trials(trials, capsys):
    arguments = [*SEARCH, "--goal", "r2=0.5", "--quiet", "--study-dir", "mine"]
    assert main(["tune", "linear_regression", *arguments, "--trials", "2"]) == 1
    assert main(["tune", "linear_regression", *arguments, "--trials", "3", "--no-pruning"]) == 1
    assert len(trials.rates) == 3
    assert capsys.readouterr().out == ""


def test_options_that_are_given_stay(trials):
    arguments = ["--learning_rate", "0.2", "--batch-size=64", "--trials", "2", "--goal", "r2"]
    assert main(["tune", "linear_regression", "--epochs", "1", "--quiet", *arguments]) == 2
    assert main(["tune", "linear_regression", "--quiet", *arguments]) == 0
    assert trials.rates == [0.2, 0.2]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--goal", "r3=1", *SEARCH], "Expected a goal out of "),
        (["--search", "learning_rat=1..2"], "Did you mean 'learning_rate'?"),
        (["--search", "learning_rate=2..1"], "from a lower number to a higher one"),
        (["--target=r2=0.9"], "Received: --target r2=0.9 and no --goal. Write --goal r2"),
        (["--target_length=20", *SEARCH], "Received: --target_length"),
        (["--target", "r2=0.9"], "Received: --target r2=0.9 and no --goal. Write --goal r2"),
        (["--space", "no.yaml"], "Expected a YAML file for --space. Received: 'no.yaml'"),
        (["--trials", "0"], "Expected at least 1 trial"),
        (["--run_dir", "runs/a", *SEARCH], "each trial has its own directory"),
        (["--repeats", "3", *SEARCH], "a trial is one run"),
        (["--data", "no/such.csv", *SEARCH], "no/such.csv"),
    ],
)
def test_what_cannot_be_used(trials, capsys, arguments, message, tmp_path):
    assert main(["tune", "linear_regression", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not trials.rates
    assert not list(tmp_path.iterdir())


def test_without_optuna_it_says_what_to_install(capsys, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "optuna", None)
    assert main(["tune", "linear_regression"]) == 2
    assert "A search for settings needs an optional dependency" in capsys.readouterr().err
