"""What a trace sees, and that it leaves everything as it was."""

import sys
from inspect import signature
from pathlib import Path
from types import FunctionType

import keras
import pytest
from keras import layers, ops
from keras.ops import matmul as captured_matmul

from kerastune.backends import build_abstract, tracing
from kerastune.backends.tracing.bodies import LOOPS
from kerastune.backends.tracing.interception import (
    COMPOSED,
    FUSED_RECURRENCE,
    backend_functions,
    intercepted,
)
from kerastune.backends.tracing.record import CUSTOM_GRADIENT, HIDDEN
from kerastune.backends.tracing.recorder import Recorder
from kerastune.backends.tracing.run import trace_model
from kerastune.backends.tracing.tensors import (
    OPERATORS,
    UNARY_OPERATORS,
    has_values,
    tensor_classes,
)
from kerastune.errors import InputError


class Calling(layers.Layer):
    """A layer that calls a function on its input."""

    def __init__(self, function, **kwargs):
        super().__init__(**kwargs)
        self.function = function

    def call(self, inputs):
        return self.function(inputs)


def names(function, shape=(2, 4), training=False):
    """The operations of a function, as a model would call it."""
    model = keras.Sequential([keras.Input(shape[1:]), Calling(function, name="calling")])
    trace = trace_model(model, keras.KerasTensor(shape), training=training)
    return [
        operation.name
        for operation in trace.operations
        if operation.name not in ("convert_to_tensor", "cast")
    ]


# What Keras has to keep for a trace to see everything.


def test_keras_has_every_private_name_that_a_trace_uses():
    from keras.src import backend
    from keras.src.ops import nn

    functions = backend_functions()
    assert {*FUSED_RECURRENCE, *LOOPS, "remat", "custom_gradient"} <= set(functions)
    assert {"matmul", "einsum", "conv", "dot_product_attention", "relu", "cast"} <= set(functions)
    for name, body in LOOPS.items():
        assert body in signature(functions[name][0]).parameters
    assert all(callable(getattr(nn, name)) for name in COMPOSED)
    assert backend.compute_output_spec
    assert {"__call__", "add_loss", "build"} <= set(vars(layers.Layer))
    for layer in (layers.RNN, layers.LSTM, layers.GRU):
        parameters = list(signature(vars(layer)["inner_loop"]).parameters)
        assert parameters == ["self", "sequences", "initial_state", "mask", "training"]
    assert isinstance(
        next(vars(owner)["value"] for owner in keras.Variable.__mro__ if "value" in vars(owner)),
        property,
    )


def test_keras_hub_asks_one_function_which_way_attention_goes():
    pytest.importorskip("keras_hub")
    from keras_hub.src.utils import keras_utils

    assert callable(keras_utils.fused_attention_op_available)


def test_tensors_have_every_operator():
    for owner in tensor_classes():
        assert all(hasattr(owner, f"__{symbol}__") for symbol in OPERATORS)
        assert all(hasattr(owner, method) for method in UNARY_OPERATORS)


def test_only_the_tensors_of_a_trace_have_no_values():
    seen = []
    names(lambda x: seen.append(has_values(x)) or x)
    assert not any(seen)
    assert has_values(ops.ones((2,)))


# What is seen.


def test_operations_come_with_their_layer_shapes_and_weights():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3, name="last", activation="relu")])
    trace = trace_model(model, keras.KerasTensor((2, 4)))
    product, offset, relu = (
        operation
        for operation in trace.operations
        if operation.layer == "last" and operation.name != "convert_to_tensor"
    )
    x, kernel = product.operands
    assert (x.shape, x.dtype, x.is_weight) == ((2, 4), "float32", False)
    assert (kernel.shape, kernel.is_weight, kernel.trainable) == ((4, 3), True, True)
    assert offset.operands[0] == product.outputs[0]
    assert relu.outputs == trace.outputs
    assert trace.inputs[0].shape == (2, 4)


def test_frozen_weights_are_known():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    model.trainable = False
    trace = trace_model(model, keras.KerasTensor((2, 4)))
    weights = [tensor for operation in trace.operations for tensor in operation.operands]
    assert not any(tensor.trainable for tensor in weights)
    assert any(tensor.is_weight for tensor in weights)


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda x: 2 * x + 1 - x / 3, ["multiply", "add", "true_divide", "subtract"]),
        (lambda x: -(x**2), ["power", "negative"]),
        (lambda x: x @ ops.transpose(x), ["transpose", "matmul"]),
        (lambda x: x[:, :2], ["getitem"]),
        (lambda x: captured_matmul(x, ops.transpose(x)), ["transpose", "matmul"]),
        (lambda x: keras.activations.relu(x), ["relu"]),
        (lambda x: keras.activations.mish(x), ["softplus", "tanh", "multiply"]),
        (lambda x: layers.Softmax()(x, mask=x > 0), ["where", "softmax", "where"]),
        (lambda x: ops.layer_normalization(x), ["layer_normalization"]),
        (lambda x: ops.rms_normalization(x), ["rms_normalization"]),
        (lambda x: ops.sum(x, axis=-1), ["sum"]),
    ],
)
def test_nothing_escapes(function, expected):
    assert names(function) == expected


