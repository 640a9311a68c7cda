"""A run whose plan adds adapters: kept beside the model, read back, measured as trained."""

import json

import keras
import numpy as np
import pytest

import kerastune
from kerastune import Plan, Stage, recipes
from kerastune.errors import InputError
from kerastune.jobs.model_files import read_model_and_adapters, save_model_and_adapters
from kerastune.tuning import Bottleneck, DoRA, match

pytestmark = pytest.mark.first_backend

ROWS = [{"a": float(n), "b": float(-n), "label": "high" if n > 10 else "low"} for n in range(20)]


def _run(folder, adapters):
    stage = Stage("adapters", 2, 0.05, "adapters | head", adapters=adapters)
    return recipes.tabular_classification(
        data=ROWS, target="label", plan=Plan("mine", [stage]), run_dir=folder, verbose=0
    )


def test_it_is_read_back_with_its_adapters(tmp_path):
    # They cannot be merged: what is written has to hold them as they are.
    result = _run(tmp_path / "run", Bottleneck(targets="kernels & backbone"))
    loaded = kerastune.load(tmp_path / "run")
    rows = [{name: row[name] for name in ("a", "b")} for row in ROWS]
    np.testing.assert_array_equal(loaded.predict(rows), result.predict(rows))
    assert len(match(loaded.model, "adapters")) == len(match(result.model, "adapters")) > 0
    assert loaded.plan.stages[0].adapters == result.plan.stages[0].adapters
    listed = json.loads((tmp_path / "run" / "run.json").read_text())
    assert "adapters" in listed["files"]
    moved = result.save(tmp_path / "elsewhere")
    np.testing.assert_array_equal(kerastune.load(moved).predict(rows), result.predict(rows))


def test_adapters_of_another_run_are_refused(tmp_path):
    _run(tmp_path / "run", DoRA(rank=1, targets="kernels & backbone"))
    told = tmp_path / "run" / "adapters" / "adapters.json"
    described = json.loads(told.read_text())
    marks = [weight for weight in described["weights"] if weight[3]]
    marks[0][3] = "0" * 64
    told.write_text(json.dumps(described))
    with pytest.raises(InputError, match="Expected the base beside which"):
        kerastune.load(tmp_path / "run")


def test_one_with_a_sequential_backbone_is_read_back(tmp_path):
    # Its layers have other paths when it is read from a file.
    parts = [keras.layers.Dense(6, "relu", name="wide"), keras.layers.Dense(4, name="deep")]
    body = keras.Sequential([keras.Input((2,)), *parts], name="body")
    model = keras.Sequential([body, keras.layers.Dense(2, name="answer")], name="whole")
    kerastune.add_adapters(model, DoRA(rank=1, targets="kernels & backbone"))
    inputs = np.ones((3, 2))
    save_model_and_adapters(model, tmp_path)
    read = read_model_and_adapters(tmp_path)
    np.testing.assert_array_equal(read.predict(inputs, verbose=0), model.predict(inputs, verbose=0))
