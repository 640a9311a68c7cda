"""The bits of a variable are those that Keras gives, whatever the type and the layout."""

import keras
import numpy as np
import pytest

from kerastune.backends.bits import bits_of
from kerastune.backends.native_layers import lay_out_kernels


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16", "int8", "bool"])
@pytest.mark.parametrize("shape", [(), (3,), (2, 3)])
def test_bits_are_those_of_the_values(dtype, shape):
    values = np.random.default_rng(0).integers(0, 2, shape)
    variable = keras.Variable(values, dtype=dtype, trainable=False)
    expected = np.ascontiguousarray(keras.ops.convert_to_numpy(variable))
    assert bits_of(variable).tobytes() == expected.tobytes()


def test_bits_are_in_the_order_of_the_values_however_they_are_laid_out():
    layer = keras.layers.Conv2D(4, 3)
    layer.build((None, 8, 8, 2))
    model = keras.Sequential([keras.Input((8, 8, 2)), layer])
    model.compile("sgd", "mse")
    before = bits_of(layer.kernel).tobytes()
    lay_out_kernels(model)
    assert bits_of(layer.kernel).tobytes() == before