def test_the_operands_of_a_reflected_operator_keep_their_order():
    left = ops.ones((3, 2))
    model = keras.Sequential([keras.Input(batch_shape=(2, 4)), Calling(lambda x: left @ x)])
    trace = trace_model(model, keras.KerasTensor((2, 4)))
    (product,) = (operation for operation in trace.operations if operation.name == "matmul")
    assert [operand.shape for operand in product.operands] == [(3, 2), (2, 4)]


def test_an_operation_of_the_graph_that_is_no_layer_is_seen():
    x = keras.Input((4,))
    model = keras.Model(x, ops.tanh(x) * 2)
    trace = trace_model(model, keras.KerasTensor((2, 4)))
    assert [operation.name for operation in trace.operations][-2:] == ["tanh", "multiply"]
    assert trace.operations[-1].layer == model.name


class WithoutKeras(layers.Layer):
    """A layer that computes with its backend's own functions."""

    def build(self, input_shape):
        self.kernel = self.add_weight(shape=(input_shape[-1], 3))

    def call(self, inputs):
        kernel = self.kernel.value
        if keras.config.backend() == "jax":
            import jax

            return jax.numpy.dot(inputs, kernel)
        if keras.config.backend() == "tensorflow":
            import tensorflow as tf

            return tf.linalg.matmul(inputs, kernel)
        return inputs.mm(kernel)


def test_what_a_layer_computes_without_keras_is_named():
    model = keras.Sequential([keras.Input((4,)), WithoutKeras(name="own"), layers.Dense(2)])
    trace = trace_model(model, keras.KerasTensor((2, 4)))
    (hidden,) = (operation for operation in trace.operations if operation.name == HIDDEN)
    assert hidden.layer == "own"
    assert {operand.shape for operand in hidden.operands} == {(2, 4), (4, 3)}


def test_a_constant_of_the_model_is_not_taken_for_a_computation():
    constant = ops.ones((4,))
    assert HIDDEN not in names(lambda x: x * constant)


@pytest.mark.parametrize(
    ("function", "steps"),
    [
        (lambda x: ops.map(lambda row: ops.tanh(row), x), 6),
        (lambda x: ops.vectorized_map(lambda row: ops.tanh(row), x), 6),
        (lambda x: ops.scan(lambda c, row: (ops.tanh(c + row), row), x[0], x)[0], 6),
        (lambda x: ops.fori_loop(0, 5, lambda i, y: ops.tanh(y), x), 5),
        (lambda x: layers.SimpleRNN(3)(ops.expand_dims(x, 0)), 6),
    ],
)
def test_the_body_of_a_loop_is_seen_once_with_its_steps(function, steps):
    layer = Calling(function)
    layer(ops.ones((6, 4)))
    model = keras.Sequential([keras.Input(batch_shape=(6, 4)), layer])
    trace = trace_model(model, keras.KerasTensor((6, 4)))
    times = [operation.times for operation in trace.operations if operation.name == "tanh"]
    assert times == [steps]


def test_a_loop_without_a_known_end_is_one_operation():
    assert names(lambda x: ops.while_loop(lambda y: False, lambda y: (ops.tanh(y),), (x,))[0])[
        -1:
    ] == ["while_loop"]


def test_what_the_backend_cannot_do_without_values_has_the_shape_that_keras_knows():
    trace_names = names(lambda x: ops.tanh(ops.repeat(x, 3, axis=1)))
    assert trace_names == ["repeat", "tanh"]


@pytest.mark.parametrize("layer", [layers.LSTM, layers.GRU])
def test_recurrence_goes_the_same_way_whatever_is_fused(layer):
    model = keras.Sequential([keras.Input((5, 4)), layer(3)])
    x = keras.KerasTensor((2, 5, 4))
    expected = [operation.name for operation in trace_model(model, x).operations]
    model.layers[0].use_cudnn = True
    assert [operation.name for operation in trace_model(model, x).operations] == expected
    assert expected.count("matmul") == 2


def test_training_reaches_the_layers():
    drop = layers.Dropout(0.5)
    assert "dropout" in names(drop, training=True)
    assert "dropout" not in names(drop)


