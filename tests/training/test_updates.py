"""Settings of how weights move, against plain Keras and formulas, on every backend."""

import keras
import numpy as np
import pytest

from kerastune.backends.optimizers import inner_optimizer, weight_averages
from kerastune.errors import InputError
from kerastune.training import fine_tune
from kerastune.tuning import Plan, Stage

pytestmark = pytest.mark.first_backend

X = np.random.default_rng(0).normal(size=(16, 3)).astype("float32")
Y = X @ np.array([[2.0], [-1.0], [0.5]], "float32")
RATE = 0.05


def make_model():
    """A model of the same weights each time."""
    layers = [keras.layers.Dense(4, name="first"), keras.layers.Dense(1, name="last")]
    model = keras.Sequential([keras.Input((3,)), *layers])
    generator = np.random.default_rng(1)
    model.set_weights([generator.normal(size=weight.shape) for weight in model.weights])
    return model


class Weights(keras.callbacks.Callback):
    """Keeps the weights after each step, and when and what is validated."""

    def __init__(self):
        super().__init__()
        self.after_steps, self.validated = [], []

    def on_train_batch_end(self, batch, logs=None):
        self.after_steps.append(self.model.get_weights())

    def on_test_begin(self, logs=None):
        self.validated.append(self.model.get_weights())


def train(plan, *, batch_size=16, model=None, callbacks=(), **options):
    """A model trained by a plan; the whole data make one batch, where nothing is said."""
    model = model or make_model()
    fine_tune(
        model, (X, Y), plan=plan, loss="mse", batch_size=batch_size, callbacks=callbacks, **options
    )
    return model


def one(epochs=6, **settings):
    return Plan("one", (Stage("all", epochs, RATE, **{"weight_decay": 0.0, **settings}),))


def fit_by_keras(optimizer, epochs=6, **options):
    model = make_model()
    model.compile(optimizer, "mse")
    model.fit(X, Y, batch_size=16, epochs=epochs, verbose=0, shuffle=False, **options)
    return model


def assert_same(model, other, tolerance=2e-5):
    for weight, expected in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(weight, expected, rtol=tolerance, atol=tolerance)


def test_decay_clipping_and_accumulation_are_those_of_keras():
    settings = {"weight_decay": 0.3, "clip_norm": 0.5, "accumulate_gradients": 2}
    optimizer = keras.optimizers.AdamW(
        RATE, weight_decay=0.3, global_clipnorm=0.5, gradient_accumulation_steps=2
    )
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    assert_same(train(one(**settings)), fit_by_keras(optimizer))


def test_accumulated_steps_move_as_one_large_batch_does():
    plain = {"optimizer": "momentum", "clip_norm": None}
    small = train(one(2, accumulate_gradients=4, **plain), batch_size=4)
    assert_same(small, train(one(2, **plain), batch_size=16))


def test_early_stopping_is_that_of_keras():
    """On targets that training passes by on its way."""
    held_out = (X, 0.3 * Y)
    seen = Weights()
    stopped = train(one(30, patience=3), callbacks=[seen], validation_data=held_out)
    stopping = keras.callbacks.EarlyStopping(patience=3, restore_best_weights=True)
    optimizer = keras.optimizers.Adam(RATE, global_clipnorm=1.0)
    options = {"callbacks": [stopping], "validation_data": held_out}
    assert_same(stopped, fit_by_keras(optimizer, 30, **options))
    assert 4 < len(seen.validated) == stopping.best_epoch + 4 < 30


