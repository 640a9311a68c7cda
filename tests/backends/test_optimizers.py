"""Layer-wise optimizers do what separate Keras optimizers would, on every backend."""

import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest

from kerastune import backends
from kerastune.backends.optimizers import (
    LayerwiseUpdates,
    SettingsByVariable,
    VariableSettings,
    layerwise_optimizer,
    recompile,
    slots,
)
from kerastune.errors import InputError
from kerastune.tuning import layerwise
from kerastune.tuning.plans.keras_schedules import OneCycle

SCALES = {"first": 0.25, "second": 0.5, "third": 1.0}
RATE = 0.01


@keras.saving.register_keras_serializable("tests")
class Signs(keras.optimizers.Optimizer):
    """An optimizer that follows Keras' contract and nothing else."""

    def update_step(self, gradient, variable, learning_rate):
        rate = keras.ops.cast(learning_rate, variable.dtype)
        self.assign_sub(variable, rate * keras.ops.sign(gradient))


OPTIMIZERS = {
    "sgd": lambda rate: keras.optimizers.SGD(rate),
    "momentum": lambda rate: keras.optimizers.SGD(rate, 0.9, nesterov=True, weight_decay=0.1),
    "adam": lambda rate: keras.optimizers.Adam(rate, amsgrad=True),
    "adamw": lambda rate: keras.optimizers.AdamW(rate, weight_decay=0.1),
    "lion": lambda rate: keras.optimizers.Lion(rate, weight_decay=0.1),
    "adafactor": lambda rate: keras.optimizers.Adafactor(rate, weight_decay=0.1),
    "rmsprop": lambda rate: keras.optimizers.RMSprop(rate, momentum=0.5, centered=True),
    "muon": lambda rate: keras.optimizers.Muon(rate, weight_decay=0.1, adam_weight_decay=0.2),
    "nadam": lambda rate: keras.optimizers.Nadam(rate),
    "adagrad": lambda rate: keras.optimizers.Adagrad(rate),
    "accumulation": lambda rate: keras.optimizers.AdamW(rate, gradient_accumulation_steps=3),
    "average": lambda rate: keras.optimizers.Adam(rate, use_ema=True, ema_overwrite_frequency=7),
    "clipped": lambda rate: keras.optimizers.Adam(rate, clipnorm=0.1),
    "loss scale": lambda rate: keras.optimizers.Adam(rate, loss_scale_factor=8.0),
    "custom": lambda rate: Signs(rate, weight_decay=0.1),
}


# Each does something of its own with a backend: loops over variables, a condition, no slots.
ON_EACH_BACKEND = ("momentum", "adamw", "clipped", "custom")


def named(*names, each=ON_EACH_BACKEND):
    """Optimizers by name; what the others do is Keras' code for any backend."""
    return [
        name if name in each else pytest.param(name, marks=pytest.mark.first_backend)
        for name in names
    ]


def build(name="model"):
    """A small model, the same each time."""
    generator = np.random.default_rng(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            # All of one shape, so that JAX compiles each operation only once.
            keras.Input((6,)),
            layers.Dense(6, activation="tanh", name="first"),
            layers.Dense(6, activation="tanh", name="second"),
            layers.Dense(6, name="third"),
        ],
        name=name,
    )
    model.set_weights([generator.normal(size=w.shape) for w in model.get_weights()])
    return model


def variable_settings(model, decay_biases=True):
    return SettingsByVariable.of(
        (
            weight,
            VariableSettings(
                SCALES[weight.path.split("/")[-2]], decays=decay_biases or len(weight.shape) > 1
            ),
        )
        for weight in model.weights
    )


def all_the_same(model):
    return SettingsByVariable.of((weight, VariableSettings()) for weight in model.weights)


def gradients(model, steps=20):
    """The same gradients for every optimizer and backend."""
    generator = np.random.default_rng(1)
    for _ in range(steps):
        yield [
            keras.ops.convert_to_tensor(generator.normal(size=w.shape).astype("float32"))
            for w in model.trainable_variables
        ]


