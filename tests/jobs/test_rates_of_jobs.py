"""The learning rate of a run: the usual one, one that is given, or one that is searched for."""

import pytest
import yaml

from kerastune import Stage, recipes
from kerastune.cli import main
from kerastune.errors import InputError
from kerastune.tuning import Plan

pytestmark = pytest.mark.any_backend


def notes(job):
    return " ".join(job.plan_table().notes)


def digits(tmp_path, **options):
    return recipes.image_regression.build(
        "rotated_digits", image_size=8, epochs=1, run_dir=tmp_path / "run", **options
    )


def test_the_usual_one_follows_the_plan_and_the_backbone(tmp_path):
    job = digits(tmp_path)
    assert job.chosen_plan.stages[0].learning_rate == 3e-3
    assert "Learning rate 0.003: for a convolutional network of 77," in notes(job)
    head = digits(tmp_path, plan="head_only")
    assert head.chosen_plan.stages[0].learning_rate == 1e-2
    assert "for a head from nothing" in notes(head)


def test_where_a_number_is_from(tmp_path):
    assert "Learning rate 0.5: as given." in notes(digits(tmp_path, learning_rate=0.5))
    assert "0.2: the default of linear_regression." in notes(recipes.linear_regression.build())


def test_a_plan_of_ones_own_brings_its_rate(tmp_path):
    plan = Plan("mine", (Stage("all", 1, 0.25),))
    job = digits(tmp_path)
    assert notes(job)
    own = recipes.linear_regression.build(plan=plan)
    assert own.rate is None
    assert own.chosen_plan.stages[0].learning_rate == 0.25
    assert "Learning rate" not in notes(own)


@pytest.mark.slow
def test_one_that_is_searched_for(tmp_path, capsys):
    arguments = ["--learning_rate", "auto", "--epochs", "2", "--run_dir", str(tmp_path / "run")]
    assert main(["run", "linear_regression", *arguments]) == 0
    assert "found by the rate finder" in " ".join(capsys.readouterr().out.split())
    written = yaml.safe_load((tmp_path / "run" / "config.yaml").read_text())["learning_rate"]
    assert isinstance(written, float)
    assert written != recipes.linear_regression.defaults["learning_rate"]


@pytest.mark.parametrize("rate", ["fast", 0.0, -1.0, float("nan"), True])
def test_what_is_no_rate(rate):
    with pytest.raises(InputError, match="Expected a learning_rate above 0, or 'auto'"):
        recipes.linear_regression.build(learning_rate=rate)


def test_the_command_says_what_it_takes(capsys):
    assert main(["run", "lenet", "--learning_rate", "fast"]) == 2
    assert "a number or auto or null" in capsys.readouterr().err
