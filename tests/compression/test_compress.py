"""Runs in fewer bits: what is quantized, written and measured, and what is refused."""

import json
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import kerastune as kt
from kerastune.cli import main
from kerastune.compression import quantize
from kerastune.errors import InputError
from kerastune.jobs.recipe_files import find_recipe
from kerastune.tuning import LoRA, add_adapters, sparsity

pytestmark = pytest.mark.first_backend

RECIPE = str(Path(__file__).with_name("small_recipe.py"))
PREDICT = """
import sys, numpy, kerastune
result = kerastune.load(sys.argv[1])
rows = numpy.load(sys.argv[2])
numpy.save(sys.argv[3], result.outputs(rows))
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A folder with a run of a pruned network."""
    folder = tmp_path_factory.mktemp("runs")
    find_recipe(f"{RECIPE}:small")(verbose=0, run_dir=folder / "float32")
    return folder


@pytest.fixture(scope="module")
def compressed(runs):
    return {
        to: kt.compress(runs / "float32", to, recipe=RECIPE, run_dir=runs / to)
        for to in ("int8", "int4")
    }


def rows():
    return np.random.default_rng(0).uniform(0, 16, (20, 64)).astype("float32")


@pytest.mark.parametrize(("to", "smaller", "off"), [("int8", 2, 0.03), ("int4", 2.5, 0.4)])
def test_a_run_in_fewer_bits_is_a_run(runs, compressed, to, smaller, off):
    found = compressed[to]
    assert found.times_smaller > smaller
    assert 0 < found.largest_difference < off * found.largest_output
    loaded = kt.load(runs / to)
    assert loaded.metrics == found.after.metrics
    assert {layer.quantization_mode for layer in loaded.model.layers if layer.weights} >= {to}
    before = kt.load(runs / "float32").metrics
    assert abs(loaded.metrics["accuracy"] - before["accuracy"]) < 0.1
    told = json.loads((runs / to / "compression.json").read_text())
    assert told["before"]["metrics"]["accuracy"] == before["accuracy"]
    assert len(told["after"]["speeds"]) == 5
    assert "before" in str(found)
    assert "after" in str(found)


@pytest.mark.slow
def test_another_process_computes_the_same(runs, compressed, tmp_path):
    np.save(tmp_path / "rows.npy", rows())
    paths = [str(tmp_path / name) for name in ("rows.npy", "outputs.npy")]
    command = [sys.executable, "-c", PREDICT, str(runs / "int8"), *paths]
    subprocess.run(command, check=True, capture_output=True)
    expected = compressed["int8"].result.outputs(rows())
    np.testing.assert_allclose(np.load(paths[1]), expected, rtol=1e-5, atol=1e-5)


def test_zeros_stay_in_int8_and_take_little_in_an_archive(runs, compressed):
    before, after = (sparsity(kt.load(runs / name).model) for name in ("float32", "int8"))
    assert before.share == pytest.approx(0.8, abs=0.01)
    for ours, theirs in zip(after.rows, before.rows, strict=True):
        assert ours.zeros >= theirs.zeros
    assert compressed["int8"].before.archive_bytes < 0.5 * compressed["int8"].before.file_bytes
    told = json.loads((runs / "float32" / "sparsity.json").read_text())
    assert [row["zeros"] for row in told] == [row.zeros for row in before.rows]


def test_the_command(runs, capsys, tmp_path):
    given = ["--float8", "--recipe", RECIPE, "--run_dir", str(tmp_path / "float8")]
    assert main(["compress", str(runs / "float32"), *given]) == 0
    shown = capsys.readouterr().out
    assert "float8 on 125 test samples" in shown
    assert "The file is not smaller: Keras keeps the float32 weights of float8" in shown


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere", "--int8"], "Expected a run directory"),
        (["{runs}/int8", "--int4", "--run_dir", "{new}"], "Expected a model that is not quantized"),
        (["{runs}/float32", "--int8", "--run_dir", "{runs}/int8"], "which holds a run"),
        (["{runs}/float32", "--int8", "--leave_out", "nothing", "--run_dir", "{new}"], "'nothing'"),
        (["{runs}/float32", "--int8", "--leave_out", "all", "--run_dir", "{new}"], "it has none"),
    ],
)
def test_what_cannot_be_compressed_is_told_in_a_line(
    runs, compressed, arguments, message, capsys, tmp_path
):
    new = str(tmp_path / "new")
    given = [one.format(runs=runs, new=new) for one in arguments]
    assert main(["compress", *given, "--recipe", RECIPE]) == 2
    told = capsys.readouterr().err
    assert message in told
    assert told.count("\n") == 1
    assert not (tmp_path / "new").exists()


