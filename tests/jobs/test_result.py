"""Results are saved whole, answer, and measure themselves on other samples."""

import json
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from kerastune.data import Column, Source, open_table
from kerastune.errors import InputError
from kerastune.heads import Classification, Regression, attach
from kerastune.jobs.loading import load
from kerastune.jobs.result import Result
from kerastune.preprocessing import ArrayPreprocessor, TablePreprocessor
from kerastune.training import TrainingHistory
from kerastune.tuning import Plan, Stage, full

pytestmark = pytest.mark.first_backend

COLUMNS = {"rows": Column("array", shape=(3,)), "label": Column("class", class_names=("no", "yes"))}
QUANTITY = {**COLUMNS, "label": Column("quantity")}


def make(directory, head, plan=None):
    inputs = keras.Input((3,))
    backbone = keras.Model(inputs, keras.layers.Dense(4, name="body")(inputs), name="backbone")
    model = attach(backbone, head)
    model.get_layer(index=-1).kernel.assign(np.random.default_rng(0).normal(size=(4, 1)))
    history = TrainingHistory(
        [0.5, 0.25], [{"stage": "one", "epoch": 1, "steps": 2, "loss": 0.375}]
    )
    return Result(
        "mine",
        model,
        head,
        plan or full(1, 0.1),
        {"accuracy": 0.5},
        history,
        directory,
        ArrayPreprocessor(("rows",), {"rows": (3,)}),
        COLUMNS if isinstance(head, Classification) else QUANTITY,
        ("label",),
    )


class Numbers(TablePreprocessor):
    """The numbers of a table alone."""

    def prepare(self, inputs):
        return super().prepare(inputs)["numbers"]


HEADS = [
    Classification(("no", "yes"), class_weights=(1.0, 2.0)),
    Regression((5.0,), (2.0,)),
]
ROWS = np.arange(6, dtype="float32").reshape(2, 3)


@pytest.mark.parametrize("head", HEADS)
def test_saved_and_loaded_it_predicts_the_same(tmp_path, head):
    result = make(tmp_path / "run", head)
    result.save()
    loaded = load(tmp_path / "run")
    assert loaded.head == head
    assert (loaded.recipe, loaded.plan, loaded.history, loaded.metrics) == (
        result.recipe,
        result.plan,
        result.history,
        result.metrics,
    )
    assert (loaded.preprocessor, loaded.columns, loaded.targets) == (
        result.preprocessor,
        result.columns,
        result.targets,
    )
    np.testing.assert_allclose(loaded.outputs(ROWS), result.outputs(ROWS), rtol=1e-6)
    np.testing.assert_array_equal(loaded.predict(ROWS), result.predict(ROWS))


def test_the_optimizer_is_not_saved_and_not_lost(tmp_path):
    result = make(tmp_path / "run", HEADS[1])
    result.model.compile(optimizer="adam", loss="mse")
    result.model.fit(ROWS, np.ones((2, 1)), verbose=0)
    size = (result.save() / "model.keras").stat().st_size
    plain = make(tmp_path / "plain", HEADS[1]).save() / "model.keras"
    assert abs(size - plain.stat().st_size) < 2000
    result.model.fit(ROWS, np.ones((2, 1)), verbose=0)
    assert int(result.model.optimizer.iterations) == 2


def test_callbacks_of_the_plan_are_of_this_process(tmp_path):
    stage = Stage("one", 1, 0.1, callbacks=(keras.callbacks.TerminateOnNaN(),))
    result = make(tmp_path / "run", HEADS[0], Plan("mine", (stage,)))
    result.save()
    assert load(tmp_path / "run").plan == Plan("mine", (Stage("one", 1, 0.1),))
    assert result.plan.stages == (stage,)


def test_saving_elsewhere_needs_an_empty_directory(tmp_path, monkeypatch):
    result = make(tmp_path / "run", HEADS[0])
    result.save()
    result.save()
    monkeypatch.chdir(tmp_path)
    result.save("run")
    Path("notes.txt").write_text("mine")
    with pytest.raises(InputError, match="new or empty"):
        result.save("notes.txt")
    result.save(tmp_path / "copy")
    assert load(tmp_path / "copy").head == HEADS[0]
    with pytest.raises(InputError, match="new or empty"):
        make(tmp_path / "other", HEADS[0]).save(tmp_path / "copy")


