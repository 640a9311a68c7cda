"""Weights in the dtypes of a precision, and a model that is the same afterwards."""

import contextlib

import keras
import pytest

from kerastune.backends import PRECISIONS, build_abstract, nested_layers
from kerastune.counting.memory.precision import computing_in, stored_weights
from kerastune.errors import InputError

pytestmark = pytest.mark.first_backend


def build_real(precision="float32"):
    layers = keras.layers
    keras.config.set_dtype_policy(precision)
    inputs = keras.Input((4,), dtype="int32")
    x = layers.Embedding(7, 6)(inputs)
    x = layers.LayerNormalization()(layers.Conv1D(5, 2)(x))
    x = layers.BatchNormalization()(layers.Dropout(0.1)(x))
    shared = layers.Dense(5)
    return keras.Model(inputs, shared(shared(x)))


def build(*arguments):
    return build_abstract(lambda: build_real(*arguments))


def sizes(weights):
    return [(weight.dtype, weight.stored_bytes, weight.copy_dtype) for weight in weights]


@pytest.mark.parametrize("precision", PRECISIONS)
def test_as_if_built_in_it(precision):
    model = build()
    assert sizes(stored_weights(model, precision)) == sizes(stored_weights(build(precision)))


def test_each_variable_once_and_its_bytes():
    model = build()
    weights = stored_weights(model)
    assert len(weights) == len(model.variables)
    floats = sum(weight.stored_bytes for weight in weights if weight.dtype == "float32")
    assert floats == 4 * model.count_params()


def test_only_what_a_layer_casts_has_a_copy():
    weights = stored_weights(build(), "mixed_bfloat16")
    copied = {weight.variable.path.split("/")[-1] for weight in weights if weight.copy_dtype}
    assert copied == {"kernel", "bias"}
    kernels = 2 * 6 * 5 + 5 + 5 * 5 + 5
    assert sum(weight.copy_bytes for weight in weights) == 2 * kernels


def test_the_model_is_the_same_afterwards():
    model = build("mixed_bfloat16")
    former = [layer.dtype_policy for layer in nested_layers(model)]
    with computing_in(model, "float16"), contextlib.suppress(ZeroDivisionError):
        assert {layer.compute_dtype for layer in nested_layers(model)} == {"float16"}
        raise ZeroDivisionError
    now = [layer.dtype_policy for layer in nested_layers(model)]
    assert all(one is other for one, other in zip(now, former, strict=True))


def test_quantized_layers_stay_as_they_are():
    inputs = keras.Input((8,))
    model = keras.Model(inputs, keras.layers.Dense(4, name="dense")(inputs))
    model.get_layer("dense").quantize("int8")
    before = sizes(stored_weights(model))
    assert sizes(stored_weights(model, "bfloat16")) == before
    assert ("int8", 32, None) in before


def test_unknown_precision():
    for use in (stored_weights, lambda *given: computing_in(*given).__enter__()):
        with pytest.raises(InputError, match=r"Received: 'mixed_bfloat'\. Did you mean"):
            use(build(), "mixed_bfloat")