def small():
    layers = [keras.layers.Conv2D(2, 3), keras.layers.Flatten(), keras.layers.Dense(3, name="out")]
    return keras.Sequential([keras.Input((4, 4, 1)), *layers])


@pytest.mark.parametrize("to", ["int8", "int4"])
def test_what_is_quantized_and_what_is_left(to):
    model = small()
    values = np.random.default_rng(0).normal(size=(4, 4, 4, 1)).astype("float32")
    before = model.predict(values, verbose=0)
    found = quantize(model, to)
    assert found.layers == (model.layers[-1].path,)
    assert found.left == ("Conv2D",)
    assert found.notes[1] == "not quantized: Conv2D"
    after = model.predict(values, verbose=0)
    assert 0 < np.abs(after - before).max() < {"int8": 0.02, "int4": 0.5}[to] * np.abs(before).max()


@pytest.mark.parametrize(
    ("change", "to", "message"),
    [
        (lambda model: None, "int2", "Expected quantization to one of int8, int4, float8"),
        (lambda model: model.layers[-1].quantize("int8"), "int4", "not quantized. Received"),
        (lambda model: add_adapters(model, LoRA(targets="out")), "int8", "without adapters"),
        (lambda model: model.pop(), "int8", "Expected a model with Dense, EinsumDense"),
    ],
)
def test_models_that_are_refused(change, to, message):
    model = small()
    change(model)
    with pytest.raises(InputError, match=message):
        quantize(model, to)


def test_adapters_are_merged_first(tmp_path):
    rows = [{"a": float(n), "b": float(-n), "label": "ab"[n > 10]} for n in range(20)]
    adapters = LoRA(rank=1, targets="kernels & backbone")
    plan = kt.Plan("mine", [kt.Stage("one", 1, 0.05, "adapters | head", adapters=adapters)])
    recipe = kt.recipes.tabular_classification
    recipe(data=rows, target="label", plan=plan, run_dir=tmp_path / "run", verbose=0)
    found = kt.compress(tmp_path / "run", data=rows, run_dir=tmp_path / "int8")
    assert not (tmp_path / "int8" / "adapters").exists()
    assert found.largest_difference < 0.1 * found.largest_output
    with pytest.raises(InputError, match="Expected the test samples of the run"):
        kt.compress(tmp_path / "run", data=rows[:15], run_dir=tmp_path / "other")


def test_it_trains_on_as_if_quantized_before(runs, tmp_path, capsys):
    given = ["--int4", "--epochs", "1", "--recipe", RECIPE, "--run_dir", str(tmp_path / "int4")]
    assert main(["compress", str(runs / "float32"), *given]) == 0
    assert "Trained for 1 epoch before, as if quantized" in capsys.readouterr().out
    loaded = kt.load(tmp_path / "int4")
    assert loaded.plan.stages[0].quantization == "int4"
    assert loaded.plan.stages[0].learning_rate == pytest.approx(0.001)
    assert len(loaded.history.epochs) == 1


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"learning_rate": 0.1}, "Expected epochs beside a learning rate"),
        ({"to": "float8", "epochs": 1}, "Expected int8 or int4 where a model trains before"),
        ({"epochs": 1, "leave_out": "head"}, "Expected all layers to be quantized"),
        ({"epochs": 0}, "Expected `epochs` that is a whole number"),
    ],
)
def test_a_training_that_cannot_be_is_told(runs, given, message, tmp_path):
    given = {"to": "int8", "recipe": RECIPE, "run_dir": tmp_path / "new", **given}
    with pytest.raises(InputError, match=message):
        kt.compress(runs / "float32", **given)
    assert not (tmp_path / "new").exists()


def test_a_run_that_is_stored_without_its_base(tmp_path):
    layers = [keras.layers.Flatten(), keras.layers.Dense(64, "relu", name="wide")]
    keras.Sequential([keras.Input((8, 8, 1)), *layers]).save(tmp_path / "base.keras")
    images = np.random.default_rng(0).uniform(0, 255, (24, 8, 8, 1)).astype("float32")
    data = (images, ["dark", "light"] * 12)
    adapters = LoRA(rank=1, targets="wide")
    plan = kt.Plan("mine", [kt.Stage("one", 1, 0.05, "adapters | head", adapters=adapters)])
    folder = tmp_path / "run"
    settings = {"backbone": tmp_path / "base.keras", "plan": plan, "store": "adapters"}
    kt.recipes.image_classification(data, **settings, run_dir=folder, verbose=0)
    assert not (folder / "model.keras").exists()
    found = kt.compress(folder, data=data, run_dir=tmp_path / "int8")
    assert found.before.file_bytes > found.after.file_bytes
    assert kt.load(tmp_path / "int8").metrics == found.after.metrics
