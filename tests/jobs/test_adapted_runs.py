"""A run whose plan adds adapters: kept beside the model, read back, measured as trained."""

import json

import numpy as np
import pytest

import kerastune
from kerastune import Plan, Stage, recipes
from kerastune.errors import InputError
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
