"""Soups of runs: what they compute, what is written, and which runs do not fit together."""

import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest

import kerastune as kt
from kerastune.backends.layers import nested_layers
from kerastune.cli import main
from kerastune.jobs.validating import validate_job
from kerastune.soups import Measured, Soup
from kerastune.soups.statistics import measure_statistics
from tests.soups.small_runs import points, tiny, trained

pytestmark = pytest.mark.first_backend


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Three runs from the same weights, with rates of their own."""
    folder = tmp_path_factory.mktemp("runs")
    rates = {"a": 0.02, "b": 0.05, "c": 0.1}
    return [trained(folder, name, learning_rate=rate) for name, rate in rates.items()]


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """Runs of a recipe that the command finds: of two seeds as one, and others that do not fit."""
    folder = tmp_path_factory.mktemp("lines")
    common = {"epochs": 1, "verbose": 0}
    build = kt.recipes.linear_regression.build
    kt.recipes.linear_regression(
        **common, validation_fraction=0.2, repeats=2, run_dir=folder / "two"
    )
    validate_job(build(**common, validation_fraction=0.3, run_dir=folder / "split"))
    shutil.copytree(folder / "two" / "repeat-1", folder / "none")
    config = folder / "none" / "config.yaml"
    config.write_text(
        config.read_text().replace("validation_fraction: 0.2", "validation_fraction: 0.0")
    )
    return folder


def test_a_soup_of_runs_is_a_run(runs, tmp_path):
    found = kt.soup(runs, recipe=tiny, run_dir=tmp_path / "soup", method="uniform", test=True)
    assert [one.name for one in found.measured] == [*map(str, runs), "uniform", "greedy"]
    assert found.measured[4].value >= max(one.value for one in found.measured[:3])
    loaded = kt.load(tmp_path / "soup")
    models = [kt.load(run).model for run in runs]
    for place, weight in enumerate(loaded.model.weights):
        if "moving" not in weight.path:
            each = [model.get_weights()[place].astype("float64") for model in models]
            expected = np.mean(each, axis=0).astype("float32")
            np.testing.assert_allclose(loaded.model.get_weights()[place], expected, rtol=1e-6)
    # The first dense layer alone decides what is normalized: NumPy gives its statistics.
    job = tiny.build()
    rows = job.splits.training.values["array"]
    kernel, bias = (loaded.model.get_weights()[place] for place in (0, 1))
    hidden = rows.astype("float64") @ kernel + bias
    batches = [hidden[start : start + 32] for start in range(0, len(hidden), 32)]
    mean = np.mean([batch.mean(axis=0) for batch in batches], axis=0)
    variance = np.mean([batch.var(axis=0) for batch in batches], axis=0)
    statistics = [weight for weight in loaded.model.weights if "moving" in weight.path]
    np.testing.assert_allclose(keras.ops.convert_to_numpy(statistics[0]), mean, atol=1e-5)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(statistics[1]), variance, rtol=1e-4)

    measured = loaded.evaluate(job.splits.test)
    assert measured["accuracy"] == pytest.approx(found.result.metrics["accuracy"])
    told = json.loads((tmp_path / "soup" / "soup.json").read_text(encoding="utf-8"))
    assert told["runs"] == [str(run) for run in runs]
    assert told["value"] == found.value
    report = (tmp_path / "soup" / "report.html").read_text(encoding="utf-8")
    assert "uniform soup: the mean of the weights of" in report
    assert "the statistics of batch normalization were measured" in report


def test_a_soup_of_copies_is_the_run(runs, tmp_path):
    shutil.copytree(runs[0], tmp_path / "copy")
    found = kt.soup([runs[0], tmp_path / "copy"], recipe=tiny, run_dir=tmp_path / "soup")
    assert len({one.value for one in found.measured}) == 1
    assert found.runs == (str(runs[0]), str(tmp_path / "copy"))
    for one, other in zip(
        kt.load(runs[0]).model.get_weights(), found.result.model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(one, other)
    assert found.result.metrics == {}
    assert json.loads((tmp_path / "soup" / "run.json").read_text())["status"] == "untested"


def test_the_line_goes_from_the_backbone_before_to_the_run(runs, tmp_path):
    found = kt.soup(runs[1], recipe=tiny, run_dir=tmp_path / "line", alpha=0.25)
    assert [one.alpha for one in found.measured] == sorted([0.25, *(n / 10 for n in range(11))])
    assert found.alpha == 0.25
    before, after = tiny.build().model.get_weights(), kt.load(runs[1]).model.get_weights()
    now = found.result.model.get_weights()
    np.testing.assert_allclose(now[0], 0.75 * before[0] + 0.25 * after[0], rtol=1e-5)
    np.testing.assert_array_equal(now[-2], after[-2])
    assert (tmp_path / "line" / "line.png").is_file()


def test_statistics_are_measured_without_a_trace(runs):
    job = replace(tiny.build(), model=kt.load(runs[0]).model)
    norms = [one for one in nested_layers(job.model) if hasattr(one, "moving_mean")]
    former = job.model.get_weights()
    measure_statistics(job, norms)
    once = job.model.get_weights()
    measure_statistics(job, norms)
    assert (norms[0].momentum, len(norms)) == (0.99, 1)
    for weight, before, first, second in zip(
        job.model.weights, former, once, job.model.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(first, second)
        assert np.array_equal(before, first) == ("moving" not in weight.path)


def test_adapters_are_merged_before(tmp_path):
    plan = kt.Plan(
        "adapted",
        [
            kt.Stage(
                "one", 1, 0.1, "adapters | head", adapters=kt.LoRA(1, targets="kernels & backbone")
            )
        ],
    )
    folders = [trained(tmp_path, name, plan=plan, seed=7 + n) for n, name in enumerate("ab")]
    found = kt.soup(folders, recipe=tiny, method="uniform", run_dir=tmp_path / "soup")
    kernels = []
    for folder in folders:
        model = kt.load(folder).model
        kt.merge_and_remove_adapters(model)
        kernels.append(model.get_weights()[0])
    expected = (kernels[0].astype("float64") + kernels[1]) / 2
    np.testing.assert_allclose(found.result.model.get_weights()[0], expected, rtol=1e-5)
    assert not (tmp_path / "soup" / "adapters").exists()


@pytest.mark.parametrize(
    ("higher_is_better", "mean", "is_told"),
    [(True, 0.4, True), (True, 0.6, False), (False, 0.8, True), (False, 0.4, False)],
)
def test_a_mean_that_is_worse_than_each_run_is_told(higher_is_better, mean, is_told):
    runs = [Measured(name, value, (name,)) for name, value in {"a": 0.5, "b": 0.7}.items()]
    measured = (*runs, Measured("uniform", mean, ("a", "b")), Measured("greedy", 0.7, ("b",)))
    result = SimpleNamespace(metrics={})
    found = Soup("greedy", "accuracy", higher_is_better, measured, 3, result, 10)
    assert any("stayed near each other" in line for line in found.lines()) == is_told


@pytest.mark.slow
def test_the_command(lines, tmp_path, capsys):
    arguments = ["soup", str(lines / "two"), "--run-dir", str(tmp_path / "soup")]
    assert main([*arguments, "--metric", "r2"]) == 0
    out = capsys.readouterr().out
    assert "Weights by R² on 66 validation samples" in out
    assert out.count("* ") == 1
    assert "Not measured on the test samples: --test does that, once." in out
    assert main([*arguments, "--test", "--overwrite"]) == 0
    assert "On the test samples: mean_absolute_error " in capsys.readouterr().out
    assert main(["report", str(tmp_path / "soup")]) == 0
    assert "soup: the mean of the weights of" in capsys.readouterr().out


def test_runs_that_do_not_fit(lines, runs, tmp_path, capsys):
    two = lines / "two"
    wide = trained(tmp_path, "wide", width=5)
    rows, labels = points()
    other = trained(tmp_path, "other", data=kt.Source.of(-rows, labels, class_names=("no", "yes")))
    folder = tmp_path / "folder"
    folder.mkdir()
    unfinished = trained(tmp_path, "unfinished")
    manifest = json.loads((unfinished / "run.json").read_text())
    (unfinished / "run.json").write_text(json.dumps({**manifest, "status": "interrupted"}))

    def refused(*arguments):
        assert main(["soup", "--run_dir", str(tmp_path / "no"), *map(str, arguments)]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        return line

    assert "neither" in refused(lines / "missing")
    assert "which holds no run.json" in refused(folder)
    assert "twice" in refused(two, two / "repeat-1")
    assert "Expected runs of one recipe" in refused(two, runs[0])
    assert "which is interrupted" in refused(unfinished)
    assert "whose training samples are not those" in refused(two, lines / "split")
    assert "Train with --validation_fraction 0.2" in refused(lines / "none")
    assert "Expected one run for line. Received: 2" in refused(two, "--method", "line")
    assert "Did you mean 'uniform'?" in refused(two, "--method", "uniforn")
    assert "Expected an alpha" in refused(two, "--alpha", "0.5")
    assert "Expected a metric out of" in refused(two, "--metric", "accuracy")
    with pytest.raises(kt.InputError, match=r"dense/kernel of shape \(3, 5\)"):
        kt.soup([runs[0], wide], recipe=tiny)
    with pytest.raises(kt.InputError, match="Received: none. Give it in Python, data="):
        kt.soup([other, runs[0]], recipe=tiny)
    assert "which holds something else" in refused(two, "--run_dir", lines)
    assert not (tmp_path / "no").exists()
