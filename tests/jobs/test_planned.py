"""Options change the plan of a run, whichever it is, or are refused."""

import json
from dataclasses import fields

import keras
import numpy as np
import pytest
import yaml

from kerastune import recipes
from kerastune.cli import main
from kerastune.data import Source, Splits
from kerastune.errors import InputError
from kerastune.heads import Regression, attach
from kerastune.jobs.job import Job
from kerastune.jobs.option_rules import KEPT_PRECISIONS, ON_NON_FINITE, OPTIMIZERS, PLACES
from kerastune.jobs.run_options import DEFAULTS, PYTHON_ONLY, RunOptions, with_defaults
from kerastune.options.parsing import parse_options
from kerastune.training import feature_store, fine_tune, non_finite_steps
from kerastune.tuning import PLANS, Plan, Stage
from kerastune.tuning.plans import setting_types

pytestmark = pytest.mark.any_backend

ROWS = np.random.default_rng(0).normal(size=(24, 3)).astype("float32")
SAMPLES = Source.of(ROWS, ROWS @ np.array([2.0, -1.0, 0.5]) + 5.0, name="lines")
HEAD = Regression.for_samples(SAMPLES)
OWN = Plan(
    "own",
    (
        Stage("first", 1, 0.1, "head", patience=2, ema=0.5, clip_norm=0.25),
        Stage("second", 2, 0.05, optimizer="momentum", weight_decay=0.5),
    ),
)


def job(*, validated=True, plan=None, **options):
    backbone = keras.Sequential([keras.Input((3,)), keras.layers.Identity()], name="rows")
    held_out = SAMPLES.select(range(16, 24))
    splits = Splits(SAMPLES.select(range(16)), held_out, held_out if validated else None)
    return Job(attach(backbone, HEAD), HEAD, splits, plan=plan, options=options)


def settings_of(plan, name):
    return [getattr(stage, name) for stage in plan.stages]


@pytest.mark.parametrize(
    ("option", "value", "setting", "expected"),
    [
        ("optimizer", "lion", "optimizer", "lion"),
        ("weight_decay", 0.25, "weight_decay", 0.25),
        ("weight_decay", 0, "weight_decay", 0.0),
        ("clip_norm", 2, "clip_norm", 2.0),
        ("clip_norm", 0, "clip_norm", None),
        ("accumulate_gradients", 2, "accumulate_gradients", 2),
        ("ema", True, "ema", 0.999),
        ("ema", 0.9, "ema", 0.9),
        ("ema", False, "ema", None),
        ("ema", 0, "ema", None),
        ("early_stopping", 3, "patience", 3),
        ("early_stopping", 0, "patience", None),
    ],
)
@pytest.mark.parametrize("plan", ["linear_probe_then_fine_tune", "gradient_descent", OWN])
def test_an_option_sets_every_stage_and_nothing_else(plan, option, value, setting, expected):
    changed, plain = (job(plan=plan, **given).chosen_plan for given in ({option: value}, {}))
    assert settings_of(changed, setting) == [expected] * len(plain.stages)
    for field in fields(Stage):
        if field.name != setting:
            assert settings_of(changed, field.name) == settings_of(plain, field.name)


@pytest.mark.parametrize("name", PLANS)
def test_without_options_plans_are_as_they_are(name):
    made = job(plan=name, epochs=3, learning_rate=1e-3).chosen_plan
    assert made == PLANS[name](3, 1e-3)


def test_options_take_what_stages_and_kept_features_take():
    assert OPTIMIZERS == setting_types.OPTIMIZERS
    assert PLACES == feature_store.PLACES
    assert KEPT_PRECISIONS == feature_store.PRECISIONS
    assert ON_NON_FINITE == non_finite_steps.ON_NON_FINITE


def test_an_optimizer_of_keras_is_one_too():
    plan = job(optimizer=keras.optimizers.Lion(beta_2=0.5), learning_rate=0.25).chosen_plan
    assert (plan.stages[0].optimizer.beta_2, plan.stages[0].learning_rate) == (0.5, 0.25)
    with pytest.raises(InputError, match="Give the optimizer weight_decay=0.5"):
        job(optimizer=keras.optimizers.Lion(), weight_decay=0.5).plan_table()


def test_features_that_stay_are_in_files(tmp_path):
    kept, run = tmp_path / "kept", tmp_path / "run"
    with pytest.raises(InputError, match="'auto' or 'disk' with a `cache_directory`"):
        job(cache_features="memory", cache_directory=kept, run_dir=run).run()
    assert not run.exists()
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="Expected a directory as `cache_directory`"):
        job(cache_directory=tmp_path / "file", run_dir=run).run()
    assert not run.exists()


def test_sgd_as_an_option_is_plain_and_warns_of_nothing():
    assert settings_of(job(optimizer="sgd").chosen_plan, "optimizer") == ["sgd"]


