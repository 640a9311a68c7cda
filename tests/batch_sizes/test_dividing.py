"""Into how many steps a batch is divided."""

import keras
import pytest

from kerastune.batch_sizes.dividing import division_that_fits
from kerastune.counting import training_memory
from kerastune.tuning import Plan, Stage, linear_probe_then_fine_tune

pytestmark = pytest.mark.any_backend


@pytest.fixture(scope="module")
def model():
    inputs = keras.Input((16,))
    hidden = keras.layers.Dense(64, "relu", name="body")(inputs)
    return keras.Model(inputs, keras.layers.Dense(4, name="head")(hidden), name="small")


PLAN = Plan("one", [Stage("all", 1, 0.1)])


def divided(model, memory, batch_size=32, plan=PLAN):
    return division_that_fits(model, plan, batch_size=batch_size, memory=memory, input_shapes=None)


@pytest.mark.parametrize("parts", [2, 8])
def test_the_fewest_parts_that_fit(model, parts):
    memory = training_memory(
        model,
        optimizer=keras.optimizers.AdamW(gradient_accumulation_steps=parts),
        batch_size=32 // parts,
    ).total
    assert divided(model, memory).parts == parts
    assert divided(model, memory - 1).parts == 2 * parts


def test_whole_batches_accumulate_nothing(model):
    memory = training_memory(model, batch_size=32).total
    found = divided(model, memory)
    assert (found.parts, found.whole, found.divided) == (1, memory, memory)


@pytest.mark.parametrize(("batch_size", "parts"), [(24, {1, 2, 3, 4, 6, 8, 12, 24}), (7, {1, 7})])
def test_parts_are_equal(model, batch_size, parts):
    found = {divided(model, memory, batch_size).parts for memory in (0, 29_000, 32_000, 10**6)}
    assert found <= parts
    assert {1, batch_size} <= found


def test_nothing_fits(model):
    assert divided(model, 0).parts == 32


def test_the_stage_that_takes_most_counts(model):
    probed = linear_probe_then_fine_tune(epochs=1, learning_rate=0.1)
    assert divided(model, 40_000, plan=probed) == divided(model, 40_000)


def test_averages_and_accumulation_are_copies(model):
    plain = divided(model, 10**6).whole
    gradients = training_memory(model, batch_size=None).gradients
    plan = Plan("more", [Stage("all", 1, 0.1, ema=0.9, accumulate_gradients=2)])
    assert divided(model, 10**6, plan=plan).whole == plain + 2 * gradients
