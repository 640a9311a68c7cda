"""A plan is run stage by stage on every backend, and trains just what it says."""

import keras
import numpy as np
import pytest

from kerastune.data import Source, Splits, steps_per_epoch, training_batches
from kerastune.heads import Classification, Regression, attach
from kerastune.preprocessing import ArrayPreprocessor
from kerastune.training import HistoryRecorder, TrainingHistory, predict, run_plan
from kerastune.training.optimizers import stage_optimizer
from kerastune.tuning import Plan, Stage, full, head_only, linear_probe_then_fine_tune

pytestmark = pytest.mark.first_backend

SAMPLES, BATCH = 20, 8
HEAD = Classification(("no", "yes"))
ROWS = ArrayPreprocessor(("array",))
# Frozen batch normalization computes as in prediction, so losses are comparable to it.
STILL = Plan("still", (Stage("still", 1, 1e-12, trainable="head_logits/bias"),))


@pytest.fixture
def source():
    rows = np.random.default_rng(1).normal(size=(SAMPLES, 4)).astype("float32")
    return Source.of(rows, (rows[:, 0] > 0).astype(int), class_names=("no", "yes"))


@pytest.fixture
def model():
    inputs = keras.Input((4,))
    x = keras.layers.Dense(6, activation="tanh", name="first")(inputs)
    x = keras.layers.BatchNormalization(name="norm")(x)
    model = attach(keras.Model(inputs, x, name="body"), HEAD)
    # From the zeros of a new head, every sample would have the same output and loss. These
    # are the same numbers on every backend.
    generator = np.random.default_rng(2)
    for layer in (model.get_layer("body").get_layer("first"), model.get_layer("head_logits")):
        layer.kernel.assign(generator.normal(size=layer.kernel.shape))
    return model


def run(model, plan, source, *, head=HEAD, preprocessor=ROWS, validation=None, **options):
    splits = Splits(source, source, validation)
    settings = {"batch_size": BATCH, "seed": 0, **options}
    return run_plan(model, plan, head, splits, preprocessor, **settings)


def outputs_of(model, rows, *, head=HEAD, preprocessor=ROWS, **options):
    return predict(model, {"array": rows}, preprocessor, head, **options)


class Rates(keras.callbacks.Callback):
    """Keeps the learning rate at the start of each step."""

    def __init__(self):
        super().__init__()
        self.rates = []

    def on_train_batch_begin(self, batch, logs=None):
        self.rates.append(float(self.model.optimizer.learning_rate))


def values(variables):
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


@pytest.mark.each_backend
def test_frozen_weights_stay_the_same_bit_for_bit(model, source):
    backbone = model.get_layer("body")
    before = values(backbone.weights)
    head = values(model.get_layer("head_logits").weights)
    run(model, head_only(2, 0.1), source)
    for old, new in zip(before, values(backbone.weights), strict=True):
        np.testing.assert_array_equal(old, new)
    for old, new in zip(head, values(model.get_layer("head_logits").weights), strict=True):
        assert np.abs(old - new).max() > 0


def test_the_second_stage_trains_what_the_first_left_frozen(model, source):
    before = values(model.get_layer("body").get_layer("first").weights)
    history = run(model, linear_probe_then_fine_tune(2, 0.01), source)
    for old, new in zip(
        before, values(model.get_layer("body").get_layer("first").weights), strict=True
    ):
        assert np.abs(old - new).max() > 0
    stages = [epoch["stage"] for epoch in history.epochs]
    assert stages == ["linear probe", "fine-tune", "fine-tune"]
    assert [epoch["epoch"] for epoch in history.epochs] == [1, 2, 3]


def test_it_learns(model, source):
    run(model, full(30, 0.05), source)
    answers = HEAD.decode(outputs_of(model, source.values["array"]))
    right = [HEAD.class_names.index(name) for name in answers] == source.values["label"]
    assert right.mean() >= 0.95


@pytest.mark.each_backend
def test_every_sample_once_an_epoch_in_an_order_that_goes_on_over_stages():
    """The loss of each step is the squared number of the one sample in it."""
    numbers = np.arange(1.0, SAMPLES + 1)[:, None]
    numbered = Source.of(np.zeros((SAMPLES, 2), "float32"), numbers)
    head = Regression(mean=(0.0,), standard_deviation=(1.0,))
    zero = attach(keras.Sequential([keras.Input((2,)), keras.layers.Identity()]), head)
    plan = Plan("two", (Stage("a", 1, 1e-9, clip_norm=None), Stage("b", 2, 1e-9)))
    history = run(zero, plan, numbered, head=head, batch_size=1, seed=3)
    trained_on = np.sqrt(history.step_loss).round(2).reshape(3, SAMPLES)
    for epoch in trained_on:
        assert sorted(epoch) == numbers[:, 0].tolist()
    assert len({tuple(epoch) for epoch in trained_on}) == 3
    batches = iter(training_batches(numbered, batch_size=1, seed=3))
    expected = [next(batches)["label"].item() for _ in range(3 * SAMPLES)]
    assert trained_on.ravel().tolist() == expected


def test_step_losses_are_those_of_single_batches(model, source):
    """Against the loss of each batch, computed outside of training."""
    expected = []
    batches = iter(training_batches(source, batch_size=BATCH, seed=5))
    for _ in range(steps_per_epoch(source, BATCH)):
        batch = next(batches)
        outputs = model.predict(batch["array"], verbose=0)
        expected.append(float(HEAD.loss()(HEAD.encode(batch["label"]), outputs)))
    assert np.diff(np.sort(expected)).min() > 0.01
    history = run(model, STILL, source, seed=5)
    assert len(history.step_loss) == 3
    np.testing.assert_allclose(history.step_loss, expected, rtol=1e-5)
    assert history.epochs[0]["steps"] == 3


