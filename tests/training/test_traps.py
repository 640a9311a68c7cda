"""Ways in which fine-tuning in Keras goes wrong, one test each, and what happens here.

What Keras does by itself was measured on 3.15.1: on TensorFlow mostly nothing, without a
word; on JAX and PyTorch errors about something else.
"""

import keras
import numpy as np
import pytest

import kerastune as kt
from kerastune.errors import InputError
from kerastune.training import TrainabilityGuard, fine_tune
from kerastune.tuning import (
    Plan,
    Stage,
    find_learning_rate,
    freeze,
    freeze_to,
    layerwise,
    unfreeze,
)

pytestmark = pytest.mark.first_backend


@pytest.fixture
def model():
    """A body and a head, compiled."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4,))
    x = keras.layers.Dense(5, activation="tanh", name="body")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1, name="top")(x), name="model")
    model.compile(keras.optimizers.Adam(0.01), "mse", metrics=["mae"])
    return model


def data():
    x = np.random.default_rng(0).normal(size=(32, 4)).astype("float32")
    return x, x[:, :1]


def fit(model, epochs=1, **arguments):
    x, y = data()
    return model.fit(x, y, batch_size=8, epochs=epochs, verbose=0, **arguments)


def weights(model, name):
    return [np.array(value) for value in model.get_layer(name).get_weights()]


def moved(before, after):
    return [not np.array_equal(a, b) for a, b in zip(before, after, strict=True)]


def momentum(model):
    """Adam's first moments by path of the variable."""
    optimizer = model.optimizer
    return {
        variable.path: np.array(keras.ops.convert_to_numpy(slot))
        for variable, slot in zip(optimizer._trainable_variables, optimizer._momentums, strict=True)
    }


@pytest.mark.each_backend
def test_freezing_after_a_first_fit(model):
    """Keras on TensorFlow goes on training the layer, on JAX it fails."""
    fit(model)
    body, top = weights(model, "body"), weights(model, "top")
    before = momentum(model)
    table = freeze(model, "body")
    assert [row.trainable for row in table.rows] == [0, 6]
    np.testing.assert_array_equal(momentum(model)["top/kernel"], before["top/kernel"])
    assert "mae" in fit(model).history
    assert not any(moved(body, weights(model, "body")))
    assert all(moved(top, weights(model, "top")))
    assert int(keras.ops.convert_to_numpy(model.optimizer.iterations)) == 8


@pytest.mark.each_backend
def test_unfreezing_after_a_first_fit(model):
    """In Keras it stays frozen without a word on TensorFlow, and fails on JAX and PyTorch."""
    freeze(model, "body")
    fit(model)
    body, before = weights(model, "body"), momentum(model)
    unfreeze(model, "body")
    np.testing.assert_array_equal(momentum(model)["top/kernel"], before["top/kernel"])
    assert not momentum(model)["body/kernel"].any()
    fit(model)
    assert all(moved(body, weights(model, "body")))


class Unfreezes(keras.callbacks.Callback):
    """What people try first."""

    def __init__(self, when, how):
        super().__init__()
        setattr(self, when, lambda *_, **__: how(self.model))


def by_flag(model):
    model.get_layer("body").trainable = True


def by_variable(model):
    model.get_layer("top").bias.trainable = False


def by_compiling(model):
    model.get_layer("body").trainable = True
    model.compile("sgd", "mse")


@pytest.mark.parametrize("how", [by_flag, by_variable, by_compiling, unfreeze])
@pytest.mark.parametrize("when", ["on_epoch_begin", "on_epoch_end", "on_train_batch_end"])
def test_unfreezing_in_a_callback_says_what_to_do(model, when, how, capsys):
    """In Keras: a shape mismatch, 'NoneType' is not callable, or nothing at all."""
    plan = Plan("mine", (Stage("top", 2, 0.01, "top"),))
    with pytest.raises(InputError, match=r"fine_tune|Stage\(\.\.\., trainable") as caught:
        fine_tune(model, data(), plan=plan, batch_size=8, callbacks=[Unfreezes(when, how)])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("verb", [freeze, unfreeze, freeze_to])
@pytest.mark.parametrize("when", ["on_epoch_begin", "on_train_batch_end", "on_epoch_end"])
def test_verbs_in_a_callback_of_a_fit_of_ones_own(model, when, verb):
    """Without a guard, Keras fails later, about something else."""
    callback = Unfreezes(when, lambda model: verb(model, "body"))
    with pytest.raises(InputError, match=r"in the middle of `fit`.*fine_tune"):
        fit(model, 2, callbacks=[callback])
    verb(model, "body")
    fit(model)


