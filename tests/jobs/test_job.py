"""A job holds what one training needs, and is checked before anything is trained."""

import json
from dataclasses import replace

import keras
import numpy as np
import pytest
import yaml

from kerastune.data import Source, Splits
from kerastune.errors import InputError
from kerastune.evaluation import baselines
from kerastune.heads import Regression, attach
from kerastune.jobs.job import Job
from kerastune.preprocessing import ArrayPreprocessor
from kerastune.tuning import NoMatchError, Plan, Stage

ROWS = np.random.default_rng(0).normal(size=(24, 3)).astype("float32")
SAMPLES = Source.of(ROWS, ROWS @ np.array([2.0, -1.0, 0.5]) + 5.0, name="lines")
HEAD = Regression.for_samples(SAMPLES)
OWN = Plan("own", (Stage("one", 2, 0.05, optimizer="momentum", weight_decay=0.0),))


def parts(**changed):
    backbone = keras.Sequential([keras.Input((3,)), keras.layers.Identity()], name="rows")
    splits = Splits(SAMPLES.select(range(16)), SAMPLES.select(range(16, 24)))
    return {"model": attach(backbone, HEAD), "head": HEAD, "splits": splits, **changed}


@pytest.mark.any_backend
class TestSlots:
    @pytest.mark.parametrize(
        ("slot", "value"),
        [
            ("model", HEAD),
            ("head", "regression"),
            ("head", Regression),
            ("splits", (SAMPLES, SAMPLES)),
            ("preprocessor", abs),
            ("pretraining", "digits"),
        ],
    )
    def test_each_holds_what_it_is_for(self, slot, value):
        with pytest.raises(InputError, match=f"a job whose {slot} is a .*Received: ") as caught:
            Job(**parts(**{slot: value}))
        assert type(value).__name__ in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_without_a_preprocessor_inputs_are_taken_as_they_are(self):
        expected = ArrayPreprocessor(("array",), {"array": (3,)})
        assert Job(**parts()).preprocessor == expected
        assert Job(**parts(preprocessor=ArrayPreprocessor(("array",)))).prepare.columns == (
            "array",
        )

    def test_texts_want_a_preprocessor(self):
        texts = Source.of(["a", "b"], [1.0, 2.0])
        with pytest.raises(InputError, match="'text' of kind text. Give a preprocessor"):
            Job(**parts(splits=Splits(texts, texts)))

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"epoch": 3}, "epoch"),
            ({"batch_size": 0}, "batch_size of at least 1"),
            ({"callbacks": keras.callbacks.TerminateOnNaN()}, "list of callbacks"),
            ({"validation_fraction": 1.0}, "validation_fraction"),
        ],
    )
    def test_options_are_checked(self, options, message):
        with pytest.raises(InputError, match=message):
            Job(**parts(options=options))
        with pytest.raises(InputError, match=message):
            Job(**parts()).run(**options)


@pytest.mark.any_backend
class TestPlan:
    def test_the_usual_one_is_full(self):
        plan = Job(**parts(options={"epochs": 4, "learning_rate": 0.5})).chosen_plan
        assert (plan.name, plan.epochs, plan.stages[0].learning_rate) == ("full", 4, 0.5)

    def test_one_of_its_own_stands_in_for_the_usual_one(self):
        assert Job(**parts(plan=OWN)).chosen_plan == OWN
        assert Job(**parts(plan="head_only", options={"epochs": 3})).chosen_plan.epochs == 3

    def test_the_option_comes_before_its_own(self):
        job = Job(**parts(plan=OWN, options={"plan": "full", "epochs": 5}))
        assert (job.chosen_plan.name, job.chosen_plan.epochs) == ("full", 5)

    def test_the_table_is_of_its_model(self):
        table = Job(**parts(plan=OWN)).plan_table()
        assert {row["stage"] for row in table.to_dicts()} == {"one"}

    def test_a_pattern_that_matches_nothing_is_told_before_anything_is_written(self, tmp_path):
        job = Job(**parts(plan=Plan("none", (Stage("one", 1, 0.1, "encoder"),))))
        with pytest.raises(NoMatchError):
            job.plan_table()
        with pytest.raises(NoMatchError):
            job.run(run_dir=tmp_path / "run")
        assert not (tmp_path / "run").exists()


def test_it_runs_and_measures(tmp_path):
    counted = []

    class Count(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            counted.append(epoch)

    job = Job(
        **parts(plan=OWN, baselines=(baselines.mean, baselines.least_squares), name="lines"),
        options={"batch_size": 4, "seed": 3},
        arguments={"data": "made up"},
    )
    result = job.run(run_dir=tmp_path / "run", callbacks=[Count()])
    assert counted == [0, 1]
    assert (result.recipe, result.run_dir) == ("lines", tmp_path / "run")
    assert result.plan == OWN
    assert len(result.history.step_loss) == 8
    assert result.metrics["r2"] > 0.5
    test = job.splits.test
    assert result.evaluate(test)["r2"] == pytest.approx(result.metrics["r2"])
    assert (dict(result.columns), result.targets) == (dict(test.columns), ("label",))
    written = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert written["metrics"] == result.metrics
    assert set(written["baselines"]) == {"mean", "least squares"}
    assert written["baselines"]["least squares"]["r2"] == pytest.approx(1.0)
    assert written["higher_is_better"]["r2"] is True
    # Its own options are as before.
    assert job.options["run_dir"] is None
    assert job.options["callbacks"] == ()


@pytest.mark.any_backend
def test_data_that_came_as_objects_are_not_written_into_the_configuration(tmp_path):
    given = {"data": {"age": np.arange(3.0), "name": ["a", "b", "c"]}, "test_data": [{"age": 1.0}]}
    job = Job(**parts(plan=OWN), arguments={"data": given["data"]})
    job.run(run_dir=tmp_path / "run", test_data=given["test_data"], batch_size=np.int64(8))
    configuration = yaml.safe_load((tmp_path / "run" / "config.yaml").read_text())
    assert (configuration["data"], configuration["test_data"]) == ("<dict>", "<list>")
    assert configuration["batch_size"] == 8


@pytest.mark.first_backend
def test_a_job_that_trains_a_backbone_first(tmp_path):
    """Both share the backbone, and the trained one is kept."""
    inputs = keras.Input((3,))
    backbone = keras.Model(inputs, keras.layers.Dense(4, name="body")(inputs), name="backbone")
    before = backbone.get_weights()
    first = Job(**parts(model=attach(backbone, HEAD)), options={"epochs": 1, "batch_size": 4})
    still = Plan("still", (Stage("head", 1, 1e-3, "head"),))
    job = Job(**parts(model=attach(backbone, HEAD)), plan=still, pretraining=first)
    job.run(run_dir=tmp_path / "run")
    trained = keras.saving.load_model(tmp_path / "run" / "backbone.keras").get_weights()
    for one, same, former in zip(trained, backbone.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, same)
        assert (one != former).any()


@pytest.mark.first_backend
def test_a_callback_that_fails_leaves_a_run_that_says_so(tmp_path):
    class Fail(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise RuntimeError("the disk is full")

    with pytest.raises(RuntimeError, match="the disk is full"):
        Job(**parts()).run(run_dir=tmp_path / "run", callbacks=[Fail()], epochs=1)
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "stopped"
    job = replace(Job(**parts()), options={"epochs": 1, "overwrite": True})
    job.run(run_dir=tmp_path / "run")
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "finished"