def arrays(variables):
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def furthest(some, others):
    return max(np.abs(a - b).max() for a, b in zip(some, others, strict=True))


def data():
    generator = np.random.default_rng(2)
    x = generator.normal(size=(24, 6)).astype("float32")
    return x, x * 2 - 1


def fit(model, epochs=3, **arguments):
    x, y = data()
    return model.fit(x, y, batch_size=8, epochs=epochs, shuffle=False, verbose=0, **arguments)


@pytest.mark.parametrize("name", named(*OPTIMIZERS))
def test_as_separate_optimizers_for_each_group(name):
    """What it is for: the rate is scaled, not the gradient, and decay with the rate."""
    model, by_hand = build(), build()
    optimizer = layerwise_optimizer(OPTIMIZERS[name](RATE), variable_settings(model, False))
    optimizer.build(model.trainable_variables)
    plain = {}
    for group, scale in SCALES.items():
        plain[group] = OPTIMIZERS[name](RATE * scale)
        plain[group].exclude_from_weight_decay(var_list=[by_hand.get_layer(group).bias])
        if name == "custom":  # Keras' base class makes no slots, and wants to be built.
            plain[group].build(by_hand.get_layer(group).trainable_variables)
    for step in gradients(model):
        optimizer.apply(step, model.trainable_variables)
        for group in SCALES:
            mine = by_hand.get_layer(group).trainable_variables
            places = [
                index
                for index, weight in enumerate(by_hand.trainable_variables)
                if any(weight is other for other in mine)
            ]
            plain[group].apply([step[index] for index in places], mine)
    before = build().get_weights()
    assert furthest(model.get_weights(), before) > 1e-3
    assert furthest(model.get_weights(), by_hand.get_weights()) <= 1e-6


@pytest.mark.parametrize(
    "name",
    named("momentum", "adamw", "nadam", "average", "accumulation", each=("accumulation",)),
)
def test_with_equal_rates_it_is_the_optimizer_itself(name):
    model, plain = build(), build()
    optimizer = OPTIMIZERS[name](RATE)
    everything = all_the_same(model)
    model.compile(layerwise_optimizer(optimizer, everything), "mse")
    plain.compile(optimizer, "mse")
    fit(model)
    fit(plain)
    assert furthest(model.get_weights(), plain.get_weights()) <= 1e-7


def test_clipping_by_global_norm_is_over_all_variables():
    model, by_hand = build(), build()
    optimizer = layerwise_optimizer(
        keras.optimizers.SGD(RATE, global_clipnorm=0.5), variable_settings(model)
    )
    (step,) = gradients(model, 1)
    optimizer.apply(step, model.trainable_variables)
    norm = np.sqrt(sum((gradient**2).sum() for gradient in arrays(step)))
    expected = [
        weight - RATE * SCALES[variable.path.split("/")[-2]] * gradient * 0.5 / norm
        for weight, variable, gradient in zip(
            by_hand.get_weights(), by_hand.weights, arrays(step), strict=True
        )
    ]
    assert furthest(model.get_weights(), expected) <= 1e-6


def test_exclusions_made_later_count():
    model = build()
    optimizer = layerwise_optimizer(
        keras.optimizers.SGD(0.1, weight_decay=0.5), all_the_same(model)
    )
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    for weight in model.weights:
        weight.assign(np.ones(weight.shape))
    zeros = [keras.ops.zeros(weight.shape) for weight in model.weights]
    optimizer.apply(zeros, model.trainable_variables)
    for weight, value in zip(model.weights, model.get_weights(), strict=True):
        np.testing.assert_allclose(value, 1.0 if weight.name == "bias" else 0.95, rtol=1e-6)