def test_validation_is_measured_after_each_epoch(model, source):
    few = source.select(range(9))
    history = run(model, full(2, 0.01), source, validation=few, batch_size=4)
    losses = [epoch["val_loss"] for epoch in history.epochs]
    assert abs(losses[0] - losses[1]) > 1e-3
    outputs = outputs_of(model, few.values["array"])
    expected = float(HEAD.loss()(HEAD.encode(few.values["label"]), outputs.astype("float32")))
    assert losses[1] == pytest.approx(expected, rel=1e-4)
    assert "val_accuracy" in history.epochs[0]


def test_class_weights_change_the_loss(model, source):
    weighted = Classification(HEAD.class_names, class_weights=(0.0, 0.0))
    history = run(model, full(1, 0.01), source, head=weighted)
    np.testing.assert_allclose(history.step_loss, 0.0, atol=1e-12)


class Negated(ArrayPreprocessor):
    def prepare(self, inputs):
        return -super().prepare(inputs)


NEGATED = Negated(("array",))


def test_preprocessing_is_applied_to_predictions(model, source):
    rows = source.values["array"]
    outputs = outputs_of(model, rows, preprocessor=NEGATED)
    np.testing.assert_allclose(outputs, outputs_of(model, -rows), atol=1e-6)
    assert np.abs(outputs - outputs_of(model, rows)).min() > 1e-3


def test_preprocessing_is_applied_to_training_and_validation(model, source):
    def losses(data, preprocessor=ROWS):
        history = run(model, STILL, data, validation=data, preprocessor=preprocessor)
        return np.array([*history.step_loss, history.epochs[0]["val_loss"]])

    found = losses(source, NEGATED)
    negative = source.with_column("array", -source.values["array"], source.columns["array"])
    np.testing.assert_allclose(found, losses(negative), rtol=1e-5)
    assert np.abs(found - losses(source)).min() > 1e-3


def test_predictions_keep_the_order(model, source):
    rows = source.values["array"]
    outputs = outputs_of(model, rows, batch_size=3)
    np.testing.assert_allclose(outputs, model.predict(rows, verbose=0), atol=1e-6)
    assert np.diff(np.sort(outputs[:, 0])).min() > 1e-4  # No two are the same.


def test_regression_reaches_least_squares():
    generator = np.random.default_rng(2)
    rows = generator.normal(size=(64, 3)).astype("float32")
    targets = rows @ np.array([[1.0], [-2.0], [0.5]]) * 10 + 100
    head = Regression.fitted_to(targets)
    identity = keras.Sequential([keras.Input((3,)), keras.layers.Identity()])
    model = attach(identity, head)
    plan = Plan(
        "sgd", (Stage("sgd", 40, 0.1, schedule="cosine", optimizer="momentum", weight_decay=0.0),)
    )
    run(model, plan, Source.of(rows, targets), head=head, batch_size=16)
    np.testing.assert_allclose(head.decode(outputs_of(model, rows, head=head)), targets, atol=0.5)


class TestOptimizer:
    def test_rates_of_a_stage(self, model, source):
        stage = Stage("s", 2, 1.0e-3, schedule="cosine", warmup=0.5)
        rates = Rates()
        run(model, Plan("p", (stage,)), source, callbacks=[rates])
        expected = [0, 1 / 3, 2 / 3, 1, 0.75, 0.25]
        np.testing.assert_allclose(rates.rates, np.array(expected) * 1e-3, rtol=1e-4)

    def test_biases_and_norms_are_not_decayed(self, model):
        """With zero gradients only weight decay moves a weight."""
        stage = Stage("s", 1, 0.1, weight_decay=0.5)
        variables = model.trainable_variables
        for variable in variables:
            variable.assign(np.ones(variable.shape))
        optimizer = stage_optimizer(model, stage, 10)
        zeros = [keras.ops.zeros(variable.shape) for variable in variables]
        optimizer.apply(zeros, variables)
        for variable in variables:
            expected = 0.95 if len(variable.shape) > 1 else 1.0
            np.testing.assert_allclose(values([variable])[0], expected, rtol=1e-6)


def test_a_stage_may_train_biases_alone(model, source):
    """Keras on PyTorch fails when there is weight decay and nothing to decay."""
    kernels = values(weight for weight in model.weights if len(weight.shape) > 1)
    plan = Plan("biases", (Stage("biases", 1, 0.1, trainable="bias", weight_decay=0.5),))
    run(model, plan, source)
    after = values(weight for weight in model.weights if len(weight.shape) > 1)
    for old, new in zip(kernels, after, strict=True):
        np.testing.assert_array_equal(old, new)


def test_recorder_splits_weighted_means_into_steps():
    history = TrainingHistory()
    recorder = HistoryRecorder(history, "one", [4, 4, 2])
    recorder.on_epoch_begin(0)
    losses = np.array([3.0, 1.0, 2.0])
    sizes = np.array([4, 4, 2])
    for batch in range(3):
        mean = (losses * sizes)[: batch + 1].sum() / sizes[: batch + 1].sum()
        recorder.on_train_batch_end(batch, {"loss": mean})
    recorder.on_epoch_end(4, {"loss": 2.0, "accuracy": 0.5})
    np.testing.assert_allclose(history.step_loss, losses)
    assert history.epochs == [
        {"stage": "one", "epoch": 5, "steps": 3, "loss": 2.0, "accuracy": 0.5}
    ]
