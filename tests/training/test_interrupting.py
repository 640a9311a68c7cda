"""Ctrl-C while a model trains: the model has the weights of a whole step, on every backend."""

import signal
import threading

import keras
import numpy as np
import pytest

from kerastune.training import TrainingInterrupted, fine_tune
from kerastune.training.interrupting import interruptible
from kerastune.tuning import Plan, Stage

X = np.random.default_rng(0).normal(size=(24, 3)).astype("float32")
DATA = (X, X @ np.array([[2.0], [-1.0], [0.5]], "float32"))


def plan(**settings):
    return Plan(
        "two",
        (
            Stage("head", 1, 0.01, "last"),
            Stage("all", 3, 0.02, schedule="cosine", **settings),
        ),
    )


@pytest.fixture
def model():
    layers = [keras.layers.Dense(4, name="first"), keras.layers.Dense(1, name="last")]
    model = keras.Sequential([keras.Input((3,)), *layers])
    generator = np.random.default_rng(1)
    model.set_weights([generator.normal(size=weight.shape) for weight in model.weights])
    return model


class PressAt(keras.callbacks.Callback):
    """Ctrl-C at a moment: the name of a method of callbacks, and how often it was called."""

    def __init__(self, moment, count, times=1):
        super().__init__()
        self.left = count

        def press(*_, **__):
            self.left -= 1
            if self.left == 0:
                for _ in range(times):
                    signal.raise_signal(signal.SIGINT)

        setattr(self, moment, press)


def interrupted(model, press, plan, **options):
    with pytest.raises(TrainingInterrupted) as caught:
        fine_tune(model, DATA, plan=plan, loss="mse", batch_size=8, callbacks=[press], **options)
    return caught.value


def test_it_says_where_and_the_model_can_be_used_and_trained_on(model):
    caught = interrupted(model, PressAt("on_train_batch_begin", 7), plan())
    assert str(caught) == "Interrupted after step 4 of the stage 'all', step 7 of the plan"
    assert [
        (stage["stage"], stage["planned_steps"], stage["steps"]) for stage in caught.history.stages
    ] == [("head", 3, 3), ("all", 9, 4)]
    assert len(caught.history.step_loss) == 7
    assert [epoch["steps"] for epoch in caught.history.epochs] == [3, 6, 7]
    last = caught.history.epochs[-1]
    assert last["loss"] == pytest.approx(caught.history.step_loss[-1])
    rate = float(model.optimizer.learning_rate)
    assert rate > 0.002
    model.fit(*DATA, epochs=1, verbose=0)
    assert float(model.optimizer.learning_rate) == rate
    assert np.isfinite(model.predict(X, verbose=0)).all()


def test_weights_are_those_of_a_plan_that_ends_there(model):
    reference = keras.models.clone_model(model)
    reference.set_weights(model.get_weights())
    constant = Plan("one", (Stage("all", 3, 0.02),))
    interrupted(model, PressAt("on_train_batch_end", 4), constant)
    cut = Plan("one", (Stage("all", 3, 0.02, steps=4),))
    fine_tune(reference, DATA, plan=cut, loss="mse", batch_size=8)
    for one, other in zip(model.get_weights(), reference.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_stage_with_patience_ends_with_its_best_weights(model):
    class Worse(keras.callbacks.Callback):
        """Makes the second epoch of `all` end far worse than the first."""

        def on_epoch_begin(self, epoch, logs=None):
            if epoch == 1:
                self.best = None
            if epoch == 2:
                self.best = self.model.get_weights()
                self.model.set_weights([weight + 5 for weight in self.best])

    worse, press = Worse(), PressAt("on_train_batch_end", 8)
    with pytest.raises(TrainingInterrupted):
        fine_tune(
            model,
            DATA,
            plan=plan(patience=3, monitor="loss"),
            loss="mse",
            batch_size=8,
            callbacks=[worse, press],
        )
    for one, other in zip(model.get_weights(), worse.best, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.any_backend
class TestMoments:
    def test_a_validation_is_not_waited_for(self, model):
        press = PressAt("on_test_batch_begin", 1)
        caught = interrupted(model, press, plan(), validation_data=DATA)
        assert caught.history.stages[-1]["steps"] == 3
        assert "val_loss" not in caught.history.epochs[-1]

    @pytest.mark.parametrize("moment", ["on_epoch_end", "on_train_end"])
    def test_after_an_epoch_it_is_counted_once(self, model, moment):
        caught = interrupted(model, PressAt(moment, 1), plan())
        assert [epoch["steps"] for epoch in caught.history.epochs] == [3]

    def test_before_the_first_step_nothing_is_trained(self, model):
        before = model.get_weights()
        caught = interrupted(model, PressAt("on_train_begin", 1), plan())
        assert caught.history.step_loss == []
        for one, other in zip(model.get_weights(), before, strict=True):
            np.testing.assert_array_equal(one, other)

    def test_pressed_twice_it_stops_at_once(self, model):
        press = PressAt("on_train_batch_begin", 2, times=2)
        with pytest.raises(KeyboardInterrupt) as caught:
            fine_tune(model, DATA, plan=plan(), loss="mse", batch_size=8, callbacks=[press])
        assert not isinstance(caught.value, TrainingInterrupted)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.any_backend
class TestHandlers:
    def test_one_of_the_program_stays(self):
        pressed = []
        former = signal.signal(signal.SIGINT, lambda *_: pressed.append(1))
        try:
            with interruptible() as interruption:
                signal.raise_signal(signal.SIGINT)
            assert pressed == [1]
            assert not interruption.is_asked
        finally:
            signal.signal(signal.SIGINT, former)

    def test_threads_have_none(self):
        found = []

        def look():
            with interruptible():
                found.append(signal.getsignal(signal.SIGINT))

        thread = threading.Thread(target=look)
        thread.start()
        thread.join()
        assert found == [signal.default_int_handler]

    def test_what_nobody_noticed_is_raised_at_the_end(self):
        with pytest.raises(KeyboardInterrupt), interruptible():
            signal.raise_signal(signal.SIGINT)