@pytest.mark.parametrize(
    "made",
    [
        lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD()),
        lambda: "adam",
        lambda: keras.optimizers.MultiOptimizer(
            keras.optimizers.OptimizerMap(keras.optimizers.SGD())
        ),
    ],
)
def test_other_things_than_one_optimizer_are_refused(made):
    with pytest.raises(InputError, match="Expected a single Keras optimizer"):
        layerwise_optimizer(made(), SettingsByVariable([]))


LOAD = """
import kerastune.tuning, keras
model = keras.saving.load_model("{path}")
print(type(model.optimizer).__name__, int(keras.ops.convert_to_numpy(model.optimizer.iterations)))
"""


@pytest.mark.any_backend
@pytest.mark.slow
def test_loaded_by_plain_keras_in_another_process(tmp_path):
    model = build()
    model.compile(layerwise_optimizer(keras.optimizers.Adam(RATE), variable_settings(model)), "mse")
    fit(model)
    model.save(tmp_path / "model.keras")
    code = LOAD.format(path=tmp_path / "model.keras")
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True
    )
    assert done.stdout.split()[-2:] == ["LayerwiseAdam", "9"]


@pytest.mark.parametrize(
    "name", named("momentum", "adamw", "muon", "nadam", "custom", each=("adamw",))
)
def test_saved_with_the_model(name, tmp_path):
    """With its exclusions from weight decay, which Keras loses, and all it remembers."""
    model = build()
    model.compile(
        layerwise_optimizer(OPTIMIZERS[name](RATE), variable_settings(model, False)), "mse"
    )
    fit(model)
    model.save(tmp_path / "model.keras")
    model.save_weights(tmp_path / "all.weights.h5")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    again = build("again")
    again.compile(
        layerwise_optimizer(OPTIMIZERS[name](RATE), variable_settings(again, False)), "mse"
    )
    again.optimizer.build(again.trainable_variables)
    again.load_weights(tmp_path / "all.weights.h5")
    for other in (loaded, again):
        assert furthest(arrays(other.optimizer.variables), arrays(model.optimizer.variables)) == 0
    fit(model)
    for other in (loaded, again):
        assert isinstance(other.optimizer, LayerwiseUpdates)
        fit(other)
        assert furthest(other.get_weights(), model.get_weights()) <= 1e-7


def test_exclusions_made_the_way_of_keras_survive_saving(tmp_path):
    model = build()
    plain = keras.optimizers.AdamW(RATE)
    plain.exclude_from_weight_decay(var_names=["bias"])
    model.compile(layerwise(plain, model, layer_decay=0.5), "mse")
    fit(model)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    decays = [settings.decays for settings in loaded.optimizer.variable_settings.values()]
    assert decays == [True, False] * 3


def test_layers_without_names_are_found_again_by_their_order(tmp_path):
    """Keras numbers them anew when it loads them in the same process."""
    inputs = keras.Input((6,))
    model = keras.Sequential([inputs, keras.layers.Dense(6), keras.layers.Dense(6)])
    model.compile(layerwise(keras.optimizers.SGD(0.1), model, layer_decay=0.5), "mse")
    fit(model)
    config = model.optimizer.get_config()
    renamed = keras.Sequential([inputs, keras.layers.Dense(6), keras.layers.Dense(6)])
    optimizer = LayerwiseUpdates.from_config(config)
    optimizer.build(renamed.trainable_variables)
    multipliers = [settings.multiplier for settings in optimizer._built_settings.values()]
    assert multipliers == [0.5, 0.5, 1.0, 1.0]


def test_variables_of_another_model_are_refused():
    model = build()
    optimizer = layerwise_optimizer(keras.optimizers.SGD(0.1), variable_settings(model))
    with pytest.raises(InputError, match="Received: 'elsewhere'"):
        optimizer.build([keras.Variable(np.zeros(3), name="elsewhere")])


