"""Results are saved whole, read back, and refused when something is missing."""

import json

import keras
import numpy as np
import pytest

from kerastune.errors import InputError
from kerastune.heads import Classification, Regression, attach
from kerastune.result import Result, load
from kerastune.training import History
from kerastune.tuning import full


def make(directory, head):
    inputs = keras.Input((3,))
    backbone = keras.Model(inputs, keras.layers.Dense(4, name="body")(inputs), name="backbone")
    model = attach(backbone, head)
    model.get_layer(index=-1).kernel.assign(np.random.default_rng(0).normal(size=(4, 1)))
    history = History([0.5, 0.25], [{"stage": "one", "epoch": 1, "steps": 2, "loss": 0.375}])
    return Result("mine", model, head, full(1, 0.1), {"accuracy": 0.5}, history, directory)


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
    assert (loaded.plan, loaded.history, loaded.metrics) == (
        result.plan,
        result.history,
        result.metrics,
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


def test_saving_elsewhere_needs_an_empty_directory(tmp_path):
    result = make(tmp_path / "run", HEADS[0])
    result.save()
    result.save()
    result.save(tmp_path / "copy")
    assert load(tmp_path / "copy").head == HEADS[0]
    with pytest.raises(InputError, match="new or empty"):
        make(tmp_path / "other", HEADS[0]).save(tmp_path / "copy")


@pytest.mark.parametrize("inputs", [[], "one sentence", np.zeros((0, 3))])
def test_predict_wants_a_sequence(tmp_path, inputs):
    with pytest.raises(InputError, match="sequence of at least one input"):
        make(tmp_path, HEADS[0]).predict(inputs)


class TestBadDirectories:
    def test_not_a_run(self, tmp_path):
        with pytest.raises(InputError, match=r"finished run.*result.json cannot be read"):
            load(tmp_path)

    def test_unfinished(self, tmp_path):
        (tmp_path / "run.json").write_text("{}", encoding="utf-8")
        with pytest.raises(InputError, match="unfinished run"):
            load(tmp_path)

    @pytest.mark.parametrize("name", ["result.json", "plan.yaml", "history.json"])
    @pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00", b"[]", b'{"a": 1}'])
    def test_a_file_that_is_missing_or_of_another_kind(self, tmp_path, name, content):
        path = make(tmp_path, HEADS[0]).save() / name
        path.unlink()
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(InputError, match="Expected") as caught:
            load(tmp_path)
        assert "\n" not in str(caught.value)

    def test_truncated_model(self, tmp_path):
        path = make(tmp_path, HEADS[0]).save() / "model.keras"
        path.write_bytes(path.read_bytes()[:-200])
        with pytest.raises(InputError, match="model.keras"):
            load(tmp_path)

    def test_missing_model(self, tmp_path):
        (make(tmp_path, HEADS[0]).save() / "model.keras").unlink()
        with pytest.raises(InputError, match="model.keras"):
            load(tmp_path)

    @pytest.mark.parametrize(
        "head", [{}, {"kind": "Prophecy"}, {"kind": "Regression", "mean": [1.0]}]
    )
    def test_a_head_that_is_none(self, tmp_path, head):
        path = make(tmp_path, HEADS[0]).save() / "result.json"
        state = json.loads(path.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**state, "head": head}), encoding="utf-8")
        with pytest.raises(InputError, match="head"):
            load(tmp_path)

    def test_a_model_that_would_run_code(self, tmp_path):
        make(tmp_path, HEADS[0]).save()
        inputs = keras.Input((3,))
        outputs = keras.layers.Lambda(lambda x: x, output_shape=(3,))(inputs)
        keras.Model(inputs, outputs).save(tmp_path / "model.keras")
        with pytest.raises(InputError, match="model.keras"):
            load(tmp_path)
