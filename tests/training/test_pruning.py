"""Pruned weights are exactly zero from the step on in which they are pruned, on every backend."""

import keras
import numpy as np
import pytest

import kerastune
from kerastune import Plan, Stage
from kerastune.backends.optimizers import masks_of
from kerastune.errors import InputError
from kerastune.tuning import Pruning, sparsity

DRAWN = np.random.default_rng(0)
X = DRAWN.normal(size=(32, 16)).astype("float32")
Y = DRAWN.integers(0, 3, 32)
STEPS = 2  # An epoch.


pytestmark = pytest.mark.first_backend


def made():
    """A model of the same weights each time."""
    keras.utils.set_random_seed(3)
    body = [keras.Input((16,)), keras.layers.Dense(10, "relu", name="dense")]
    body = keras.Sequential(body, name="body")
    return keras.Sequential([body, keras.layers.Dense(3, name="logits")], name="model")


def convolutional():
    layers = [
        keras.layers.Reshape((4, 4, 1)),
        keras.layers.Conv2D(6, 3, name="conv"),
        keras.layers.Flatten(),
        keras.layers.Dense(10, "relu", name="dense"),
    ]
    body = keras.Sequential([keras.Input((16,)), *layers], name="body")
    return keras.Sequential([body, keras.layers.Dense(3, name="logits")], name="model")


class Kept(keras.callbacks.Callback):
    """Keeps the weights after each step."""

    def __init__(self):
        super().__init__()
        self.after_steps = []

    def on_train_batch_end(self, batch, logs=None):
        self.after_steps.append(self.model.get_weights())


def train(*stages, model=None, callbacks=(), **options):
    model = model or made()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    plan = Plan("plan", stages)
    settings = {"batch_size": 16, "loss": loss, "verbose": 0, **options}
    kerastune.fine_tune(model, (X, Y), plan=plan, callbacks=callbacks, **settings)
    return model


def zeros_of(weights):
    """What is zero in the kernels."""
    return [weight == 0 for weight in weights if weight.ndim > 1]


@pytest.mark.each_backend
def test_zeros_follow_the_schedule_and_stay():
    kept = Kept()
    pruning = Pruning(0.75, initial_sparsity=0.25, begin=0.25, end=1.0, times=4)
    model = train(Stage("prune", 5, 0.05, pruning=pruning), Stage("on", 1, 0.05), callbacks=[kept])
    # The equation of Zhu and Gupta for steps 2, 3, ..., as one of 10 steps is between two times.
    shares = {2 + i: 0.75 + (0.25 - 0.75) * (1 - i / 4) ** 3 for i in range(5)}
    former = [np.zeros_like(one) for one in zeros_of(kept.after_steps[0])]
    for step, weights in enumerate(kept.after_steps):
        share = shares.get(step, 0.0 if step < 2 else 0.75)
        now = zeros_of(weights)
        for zeros, before in zip(now, former, strict=True):
            assert zeros.sum() == round(share * zeros.size)
            assert (zeros | ~before).all()
        former = now
    assert all(np.any(weight != 0) for weight in model.get_weights()[1::2]), "biases are pruned"


def test_the_smallest_go_first():
    model = made()
    before = [np.array(weight) for weight in model.get_weights()]
    # So slowly that the order of the sizes stays.
    train(Stage("one", steps=1, learning_rate=1e-12, pruning=Pruning(0.5)), model=model)
    for weight, trained in zip(before, model.get_weights(), strict=True):
        if weight.ndim > 1:
            limit = np.sort(np.abs(weight), axis=None)[round(0.5 * weight.size)]
            np.testing.assert_array_equal(trained == 0, np.abs(weight) < limit)
            assert not np.signbit(trained[trained == 0]).any()


def test_whole_outputs():
    pruning = Pruning(0.5, structured=True, times=3)
    model = train(Stage("prune", 3, 0.05, pruning=pruning), model=convolutional())
    rows = {row.layer.rpartition("/")[2]: row for row in sparsity(model).rows}
    assert (rows["conv"].zero_outputs, rows["dense"].zero_outputs) == (3, 5)
    assert rows["conv"].zeros == 3 * 9
    assert rows["logits"].zeros == 0


def test_zeros_survive_averages_saving_and_fit(tmp_path):
    model = train(Stage("prune", 4, 0.05, "all", pruning=Pruning(0.8, times=2), ema=0.9))
    zeros = zeros_of(model.get_weights())
    assert [one.sum() for one in zeros] == [round(0.8 * one.size) for one in zeros]
    model.save(tmp_path / "model.keras")
    read = keras.saving.load_model(tmp_path / "model.keras")
    for one in (model, read):
        one.fit(X, Y, verbose=0)
        for now, before in zip(zeros_of(one.get_weights()), zeros, strict=True):
            np.testing.assert_array_equal(now, before)
    assert len(masks_of(read.optimizer)) == 2


def test_what_is_frozen_is_not_pruned():
    model = made()
    before = [np.array(weight) for weight in model.get_weights()]
    train(Stage("head", 1, 0.05, "head", pruning=Pruning(0.5)), model=model)
    assert [row.zeros for row in sparsity(model).rows] == [0, 15]
    for weight, trained in zip(before[:2], model.get_weights()[:2], strict=True):
        np.testing.assert_array_equal(weight, trained)


def test_a_pruned_training_goes_on_as_without_a_break(tmp_path):
    class CutError(Exception):
        pass

    class Cut(keras.callbacks.Callback):
        left = 5

        def on_train_batch_end(self, batch, logs=None):
            self.left -= 1
            if not self.left:
                raise CutError

    stages = Stage("prune", 4, 0.05, pruning=Pruning(0.8, times=3)), Stage("on", 1, 0.05)
    expected = train(*stages)
    options = {"checkpoint_directory": tmp_path, "checkpoints": {"every_steps": 2}}
    with pytest.raises(CutError):
        train(*stages, callbacks=[Cut()], **options)
    resumed = train(*stages, **options, resume="auto")
    for ours, theirs in zip(resumed.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_kernel_that_starts_from_zeros_learns():
    model = made()
    model.layers[-1].kernel.assign(np.zeros((10, 3)))
    train(Stage("prune", 3, 0.05, pruning=Pruning(0.5, times=2)), model=model)
    assert sparsity(model).rows[-1].zeros == 15


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"trainable": "biases"}, "Expected targets of pruning that train"),
        ({"pruning": Pruning(0.5, targets="kernel | nothing")}, "Received: 'nothing'"),
    ],
)
def test_what_cannot_be_pruned_is_told_before_anything_trains(settings, message):
    with pytest.raises(InputError, match=message):
        train(Stage("prune", 1, 0.05, **{"pruning": Pruning(0.5), **settings}))


def test_whole_outputs_of_other_layers_are_refused():
    layers = [keras.layers.Reshape((4, 4, 1)), keras.layers.Conv2DTranspose(2, 3)]
    layers += [keras.layers.Flatten(), keras.layers.Dense(3)]
    model = keras.Sequential([keras.Input((16,)), *layers])
    pruning = Pruning(0.5, structured=True, targets="kernel")
    with pytest.raises(InputError, match="convolutions where whole outputs are pruned. Received"):
        train(Stage("prune", 1, 0.05, pruning=pruning), model=model)