def test_verbs_in_the_middle_of_other_loops_and_on_parts(model):
    x, y = data()
    callback = Unfreezes("on_test_batch_end", freeze)
    with pytest.raises(InputError, match="in the middle of `evaluate`"):
        model.evaluate(x, y, verbose=0, callbacks=[callback])
    callback = Unfreezes("on_predict_batch_end", freeze)
    with pytest.raises(InputError, match="in the middle of `predict`"):
        model.predict(x, verbose=0, callbacks=[callback])
    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(5, name="inner")], name="part")
    outer = keras.Sequential([inner, keras.layers.Dense(1, name="top")])
    outer.compile("sgd", "mse")
    callback = Unfreezes("on_epoch_begin", lambda _: freeze(inner, "all"))
    with pytest.raises(InputError, match="'part', in the middle of `fit`"):
        fit(outer, callbacks=[callback])


def test_another_model_may_be_frozen_meanwhile(model):
    other = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1, name="top")])
    fit(model, callbacks=[Unfreezes("on_epoch_begin", lambda _: freeze(other, "top"))])
    assert not other.trainable_variables


@pytest.mark.parametrize("what", [fine_tune, find_learning_rate])
def test_no_training_within_training(model, what, capsys):
    callback = Unfreezes("on_epoch_begin", lambda model: what(model, data()))
    with pytest.raises(InputError, match="in the middle of `fit`"):
        fit(model, callbacks=[callback])


class TestBackups:
    """Keras' own would start each stage from the backup of another."""

    two = Plan("two", (Stage("a", 1, 0.01), Stage("b", 1, 0.01)))

    @pytest.mark.parametrize(
        ("plan", "how"),
        [
            (two, {}),
            (Plan("steps", (Stage("a", steps=6, learning_rate=0.01),)), {}),
            (Plan("one", (Stage("a", 2, 0.01),)), {"save_freq": 2}),
            (None, {}),
        ],
    )
    def test_refused(self, model, plan, how, tmp_path, capsys):
        backup = keras.callbacks.BackupAndRestore(tmp_path / "backup", **how)
        with pytest.raises(InputError, match="Expected no BackupAndRestore") as caught:
            fine_tune(model, data(), plan=plan, callbacks=[backup])
        assert "\n" not in str(caught.value)

    def test_refused_in_a_stage(self, model, tmp_path, capsys):
        backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
        plan = Plan("two", (Stage("a", 1, 0.01), Stage("b", 1, 0.01, callbacks=(backup,))))
        with pytest.raises(InputError, match="Expected no BackupAndRestore"):
            fine_tune(model, data(), plan=plan)

    def test_a_stage_that_is_over_trains_nothing_more(self, model, tmp_path, capsys):
        plan = Plan("one", (Stage("a", 2, 0.01),))
        for steps in (8, 0):
            backup = keras.callbacks.BackupAndRestore(tmp_path / "b", delete_checkpoint=False)
            history = fine_tune(model, data(), plan=plan, batch_size=8, callbacks=[backup])
            assert history.stages[-1]["steps"] == steps


def test_a_plan_unfreezes_in_the_middle(model, capsys):
    """What to do instead of the callback."""
    body = weights(model, "body")
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(moved(body, weights(self.model, "body")))

    plan = Plan("mine", (Stage("top", 2, 0.01, "top"), Stage("all", 1, 0.01)))
    fine_tune(model, data(), plan=plan, batch_size=8, callbacks=[Watch()])
    assert seen == [[False, False], [False, False], [True, True]]


def test_the_guard_in_a_fit_of_ones_own(model):
    fit(model)
    model.get_layer("body").trainable = False
    with pytest.raises(InputError, match=r"kerastune\.freeze"):
        fit(model, callbacks=[TrainabilityGuard()])


def test_the_guard_lets_pass_what_is_right(model):
    fit(model, callbacks=[TrainabilityGuard()])
    freeze(model, "body")
    fit(model, 2, callbacks=[TrainabilityGuard()])


def test_compiled_again_with_the_same_optimizer(model):
    """Keras' optimizers fail for variables that they were not built with."""
    freeze(model, "body")
    fit(model)
    optimizer = model.optimizer
    rate = float(optimizer.learning_rate)
    unfreeze(model)
    assert model.optimizer is not optimizer
    assert float(model.optimizer.learning_rate) == rate
    fit(model)


@pytest.mark.parametrize(
    "callback",
    [
        lambda path: keras.callbacks.BackupAndRestore(path / "backup"),
        lambda path: keras.callbacks.ModelCheckpoint(path / "model.keras"),
    ],
)
def test_lora_is_not_saved_to_be_resumed(model, tmp_path, callback):
    """Keras merges the adapters when it saves, and goes on wrongly without a word."""
    model.get_layer("body").enable_lora(2)
    with pytest.raises(InputError, match="LoRA"):
        fine_tune(model, data(), callbacks=[callback(tmp_path)])


