"""Plans with optimizers and schedules of Keras train as Keras does with the same objects."""

import grain
import keras
import numpy as np
import pytest

from kerastune.backends.optimizers import layerwise, slots
from kerastune.distribution.read_batches import read_ahead
from kerastune.training import fine_tune
from kerastune.tuning import Plan, Stage

pytestmark = pytest.mark.first_backend

optimizers, schedules = keras.optimizers, keras.optimizers.schedules
SAMPLES, BATCH = 16, 4
STEPS = SAMPLES // BATCH


@keras.saving.register_keras_serializable("tests_training_objects")
class Remembering(optimizers.Optimizer):
    """An optimizer of somebody's, with a slot and a setting of its own."""

    def __init__(self, learning_rate=0.01, share=0.5, **settings):
        super().__init__(learning_rate, **settings)
        self.share = share

    def build(self, variables):
        super().build(variables)
        self.memories = self.add_optimizer_variables(variables, "memory")

    def update_step(self, gradient, variable, learning_rate):
        memory = self.memories[self._get_variable_index(variable)]
        self.assign(memory, self.share * memory + gradient)
        self.assign_sub(variable, memory * keras.ops.cast(learning_rate, variable.dtype))

    def get_config(self):
        return super().get_config() | {"share": self.share}


def build(run_eagerly=False):
    """A small model, the same each time. Steps that run eagerly need no time to compile."""
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4,))
    x = keras.layers.Dense(6, activation="tanh", name="first")(inputs)
    x = keras.layers.LayerNormalization(name="norm")(x)
    model = keras.Model(inputs, keras.layers.Dense(1, name="top")(x))
    model.compile("sgd", "mse", run_eagerly=run_eagerly)
    return model


@pytest.fixture(autouse=True)
def updated_as_by_keras(monkeypatch):
    """PyTorch's fused Adam rounds otherwise; `tests/backends/test_fused_adam.py` compares it."""
    monkeypatch.setattr(layerwise, "fused_adam", lambda *_: False)


@pytest.fixture(scope="module")
def data():
    """Batches that come in the same order each epoch."""
    x = np.random.default_rng(1).normal(size=(SAMPLES, 4)).astype("float32")
    pairs = list(zip(x, x[:, :1] * 2 + 1, strict=True))
    return grain.MapDataset.source(pairs).batch(BATCH)


def weights(model):
    return [np.array(keras.ops.convert_to_numpy(weight)) for weight in model.weights]


def fit_by_keras(model, data, steps=STEPS):
    batches = read_ahead(data.repeat())
    model.fit(batches, epochs=1, steps_per_epoch=steps, shuffle=False, verbose=0)
    # On JAX, a weight and its average share a buffer then, and the next `fit` fails.
    for average in getattr(model.optimizer, "_model_variables_moving_average", ()):
        average.assign(keras.ops.copy(average))


def compile_by_keras(model, optimizer):
    model.compile(optimizer, "mse", run_eagerly=model.run_eagerly)
    # On TensorFlow, Keras would otherwise build it in the first step, where some slots stay 0.
    optimizer.build(model.trainable_variables)


def trained_by_plan(model, data, *stages):
    fine_tune(model, data, plan=Plan("p", stages))
    return weights(model)


def assert_same(found, expected):
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-7)


def undecayed(optimizer):
    """An optimizer that leaves out of weight decay what a stage does by itself."""
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


