"""Steps whose loss or gradient is not finite: what is said of them, and what stays."""

import keras
import numpy as np
import pytest

from kerastune.backends import guarded_steps
from kerastune.errors import InputError
from kerastune.training import DivergedError, fine_tune
from kerastune.tuning import Plan, Stage

SIZE, BATCH = 24, 4
# Larger than any number whose square float32 can hold.
HUGE = 1e25

pytestmark = pytest.mark.first_backend


@keras.saving.register_keras_serializable("tests")
class FlatGradient(keras.layers.Layer):
    """Gives what it is given, with a gradient that is not finite."""

    def call(self, inputs):
        return inputs + keras.ops.sqrt(inputs * 0.0)


def network(*, at_end=()):
    keras.utils.set_random_seed(0)
    layers = [
        keras.layers.Dense(4, name="first"),
        keras.layers.BatchNormalization(name="norm"),
        keras.layers.Dropout(0.5, name="drop"),
        keras.layers.Dense(1, name="last"),
        *at_end,
    ]
    return keras.Sequential([keras.Input((2,)), *layers])


def samples(broken=None, value=HUGE):
    drawn = np.random.default_rng(0)
    x = drawn.normal(size=(SIZE, 2)).astype("float32")
    y = x[:, :1].copy()
    if broken is not None:
        y[broken] = value
    return x, y


def tune(model, data, **options):
    stages = [Stage("all", 2, 0.01)]
    settings = {"plan": Plan("p", stages), "loss": "mse", "batch_size": BATCH, "verbose": 0}
    return fine_tune(model, data, **settings, **options)


def values(model):
    return [np.array(keras.ops.convert_to_numpy(one)) for one in model.variables]


def is_finite(model):
    return all(np.isfinite(one).all() for one in values(model))


class Values(keras.callbacks.Callback):
    """Keeps the values of a model after each step."""

    def __init__(self):
        super().__init__()
        self.after = []

    def on_train_batch_end(self, batch, logs=None):
        self.after.append(values(self.model))


@pytest.mark.each_backend
def test_a_step_that_is_not_finite_moves_nothing():
    """Weights, statistics, seeds: the model of a run that ends is good."""
    model, kept = network(), Values()
    with pytest.raises(DivergedError, match="The batch: samples") as error:
        tune(model, samples(7), callbacks=[kept])
    assert error.value.history.has_diverged
    step = len(error.value.history.step_loss)
    assert 1 < step <= SIZE // BATCH  # Somewhere in the first epoch, not at its start.
    for now, former in zip(values(model), kept.after[step - 2], strict=True):
        np.testing.assert_array_equal(now, former)
    assert is_finite(model)


@pytest.mark.each_backend
def test_a_skipped_step_is_as_if_it_had_not_been():
    """The same steps without that one give the same losses, metrics and weights."""
    model = network()
    history = tune(model, samples(7), metrics=["mae"], on_non_finite="skip")
    losses = np.array(history.step_loss)
    [stage] = history.stages
    assert stage["skipped_steps"] == (np.flatnonzero(~np.isfinite(losses)) + 1).tolist()
    assert len(stage["skipped_steps"]) == 2  # In each epoch once.
    assert is_finite(model)
    for number, epoch in enumerate(history.epochs):
        found = losses[number * 6 : number * 6 + 6]
        assert epoch["loss"] == pytest.approx(np.mean(found[np.isfinite(found)]), rel=1e-4)
        assert np.isfinite(epoch["mae"])


@pytest.mark.each_backend
def test_a_gradient_that_is_not_finite_counts_too():
    model = network(at_end=[FlatGradient(name="flat")])
    match = r"step 1 of the stage.*the loss, [\d.]+, are finite; the gradient is not"
    with pytest.raises(DivergedError, match=match):
        tune(model, samples())
    assert is_finite(model)