class TestRates:
    def schedule(self):
        return keras.optimizers.schedules.PolynomialDecay(1.0, 9, end_learning_rate=0.1)

    def test_a_schedule_is_followed(self):
        model, by_hand = build(), build()
        model.compile(
            layerwise_optimizer(keras.optimizers.SGD(self.schedule()), variable_settings(model)),
            "mse",
        )
        everything = all_the_same(by_hand)
        by_hand.compile(
            layerwise_optimizer(keras.optimizers.SGD(self.schedule()), everything), "mse"
        )
        (step,) = gradients(model, 1)
        for each in (model, by_hand):
            each.optimizer.build(each.trainable_variables)
            for _ in range(3):
                each.optimizer.apply(step, each.trainable_variables)
        assert float(model.optimizer.learning_rate) == pytest.approx(1 - 0.9 / 3)
        start = build().get_weights()
        for path, now, plain, before in zip(
            (weight.path for weight in model.weights),
            model.get_weights(),
            by_hand.get_weights(),
            start,
            strict=True,
        ):
            scale = SCALES[path.split("/")[-2]]
            np.testing.assert_allclose(now - before, scale * (plain - before), atol=1e-6)

    @pytest.mark.parametrize("rate", [0.5, schedule])
    def test_a_callback_lowers_it_on_a_plateau(self, rate):
        """Keras refuses this for schedules."""
        model = build()
        rate = rate(self) if callable(rate) else rate
        model.compile(
            layerwise_optimizer(keras.optimizers.SGD(rate), variable_settings(model)), "mse"
        )
        model.optimizer.build(model.trainable_variables)
        scheduled = [float(self.schedule()(step)) if callable(rate) else rate for step in (3, 6)]
        plateau = keras.callbacks.ReduceLROnPlateau(
            "loss", factor=0.5, patience=1, min_delta=1e6, min_lr=0.0
        )
        fit(model, epochs=2, callbacks=[plateau])
        assert float(model.optimizer.learning_rate) == pytest.approx(scheduled[1] * 0.5, rel=1e-5)

    def test_a_callback_sets_it_each_epoch(self):
        model, by_hand = build(), build()
        rates = [0.1, 0.01, 0.001]
        for each, scale in ((model, variable_settings(model)), (by_hand, None)):
            optimizer = keras.optimizers.SGD(0.5)
            each.compile(layerwise_optimizer(optimizer, scale) if scale else optimizer, "mse")
        scheduler = keras.callbacks.LearningRateScheduler(lambda epoch: rates[epoch])
        fit(model, callbacks=[scheduler])
        assert float(model.optimizer.learning_rate) == pytest.approx(0.001)
        fit(by_hand, callbacks=[scheduler])
        assert furthest(model.get_weights()[:4], by_hand.get_weights()[:4]) > 1e-3

    def test_before_it_is_built_a_schedule_cannot_be_scaled(self):
        model = build()
        optimizer = layerwise_optimizer(
            keras.optimizers.SGD(self.schedule()), variable_settings(model)
        )
        with pytest.raises(InputError, match="a built optimizer"):
            optimizer.learning_rate = 0.1

    def test_where_a_schedule_is_zero_it_cannot_be_scaled(self):
        model = build()
        schedule = keras.optimizers.schedules.PolynomialDecay(0.0, 5, end_learning_rate=1.0)
        optimizer = layerwise_optimizer(keras.optimizers.SGD(schedule), variable_settings(model))
        optimizer.build(model.trainable_variables)
        with pytest.raises(InputError, match="where it is 0.0"):
            optimizer.learning_rate = 0.1

    def test_a_schedule_may_take_the_place_of_a_number(self):
        model = build()
        optimizer = layerwise_optimizer(keras.optimizers.SGD(0.5), variable_settings(model))
        optimizer.build(model.trainable_variables)
        optimizer.learning_rate = self.schedule()
        optimizer.learning_rate = 0.25
        assert float(optimizer.learning_rate) == pytest.approx(0.25)

    def test_momentum_is_cycled(self):
        """Against the update rule of SGD with momentum, written out."""
        model = build()
        schedule = OneCycle(0.95, 0.85, 0.95, 6, 0.5)
        optimizer = layerwise_optimizer(
            keras.optimizers.SGD(RATE, momentum=0.9), variable_settings(model), schedule
        )
        weights = build().get_weights()
        buffers = [np.zeros_like(weight) for weight in weights]
        for number, step in enumerate(gradients(model, 6)):
            optimizer.apply(step, model.trainable_variables)
            momentum = float(schedule(number))
            for index, gradient in enumerate(arrays(step)):
                scale = SCALES[model.weights[index].path.split("/")[-2]]
                buffers[index] = momentum * buffers[index] - RATE * scale * gradient
                weights[index] = weights[index] + buffers[index]
        assert furthest(model.get_weights(), weights) <= 1e-6

    def test_the_first_beta_is_cycled_in_a_compiled_step(self):
        model = build()
        optimizer = keras.optimizers.Adam(RATE)
        schedule = OneCycle(0.95, 0.85, 0.95, 9, 0.5)
        model.compile(layerwise_optimizer(optimizer, variable_settings(model), schedule), "mse")
        fit(model)
        still = build()
        still.compile(layerwise_optimizer(optimizer, variable_settings(still)), "mse")
        fit(still)
        assert 1e-4 < furthest(model.get_weights(), still.get_weights()) < 0.1
        assert model.optimizer.beta_1 == 0.9


