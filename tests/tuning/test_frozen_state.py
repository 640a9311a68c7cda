"""Frozen layers stay bit for bit what they were, also those that change their own weights."""

import keras
import numpy as np
import pytest

from kerastune.errors import InputError
from kerastune.training import TrainabilityGuard, fine_tune
from kerastune.tuning import Plan, Stage, freeze, plan_table, unfreeze

pytestmark = pytest.mark.first_backend

LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


class Running(keras.layers.Layer):
    """Running statistics of one's own, as people write them."""

    def build(self, shape):
        self.running = self.add_weight(
            shape=(shape[-1],), name="running", initializer="zeros", trainable=False
        )
        self.scale = self.add_weight(shape=(shape[-1],), name="scale", initializer="ones")

    def call(self, x, training=None):
        if training:
            self.update(x)
        return (x - self.running) * self.scale

    def update(self, x):
        self.running.assign(0.9 * self.running + 0.1 * keras.ops.mean(x, 0))


class Codebook(keras.layers.Layer):
    """A table that is never trained by gradients, and moves."""

    def build(self, shape):
        self.table = self.add_weight(
            shape=(3, shape[-1]), name="table", initializer="uniform", trainable=False
        )

    def call(self, x, training=None):
        if training:
            self.table.assign_add(0.1 * (keras.ops.mean(x, 0) - self.table))
        return x + keras.ops.sum(self.table)


class Normed(keras.layers.Wrapper):
    """A wrapper without weights of its own, which changes those of another layer."""

    def call(self, x, training=None):
        if training:
            kernel = self.layer.kernel
            kernel.assign(kernel / keras.ops.norm(kernel))
        return self.layer(x)


class Always(keras.layers.Layer):
    """Counts its calls, whatever it is told."""

    def build(self, shape):
        self.count = self.add_weight(shape=(), name="count", initializer="zeros", trainable=False)
        self.scale = self.add_weight(shape=(shape[-1],), name="scale", initializer="ones")

    def call(self, x):
        self.count.assign_add(1.0)
        return x * self.scale


class Hidden(Running):
    """Moves its statistics where no code tells so."""

    def call(self, x, training=None):
        keras.tree.map_structure(
            lambda variable: getattr(variable, "assi" + "gn")(variable + 1.0), self.running
        )
        return x * self.scale


LAYERS = {
    "spectral": lambda: keras.layers.SpectralNormalization(keras.layers.Dense(6)),
    "running": Running,
    "codebook": Codebook,
    "wrapper": lambda: Normed(keras.layers.Dense(6)),
    "nested": lambda: keras.Sequential(
        [keras.layers.SpectralNormalization(keras.layers.Dense(6)), Running()]
    ),
    "batch_norm": lambda: keras.layers.BatchNormalization(center=False, scale=False),
}


def data():
    generator = np.random.default_rng(0)
    return generator.normal(size=(32, 4)).astype("float32"), generator.integers(0, 2, 32)


def make(layer):
    keras.utils.set_random_seed(0)
    layer.name = "part"
    return keras.Sequential(
        [keras.Input((4,)), layer, keras.layers.Dense(2, name="head")], name="model"
    )


def values(weights):
    return [np.array(keras.ops.convert_to_numpy(weight)) for weight in weights]


def moved(before, weights):
    return [not np.array_equal(a, b) for a, b in zip(before, values(weights), strict=True)]


@pytest.mark.parametrize("name", LAYERS)
def test_frozen_it_stays_and_unfrozen_it_moves(name):
    model = make(LAYERS[name]())
    part = model.layers[0]
    model.compile("adam", LOSS)
    freeze(model, "part")
    before = values(part.weights)
    model.fit(*data(), verbose=0, callbacks=[TrainabilityGuard()])
    assert not any(moved(before, part.weights))
    unfreeze(model, "part")
    model.fit(*data(), verbose=0, callbacks=[TrainabilityGuard()])
    assert all(moved(before, part.weights))
    before = values(part.weights)
    freeze(model, "part")
    model.fit(*data(), verbose=0, callbacks=[TrainabilityGuard()])
    assert not any(moved(before, part.weights))