class TestMovingAverage:
    def test_it_is_that_of_keras_where_the_warm_up_does_not_matter(self):
        optimizer = keras.optimizers.Adam(
            RATE, use_ema=True, ema_momentum=0.15, global_clipnorm=1.0
        )
        assert_same(train(one(ema=0.15)), fit_by_keras(optimizer))

    def test_an_optimizer_object_has_it_too(self):
        stage = Stage("all", 6, optimizer=keras.optimizers.SGD(RATE), ema=0.15)
        optimizer = keras.optimizers.SGD(RATE, use_ema=True, ema_momentum=0.15)
        assert_same(train(Plan("one", (stage,))), fit_by_keras(optimizer))

    def test_it_is_validated_and_kept_and_training_goes_on_without_it(self):
        seen = Weights()
        model = train(
            one(3, optimizer="momentum", ema=0.5),
            callbacks=[seen],
            validation_data=(X, Y),
            batch_size=8,
        )
        bare = Weights()
        train(one(3, optimizer="momentum"), callbacks=[bare], batch_size=8)
        averages = average_by_hand(bare.after_steps, 0.5)
        for steps in zip(seen.after_steps, bare.after_steps, strict=True):
            for weight, expected in zip(*steps, strict=True):
                np.testing.assert_allclose(weight, expected, rtol=1e-5, atol=1e-5)
        assert len(seen.validated) == 3
        for epoch, validated in enumerate([*seen.validated, model.get_weights()]):
            expected = averages[min(2 * epoch + 1, 5)]
            for weight, average in zip(validated, expected, strict=True):
                np.testing.assert_allclose(weight, average, rtol=1e-5, atol=1e-5)

    def test_it_moves_when_weights_move(self):
        """With gradients of two steps, every second step; the last one alone moves nothing."""
        seen = Weights()
        model = train(
            one(5, optimizer="momentum", ema=0.9, accumulate_gradients=2), callbacks=[seen]
        )
        averages = average_by_hand(seen.after_steps[1::2], 0.9)
        for weight, average in zip(model.get_weights(), averages[-1], strict=True):
            np.testing.assert_allclose(weight, average, rtol=1e-5, atol=1e-5)

    @pytest.mark.each_backend
    def test_two_stages_average_what_trains_and_go_on(self):
        """Keras' own average fails here on JAX: a weight and its average share a buffer."""
        settings = {"optimizer": "momentum", "weight_decay": 0.0, "clip_norm": None, "ema": 0.9}
        head = Stage("head", 2, RATE, "last", **settings)
        everything = Stage("all", 3, RATE, **settings)
        seen, model = Weights(), make_model()
        before = model.get_weights()
        train(Plan("head", (head,)), model=model)
        for weight, former in zip(model.get_weights()[:2], before[:2], strict=True):
            np.testing.assert_array_equal(weight, former)
        model = train(Plan("two", (head, everything)), callbacks=[seen])
        steps = [*seen.after_steps]
        first = average_by_hand([step[2:] for step in steps[:2]], 0.9)
        last = average_by_hand([step[2:] for step in steps[2:]], 0.9, start=first[-1], moves=2)
        body = average_by_hand([step[:2] for step in steps[2:]], 0.9)
        expected = [*body[-1], *last[-1]]
        for weight, average in zip(model.get_weights(), expected, strict=True):
            np.testing.assert_allclose(weight, average, rtol=1e-5, atol=1e-5)
        model.fit(X, Y, epochs=1, verbose=0)
        assert np.isfinite(model.predict(X, verbose=0)).all()

    def test_a_stage_that_stops_early_ends_with_the_averages_of_its_best_epoch(self):
        class Worse(keras.callbacks.Callback):
            """Spoils the weights before the third epoch."""

            def on_epoch_begin(self, epoch, logs=None):
                if epoch == 2:
                    self.model.set_weights([w + 9 for w in self.model.get_weights()])

        seen = Weights()
        plan = one(9, optimizer="momentum", ema=0.5, patience=1)
        model = train(plan, callbacks=[Worse(), seen], validation_data=(X, Y))
        assert len(seen.validated) == 3
        for weight, best in zip(model.get_weights(), seen.validated[1], strict=True):
            np.testing.assert_array_equal(weight, best)

    def test_what_was_saved_goes_on(self, tmp_path):
        model = train(one(2, ema=0.9))
        model.save(tmp_path / "model.keras")
        again = keras.saving.load_model(tmp_path / "model.keras")
        optimizer = inner_optimizer(again.optimizer)
        assert optimizer.warms_up_average
        pairs = zip(weight_averages(optimizer), weight_averages(model.optimizer), strict=True)
        for (_, average), (_, expected) in pairs:
            np.testing.assert_array_equal(np.array(average), np.array(expected))


def average_by_hand(steps, momentum, start=None, moves=0):
    """The averages after each move, by the formula of the module."""
    averages, average = [], start
    for weights in steps:
        warmed_up = min(momentum, (1 + moves) / (10 + moves)) if moves else 0.0
        former = average or weights
        average = [
            warmed_up * old + (1 - warmed_up) * new
            for old, new in zip(former, weights, strict=True)
        ]
        averages.append(average)
        moves += 1
    return averages


@pytest.mark.any_backend
class TestRefusals:
    def test_too_few_steps_to_move_once_are_refused_before_any(self):
        seen = Weights()
        first = Stage("a", 2, RATE)
        with pytest.raises(InputError, match="at least 4 steps in 'b'.*Received: 3"):
            train(
                Plan("two", (first, Stage("b", 3, RATE, accumulate_gradients=4))), callbacks=[seen]
            )
        assert seen.after_steps == []

    def test_so_are_those_of_an_optimizer_of_ones_own(self):
        sgd = keras.optimizers.SGD(RATE, gradient_accumulation_steps=3)
        with pytest.raises(InputError, match="at least 3 steps"):
            train(Plan("one", (Stage("all", 2, optimizer=sgd),)))

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"accumulate_gradients": 4}, "Give the optimizer gradient_accumulation_steps=4"),
            ({"ema": 0.9}, "one moving average.*ema=0.9 beside.*Leave one of them out"),
        ],
    )
    def test_beside_an_optimizer_that_has_its_own(self, settings, message):
        optimizer = keras.optimizers.SGD(RATE, use_ema=True)
        with pytest.raises(InputError, match=message):
            Stage("all", 2, optimizer=optimizer, **settings)

    @pytest.mark.parametrize("value", [0, 1, 1.5, -0.1, True, "yes"])
    def test_momentums_that_are_none(self, value):
        with pytest.raises(InputError, match="`ema` above 0 and below 1"):
            Stage("all", 2, RATE, ema=value)
