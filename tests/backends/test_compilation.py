"""Compiling for a trial, and the private names of Keras and TensorFlow behind it."""

import keras
import numpy as np
import pytest

from kerastune.backends.compilation import compiled_with, copy_at_rate, counts_passes
from kerastune.errors import InputError

X, Y = np.ones((4, 3), "float32"), np.zeros((4, 1), "float32")


def small_model():
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])


class TestCompiledWith:
    def test_another_optimizer_for_a_while(self):
        model = small_model()
        model.compile("adam", "mae", metrics=["mse"], loss_weights=[2.0], steps_per_execution=1)
        model.fit(X, Y, verbose=0)
        former = dict(vars(model))
        other = keras.optimizers.SGD()
        with compiled_with(model, other):
            assert model.optimizer is other
            assert model.loss == "mae"
            twice = model.fit(X, Y, verbose=0).history
            assert set(twice) == {"loss"}
            assert model.history.history == twice
            model.stop_training = True
        assert vars(model) == former

    def test_loss_weights_hold_inside(self):
        losses = []
        for weight in (1.0, 3.0):
            model = small_model()
            model.set_weights([np.ones((3, 1)), np.ones(1)])
            model.compile("sgd", "mae", loss_weights=[weight])
            with compiled_with(model, keras.optimizers.SGD(0.0)):
                losses.append(model.fit(X, Y, verbose=0).history["loss"][0])
        assert losses[1] == pytest.approx(3 * losses[0])

    def test_what_was_not_there_is_gone(self):
        model = small_model()
        model.compile("sgd", "mse")
        with compiled_with(model, keras.optimizers.SGD()):
            model.fit(X, Y, verbose=0)
        assert not hasattr(model, "history")

    def test_an_overridden_compile_is_passed_by(self):
        class Demanding(keras.Sequential):
            def compile(self, *, taste, **arguments):
                self.taste = taste
                super().compile(**arguments)

        model = Demanding([keras.Input((3,)), keras.layers.Dense(1)])
        model.compile(taste="sweet", optimizer="sgd", loss="mse")
        with compiled_with(model, keras.optimizers.SGD()):
            model.fit(X, Y, verbose=0)
        assert model.taste == "sweet"

    def test_errors_inside_put_back_too(self):
        model = small_model()
        model.compile("sgd", "mse")
        former = dict(vars(model))
        with pytest.raises(RuntimeError), compiled_with(model, keras.optimizers.SGD()):
            raise RuntimeError
        assert vars(model) == former


class TestCopyAtRate:
    @pytest.mark.parametrize(
        "rate", [0.1, keras.optimizers.schedules.ExponentialDecay(0.1, 5, 0.9)]
    )
    def test_rate_can_be_set_whatever_it_was(self, rate):
        optimizer = keras.optimizers.AdamW(rate, weight_decay=0.1, beta_1=0.8, clipnorm=2.0)
        copy = copy_at_rate(optimizer, 0.5)
        copy.learning_rate = 0.25
        assert float(keras.ops.convert_to_numpy(copy.learning_rate)) == 0.25
        expected = {**optimizer.get_config(), "learning_rate": 0.25}
        assert copy.get_config() == expected

    def test_optimizers_within_optimizers(self):
        schedule = keras.optimizers.schedules.CosineDecay(0.1, 5)
        optimizer = keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(schedule))
        copy = copy_at_rate(optimizer, 0.5)
        assert copy.inner_optimizer is not optimizer.inner_optimizer
        assert float(keras.ops.convert_to_numpy(copy.learning_rate)) == 0.5

    @pytest.mark.parametrize("wrap", [lambda inner: inner, keras.optimizers.LossScaleOptimizer])
    def test_weight_decay_exclusions_are_copied(self, wrap):
        model = small_model()
        inner = keras.optimizers.AdamW(0.1, weight_decay=0.5)
        inner.exclude_from_weight_decay(var_list=[model.weights[0]], var_names=["bias"])
        optimizer = wrap(inner)
        copy = copy_at_rate(optimizer, 0.5)
        copy = getattr(copy, "inner_optimizer", copy)
        assert not any(copy._use_weight_decay(weight) for weight in model.weights)

    def test_optimizers_of_your_own_need_no_registration(self):
        class Mine(keras.optimizers.SGD):
            pass

        assert type(copy_at_rate(Mine(), 0.5)) is Mine

    def test_an_optimizer_without_a_configuration_is_refused(self):
        class Closed(keras.optimizers.SGD):
            def __init__(self, secret):
                super().__init__()

        with pytest.raises(InputError, match=r"made again.*Received: Closed"):
            copy_at_rate(Closed(1), 0.5)


class TestCountsPasses:
    def test_a_shuffle_that_is_made_anew_is_seen_through_what_follows(self):
        tf = pytest.importorskip("tensorflow")
        data = tf.data.Dataset.range(8).shuffle(8, seed=1)
        first, second = (list(data.as_numpy_iterator()) for _ in range(2))
        assert first != second
        assert counts_passes(data)
        assert counts_passes(data.map(lambda item: item).batch(2).prefetch(1))
        assert counts_passes(tf.data.Dataset.zip(tf.data.Dataset.range(8), data))

    def test_others_are_not(self):
        tf = pytest.importorskip("tensorflow")
        data = tf.data.Dataset.range(8).shuffle(8, seed=1, reshuffle_each_iteration=False)
        assert not counts_passes(data.batch(2))
        assert not counts_passes(tf.data.Dataset.range(8))
        assert not counts_passes((X, Y))
