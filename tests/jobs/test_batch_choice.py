"""`batch_size="auto"`: what fits, and what is done where memory runs out all the same."""

import json
from dataclasses import replace
from typing import ClassVar

import keras
import numpy as np
import pytest
import yaml

import kerastune
from kerastune import Job, heads
from kerastune.backends.out_of_memory import is_out_of_memory
from kerastune.counting import training_memory
from kerastune.data import Source, Splits
from kerastune.errors import InputError
from kerastune.jobs import batch_choice
from kerastune.tuning import Plan, Stage

pytestmark = pytest.mark.first_backend

SAMPLES, WHOLE = 48, 16


@keras.saving.register_keras_serializable("tests_batch_choice")
class Hungry(keras.layers.Layer):
    """Gives what it gets, and has no memory for a batch above a limit in training.

    What it raises is of the class that the backend raises for a GPU without memory.
    """

    limit = WHOLE
    tried: ClassVar[list[int]] = []

    def __init__(self, **options):
        super().__init__(**options)
        self.supports_jit = False

    def call(self, inputs, training=None):
        if not training:
            return inputs
        if keras.backend.backend() != "tensorflow":
            self.take(inputs.shape[0])
            return inputs
        import tensorflow as tf

        # TensorFlow runs a graph, and makes its own error of that of Python in it.
        taken = tf.numpy_function(self.take, [tf.shape(inputs)[0]], tf.int32)
        with tf.control_dependencies([taken]):
            return tf.identity(inputs)

    def take(self, samples):
        if isinstance(samples, int | np.integer):  # Not while it is traced for any batch.
            self.tried.append(int(samples))
            if samples > self.limit:
                raise out_of_memory()
        return np.int32(0)


def out_of_memory():
    name = keras.backend.backend()
    if name == "tensorflow":
        return MemoryError("OOM when allocating tensor")
    if name == "jax":
        import jax

        return jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 1 byte.")
    import torch

    return torch.OutOfMemoryError("CUDA out of memory.")


@pytest.fixture(autouse=True)
def unlimited():
    """Each test sets its own limit."""
    Hungry.limit = WHOLE
    Hungry.tried.clear()
    yield
    Hungry.limit = WHOLE


@kerastune.recipe(epochs=1, batch_size=WHOLE, learning_rate=0.01)
def hungry(data="none", *, dropout: float = 0.0, **options) -> Job:
    """Fits a line by a network that takes memory."""
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(SAMPLES + 16, 3)).astype("float32")
    samples = Source.of(rows, rows @ np.array([1.0, -2.0, 0.5], "float32"), name="rows")
    training, test = samples.select(range(SAMPLES)), samples.select(range(SAMPLES, len(rows)))
    inputs = keras.Input((3,))
    hidden = keras.layers.Dense(4, activation="tanh", name="hidden")(inputs)
    outputs = keras.layers.Dropout(dropout, seed=3)(Hungry()(hidden))
    head = heads.Regression.for_samples(training)
    model = heads.attach(keras.Model(inputs, outputs, name="body"), head)
    return Job(model, head, Splits(training, test))


def run(tmp_path, capsys, **options):
    """A run, and what it printed."""
    result = hungry(run_dir=tmp_path / "run", **options)
    return result, capsys.readouterr().out


def weights(result):
    return [keras.ops.convert_to_numpy(weight) for weight in result.model.weights]


def assert_same(result, other, tolerance=1e-6):
    for one, another in zip(weights(result), weights(other), strict=True):
        np.testing.assert_allclose(one, another, atol=tolerance)


PLAN = Plan(
    "two", [Stage("one", 1, 0.01, ema=0.9), Stage("two", learning_rate=0.01, steps=4, ema=0.9)]
)


class LessMemory(keras.callbacks.Callback):
    """From the second stage on there is memory for 8 samples."""

    def on_epoch_end(self, epoch, logs=None):
        Hungry.limit = 8


