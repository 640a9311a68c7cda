"""What trains is what the pattern says, on every kind of layer."""

import io

import keras
import numpy as np
import pytest
from rich.console import Console

from kerastune.tuning import (
    NoMatchError,
    Plan,
    Stage,
    layer_groups,
    linear_probe_then_fine_tune,
    match,
    plan_table,
    train_only,
)
from kerastune.tuning.freezing.trainability import restored_trainability

pytestmark = pytest.mark.first_backend


@pytest.fixture
def model():
    """A backbone with batch normalization, and a head."""
    layers = keras.layers
    inputs = keras.Input((4,))
    x = layers.Dense(3, name="encoder")(inputs)
    x = layers.BatchNormalization(name="norm")(x)
    x = layers.Dense(3, name="encoder_2")(x)
    backbone = keras.Model(inputs, x, name="body")
    return keras.Model(inputs, layers.Dense(2, name="head_logits")(backbone(inputs)))


def paths(variables):
    return [variable.path for variable in variables]


def test_train_only_does_not_depend_on_what_was_frozen_before(model):
    train_only(model, "head")
    train_only(model, "encoder")
    assert paths(model.trainable_variables) == ["encoder/kernel", "encoder/bias"]
    train_only(model, "all")
    assert len(model.trainable_variables) == 8


def test_train_only_reaches_below_layers_that_are_trainable_already(model):
    """On TensorFlow, `model.trainable = True` does nothing when the model is trainable."""
    for weight in model.weights[:2]:
        weight.trainable = False
    model.get_layer("body").get_layer("encoder_2").trainable = False
    train_only(model, "all")
    assert len(model.trainable_variables) == 8


def test_single_variables_can_train(model):
    train_only(model, "encoder/bias")
    assert paths(model.trainable_variables) == ["encoder/bias"]


def test_statistics_never_become_trainable(model):
    train_only(model, "norm")
    assert paths(model.trainable_variables) == ["norm/gamma", "norm/beta"]


def test_frozen_batch_normalization_runs_in_inference_mode(model):
    x = np.random.default_rng(0).normal(5, 2, (16, 4)).astype("float32")
    norm = model.get_layer("body").get_layer("norm")
    before = keras.ops.convert_to_numpy(norm.moving_mean).copy()
    train_only(model, "head")
    model(x, training=True)
    np.testing.assert_array_equal(keras.ops.convert_to_numpy(norm.moving_mean), before)
    train_only(model, "all")
    model(x, training=True)
    assert np.abs(keras.ops.convert_to_numpy(norm.moving_mean) - before).max() > 0


def test_restored_trainability(model):
    train_only(model, "encoder/bias")
    with restored_trainability(model):
        train_only(model, "all")
    assert paths(model.trainable_variables) == ["encoder/bias"]
    assert model.trainable
    assert not model.get_layer("body").get_layer("norm").trainable


def test_weights_that_the_head_does_not_use_never_train():
    """As in KerasHub's text encoders, whose `pooled_output` no head here takes."""
    inputs = keras.Input((3, 4))
    sequence = keras.layers.Dense(4, name="block")(inputs)
    pooled = keras.layers.Dense(4, name="pooled_dense")(sequence[:, 0])
    outputs = {"sequence_output": sequence, "pooled_output": pooled}
    backbone = keras.Model(inputs, outputs, name="encoder")
    features = backbone(inputs)["sequence_output"][:, 0]
    model = keras.Model(inputs, keras.layers.Dense(1, name="head_logits")(features))
    train_only(model, "all")
    assert not any("pooled" in path for path in paths(model.trainable_variables))
    assert len(model.trainable_variables) == 4
    assert "pooled_dense" in layer_groups(model)
    with pytest.raises(NoMatchError):
        match(model, "pooled_dense")


class TestPlanTable:
    def test_rows_are_what_keras_will_train(self, model):
        plan = linear_probe_then_fine_tune(epochs=2, learning_rate=1e-3)
        table = plan_table(model, plan)
        for stage in plan.stages:
            train_only(model, stage.trainable)
            expected = sum(int(np.prod(weight.shape)) for weight in model.trainable_variables)
            rows = [row for row in table.rows if row.stage == stage.name]
            assert sum(row.trainable for row in rows) == expected
            assert sum(row.parameters for row in rows) == model.count_params()

    def test_batch_normalization_mode(self, model):
        table = plan_table(model, linear_probe_then_fine_tune(epochs=2, learning_rate=1e-3))
        modes = [row.batch_norm for row in table.rows if row.group == "encoder"]
        assert modes == ["inference", "trains"]
        assert {row.batch_norm for row in table.rows if row.group != "encoder"} == {None}

    def test_the_model_is_left_as_it_was(self, model):
        train_only(model, "encoder")
        plan_table(model, linear_probe_then_fine_tune(epochs=2, learning_rate=1e-3))
        assert paths(model.trainable_variables) == ["encoder/kernel", "encoder/bias"]

    def test_printed(self, model):
        console = Console(width=120, file=io.StringIO())
        console.print(plan_table(model, linear_probe_then_fine_tune(2, 1e-3)))
        text = console.file.getvalue()
        assert "frozen" in text
        assert "0.001" in text
        assert "Batch normalization trains where" in text

    def test_a_pattern_without_a_match_is_an_error(self, model):
        with pytest.raises(NoMatchError):
            plan_table(model, Plan("bad", (Stage("one", 1, 0.1, trainable="decoder"),)))
