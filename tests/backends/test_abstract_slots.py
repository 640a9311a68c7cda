"""What an optimizer would remember is what it does remember, and takes no memory."""

import keras
import pytest

from kerastune.backends import build_abstract
from kerastune.backends.optimizers import abstract_slots, slots
from kerastune.errors import InputError
from kerastune.tuning import layerwise
from kerastune.tuning.plans.optimizer_names import named_optimizer, optimizer_names

optimizers = keras.optimizers
OPTIMIZERS = {
    **{name: lambda name=name: named_optimizer(name) for name in optimizer_names()},
    "amsgrad": lambda: optimizers.Adam(amsgrad=True),
    "centered": lambda: optimizers.RMSprop(momentum=0.5, centered=True),
    "all at once": lambda: optimizers.AdamW(use_ema=True, gradient_accumulation_steps=4),
    "scheduled": lambda: optimizers.Lion(optimizers.schedules.CosineDecay(0.1, 10)),
    "loss scale": lambda: optimizers.LossScaleOptimizer(optimizers.Adam()),
    "several": lambda: optimizers.MultiOptimizer(
        optimizers.OptimizerMap(optimizers.SGD(momentum=0.9), {".*last/.*": optimizers.Adam()})
    ),
}


def model():
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input((5,)),
            layers.Dense(6),
            layers.Reshape((6, 1)),
            layers.Conv1D(3, 2),
            layers.LayerNormalization(),
            layers.Dense(4, name="last"),
        ]
    )


def sizes(variables):
    return sorted((tuple(variable.shape), variable.dtype) for variable in variables)


def all_of(made):
    return [*made.slots, *made.averages, *made.accumulators, *made.shared]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_same_as_for_real(name):
    optimizer, built = OPTIMIZERS[name](), model()
    of_shapes = abstract_slots(optimizer, build_abstract(model).trainable_variables)
    of_values = abstract_slots(optimizer, built.trainable_variables)
    assert not optimizer.built
    optimizer.build(built.trainable_variables)
    for made in (of_shapes, of_values):
        assert sizes(all_of(made)) == sizes(optimizer.variables)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_nothing_takes_memory_then_or_later(name):
    wide = build_abstract(lambda: keras.Variable("zeros", (10**6, 10**6), name="kernel"))
    made = abstract_slots(OPTIMIZERS[name](), [wide])
    large = [variable for variable in all_of(made) if tuple(variable.shape)]
    assert len(large) == len([*made.slots, *made.averages, *made.accumulators])
    # Keras gives memory to what it has put off when a layer is next called on a symbol.
    keras.layers.Dense(1)(keras.Input((1,)))
    for variable in large:
        with pytest.raises(InputError, match="built for counting"):
            keras.ops.convert_to_numpy(variable)


def test_kinds_are_told_apart():
    variables = model().trainable_variables
    optimizer = optimizers.Adam(use_ema=True, gradient_accumulation_steps=2)
    made = abstract_slots(optimizer, variables)
    assert len(made.slots) == 2 * len(variables)
    assert sizes(made.averages) == sizes(made.accumulators) == sizes(variables)
    assert len(made.shared) == 2
    assert abstract_slots(optimizers.SGD(), variables).slots == ()


def test_a_layerwise_optimizer_has_the_slots_of_its_base():
    built = model()
    made = layerwise(optimizers.Adam(), built, layer_decay=0.5)
    expected = abstract_slots(optimizers.Adam(), built.trainable_variables)
    for optimizer in (made, optimizers.LossScaleOptimizer(made)):
        remembered = abstract_slots(optimizer, built.trainable_variables)
        assert sizes(remembered.slots) == sizes(expected.slots)
    assert not made.built


def test_an_optimizer_in_use_stays_as_it_is():
    built = model()
    optimizer = optimizers.Adam()
    optimizer.build(built.trainable_variables)
    before = {name: list(made) for name, made in slots(optimizer).items()}
    assert len(abstract_slots(optimizer, built.trainable_variables[:1]).slots) == 2
    assert slots(optimizer) == before


def test_slots_follow_the_dtype_that_is_asked_for():
    kernel = keras.Variable("zeros", (2, 3), name="kernel")
    made = abstract_slots(optimizers.Adafactor(), [kernel], ["bfloat16"])
    assert {variable.dtype for variable in made.slots} == {"bfloat16"}
    assert kernel.dtype == "float32"


def test_keras_adafactor_still_keeps_a_slot_of_full_size():
    """Once it does not, the note of `training_memory` has to go."""
    kernel = keras.Variable("zeros", (20, 30), name="kernel")
    made = abstract_slots(optimizers.Adafactor(), [kernel])
    assert sizes(made.slots) == sizes(
        [keras.Variable("zeros", shape) for shape in ((20,), (30,), (20, 30))]
    )


def test_an_optimizer_that_looks_at_values():
    class Curious(optimizers.SGD):
        def build(self, variables):
            super().build(variables)
            self.start = [keras.ops.convert_to_numpy(variable) for variable in variables]

    with pytest.raises(InputError, match=r"needs shapes alone.*Received: Curious"):
        abstract_slots(Curious(), model().trainable_variables)


def test_an_optimizer_that_cannot_be_copied():
    class Demanding(optimizers.SGD):
        def __init__(self, taste):
            super().__init__(0.1)

    with pytest.raises(InputError, match="made again from its configuration"):
        abstract_slots(Demanding("sweet"), model().trainable_variables)