class TestOutOfMemory:
    def test_halves_and_accumulates(self, tmp_path, capsys):
        Hungry.limit = 5
        result, printed = run(tmp_path, capsys, batch_size="auto", dropout=0.3)
        assert printed.count("Out of memory in 'fine-tune'") == 2
        assert "with 4 samples a step and the gradients of 4 steps together." in printed
        assert {8, 16} < set(Hungry.tried)
        assert Hungry.tried[-1] == 4
        assert (result.batch_size, result.plan.stages[0].accumulate_gradients) == (4, 4)
        assert len(result.history.step_loss) == SAMPLES // 4
        options = {"batch_size": 4, "accumulate_gradients": 4, "dropout": 0.3}
        # Nothing of the failed attempts is left: neither weights nor what dropout has drawn.
        assert_same(result, hungry(run_dir=tmp_path / "given", **options), 0)

    @pytest.mark.slow
    def test_the_failed_stage_alone_starts_again(self, tmp_path, capsys):
        options = {"plan": PLAN, "callbacks": [LessMemory()]}
        result, printed = run(tmp_path, capsys, batch_size="auto", **options)
        assert "Out of memory in 'two'" in printed
        assert [stage["batch_size"] for stage in result.history.stages] == [16, 8]
        assert [stage["steps"] for stage in result.history.stages] == [3, 8]
        assert [stage.steps for stage in result.plan.stages] == [None, 8]
        assert [epoch["epoch"] for epoch in result.history.epochs] == [1, 2, 3]
        Hungry.limit = WHOLE
        # The weights move as with whole batches: the second stage goes on with the memory of the
        # optimizer, and with the next samples.
        assert_same(result, hungry(run_dir=tmp_path / "whole", plan=PLAN))

    def test_is_told(self, tmp_path, capsys):
        Hungry.limit = 8
        result, _ = run(tmp_path, capsys, batch_size="auto")
        directory = result.run_dir
        assert yaml.safe_load((directory / "config.yaml").read_text())["batch_size"] == "auto"
        (stage,) = json.loads((directory / "history.json").read_text())["stages"]
        assert (stage["batch_size"], stage["accumulate_gradients"]) == (8, 2)
        page = (directory / "report.html").read_text()
        assert "Batch size 8" in page
        assert "memory ran out" in page
        assert "8 samples a step" in str(result)
        again = kerastune.load(directory)
        assert (again.batch_size, again.plan.stages[0].accumulate_gradients) == (8, 2)

    def test_not_even_one_sample(self, tmp_path):
        Hungry.limit = 0
        with pytest.raises(InputError, match=r"memory for a step of one sample.*head_only"):
            hungry(run_dir=tmp_path / "run", batch_size="auto")
        assert Hungry.tried[-5:] == [16, 8, 4, 2, 1]
        assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "stopped"

    def test_a_number_is_kept(self, tmp_path):
        Hungry.limit = 8
        # The layer runs without values on TensorFlow alone, where its memory is known by that.
        is_known = keras.backend.backend() == "tensorflow"
        advice = "Give batch_size=8" if is_known else "Take a smaller"
        match = rf"a step of 16 samples in 'fine-tune'\. Received: .*(memory|OOM).*{advice}"
        with pytest.raises(InputError, match=match) as caught:
            hungry(run_dir=tmp_path / "run", batch_size=WHOLE)
        assert is_out_of_memory(caught.value)
        assert WHOLE in Hungry.tried
        assert WHOLE // 2 not in Hungry.tried

    @pytest.mark.slow
    def test_optimizer_object(self, tmp_path, capsys):
        optimizer = keras.optimizers.SGD(0.05, momentum=0.9)
        plan = Plan("own", [Stage(name, 1, optimizer=optimizer) for name in ("one", "two")])
        options = {"plan": plan, "callbacks": [LessMemory()]}
        result, _ = run(tmp_path, capsys, batch_size="auto", **options)
        used = [stage.optimizer.gradient_accumulation_steps for stage in result.plan.stages]
        assert used == [None, 2]
        assert optimizer.gradient_accumulation_steps is None
        Hungry.limit = WHOLE
        assert_same(result, hungry(run_dir=tmp_path / "whole", plan=plan))

    def test_schedule_object(self, tmp_path):
        Hungry.limit = 8
        schedule = keras.optimizers.schedules.CosineDecay(0.1, 6)
        plan = Plan("own", [Stage("one", 1, schedule=schedule)])
        with pytest.raises(InputError, match="a schedule by name in 'one'.*Give a batch_size"):
            hungry(run_dir=tmp_path / "run", batch_size="auto", plan=plan)

    def test_features_that_are_kept(self, tmp_path, capsys):
        Hungry.limit = 8
        options = {"plan": "head_only", "epochs": 2, "cache_features": "memory"}
        result, printed = run(tmp_path, capsys, batch_size="auto", **options)
        assert "are computed once" in printed
        assert len(result.history.step_loss) == 2 * SAMPLES // result.batch_size

    @pytest.mark.slow
    def test_repeats(self, tmp_path, capsys):
        Hungry.limit = 8
        run(tmp_path, capsys, batch_size="auto", repeats=2)
        for number in (1, 2):
            assert kerastune.load(tmp_path / "run" / f"repeat-{number}").batch_size == 8


class TestChoice:
    @pytest.fixture
    def memory(self, monkeypatch):
        """Sets how much memory is free."""
        return lambda size: monkeypatch.setattr(
            batch_choice, "free_device_memory", lambda: (size, "GPU")
        )

    def test_whole_batches_where_they_fit(self, memory):
        memory(10**9)
        job = batch_choice.with_batches_that_fit(hungry.build(batch_size="auto"))
        assert (job.batch_size, job.parts) == (WHOLE, (1,))
        assert "Batch size 16: training takes about" in job.plan_table().notes[-1]

    def test_parts_where_they_do_not(self, memory):
        whole = hungry.build(batch_size="auto")
        needed = [
            training_memory(whole.model, batch_size=size, input_shapes=(3,)).total
            for size in (16, 4)
        ]
        gradients = training_memory(whole.model, batch_size=None).gradients
        held = 4 * whole.model.count_params()
        memory(int((needed[1] + gradients + 32 - held) / 0.8))
        job = batch_choice.with_batches_that_fit(whole)
        assert (job.batch_size, job.parts) == (4, (4,))
        assert job.chosen_plan.stages[0].accumulate_gradients == 4
        assert "of 16 samples, which at once would take about" in job.plan_table().notes[-1]

    def test_one_sample_where_nothing_fits(self, memory):
        memory(1)
        job = batch_choice.with_batches_that_fit(hungry.build(batch_size="auto"))
        assert job.batch_size == 1

    def test_the_batch_is_that_of_the_recipe(self):
        assert hungry.build(batch_size="auto").batch_size == WHOLE
        assert hungry.build(batch_size=5).batch_size == 5

    def test_all_samples_are_one_batch(self):
        assert hungry.build(batch_size="all").batch_size == SAMPLES > WHOLE
        of_all = replace(hungry.build(batch_size="auto"), default_batch_size="all")
        assert of_all.batch_size == SAMPLES

    @pytest.mark.parametrize("given", ["large", 0, 2.5, True, None])
    def test_refused(self, given):
        expected = "batch_size of at least 1, a whole number, 'auto' or 'all'"
        with pytest.raises(InputError, match=expected):
            hungry.build(batch_size=given)
