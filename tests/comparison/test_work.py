"""What a process of a comparison does: the same twice, on each backend, for models of all kinds."""

import runpy
import sys

import keras
import numpy as np
import pytest

import kerastune
from kerastune.backends.jacobians import to_numpy
from kerastune.comparison.judging.blame import told
from kerastune.comparison.judging.judged import first_difference, judged
from kerastune.comparison.judging.tolerances import Tolerances
from kerastune.comparison.showing.reproduction import reproduction_of
from kerastune.comparison.work.random_layers import switch_off_random
from kerastune.comparison.work.recording import record_calls
from kerastune.errors import InputError
from tests.comparison.in_process import compared, ran

pytestmark = pytest.mark.first_backend


def everything():
    """Masks, a recurrent layer, attention, an operation, a nested model and batch norm."""
    tokens = keras.Input((6,), dtype="int32", name="tokens")
    rows = keras.Input((3,), name="rows")
    x = keras.layers.Embedding(9, 4, mask_zero=True, name="words")(tokens)
    x = keras.layers.LSTM(4, return_sequences=True, dropout=0.2, name="lstm")(x)
    x = keras.layers.MultiHeadAttention(2, 2, dropout=0.1, name="attention")(x, x)
    x = keras.layers.GlobalAveragePooling1D(name="mean")(x)
    inner = keras.Sequential(
        [
            keras.Input((3,)),
            keras.layers.Dense(4, name="dense"),
            keras.layers.BatchNormalization(name="norm"),
        ],
        name="inner",
    )
    x = keras.ops.relu(x + inner(rows))
    x = keras.layers.GaussianNoise(0.1, name="noise")(x)
    model = keras.Model({"tokens": tokens, "rows": rows}, keras.layers.Dense(3, name="head")(x))
    model.compile(
        keras.optimizers.Adam(1e-2),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return model


def subclassed():
    """A model that does not tell what it takes."""

    class Two(keras.Model):
        def __init__(self):
            super().__init__()
            self.first, self.second = keras.layers.Dense(3), keras.layers.Dense(1)

        def call(self, inputs):
            return self.second(keras.ops.tanh(self.first(inputs)))

    return Two()


def unstable():
    """A layer whose gradient differs where this module says so."""
    return keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(4), WRONG[-1](name="culprit"), keras.layers.Dense(2)]
    )


@keras.saving.register_keras_serializable("tests")
class Right(keras.layers.Layer):
    """Scales by a weight."""

    def build(self, shape):
        self.scale = self.add_weight(shape=shape[-1:], initializer="ones", name="scale")

    def call(self, inputs):
        return self.scale * inputs


WRONG: list[type] = [Right]


def test_the_same_twice_is_the_same(tmp_path):
    trial = compared(f"{__name__}:everything", tmp_path)
    assert trial.sentences() == ["jax and torch do the same, within the tolerances."]
    assert max(one.relative for one in trial.of("layer")) < 1e-5
    names = [one.name for one in trial.of("layer")]
    assert names.index("words") < names.index("lstm") < names.index("attention")
    assert "inner/norm" in names
    assert trial.losses["jax"][0] != trial.losses["jax"][1]
    assert [one.split(" ")[0] for one in trial.switched_off][-1] == "noise"
    listed = {one.name for one in trial.of("gradient") if one.status == "listed"}
    assert {"inner/dense/bias", "attention/key/bias"} <= listed


@pytest.mark.any_backend  # JAX needs a process of its own for float64.
def test_float64_tells_that_it_is_rounding(tmp_path):
    records = [ran(f"{__name__}:everything", tmp_path, "jax")]
    records.append(ran(f"{__name__}:everything", tmp_path, "torch", is_reference=False))
    exact = [
        ran(f"{__name__}:everything", tmp_path, f"{name}64", is_reference=False, task="judge")
        for name in ("jax", "torch")
    ]
    for record, name in zip(exact, ("jax", "torch"), strict=True):
        record.result["backend"] = name
    assert exact[0].of_layer(1, "inference")[0].dtype == np.float64
    (line,) = told(1, "inference", records, exact)
    assert line.startswith("In float64 they agree within 0: it is rounding.")


def test_what_a_training_costs_is_measured_step_by_step(tmp_path):
    result = ran(f"{__name__}:everything", tmp_path, task="measure", steps=4).result
    seconds = result["seconds"]
    assert [len(seconds[name]) for name in ("step", "evaluation", "prediction")] == [2, 3, 3]
    assert min(seconds["import"], seconds["build"], seconds["first step"], *seconds["step"]) > 0
    assert result["batch_size"] == 16
    assert result["memory"]["process"] > 2**27


def test_a_model_that_does_not_tell_its_inputs_needs_data(tmp_path):
    with pytest.raises(InputError, match="Expected --data for"):
        ran(f"{__name__}:subclassed", tmp_path)


@pytest.mark.parametrize(
    ("arrays", "expected"),
    [
        ({"x": np.ones((4, 5), "float32")}, "Expected data that fit"),
        ({"y": np.ones(4)}, "without x"),
        ({"z": np.ones(4)}, "Received: 'z'"),
        ({"x": np.full((4, 3), np.nan)}, "NaN"),
    ],
)
def test_data_that_do_not_fit_are_refused(tmp_path, arrays, expected):
    np.savez(tmp_path / "data.npz", **arrays)
    with pytest.raises(InputError, match=expected):
        ran(f"{__name__}:unstable", tmp_path, data=str(tmp_path / "data.npz"))