class TestWhatIsFound:
    def test_the_layer_and_the_sample(self):
        model = keras.Sequential(
            [
                keras.Input((2,)),
                keras.layers.Dense(2, name="fine", kernel_initializer="identity"),
                keras.layers.Rescaling(1e5, name="large"),
                keras.layers.Dense(1, name="last"),
            ]
        )
        x, y = samples()
        x[5] = 1e35
        match = (
            r"The batch: samples [\d, ]+ and \d+\. The first output that is not finite is that of "
            r"'[^']*large', for sample 5, from inputs of up to [\d.e+]+\. Lower the"
        )
        with pytest.raises(DivergedError, match=match) as error:
            tune(model, (x, y))
        assert "\n" not in str(error.value)

    def test_a_layer_that_is_computed_in_fewer_operations(self):
        model = keras.Sequential(
            [
                keras.Input((2,)),
                keras.layers.Dense(2, name="fine", kernel_initializer="identity"),
                keras.layers.Dense(
                    2, name="large", kernel_initializer=keras.initializers.Constant(1e5)
                ),
                keras.layers.Dense(1, name="last"),
            ]
        )
        x, y = samples()
        x[5] = 1e35
        with pytest.raises(DivergedError, match=r"finite is that of '[^']*large', for sample 5"):
            tune(model, (x, y))

    def test_the_loss_alone(self):
        with pytest.raises(DivergedError, match="outputs of all layers are finite, the loss is"):
            tune(network(), samples(7))

    def test_weights_that_were_broken_before(self):
        class Breaks(keras.callbacks.Callback):
            def on_train_batch_end(self, batch, logs=None):
                if batch == 1:
                    self.model.layers[-1].bias.assign([np.nan])

        with pytest.raises(DivergedError, match="Before the step .*last/bias had become not"):
            tune(network(), samples(), callbacks=[Breaks()])

    def test_weights_that_the_last_step_breaks(self):
        class Breaks(keras.callbacks.Callback):
            def on_train_end(self, logs=None):
                self.model.layers[-1].bias.assign([np.nan])

        with pytest.raises(DivergedError, match=r"weights that stay finite.*last/bias.*'all'"):
            tune(network(), samples(), callbacks=[Breaks()])

    def test_a_data_set_of_its_own(self):
        class Batches(keras.utils.PyDataset):
            def __len__(self):
                return 2

            def __getitem__(self, index):
                return np.full((4, 2), np.nan, "float32"), np.ones((4, 1), "float32")

        with pytest.raises(DivergedError, match="makes its own batches"):
            tune(network(), Batches())


def test_ten_in_a_row_are_too_many():
    with pytest.raises(DivergedError, match=r"step 10 of the plan, the last of 10 in a row"):
        tune(network(), samples(slice(None)), on_non_finite="skip")


def test_a_step_of_its_own_cannot_be_skipped():
    class Own(keras.Sequential):
        def train_step(self, *arguments):
            return super().train_step(*arguments)

    model = Own([keras.Input((2,)), keras.layers.Dense(1)])
    with pytest.raises(InputError, match="on_non_finite='skip'.*`train_step` of its own"):
        tune(model, samples(), on_non_finite="skip")
    assert len(tune(model, samples()).step_loss) == 12


def test_what_was_skipped_is_known_after_a_resume(tmp_path):
    class Cut(keras.callbacks.Callback):
        left = 8

        def on_train_batch_end(self, batch, logs=None):
            self.left -= 1
            if not self.left:
                raise RuntimeError("the machine is gone")

    kept = {"checkpoint_directory": tmp_path / "kept", "checkpoints": {"every_steps": 1}}
    kept |= {"resume": "auto", "on_non_finite": "skip"}
    with pytest.raises(RuntimeError, match="machine is gone"):
        tune(network(), samples(7), callbacks=[Cut()], **kept)
    resumed_model = network()
    resumed = tune(resumed_model, samples(7), **kept)
    whole_model = network()  # Right before it is trained: some backends draw from one state.
    whole = tune(whole_model, samples(7), on_non_finite="skip")
    np.testing.assert_array_equal(resumed.step_loss, whole.step_loss)
    assert resumed.epochs == whole.epochs
    assert resumed.stages[0]["skipped_steps"] == whole.stages[0]["skipped_steps"]
    for one, other in zip(values(resumed_model), values(whole_model), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.each_backend
def test_the_model_trains_on_as_keras_does():
    """Nothing of the guard stays in a model that is trained by `fit` afterwards."""
    model = network()
    tune(model, samples())
    x, y = samples(7)
    found = model.fit(x, y, batch_size=SIZE, verbose=0).history["loss"]
    assert not np.isfinite(found[0])
    assert not is_finite(model)


@pytest.mark.any_backend
@pytest.mark.parametrize("is_frozen", [True, False])
def test_frozen_statistics_are_not_copied_in_each_step(is_frozen):
    norm = keras.layers.BatchNormalization()
    model = keras.Sequential([keras.Input((2,)), norm, keras.layers.Dropout(0.5)])
    norm.trainable = not is_frozen
    moved = [variable.name for variable in guarded_steps._moved_by_calls(model)]
    seed = "seed_generator_state"
    assert moved == ([seed] if is_frozen else ["moving_mean", "moving_variance", seed])