def test_a_gradient_of_its_own_is_written_down_beside_the_function():
    def halved(x):
        return x / 2.0, lambda *args, upstream=None: ops.tanh(args[0])

    def call(x):
        return ops.custom_gradient(halved)(x)

    model = keras.Sequential([keras.Input((4,)), Calling(call)])
    trace = trace_model(model, keras.KerasTensor((2, 4)))
    given, divided, custom = trace.operations[-3:]
    assert [given.name, divided.name] == ["stop_gradient", "true_divide"]
    assert custom.name == CUSTOM_GRADIENT
    assert custom.operands == (*given.operands, *divided.outputs)
    assert trace.outputs == custom.outputs != divided.outputs
    assert [step.name for step in custom.gradient] == ["zeros_like", "tanh"]


def test_losses_that_layers_add_are_known():
    layer = layers.Dense(3, activity_regularizer="l2")
    model = keras.Sequential([keras.Input((4,)), layer])
    trace = trace_model(model, keras.KerasTensor((2, 4)))
    assert [loss.shape for loss in trace.losses] == [()]
    assert trace.losses[0] not in trace.outputs


# What is left.


def test_everything_is_as_before_also_after_an_error():
    def fail(x):
        raise ArithmeticError("on purpose")

    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    model.layers[0].activation = fail
    before = _functions()
    with intercepted(Recorder(model, ops.ones((2, 4)))):
        touched = _written_here(_functions()).keys() - _written_here(before).keys()
    assert {"__call__", "inner_loop", "value", "matmul", "__add__"} <= {name for _, name in touched}

    def state():
        functions = _functions()
        kept = {place: id(functions.get(place)) for place in touched}
        return kept, _written_here(functions).keys(), _settings(model)

    expected = (
        {place: id(before.get(place)) for place in touched},
        _written_here(before).keys(),
        _settings(model),
    )
    assert state() == expected
    with pytest.raises(ArithmeticError, match="on purpose"):
        trace_model(model, keras.KerasTensor((2, 4)))
    assert state() == expected
    model.layers[0].activation = keras.activations.relu
    trace_model(model, keras.KerasTensor((2, 4)))
    assert state() == expected


def _functions():
    """Every name in a module or class that a trace may touch, with what it stands for.

    What a module imports meanwhile is new in it, so only the names that were touched may be
    compared.
    """
    classes = [layers.Layer, layers.LSTM, layers.GRU, *keras.Variable.__mro__]
    owners = [*sys.modules.values(), *tensor_classes(), *classes]
    return {
        (id(owner), name): value
        for owner in owners
        for name, value in list(getattr(owner, "__dict__", {}).items())
    }


def _written_here(functions):
    """Those whose code stands in the room of tracing."""
    code = {
        place: getattr(value.fget if type(value) is property else value, "__code__", None)
        for place, value in functions.items()
        if type(value) in (FunctionType, property)
    }
    room = str(Path(tracing.__file__).parent)
    return {
        place: found
        for place, found in code.items()
        if found is not None and found.co_filename.startswith(room)
    }


def _settings(model):
    """What a trace could leave in the model and in the settings of Keras."""
    return (
        [len(layer._inbound_nodes) for layer in (model, *model.layers)],
        [id(weight._value) for weight in model.weights],
        keras.config.is_flash_attention_enabled(),
        keras.config.is_traceback_filtering_enabled(),
    )


def test_a_setting_of_flash_attention_is_kept():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    keras.config.disable_flash_attention()
    try:
        trace_model(model, keras.KerasTensor((2, 4)))
        assert keras.config.is_flash_attention_enabled() is False
    finally:
        keras.config.enable_flash_attention()


def test_keras_does_not_go_on_with_real_tensors():
    calls = []

    def fail(x):
        calls.append(x)
        raise ArithmeticError("on purpose")

    with pytest.raises(ArithmeticError, match="on purpose"):
        names(fail)
    # The symbolic call that builds the model, which may try twice, is not the trace's.
    built = len(calls)
    layer = Calling(lambda x: x)
    model = keras.Sequential([keras.Input((4,)), layer])
    layer.function = fail
    with pytest.raises(ArithmeticError, match="on purpose"):
        trace_model(model, keras.KerasTensor((2, 4)))
    assert len(calls) == built + 1


def test_an_abstract_model_is_traced_and_stays_sealed():
    shapes = [keras.Input((10**6,)), layers.Dense(10**6)]
    model = build_abstract(lambda: keras.Sequential(shapes))
    trace = trace_model(model, keras.KerasTensor((1, 10**6)))
    assert trace.outputs[0].shape == (1, 10**6)
    with pytest.raises(InputError, match="Expected a model with weights"):
        model.get_weights()


def test_the_recorder_is_gone_after_the_block():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(3)])
    recorder = Recorder(model, ops.ones((2, 4)))
    with intercepted(recorder):
        ops.tanh(ops.ones((2,)))
    seen = len(recorder.operations)
    ops.tanh(ops.ones((2,)))
    assert seen == len(recorder.operations) > 0
