"""What training takes is what the model and its optimizer hold."""

import keras
import pytest

from kerastune.backends import build_abstract
from kerastune.counting.dtypes import stored_bytes
from kerastune.counting.memory.training import training_memory
from kerastune.counting.operations.count import count_operations
from kerastune.errors import InputError
from kerastune.tuning import freeze, layerwise
from kerastune.tuning.plans.optimizer_names import named_optimizer

pytestmark = pytest.mark.first_backend

PARAMETERS = 4 * 8 + 8 + 4 * 8 + 8 * 3 + 3


def build_real():
    inputs = keras.Input((4,))
    x = keras.layers.Dense(8, "relu", name="first")(inputs)
    x = keras.layers.BatchNormalization(name="norm")(x)
    return keras.Model(inputs, keras.layers.Dense(3, name="head_output")(x), name="small")


def build(*arguments):
    return build_abstract(lambda: build_real(*arguments))


def held(variables):
    return sum(stored_bytes(tuple(variable.shape), variable.dtype) for variable in variables)


@pytest.mark.parametrize("abstract", [False, True])
@pytest.mark.parametrize("name", ["adafactor", "adamw", "muon"])
def test_weights_gradients_and_slots_are_those_of_training(name, abstract):
    model = build() if abstract else build_real()
    optimizer = named_optimizer(name, use_ema=True, gradient_accumulation_steps=2)
    memory = training_memory(model, optimizer=optimizer)
    trainable = 4 * (PARAMETERS - 2 * 8)
    assert memory.weights == 4 * PARAMETERS
    assert memory.gradients == memory.averages == memory.accumulators == trainable
    assert memory.compute_copies == 0


@pytest.mark.parametrize(
    ("name", "times"), [("sgd", 0), ("momentum", 1), ("lion", 1), ("adam", 2), ("adamw", 2)]
)
def test_slots_are_so_many_times_what_trains(name, times):
    memory = training_memory(build(), optimizer=name)
    assert memory.slots == times * memory.gradients
    assert memory.averages == memory.accumulators == 0


def test_a_model_that_was_trained_holds_what_was_foretold():
    model = build_real()
    foretold = training_memory(model, optimizer=keras.optimizers.Adam(use_ema=True), batch_size=2)
    model.compile(keras.optimizers.Adam(use_ema=True), "mse")
    inputs, targets = keras.ops.ones((2, 4)), keras.ops.ones((2, 3))
    model.fit(inputs, targets, batch_size=2, verbose=0)
    slots = [variable for variable in model.optimizer.variables if tuple(variable.shape)]
    assert held(slots) == foretold.slots + foretold.averages
    assert held(model.variables) == foretold.weights


def test_what_is_frozen_takes_weights_alone():
    model = build()
    everything = training_memory(model, batch_size=8)
    freeze(model, "first | norm")
    head = training_memory(model, batch_size=8)
    assert head.weights == everything.weights
    assert (head.gradients, head.slots) == (4 * (8 * 3 + 3), 8 * (8 * 3 + 3))
    assert head.activations == 8 * 8 * 4 < everything.activations
    model.trainable = False
    nothing = training_memory(model, batch_size=8)
    assert (nothing.gradients, nothing.slots, nothing.activations) == (0, 0, 0)
    assert "nothing trains" in nothing.notes


def test_layerwise_as_its_base():
    model = build_real()
    plain = training_memory(model, optimizer=keras.optimizers.AdamW())
    optimizer = layerwise(keras.optimizers.AdamW(), model, layer_decay=0.5)
    assert training_memory(model, optimizer=optimizer) == plain


def test_activations_are_those_that_are_counted():
    model = build()
    memory = training_memory(model, batch_size=16)
    assert memory.activations == count_operations(model, batch_size=16).activation_bytes > 0
    twice = training_memory(model, batch_size=32)
    assert twice.activations > 1.9 * memory.activations
    assert twice.weights == memory.weights
    without = training_memory(model, batch_size=None)
    assert (without.activations, without.working) == (None, None)
    assert "batch size" in without.notes[0]


def test_input_shapes_fill_what_is_open():
    inputs = keras.Input((None, 4))
    model = keras.Model(inputs, keras.layers.Dense(3)(inputs))
    with pytest.raises(InputError, match="input_shapes"):
        training_memory(model)
    assert training_memory(model, input_shapes=(7, 4)).activations == 7 * 4 * 4


def test_precision_is_that_of_a_model_built_in_it():
    for precision in ("mixed_bfloat16", "bfloat16", "mixed_float16", "float16"):
        asked = training_memory(build(), precision=precision, batch_size=8)
        keras.config.set_dtype_policy(precision)
        built = training_memory(build(), batch_size=8)
        keras.config.set_dtype_policy("float32")
        assert asked == built


def test_mixed_precision_adds_copies_from_the_first_weight_that_trains():
    model = build()
    memory = training_memory(model, precision="mixed_bfloat16")
    assert memory.compute_copies == 2 * (4 * 8 + 8 + 8 * 3 + 3)
    assert memory.slots == training_memory(model).slots
    freeze(model, "first | norm")
    assert training_memory(model, precision="mixed_bfloat16").compute_copies == 2 * (8 * 3 + 3)


def test_adafactor_comes_with_a_note():
    assert "full size" in training_memory(build(), optimizer="adafactor").notes[0]
    assert training_memory(build(), optimizer="adamw").notes == ()


def test_what_cannot_be():
    with pytest.raises(InputError, match="Did you mean 'adamw'"):
        training_memory(build(), optimizer="adamww")
    with pytest.raises(InputError, match="Expected a precision"):
        training_memory(build(), precision="float31")


def test_a_model_that_is_not_built_is_refused():
    model = keras.Sequential([keras.layers.Dense(2)])
    with pytest.raises(InputError, match="Expected a built model"):
        training_memory(model, batch_size=None)


def test_what_is_not_known_is_in_the_notes():
    def repeat(x):
        return keras.ops.while_loop(lambda y: False, lambda y: (y,), (x,))[0]

    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(4), keras.layers.Lambda(repeat)]
    )
    (unknown,) = count_operations(model).unknown
    assert f"activations of {unknown} are not known and left out" in training_memory(model).notes


def test_scales_that_are_overwritten_have_no_gradient():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    plain = training_memory(model)
    model.layers[0].quantize("float8")
    scaled = training_memory(model)
    assert scaled.gradients == plain.gradients == 4 * (4 * 3 + 3)
    assert scaled.slots == plain.slots
