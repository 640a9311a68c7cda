"""`kerastune find-rate`: what it prints, and the command to go on with."""

import pytest

from kerastune.cli import main
from kerastune.commands.find_rate import _without_rate

pytestmark = pytest.mark.any_backend


def test_the_suggestions_and_how_to_go_on(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    given = ["--seed", "3", "--learning-rate", "5", "--data", "diabetes"]
    search = ["--start", "1e-3", "--steps", "20", "--output", "rates.png"]
    assert main(["find-rate", "linear_regression", *search, *given]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Trying 20 rates from 0.001 to 10 on 332 training samples")
    assert [line.split()[0] for line in lines[4:8]] == ["valley", "steep", "minimum", "slide"]
    valley = lines[4].split()[1]
    assert lines[9] == (
        f"Go on: kerastune run linear_regression --seed 3 --data diabetes --learning_rate {valley}"
    )
    assert (tmp_path / "rates.png").stat().st_size > 5_000
    assert not (tmp_path / "runs").exists()


def test_a_plan_of_ones_own_has_its_own_rates(tmp_path, capsys):
    plan = tmp_path / "plan.yaml"
    plan.write_text("name: mine\nstages:\n- {name: slow, epochs: 1, learning_rate: 0.1}\n")
    search = ["--start", "1e-3", "--steps", "20"]
    assert main(["find-rate", "linear_regression", *search, "--plan", str(plan)]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.startswith("Go on: `learning_rate: ")
    assert last.endswith("` in the stage 'slow' of the plan")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--learning_rate", "3", "--seed", "1"],
        ["--seed", "1", "--learning-rate=3"],
        ["--seed", "1", "--learning_rate", "3"],
        ["--seed", "1"],
    ],
)
def test_the_rate_that_was_given_is_left_out(arguments):
    assert _without_rate(arguments) == ["--seed", "1"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--output", "rates.jpg"], "ends in .png for --output"),
        (["--steps", "many"], "Expected a whole number for --steps. Received: 'many'"),
        (["--steps", "3"], "Expected at least 10 steps"),
        (["--start", "2", "--end", "1"], "Expected rates with 0 < start < end"),
        (["--epohcs", "1"], "Did you mean '--epochs'? See: kerastune find-rate linear_regression"),
    ],
)
def test_what_cannot_be_done(capsys, arguments, message):
    assert main(["find-rate", "linear_regression", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_help_shows_its_own_options_and_those_of_the_recipe(capsys):
    with pytest.raises(SystemExit):
        main(["find-rate", "linear_regression", "--help"])
    out = capsys.readouterr().out
    assert "--output FILE" in out
    assert "--batch_size" in out
    assert main(["find-rate", "--help"]) == 0
    out = capsys.readouterr().out
    assert "--output FILE" in out
    assert "linear_regression" in out