OPTIMIZERS = {
    "adamw": lambda rate: optimizers.AdamW(rate, weight_decay=0.1, global_clipnorm=0.5),
    "schedule-free": lambda rate: optimizers.ScheduleFreeAdamW(rate, clipvalue=0.1),
    "accumulation": lambda rate: optimizers.Adam(rate, gradient_accumulation_steps=2),
    "average": lambda rate: optimizers.Adam(rate, use_ema=True, ema_momentum=0.5),
    "somebody's": lambda rate: Remembering(rate, share=0.7, weight_decay=0.1),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_two_stages_are_two_fits_of_keras(name, data):
    """The optimizer goes on from one to the other: slots, bias corrections, averages."""
    made, by_keras = OPTIMIZERS[name], build()
    compile_by_keras(by_keras, undecayed(made(0.02)))
    fit_by_keras(by_keras, data)
    fit_by_keras(by_keras, data)
    stages = [Stage(stage, 1, optimizer=made(0.02)) for stage in "ab"]
    assert_same(trained_by_plan(build(), data, *stages), weights(by_keras))


@pytest.mark.parametrize("where", ["the stage", "the optimizer", "beside a name"])
def test_a_schedule_trains_as_by_keras(where, data):
    schedule = schedules.PolynomialDecay(0.05, 6)
    adam = {"weight_decay": 0.01, "global_clipnorm": 1.0}
    settings = {
        "the stage": {"optimizer": optimizers.Adam(**adam), "schedule": schedule},
        "the optimizer": {"optimizer": optimizers.Adam(schedule, **adam)},
        "beside a name": {"schedule": schedule},
    }[where]
    by_keras = build(run_eagerly=True)
    compile_by_keras(by_keras, undecayed(optimizers.Adam(schedule, **adam)))
    fit_by_keras(by_keras, data, 2 * STEPS)
    found = trained_by_plan(build(run_eagerly=True), data, Stage("a", 2, **settings))
    assert_same(found, weights(by_keras))


def test_a_plan_of_both_kinds_of_objects_run_twice(data):
    """The steps of a schedule count from the first of its stage; nothing is left of a run."""
    schedule = schedules.ExponentialDecay(0.05, 2, 0.5)
    sgd = optimizers.SGD(momentum=0.9, global_clipnorm=1.0)
    stages = [
        Stage("a", 1, optimizer=optimizers.RMSprop(0.01)),
        Stage("b", 1, optimizer=sgd, schedule=schedule),
    ]
    by_keras = build()
    compile_by_keras(by_keras, optimizers.RMSprop(0.01))
    fit_by_keras(by_keras, data)
    compile_by_keras(by_keras, optimizers.SGD(schedule, momentum=0.9, global_clipnorm=1.0))
    fit_by_keras(by_keras, data)
    for _ in range(2):
        assert_same(trained_by_plan(build(), data, *stages), weights(by_keras))
    assert not sgd.built
    assert not stages[1].optimizer.built


class TestWeightDecay:
    """At this rate and this decay, each step takes a tenth, and gradients move nothing."""

    def decayed(self, model, optimizer, data):
        """The names of the weights that decay."""
        model.get_layer("norm").gamma.assign(2 * np.ones(6))
        model.get_layer("norm").beta.assign(np.ones(6))
        for name in ("first", "top"):
            bias = model.get_layer(name).bias
            bias.assign(np.ones(bias.shape))
        before = weights(model)
        after = trained_by_plan(model, data, Stage("a", steps=1, optimizer=optimizer))
        return {
            variable.path
            for variable, one, other in zip(model.weights, before, after, strict=True)
            if np.abs(other).sum() < 0.95 * np.abs(one).sum()
        }

    @pytest.mark.parametrize(
        ("excluded", "decayed"),
        [
            (None, {"first/kernel", "top/kernel"}),
            (["kernel", "beta"], {"first/bias", "norm/gamma", "top/bias"}),
            (["kernel|bias|gamma"], {"norm/beta"}),
        ],
    )
    def test_an_optimizer_that_says_what_it_excludes_is_believed(self, excluded, decayed, data):
        optimizer = optimizers.SGD(1e-6, weight_decay=1e5)
        if excluded is not None:
            optimizer.exclude_from_weight_decay(var_names=excluded)
        assert self.decayed(build(run_eagerly=True), optimizer, data) == decayed

    def test_variables_are_excluded_one_by_one_too(self, data):
        model = build(run_eagerly=True)
        optimizer = optimizers.SGD(1e-6, weight_decay=1e5)
        others = [variable for variable in model.weights if variable.path != "top/kernel"]
        optimizer.exclude_from_weight_decay(others)
        assert self.decayed(model, optimizer, data) == {"top/kernel"}


def test_rates_by_layer(data):
    """A schedule keeps its shape, and each layer group has its share of it."""
    schedule = schedules.ExponentialDecay(0.05, 2, 0.5)
    stage = Stage("a", 1, optimizer=optimizers.SGD(schedule), rates={"all": 0.0, "top": 0.5})
    by_keras = build(run_eagerly=True)
    for name in ("first", "norm"):
        by_keras.get_layer(name).trainable = False
    compile_by_keras(by_keras, optimizers.SGD(schedules.ExponentialDecay(0.025, 2, 0.5)))
    fit_by_keras(by_keras, data)
    assert_same(trained_by_plan(build(run_eagerly=True), data, stage), weights(by_keras))


@pytest.mark.parametrize(
    ("optimizer", "is_moved"),
    [
        (optimizers.AdamW(beta_1=0.5), True),
        (optimizers.Adamax(), True),
        (optimizers.Lamb(), True),
        (optimizers.Lion(), True),
        (optimizers.Nadam(), True),
        (optimizers.SGD(momentum=0.5), True),
        (optimizers.SGD(), False),
        (optimizers.RMSprop(momentum=0.5), False),
        (Remembering(), False),
    ],
    ids=lambda value: value if isinstance(value, bool) else type(value).__name__,
)
def test_a_one_cycle_moves_the_momentum(optimizer, is_moved, data):
    cycles = []

    class Watch(keras.callbacks.Callback):
        """How the momentum moves, which ends with the stage."""

        def on_train_begin(self, logs=None):
            cycles.append(self.model.optimizer.momentum_schedule)

    stage = Stage("a", 1, 0.01, schedule="one_cycle", optimizer=optimizer, callbacks=(Watch(),))
    found = trained_by_plan(build(run_eagerly=True), data, stage)
    assert all(np.isfinite(weight).all() for weight in found)
    (cycle,) = cycles
    assert (cycle is not None) == is_moved
    if is_moved:
        momenta = [round(float(cycle(step)), 3) for step in range(STEPS + 1)]
        assert momenta == [0.95, 0.85, 0.875, 0.925, 0.95]


@pytest.mark.parametrize(
    ("second", "goes_on"),
    [
        (optimizers.Adagrad(schedules.CosineDecay(1e-9, 9)), True),
        (optimizers.Adagrad(1e-9, initial_accumulator_value=0.2), False),
    ],
)
def test_only_the_same_configuration_goes_on(second, goes_on, data):
    model, sums = build(run_eagerly=True), []

    class Watch(keras.callbacks.Callback):
        """What Adagrad has summed up for the last bias, which never falls."""

        def on_train_begin(self, logs=None):
            (found,) = slots(self.model.optimizer).values()
            sums.append(np.array(keras.ops.convert_to_numpy(found[-1])))

        on_train_end = on_train_begin

    first = Stage("a", 1, optimizer=optimizers.Adagrad(0.05), callbacks=(Watch(),))
    trained_by_plan(model, data, first, Stage("b", 1, optimizer=second, callbacks=(Watch(),)))
    assert sums[1] > sums[0]
    np.testing.assert_array_equal(sums[2], sums[1] if goes_on else [np.float32(0.2)])


def test_gradients_that_wait_for_others_are_left_behind(data):
    """A stage of three steps that sums two and two: the third is not added to the next."""
    sgd = optimizers.SGD(0.05, gradient_accumulation_steps=2)
    stages = [Stage("a", steps=3, optimizer=sgd), Stage("b", steps=2, optimizer=sgd)]
    by_keras = build()
    for _ in stages:
        compile_by_keras(by_keras, optimizers.SGD(0.05, gradient_accumulation_steps=2))
        fit_by_keras(by_keras, data, 2)
    assert_same(trained_by_plan(build(), data, *stages), weights(by_keras))


def test_the_loss_is_scaled_around_an_optimizer_object(data):
    keras.config.set_dtype_policy("mixed_float16")
    model = build(run_eagerly=True)
    keras.config.set_dtype_policy("float32")
    scales = []

    class Watch(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            optimizer = self.model.optimizer
            assert isinstance(optimizer, optimizers.LossScaleOptimizer)
            if optimizer.built:
                scales.append(float(keras.ops.convert_to_numpy(optimizer.dynamic_scale)))

        def on_train_end(self, logs=None):
            self.model.optimizer.dynamic_scale.assign(64.0)

    adam = optimizers.Adam(0.01)
    plan = Plan("two", [Stage("a", 1, optimizer=adam), Stage("b", 1, optimizer=adam)])
    fine_tune(model, data, plan=plan, callbacks=[Watch()])
    assert scales[-1] == 64.0


def test_a_plateau_lowers_the_rate_of_an_object(data):
    class Watch(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.optimizer.learning_rate = 0.001

    model = build(run_eagerly=True)
    stage = Stage("a", 1, optimizer=optimizers.SGD(0.01), callbacks=(Watch(),))
    trained_by_plan(model, data, stage)
    assert float(keras.ops.convert_to_numpy(model.optimizer.learning_rate)) == pytest.approx(0.001)
    np.testing.assert_allclose(float(stage.optimizer.get_config()["learning_rate"]), 0.01)