@pytest.mark.parametrize("name", ["spectral", "running", "codebook", "wrapper"])
def test_through_a_plan(name, capsys):
    model = make(LAYERS[name]())
    before = values(model.layers[0].weights)
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            seen.append(any(moved(before, self.model.layers[0].weights)))

    stages = [Stage("head", 2, 0.01, "head"), Stage("all", 1, 0.01)]
    fine_tune(model, data(), plan=Plan("p", stages), loss=LOSS, callbacks=[Watch()])
    assert seen == [False, False, True]


@pytest.mark.each_backend
def test_with_its_kernel_frozen_the_rest_goes_on_training():
    model = make(LAYERS["spectral"]())
    part = model.layers[0]
    model.compile("adam", LOSS)
    freeze(model, "part/**/kernel")
    before = values(part.weights)
    model.fit(*data(), verbose=0, callbacks=[TrainabilityGuard()])
    changed = dict(zip([w.name for w in part.weights], moved(before, part.weights), strict=True))
    assert changed == {"kernel": False, "bias": True, "vector_u": False}


def test_frozen_it_computes_as_in_inference():
    model = make(Running())
    model.layers[0].running.assign(np.arange(4.0))
    freeze(model, "part")
    x = data()[0]
    trained, inferred = (
        keras.ops.convert_to_numpy(model(x, training=training)) for training in (True, False)
    )
    np.testing.assert_array_equal(trained, inferred)


def test_what_cannot_be_told_is_refused_by_name():
    model = make(Always())
    flags = [weight.trainable for weight in model.weights]
    plan = Plan("p", [Stage("s", 1, 1.0, "head")])
    for refused in (lambda: freeze(model, "part"), lambda: plan_table(model, plan)):
        with pytest.raises(InputError, match=r"'part', a Always.*`training`"):
            refused()
    assert [weight.trainable for weight in model.weights] == flags
    freeze(model, "head")


def test_what_moves_nevertheless_is_said_with_its_path():
    model = make(Hidden())
    model.compile("adam", LOSS)
    freeze(model, "part")
    with pytest.raises(InputError, match=r"bit for bit. Received: '\S*running'"):
        model.fit(*data(), verbose=0, callbacks=[TrainabilityGuard()])


def test_a_callback_that_moves_a_frozen_weight_is_told_of(capsys):
    class Moves(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            kernel = self.model.layers[0].kernel
            kernel.assign(kernel * 1.0000002)

    model = make(keras.layers.Dense(6))
    plan = Plan("p", [Stage("head", 1, 0.01, "head")])
    with pytest.raises(InputError, match=r"bit for bit. Received: '\S*kernel' in 'model'"):
        fine_tune(model, data(), plan=plan, loss=LOSS, callbacks=[Moves()])


def test_dropout_in_frozen_layers_stays_on():
    model = make(keras.Sequential([Running(), keras.layers.Dropout(0.5), keras.layers.Dense(4)]))
    freeze(model, "part")
    features = model.layers[0]
    x = data()[0]
    first, second = (keras.ops.convert_to_numpy(features(x, training=True)) for _ in range(2))
    assert not np.array_equal(first, second)


def test_states_of_recurrent_layers_are_no_weights():
    inputs = keras.Input((3, 4), batch_size=8)
    model = keras.Model(
        inputs, keras.layers.Dense(2, name="head")(keras.layers.GRU(5, stateful=True)(inputs))
    )
    model.compile("adam", LOSS)
    freeze(model, "backbone")
    x = np.random.default_rng(0).normal(size=(16, 3, 4))
    model.fit(x, np.arange(16) % 2, batch_size=8, verbose=0, callbacks=[TrainabilityGuard()])


def test_a_model_saved_while_frozen_is_read_back(tmp_path):
    model = make(LAYERS["spectral"]())
    freeze(model, "part")
    model.save(tmp_path / "model.keras")
    read = keras.saving.load_model(tmp_path / "model.keras")
    x = data()[0]
    np.testing.assert_array_equal(model.predict(x, verbose=0), read.predict(x, verbose=0))