class TestPrecision:
    @pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
    def test_mixed(self, precision):
        """Keras wraps the optimizer to scale the loss in mixed_float16."""
        backends.set_precision(precision)
        model = build()
        backends.set_precision("float32")
        before = model.get_weights()
        model.compile(
            layerwise_optimizer(keras.optimizers.SGD(0.1), variable_settings(model)), "mse"
        )
        assert hasattr(model.optimizer, "inner_optimizer") == (precision == "mixed_float16")
        losses = fit(model).history["loss"]
        assert losses[-1] < losses[0]
        assert furthest(before, model.get_weights()) > 1e-3

    def test_compiled_again_while_the_loss_is_scaled(self):
        backends.set_precision("mixed_float16")
        model = build()
        backends.set_precision("float32")
        model.compile(
            layerwise_optimizer(keras.optimizers.SGD(0.1), variable_settings(model)), "mse"
        )
        fit(model)
        model.optimizer.dynamic_scale.assign(64.0)
        recompile(model)
        assert float(keras.ops.convert_to_numpy(model.optimizer.dynamic_scale)) == 64.0
        # Steps whose gradients overflow are not counted.
        done = int(keras.ops.convert_to_numpy(model.optimizer.iterations))
        fit(model)
        assert int(keras.ops.convert_to_numpy(model.optimizer.iterations)) == done + 9


@pytest.mark.skipif(
    keras.config.backend() == "torch" and shutil.which("g++") is None,
    reason="torch.compile needs a C++ compiler",
)
@pytest.mark.slow
# PyTorch's own compiler uses what PyTorch deprecates.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::FutureWarning")
def test_compiled():
    """By XLA, or on PyTorch by torch.compile."""
    plain, compiled = build(), build()
    for model, jit in ((plain, False), (compiled, True)):
        optimizer = layerwise_optimizer(keras.optimizers.AdamW(RATE), variable_settings(model))
        model.compile(optimizer, "mse", jit_compile=jit)
        fit(model)
    assert furthest(plain.get_weights(), compiled.get_weights()) <= 1e-5


def test_applied_without_state():
    """How JAX trains: the stateless call gives what the stateful one does."""
    if keras.config.backend() == "tensorflow":
        with pytest.raises(ValueError, match="stateless_apply is not supported"):
            keras.optimizers.SGD().stateless_apply([], [], [])
        return
    model, stateless = build(), build()
    optimizers = [
        layerwise_optimizer(keras.optimizers.Adam(RATE), variable_settings(each))
        for each in (model, stateless)
    ]
    for each, optimizer in zip((model, stateless), optimizers, strict=True):
        optimizer.build(each.trainable_variables)
    weights = [variable.value for variable in stateless.trainable_variables]
    state = [variable.value for variable in optimizers[1].variables]
    for step in gradients(model, 5):
        optimizers[0].apply(step, model.trainable_variables)
        weights, state = optimizers[1].stateless_apply(state, step, weights)
    assert furthest(model.get_weights(), arrays(weights)) <= 1e-7