def test_it_lists_no_class_that_everybody_has(tmp_path):
    state = json.loads((make(tmp_path, HEADS[0]).save() / "result.json").read_text())
    assert state["classes"] == []


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ([], "at least one input. Received: none in the list"),
        (np.zeros((0, 3)), "at least one input"),
        (iter(()), "at least one input"),
        ("one sentence", "'one sentence', which does not exist"),
        (b"bytes", "Received: b'bytes'"),
        (3, "Received: 3"),
        (None, "Received: None"),
        (np.zeros((2, 4)), "shape"),
        ([["a", "b", "c"]], "Expected numbers"),
        (np.array([[1.0, np.nan, 2.0]]), "NaN in column 1 of row 0"),
    ],
)
def test_what_is_no_input_is_told(tmp_path, inputs, message):
    with pytest.raises(InputError, match=message) as caught:
        make(tmp_path, HEADS[0]).predict(inputs)
    assert "\n" not in str(caught.value)


def test_rows_of_a_table_may_be_in_a_file(tmp_path):
    table = open_table({"age": [20.0, 40.0], "cost": [1.0, 2.5]}, target="cost")
    result = replace(
        make(tmp_path, HEADS[1]),
        model=keras.Sequential([keras.Input((1,)), keras.layers.Rescaling(2.0)]),
        preprocessor=Numbers().fit(table),
        columns=table.columns,
        targets=table.targets,
    )
    path = tmp_path / "rows.csv"
    path.write_text("age\n20\n60\n")
    for given in (path, str(path)):
        np.testing.assert_allclose(result.predict(given), result.predict({"age": [20, 60]}))


def test_what_is_dropped_before_measuring_is_noted(tmp_path):
    table = open_table({"age": [20.0, 40.0], "cost": [1.0, 2.5]}, target="cost")
    result = replace(
        make(tmp_path, HEADS[1]),
        model=keras.Sequential([keras.Input((1,)), keras.layers.Rescaling(2.0)]),
        preprocessor=Numbers().fit(table),
        columns=table.columns,
        targets=table.targets,
    )
    whole = {"age": [20.0, 40.0, 60.0], "cost": [1.0, 2.5, 3.0]}
    assert "notes" not in result.evaluate(whole)
    found = result.evaluate({**whole, "cost": [1.0, None, 3.0]})
    assert found["notes"] == ["1 of 3 rows dropped: no 'cost'"]
    assert found["r2"] == result.evaluate({"age": [20.0, 60.0], "cost": [1.0, 3.0]})["r2"]


def test_inputs_come_in_any_form(tmp_path):
    result = make(tmp_path, HEADS[1])
    expected = result.predict(ROWS)
    records = [{"rows": row, "label": 1.0} for row in ROWS]
    source = Source.of(ROWS, [0.0, 1.0], input_name="rows")
    for inputs in (ROWS.tolist(), list(ROWS), {"rows": ROWS}, records, source):
        np.testing.assert_allclose(result.predict(inputs), expected, rtol=1e-6)
    with pytest.raises(InputError, match="Expected a column 'rows'.*Did you mean 'row'"):
        result.predict({"row": ROWS})


class TestEvaluation:
    def test_of_other_samples_in_any_form(self, tmp_path):
        result = make(tmp_path, HEADS[0])
        answers = result.predict(ROWS)
        others = [{"yes": "no", "no": "yes"}[answer] for answer in answers]
        assert result.evaluate((ROWS, answers))["accuracy"] == 1.0
        records = [{"rows": row, "label": name} for row, name in zip(ROWS, others, strict=True)]
        assert result.evaluate(records)["accuracy"] == 0.0
        codes = [("no", "yes").index(answer) for answer in answers]
        source = Source.of(ROWS, codes, class_names=("no", "yes"), input_name="rows")
        assert result.evaluate(source)["accuracy"] == 1.0

    def test_of_quantities(self, tmp_path):
        result = make(tmp_path, HEADS[1])
        found = result.evaluate((ROWS, result.predict(ROWS)[:, 0] + 2.0))
        assert found["mean_absolute_error"] == pytest.approx(2.0)
        assert found.directions["mean_absolute_error"] is False

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            ((ROWS, ["no", "maybe"]), "'maybe' in sample 1"),
            ([{"row": ROWS[0], "label": "no"}], "a column 'rows'.*Did you mean 'row'"),
            ({"rows": ROWS}, "a column 'label'"),
        ],
    )
    def test_of_what_does_not_fit(self, tmp_path, data, message):
        with pytest.raises(InputError, match=message):
            make(tmp_path, HEADS[0]).evaluate(data)


def test_what_some_heads_give(tmp_path):
    probabilities = make(tmp_path, HEADS[0]).probabilities(ROWS)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    with pytest.raises(InputError, match="head gives probabilities. .* Regression, which does not"):
        make(tmp_path, HEADS[1]).probabilities(ROWS)
    with pytest.raises(InputError, match="head gives intervals. .* Classification"):
        make(tmp_path, HEADS[0]).intervals(ROWS)