def test_a_plateau_lowers_a_schedule(model, capsys):
    """Keras raises a TypeError when the rate is a schedule."""
    plan = Plan("mine", (Stage("all", 3, 0.01, schedule="cosine"),))
    rates = []

    class Rates(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch, logs=None):
            rates.append(float(self.model.optimizer.learning_rate))

    plateau = keras.callbacks.ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=9e9)
    fine_tune(model, data(), plan=plan, batch_size=8, callbacks=[plateau, Rates()])
    cosine = 0.01 * (1 + np.cos(np.pi * np.arange(12) / 12)) / 2
    # Keras takes the first epoch for an improvement over nothing.
    np.testing.assert_allclose(rates[:8], cosine[:8], rtol=1e-4)
    np.testing.assert_allclose(rates[8:], cosine[8:] / 2, rtol=1e-4)


def test_class_weights_for_two_outputs(capsys):
    """Keras' `class_weight` refuses models of more than one output."""
    inputs = keras.Input((4,))
    outputs = {
        "kind": keras.layers.Dense(2, activation="softmax", name="kind")(inputs),
        "size": keras.layers.Dense(1, name="size")(inputs),
    }
    model = keras.Model(inputs, outputs)
    losses = {"kind": "sparse_categorical_crossentropy", "size": "mse"}
    x, size = data()
    labels = {"kind": (size[:, 0] > 0).astype(int), "size": size}
    probabilities = model.predict(x, verbose=0)["kind"][np.arange(32), labels["kind"]]
    weighted = np.where(labels["kind"] == 1, 5.0, 1.0) * -np.log(probabilities)
    squares = (model.predict(x, verbose=0)["size"] - size) ** 2
    history = fine_tune(
        model,
        (x, labels),
        plan=Plan("still", (Stage("still", 1, 1e-12),)),
        loss=losses,
        class_weights={"kind": {1: 5.0}},
        batch_size=32,
    )
    assert history.step_loss[0] == pytest.approx(weighted.mean() + squares.mean(), rel=1e-4)


def test_rates_by_layer(model):
    """Overriding `update_step` fails on TensorFlow, and is slow on PyTorch."""
    model.compile(layerwise(keras.optimizers.SGD(0.1), model, rates={"body": 0.0}), "mse")
    body, top = weights(model, "body"), weights(model, "top")
    fit(model)
    assert not any(moved(body, weights(model, "body")))
    assert all(moved(top, weights(model, "top")))


def test_batch_normalization_in_frozen_layers():
    """Frozen, it computes as in inference, and its statistics do not move."""
    inputs = keras.Input((4,))
    x = keras.layers.BatchNormalization(name="norm")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(1, name="top")(x))
    model.compile("sgd", "mse")
    before = weights(model, "norm")
    expected = {
        "inference": [False, False, False, False],
        "statistics": [False, False, True, True],
        "affine": [True, True, True, True],
    }
    for mode, changes in expected.items():
        freeze(model, "norm", batch_norm=mode)
        fit(model)
        after = weights(model, "norm")
        assert moved(before, after) == changes, mode
        before = after


@pytest.mark.each_backend
def test_a_frozen_weight_is_the_same_bit_for_bit_through_a_whole_plan(capsys):
    """With momentum, weight decay, clipping, warm-up and averages of the past."""
    inputs = keras.Input((4,))
    x = keras.layers.Dense(5, name="one")(inputs)
    x = keras.layers.Dense(5, name="two")(x)
    model = keras.Model(inputs, keras.layers.Dense(1, name="three")(x))
    frozen = {1: ["one", "two"], 2: ["one"], 3: ["two", "three"]}
    before = {name: weights(model, name) for name in ("one", "two", "three")}

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            for name, old in before.items():
                changed = moved(old, weights(self.model, name))
                is_frozen = name in frozen[epoch + 1]
                assert not any(changed) if is_frozen else all(changed), (epoch, name)
                before[name] = weights(self.model, name)

    stages = (
        Stage("a", 1, 0.01, "three", weight_decay=0.5),
        Stage("b", 1, 0.01, "two | three", schedule="one_cycle", weight_decay=0.5),
        Stage("c", 1, 0.01, "one", layer_decay=0.5, weight_decay=0.5),
    )
    fine_tune(model, data(), plan=Plan("mine", stages), loss="mse", callbacks=[Watch()])


def test_every_verb_is_at_the_top():
    assert kt.freeze is freeze
    assert kt.freeze_to is freeze_to
    assert kt.layerwise is layerwise
    assert kt.fine_tune is fine_tune