def test_the_fused_update_is_kept():
    """On PyTorch Keras has classes that update all variables in one call."""
    optimizer = layerwise_optimizer(keras.optimizers.Adam(RATE), SettingsByVariable([]))
    fused = [kind for kind in type(optimizer).__mro__ if "parallel" in kind.__module__]
    assert len(fused) == (keras.config.backend() == "torch")


class TestGoingOn:
    def test_slots_are_those_of_keras(self):
        """Fails when Keras keeps its slots in another way."""
        expected = {
            "adam": {"_momentums", "_velocities", "_velocity_hats"},
            "momentum": {"momentums"},
            "adafactor": {"_r", "_c", "_v"},
            "muon": {"momentums", "adam_velocities"},
            "accumulation": {"_momentums", "_velocities", "_accumulated_gradients"},
            "average": {"_momentums", "_velocities", "_model_variables_moving_average"},
        }
        for name, kinds in expected.items():
            model = build()
            optimizer = OPTIMIZERS[name](RATE)
            optimizer.build(model.trainable_variables)
            assert kinds <= set(slots(optimizer)), name

    def test_averaged_weights_train_on_after_fit(self):
        """On JAX Keras fails in the second `fit`: a weight and its average are one buffer."""
        model = build()
        optimizer = keras.optimizers.Adam(RATE, use_ema=True)
        model.compile(layerwise_optimizer(optimizer, variable_settings(model)), "mse")
        first = fit(model).history["loss"][0]
        recompile(model)
        fit(model)
        assert fit(model).history["loss"][-1] < first

    @pytest.mark.parametrize(
        "name", named("adamw", "momentum", "muon", "accumulation", each=("accumulation",))
    )
    def test_compiling_again_changes_nothing(self, name):
        """Not even in the middle of accumulating gradients."""
        model, straight = build(), build()
        for each in (model, straight):
            each.compile(OPTIMIZERS[name](RATE), "mse", metrics=["mae"])
            fit(each, 1)
        recompile(model)
        history = fit(model, 2).history
        fit(straight, 2)
        assert furthest(model.get_weights(), straight.get_weights()) <= 1e-6
        assert "mae" in history
        assert int(keras.ops.convert_to_numpy(model.optimizer.iterations)) == int(
            keras.ops.convert_to_numpy(straight.optimizer.iterations)
        )

    def test_what_joins_late_starts_like_new(self):
        """Its bias corrections count from when it joins, as Adam's paper has them."""
        model = build()
        model.get_layer("first").trainable = False
        model.compile(keras.optimizers.Adam(RATE), "mse")
        fit(model)
        model.get_layer("first").trainable = True
        recompile(model)
        assert [settings.age for settings in model.optimizer.variable_settings.values()] == [
            *[-9] * 2,
            *[0] * 4,
        ]
        before = model.get_weights()
        (step,) = gradients(model, 1)
        model.optimizer.apply(step, model.trainable_variables)
        # The first step of Adam is the sign of the gradient times the rate.
        expected = before[0] - RATE * np.sign(arrays(step)[0])
        np.testing.assert_allclose(model.get_weights()[0], expected, atol=1e-5)

    def test_an_average_of_what_joins_starts_from_its_weights(self):
        model = build()
        model.get_layer("first").trainable = False
        model.compile(keras.optimizers.Adam(RATE, use_ema=True), "mse")
        fit(model)
        model.get_layer("first").trainable = True
        recompile(model)
        average = model.optimizer._model_variables_moving_average[0]
        np.testing.assert_array_equal(arrays([average])[0], model.get_weights()[0])
