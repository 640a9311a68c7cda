"""One verb for any Keras model and any data that `model.fit` takes."""

import grain
import keras
import numpy as np
import pytest

from kerastune.errors import InputError
from kerastune.training import DivergedError, fine_tune
from kerastune.training.class_weights import sample_weights
from kerastune.training.feeding import feed_for
from kerastune.tuning import Plan, Stage, layerwise

pytestmark = pytest.mark.first_backend

SAMPLES, BATCH = 20, 8


def build():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4,))
    x = keras.layers.Dense(6, activation="tanh", name="first")(inputs)
    x = keras.layers.Dense(6, activation="tanh", name="second")(x)
    return keras.Model(inputs, keras.layers.Dense(1, name="top")(x))


@pytest.fixture
def model():
    return build()


@pytest.fixture
def data():
    x = np.random.default_rng(1).normal(size=(SAMPLES, 4)).astype("float32")
    return x, x[:, :1] * 2 + 1


def arrays(variables):
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


class Batches(keras.utils.PyDataset):
    def __init__(self, data):
        super().__init__()
        self.data = data

    def __len__(self):
        return -(-SAMPLES // BATCH)

    def __getitem__(self, index):
        return tuple(part[index * BATCH : (index + 1) * BATCH] for part in self.data)


def samples_in_grain(data):
    return (
        grain.MapDataset.range(SAMPLES)
        .map(lambda index: tuple(part[index] for part in data))
        .batch(BATCH)
    )


class TestRecipe:
    def test_the_head_first_then_everything_at_spread_rates(self, model, data, capsys):
        history = fine_tune(model, data, epochs=2, learning_rate=0.1, loss="mse")
        assert [epoch["stage"] for epoch in history.epochs] == ["head", "all", "all"]
        multipliers = [item.multiplier for item in model.optimizer.variable_settings.values()]
        np.testing.assert_allclose(multipliers, [0.01, 0.01, 0.1, 0.1, 1.0, 1.0])
        printed = capsys.readouterr().out
        assert printed.index("Plan: fine_tune") < printed.index("loss ")
        assert "0.0005" in printed

    @pytest.mark.each_backend
    def test_it_learns(self, model, data):
        history = fine_tune(model, data, epochs=60, learning_rate=0.1, batch_size=4, loss="mse")
        assert history.epochs[-1]["loss"] < history.epochs[0]["loss"] / 8

    def test_without_a_frozen_epoch(self, model, data):
        history = fine_tune(model, data, epochs=1, frozen_epochs=0, loss="mse")
        assert [epoch["stage"] for epoch in history.epochs] == ["all"]

    def test_loss_and_metrics_of_a_compiled_model_are_kept(self, model, data):
        model.compile("sgd", "mae", metrics=["mse"])
        history = fine_tune(model, data, epochs=1, validation_data=data)
        assert {"loss", "mse", "val_loss", "val_mse"} <= set(history.epochs[0])
        expected = np.abs(model.predict(data[0], verbose=0) - data[1]).mean()
        assert history.epochs[-1]["val_loss"] == pytest.approx(expected, rel=1e-4)

    def test_the_same_run_twice_is_the_same_run(self, data):
        losses = [fine_tune(build(), data, loss="mse", seed=3).step_loss for _ in range(2)]
        assert losses[0] == losses[1]
        assert losses[0] != fine_tune(build(), data, loss="mse", seed=4).step_loss


@pytest.mark.parametrize("make", [lambda data: data, Batches, samples_in_grain])
def test_any_data(model, data, make):
    history = fine_tune(model, make(data), epochs=2, batch_size=BATCH, loss="mse")
    assert len(history.step_loss) == 3 * 3
    assert [stage["steps"] for stage in history.stages] == [3, 6]


def test_several_inputs(data):
    left, right = keras.Input((4,), name="left"), keras.Input((4,), name="right")
    x = keras.layers.Dense(3, name="body")(keras.layers.Concatenate()([left, right]))
    model = keras.Model({"left": left, "right": right}, keras.layers.Dense(1, name="top")(x))
    inputs = {"left": data[0], "right": data[0]}
    history = fine_tune(model, (inputs, data[1], np.ones(SAMPLES)), epochs=1, loss="mse")
    assert len(history.epochs) == 2


class TestEndings:
    def test_after_steps_in_the_middle_of_an_epoch(self, model):
        """The next stage goes on where the data stopped."""
        x = np.arange(1.0, 7.0, dtype="float32")[:, None] * np.ones((1, 4), "float32")
        still = {"learning_rate": 1e-12, "trainable": "top/bias"}
        plan = Plan("steps", [Stage("a", steps=4, **still), Stage("b", 2, steps=8, **still)])
        model.layers[-1].kernel.assign(np.zeros((6, 1)))
        history = fine_tune(model, (x, x[:, :1]), plan=plan, batch_size=1, loss="mse")
        trained_on = np.sqrt(history.step_loss).round(2)
        assert sorted(trained_on[:6]) == sorted(trained_on[6:]) == [1, 2, 3, 4, 5, 6]
        assert [stage["steps"] for stage in history.stages] == [4, 8]
        assert [epoch["stage"] for epoch in history.epochs] == ["a", "b", "b"]

    def test_early_with_the_weights_of_the_best_epoch(self, model, data):
        stage = Stage("hot", 50, 3.0, optimizer="momentum", patience=2, clip_norm=1.0)
        history = fine_tune(
            model, data, plan=Plan("one", [stage]), loss="mse", validation_data=data
        )
        losses = [epoch["val_loss"] for epoch in history.epochs]
        assert len(losses) < 50
        best = int(np.argmin(losses))
        assert best == len(losses) - 3
        found = ((model.predict(data[0], verbose=0) - data[1]) ** 2).mean()
        assert found == pytest.approx(losses[best], rel=1e-4)

    def test_after_going_back_the_moments_are_new(self, model, data):
        """Those that led away from the best weights would lead away again."""
        hot = Stage("hot", 50, 3.0, optimizer="momentum", patience=2, clip_norm=1.0)
        still = Stage("still", 1, 1e-9, optimizer="momentum")
        history = fine_tune(
            model, data, plan=Plan("two", [hot, still]), loss="mse", validation_data=data
        )
        losses = [epoch["val_loss"] for epoch in history.epochs]
        assert losses[-1] == pytest.approx(min(losses[:-1]), rel=1e-3)

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    @pytest.mark.each_backend
    def test_a_loss_that_is_not_finite_ends_the_plan(self, model, data, value):
        plan = Plan("two", [Stage("a", 3, 0.1), Stage("b", 1, 0.1)])
        broken = Batches((data[0] * value, data[1]))
        with pytest.raises(DivergedError, match=r"step 1 of the stage 'a', .*in the data") as error:
            fine_tune(model, broken, plan=plan, loss="mse")
        assert "\n" not in str(error.value)
        assert [stage["steps"] for stage in error.value.history.stages] == [1]

    def test_it_may_be_asked_not_to_raise(self, model, data):
        plan = Plan("two", [Stage("a", 3, 0.1), Stage("b", 1, 0.1)])
        broken = Batches((data[0] * np.nan, data[1]))
        with pytest.warns(UserWarning, match="nan at step 1 of the stage 'a'") as warned:
            history = fine_tune(model, broken, plan=plan, loss="mse", on_non_finite="stop")
        [told] = [each for each in warned if "nan at step" in str(each.message)]
        assert told.filename == __file__
        assert [stage["stage"] for stage in history.stages] == ["a"]
        with pytest.raises(InputError, match="`on_non_finite` out of"):
            fine_tune(model, data, plan=plan, loss="mse", on_non_finite="ignore")

    def test_the_stage_and_the_step_are_counted(self, model, data):
        class Spoils(keras.callbacks.Callback):
            def on_train_batch_end(self, batch, logs=None):
                if batch == 1:
                    self.model.layers[-1].bias.assign([np.nan])

        stages = [Stage("a", 1, 0.1), Stage("b", 2, 0.1, callbacks=(Spoils(),))]
        message = r"nan at step 3 of the stage 'b', step 6 of the plan.*Lower the learning rate"
        with pytest.raises(DivergedError, match=message):
            fine_tune(model, data, plan=Plan("p", stages), loss="mse", batch_size=BATCH)

    def test_an_optimizer_that_scales_the_loss_goes_on(self, data):
        """It leaves out the step, and halves the scale."""
        keras.config.set_dtype_policy("mixed_float16")
        broken = Batches((np.concatenate([data[0][:-1], data[0][-1:] * np.nan]), data[1]))
        plan = Plan("one", [Stage("a", 2, 0.01)])
        history = fine_tune(build(), broken, plan=plan, loss="mse", batch_size=BATCH)
        assert history.stages[0]["steps"] == 6

    def test_the_best_of_one_stage_does_not_end_the_next(self, model, data):
        """The second stage starts far worse, and improves: it must not be stopped."""

        class Spoil(keras.callbacks.Callback):
            def on_train_begin(self, logs=None):
                self.model.layers[-1].bias.assign([50.0])

        spoilt = Stage(
            "b",
            6,
            0.5,
            "top",
            optimizer="momentum",
            patience=1,
            monitor="loss",
            callbacks=(Spoil(),),
        )
        first = Stage("a", 3, 0.01, patience=1, monitor="loss")
        history = fine_tune(model, data, plan=Plan("two", [first, spoilt]), loss="mse")
        later = [epoch["loss"] for epoch in history.epochs if epoch["stage"] == "b"]
        earlier = [epoch["loss"] for epoch in history.epochs if epoch["stage"] == "a"]
        assert later[0] > max(earlier)
        assert len(later) > 2

    @pytest.mark.parametrize(
        ("monitor", "message"), [("val_loss", "for validation"), ("lss", "Did you mean 'loss'")]
    )
    def test_what_is_monitored_must_be_measured(self, model, data, monitor, message):
        plan = Plan("one", [Stage("a", 3, 0.1, patience=1, monitor=monitor)])
        with pytest.raises(InputError, match=message):
            fine_tune(model, data, plan=plan, loss="mse")


class TestAfterwards:
    def test_a_fit_that_follows_learns(self, model, data, capsys):
        fine_tune(model, data, epochs=2, learning_rate=0.1, batch_size=4, loss="mse")
        assert "constant learning rate of 0.005, after the stage 'all'" in capsys.readouterr().out
        assert float(model.optimizer.learning_rate) == pytest.approx(0.005)
        x, y = data
        losses = model.fit(x, y, epochs=20, batch_size=4, verbose=0).history["loss"]
        assert losses[-1] < losses[0] * 0.9
        multipliers = [item.multiplier for item in model.optimizer.variable_settings.values()]
        np.testing.assert_allclose(multipliers, [0.01, 0.01, 0.1, 0.1, 1.0, 1.0])
        model.optimizer.learning_rate = 0.001
        model.fit(x, y, verbose=0)

    @pytest.mark.parametrize(
        ("settings", "expected"),
        [
            ({"schedule": "constant"}, 0.1),
            ({"schedule": "constant", "warmup": 0.5}, 0.1),
            ({"schedule": "cosine"}, 0.01),
            ({"schedule": "polynomial", "optimizer": "momentum"}, 0.01),
            ({"schedule": "one_cycle", "optimizer": "momentum"}, 0.01),
        ],
    )
    def test_the_rate_that_is_left(self, model, data, settings, expected):
        plan = Plan("one", [Stage("a", 8, 0.1, **settings)])
        fine_tune(model, data, plan=plan, batch_size=4, loss="mse")
        assert float(model.optimizer.learning_rate) == pytest.approx(expected, rel=0.02)
        assert int(keras.ops.convert_to_numpy(model.optimizer.iterations)) == 40

    def test_where_a_stage_ended_early_its_rate_is_left(self, model, data):
        class Stops(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                self.model.stop_training = epoch == 4

        plan = Plan("one", [Stage("a", 10, 0.1, schedule="polynomial")])
        fine_tune(model, data, plan=plan, batch_size=4, loss="mse", callbacks=[Stops()])
        assert float(model.optimizer.learning_rate) == pytest.approx(0.1 * 26 / 50, rel=1e-3)

    def test_what_a_plateau_made_of_it_stays(self, model, data):
        plateau = keras.callbacks.ReduceLROnPlateau("loss", 0.5, patience=1, min_delta=9e9)
        plan = Plan("one", [Stage("a", 3, 0.1, schedule="cosine")])
        fine_tune(model, data, plan=plan, loss="mse", callbacks=[plateau])
        assert float(model.optimizer.learning_rate) == pytest.approx(0.5 * 0.1 / 4, rel=1e-3)

    def test_the_moments_go_on(self, model, data):
        plan = Plan("one", [Stage("a", 2, 0.1, schedule="cosine")])
        seen = []

        class Watch(keras.callbacks.Callback):
            def on_train_end(self, logs=None):
                seen.extend(arrays(self.model.optimizer._momentums))

        fine_tune(model, data, plan=plan, loss="mse", callbacks=[Watch()])
        for one, other in zip(seen, arrays(model.optimizer._momentums), strict=True):
            np.testing.assert_array_equal(one, other)


def test_the_scale_of_the_loss_goes_on(data):
    keras.config.set_dtype_policy("mixed_float16")
    model = build()
    keras.config.set_dtype_policy("float32")
    scales = []

    class Watch(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            optimizer = self.model.optimizer
            if optimizer.built:
                scales.append(float(keras.ops.convert_to_numpy(optimizer.dynamic_scale)))

        def on_train_end(self, logs=None):
            self.model.optimizer.dynamic_scale.assign(64.0)

    plan = Plan("two", [Stage("a", 1, 0.01), Stage("b", 1, 0.01)])
    fine_tune(model, data, plan=plan, loss="mse", callbacks=[Watch()])
    assert scales[-1] == 64.0


def test_dropout_is_on_again_after_a_plan(data):
    inputs = keras.Input((4,))
    x = keras.layers.Dropout(0.5, name="drop")(keras.layers.Dense(4, name="body")(inputs))
    model = keras.Model(inputs, keras.layers.Dense(1, name="top")(x))
    plan = Plan("one", [Stage("a", 1, 0.01, "top", dropout="off")])
    fine_tune(model, data, plan=plan, loss="mse")
    assert model.get_layer("drop").rate == 0.5


class TestSlots:
    def slot(self, model, path):
        optimizer = model.optimizer
        for variable, slot in zip(
            optimizer._trainable_variables, optimizer._momentums, strict=True
        ):
            if variable.path == path:
                return np.array(keras.ops.convert_to_numpy(slot))
        raise KeyError(path)

    @pytest.mark.each_backend
    def test_what_goes_on_training_keeps_its_moments(self, model, data):
        seen = {}
        test = self

        class Watch(keras.callbacks.Callback):
            def __init__(self, stage):
                super().__init__()
                self.stage = stage

            def on_train_begin(self, logs=None):
                seen[self.stage, "begin"] = test.slot(self.model, "top/kernel")

            def on_train_end(self, logs=None):
                seen[self.stage, "end"] = test.slot(self.model, "top/kernel")

        stages = [
            Stage("head", 1, 0.01, "top", callbacks=(Watch("head"),)),
            Stage("all", 1, 0.01, callbacks=(Watch("all"),)),
            Stage("other", 1, 0.01, optimizer="lion", callbacks=(Watch("other"),)),
        ]
        fine_tune(model, data, plan=Plan("three", stages), loss="mse")
        assert not seen["head", "begin"].any()
        np.testing.assert_array_equal(seen["all", "begin"], seen["head", "end"])
        assert seen["all", "begin"].any()
        assert not seen["other", "begin"].any()

    def test_two_stages_that_train_the_same_are_one(self, data):
        """Moments and bias corrections go on: the optimizer does not notice."""
        whole, halves = build(), build()
        settings = {"learning_rate": 0.05, "weight_decay": 0.1}
        fine_tune(whole, data, plan=Plan("one", [Stage("a", 4, **settings)]), loss="mse")
        two = Plan("two", [Stage("a", 2, **settings), Stage("b", 2, **settings)])
        fine_tune(halves, data, plan=two, loss="mse")
        for one, other in zip(whole.get_weights(), halves.get_weights(), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)


class TestBadInput:
    @pytest.mark.parametrize(
        ("change", "message"),
        [
            ({"loss": None}, "Expected a loss"),
            ({"data": (np.zeros((3, 4)), np.zeros(2))}, r"lengths \[2, 3\]"),
            ({"data": (np.zeros((0, 4)), np.zeros(0))}, r"lengths \[0\]"),
            ({"data": np.zeros((3, 4))}, r"\(x, y\)"),
            ({"data": (1, 2, 3, 4)}, r"\(x, y\)"),
            ({"data": iter([])}, "read again"),
            ({"data": [np.zeros((3, 4)), np.zeros(3)]}, r"\(x, y\)"),
            ({"callbacks": keras.callbacks.TerminateOnNaN()}, "list of callbacks"),
            ({"plan": [Stage("a", 1, 0.1)]}, "Put stages into"),
            ({"plan": Plan("none", [Stage("a", 1, 0.1, "re:seed")])}, "matches|match"),
            ({"batch_size": 0}, "batch_size of at least 1"),
            ({"steps_per_epoch": 9}, "steps_per_epoch=9"),
            ({"plan": "head_onl"}, "Did you mean 'head_only'"),
            ({"epochs": 0}, "`epochs`"),
            ({"learning_rate": -1.0}, "`learning_rate`"),
        ],
    )
    def test_is_said_in_one_line(self, model, data, change, message):
        arguments = {"data": data, "loss": "mse", **change}
        with pytest.raises(InputError, match=message) as caught:
            fine_tune(model, **arguments)
        assert "\n" not in str(caught.value)


@pytest.mark.any_backend
class TestClassWeights:
    def test_one_output(self):
        labels = np.array([0, 1, 2, 1])
        weights = sample_weights((None, labels), {1: 3.0, 2: 0.5}, ["top"])
        assert weights.tolist() == [1.0, 3.0, 0.5, 3.0]
        one_hot = sample_weights((None, np.eye(3)[labels]), {1: 3.0, 2: 0.5}, ["top"])
        assert one_hot.tolist() == weights.tolist()

    def test_outputs_in_a_list(self):
        labels = [np.array([[0], [1]]), np.array([1, 1])]
        first, second = sample_weights((None, labels), {"b": {1: 2.0}}, ["a", "b"])
        assert (first.tolist(), second.tolist()) == ([1.0, 1.0], [2.0, 2.0])

    @pytest.mark.parametrize(
        ("data", "weights", "message"),
        [
            ((0, np.array([0]), 1), {0: 1.0}, "both"),
            ((0, np.array([0])), {3: 1.0}, "class 3"),
            ((0, {"kind": np.array([0])}), {"knd": {0: 1.0}}, "Did you mean 'kind'"),
        ],
    )
    def test_bad_input(self, data, weights, message):
        with pytest.raises(InputError, match=message):
            sample_weights(data, weights, ["kind"])

    def test_they_need_arrays(self):
        with pytest.raises(InputError, match="Expected arrays"):
            feed_for(range(3), batch_size=1, seed=0, class_weights={0: 1.0})


def test_a_stage_uses_its_own_rates_after_one_without(model, data):
    model.compile(layerwise(keras.optimizers.SGD(0.1), model, layer_decay=0.5), "mse")
    plan = Plan(
        "rates",
        [Stage("a", 1, 0.1, layer_decay=0.5), Stage("b", 1, 0.1, rates={"first": 0.0})],
    )
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_train_end(self, logs=None):
            seen.append(arrays(self.model.get_layer("first").weights))

    fine_tune(model, data, plan=plan, callbacks=[Watch()])
    for one, other in zip(*seen, strict=True):
        np.testing.assert_array_equal(one, other)