def test_early_stopping_wants_samples_for_validation(tmp_path):
    asked = job(validated=False, early_stopping=2, run_dir=tmp_path / "run")
    with pytest.raises(InputError, match="early_stopping=2. Set .* validation_fraction=0.1"):
        asked.run()
    assert not (tmp_path / "run").exists()
    assert job(validated=False, early_stopping=0).chosen_plan.stages[0].patience is None


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("optimizer", "adam"),
        ("optimizer", 0.1),
        ("weight_decay", -1),
        ("weight_decay", float("nan")),
        ("clip_norm", -0.5),
        ("accumulate_gradients", 0),
        ("cache_copies", 0),
        ("cache_directory", 3),
        ("accumulate_gradients", 1.5),
        ("accumulate_gradients", True),
        ("ema", 1),
        ("ema", "yes"),
        ("early_stopping", -1),
        ("early_stopping", 2.5),
        ("class_weights", "equal"),
        ("class_weights", {}),
        ("class_weights", {"a": -1}),
        ("class_weights", {"a": {"b": "c"}}),
        ("repeats", 0),
        ("repeats", 2.0),
    ],
)
def test_values_that_cannot_be(option, value):
    with pytest.raises(InputError, match=f"Expected .*{option}.*Received: {option}="):
        with_defaults({option: value})


def test_every_option_is_declared_has_a_default_and_a_description():
    assert set(DEFAULTS) == set(RunOptions.__annotations__)
    assert all(f"\n        {name}: " in RunOptions.__doc__ for name in DEFAULTS)


class TestBesideAPlanOfOnesOwn:
    """It brings its epochs and its rates."""

    @pytest.fixture
    def file(self, tmp_path):
        path = tmp_path / "mine.yaml"
        path.write_text(OWN.to_yaml())
        return str(path)

    @pytest.mark.parametrize("given", [{"epochs": 7}, {"learning_rate": 0.1}, {"epochs": 200}])
    def test_they_are_refused(self, file, given):
        name = next(iter(given))
        message = f"no {name} beside a plan that brings its own. Received: {name}="
        for plan in (file, OWN, OWN.to_dict()):
            with pytest.raises(InputError, match=message):
                recipes.linear_regression.build(SAMPLES, plan=plan, **given)
            with pytest.raises(InputError, match=message):
                job(plan=plan, **given)
            with pytest.raises(InputError, match=message):
                job(plan=plan).run(**given)

    def test_so_are_they_by_fine_tune(self, file):
        model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, name="head")])
        data = (ROWS, ROWS[:, :1])
        for plan, given in (
            (file, {"epochs": 4}),
            (OWN, {"learning_rate": 1e-3}),
            ("full", {"frozen_epochs": 1}),
        ):
            with pytest.raises(InputError, match=f"no {next(iter(given))} beside a plan"):
                fine_tune(model, data, plan=plan, loss="mse", **given)

    def test_the_command_refuses_them_where_it_names_them(self, file, capsys):
        for named in (["--epochs", "200"], ["--epochs=7"], ["--learning_rate", "0.2"]):
            assert main(["run", "linear_regression", "--plan", file, *named]) == 2
            assert "Expected no " in capsys.readouterr().err
        options = parse_options(recipes.linear_regression, ["--plan", file], "linear_regression")
        assert "epochs" not in options
        assert capsys.readouterr().err == ""

    def test_a_configuration_of_an_older_version_is_taken_with_a_line(self, file, tmp_path, capsys):
        config = tmp_path / "config.yaml"
        config.write_text(yaml.safe_dump({"plan": file, "epochs": 7, "learning_rate": 0.2}))
        options = parse_options(recipes.linear_regression, ["--config", str(config)], "mine")
        assert not {"epochs", "learning_rate"} & set(options)
        assert capsys.readouterr().err == (
            "kerastune: epochs: 7 of the configuration file is not used, because the plan brings "
            "its own\n"
        )


def test_a_run_shows_them_and_starts_again_from_its_configuration(tmp_path, capsys):
    (tmp_path / "mine.yaml").write_text(Plan("mine", OWN.stages[1:]).to_yaml())
    arguments = ["--plan", str(tmp_path / "mine.yaml"), "--ema", "true", "--clip_norm", "0.5"]
    arguments += ["--optimizer", "lion", "--accumulate_gradients", "2", "--weight_decay", "0.125"]
    arguments += ["--early_stopping", "3", "--validation_fraction", "0.25"]
    command = ["run", "linear_regression", "--batch_size", "64"]
    run_dir = tmp_path / "run"
    assert main([*command, *arguments, "--run_dir", str(run_dir)]) == 0
    out = capsys.readouterr().out
    for shown in ("lion", "moving average 0.999", "clip norm 0.5", "2 steps a move", "decay 0.125"):
        assert shown in out
    stage = yaml.safe_load((run_dir / "plan.yaml").read_text())["stages"][0]
    assert {name: stage[name] for name in ("optimizer", "patience", "ema")} == {
        "optimizer": "lion",
        "patience": 3,
        "ema": 0.999,
    }
    configuration = yaml.safe_load((run_dir / "config.yaml").read_text())
    assert (configuration["ema"], configuration["clip_norm"]) == (True, 0.5)
    assert not {"epochs", "learning_rate", *PYTHON_ONLY} & set(configuration)
    again = parse_options(
        recipes.linear_regression, ["--config", str(run_dir / "config.yaml")], "linear_regression"
    )
    asked = recipes.linear_regression.build(**{k: v for k, v in again.items() if k != "backend"})
    assert asked.chosen_plan.to_dict()["stages"] == [stage]
    assert json.loads((run_dir / "run.json").read_text())["status"] == "finished"