def test_a_keras_file_is_compared_in_another_precision(tmp_path):
    model = keras.Sequential([keras.Input((3,), name="x"), keras.layers.Dense(2, name="dense")])
    model.compile("adam", "mse")
    model.save(tmp_path / "model.keras")
    x = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
    np.savez(tmp_path / "data.npz", x=x, y=x[:, :2], sample_weight=np.ones(20))
    settings = {"data": str(tmp_path / "data.npz"), "precision": "mixed_bfloat16"}
    record = ran(str(tmp_path / "model.keras"), tmp_path, **settings)
    assert record.result["precision"] == "bfloat16"
    assert record.result["notes"] == []
    assert record.batches()[1][0].shape == (4, 3)
    kernel = keras.ops.convert_to_numpy(model.layers[0].kernel)
    np.testing.assert_array_equal(record.arrays("weights")["0"], kernel)


def test_a_recipe_is_fed_as_a_run_is(tmp_path):
    trial = compared("linear_regression", tmp_path, options={"epochs": 1}, steps=3)
    assert trial.is_same
    assert len(trial.losses["jax"]) == 3
    assert "r2" in trial.metrics["jax"]
    assert "Trained as the stage" in trial.notes[0]


def empty_head():
    """A model whose head is zero, as it is before it trains."""
    layers = [keras.Input((3,)), keras.layers.Dense(4, name="body")]
    return keras.Sequential(
        [*layers, keras.layers.Dense(2, kernel_initializer="zeros", name="head")]
    )


def test_gradients_reach_the_layers_before_a_head_of_zeros(tmp_path):
    trial = compared(f"{__name__}:empty_head", tmp_path)
    assert trial.is_same
    assert any("head/kernel" in note for note in trial.notes)
    assert {one.status for one in trial.of("gradient")} == {"same"}


@pytest.mark.each_backend
def test_the_reproduction_shows_the_difference_by_itself(tmp_path, capsys):
    """The script runs here on this backend, with the configuration of each side."""
    backend = keras.backend.backend()
    sides = ("other", backend)
    records = []
    for name in sides:
        scale = 1.0 if name == "other" else 1.1
        WRONG.append(lambda name, scale=scale: keras.layers.Rescaling(scale, name=name))
        records.append(ran(f"{__name__}:unstable", tmp_path, name, is_reference=name == "other"))
        WRONG.pop()
    found = first_difference(judged(*records, Tolerances()))
    assert (found.name, found.form in ("inference", "training", "inputs")) == ("culprit", True)
    reproduction = reproduction_of(found, records)
    reproduction.layer["form"] = "inputs"
    script = reproduction.write(tmp_path / "reproduction")
    former = sys.argv
    try:
        sys.argv = [str(script), backend]
        runpy.run_path(str(script))
    finally:
        sys.argv = former
    wrote = np.load(tmp_path / "reproduction" / f"{backend}.npz")
    np.testing.assert_allclose(wrote["output 0"], records[1].of_layer(1, "inference")[0], 1e-6)
    np.testing.assert_allclose(wrote["gradient 0"], records[1].of_layer(1, "inputs")[0], 1e-6)


def test_recording_opens_nested_models_and_keeps_recurrent_layers_whole():
    model = everything()
    inputs = {"tokens": np.ones((2, 6), "int32"), "rows": np.ones((2, 3), "float32")}
    calls = record_calls(model, inputs)
    names = [getattr(part, "name", "") for part in calls.parts]
    order = [names[call["part"]] for call in calls.calls]
    assert order.index("dense") < order.index("norm") < order.index("head")
    assert order.count("lstm") == 1
    assert "lstm_cell" not in order
    assert calls.left_out == {}


@pytest.mark.each_backend
def test_random_layers_are_switched_off():
    flip = keras.layers.RandomFlip(name="flip")
    layers = [keras.Input((4, 4, 1)), flip, keras.layers.SpatialDropout2D(0.3, name="drop")]
    model = keras.Sequential([*layers, keras.layers.Flatten(), keras.layers.Reshape((4, 4))])
    assert switch_off_random(model) == [
        "flip (RandomFlip): random in training",
        "drop (SpatialDropout2D): rate=0.3",
    ]
    image = np.random.default_rng(0).normal(size=(3, 4, 4, 1)).astype("float32")
    np.testing.assert_allclose(to_numpy(model(image, training=True)), image.reshape(3, 4, 4))
    assert switch_off_random(model) in ([], ["flip (RandomFlip): random in training"])
    recurrent = keras.Sequential(
        [keras.Input((4, 2)), keras.layers.GRU(3, dropout=0.5, name="gru")]
    )
    assert any("dropout=0.5" in one for one in switch_off_random(recurrent))
    rows = np.ones((2, 4, 2), "float32")
    trained, inferred = (to_numpy(recurrent(rows, training=one)) for one in (True, False))
    np.testing.assert_allclose(trained, inferred, rtol=1e-6)


def test_a_recipe_takes_no_rate_of_each_backends_own(tmp_path):
    with pytest.raises(kerastune.InputError, match="'auto'"):
        ran("linear_regression", tmp_path, options={"learning_rate": "auto"})
