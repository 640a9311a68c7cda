"""What the backward pass computes, and what is kept for it."""

import keras
import pytest
from keras import layers

from kerastune.counting.operations import count_operations


def stack(*names):
    """Dense layers of width 8 without offset, and an input of 8."""
    inputs = keras.Input((8,))
    outputs = inputs
    for name in names:
        outputs = layers.Dense(8, use_bias=False, name=name)(outputs)
    return keras.Model(inputs, outputs)


@pytest.mark.parametrize(
    ("trainable", "products", "kept"),
    [
        # Of c, b and a: the weights' each, the inputs' of c and b. Kept are the inputs of all.
        ("abc", 5, 3),
        ("bc", 3, 2),
        ("c", 1, 1),
        # The inputs' of c and b; only the input of a is read.
        ("a", 3, 1),
        # c frozen: no product for its weights, and its input is not kept.
        ("ab", 4, 2),
        ("", 0, 0),
    ],
)
def test_frozen_weights_and_what_comes_before_the_first_that_trains(trainable, products, kept):
    model = stack("a", "b", "c")
    for name in "abc":
        model.get_layer(name).trainable = name in trainable
    operations = count_operations(model, batch_size=2)
    assert operations.macs == 3 * 2 * 64
    assert operations.backward_macs == products * 2 * 64
    assert operations.activation_bytes == kept * 2 * 8 * 4


def test_biases_alone_need_gradients_of_tensors_but_keep_none():
    model = keras.Sequential([keras.Input((8,)), layers.Dense(8), layers.Dense(8)])
    for layer in model.layers:
        layer.kernel.trainable = False
    operations = count_operations(model, batch_size=2)
    assert operations.backward_macs == 2 * 64
    assert operations.activation_bytes == 0


def test_adapters_count_by_the_same_rules():
    layer = layers.Dense(8, use_bias=False)
    model = keras.Sequential([keras.Input((8,)), layer])
    layer.enable_lora(2)
    operations = count_operations(model, batch_size=4)
    # The product of the adapters (8 × 2 × 8) makes a kernel, which multiplies the input.
    assert operations.macs == 8 * 2 * 8 + 4 * 64
    # The gradient of the kernel, and of both adapters.
    assert operations.backward_macs == 4 * 64 + 2 * (8 * 2 * 8)


def kept(*stacked, shape=(4, 4, 4), batch=2):
    """The activations of a dense layer of width 4, and of layers after it."""
    first = layers.Dense(4, use_bias=False)
    model = keras.Sequential([keras.Input(shape), first, *stacked])
    return count_operations(model, batch_size=batch).activation_bytes


TENSOR = 2 * 4 * 4 * 4 * 4


@pytest.mark.parametrize(
    ("stacked", "tensors"),
    [
        ([], 1),  # The input of the dense layer.
        ([layers.Activation("relu")], 2),  # Its result.
        ([layers.Activation("gelu")], 2),  # Its input.
        ([layers.Activation("relu"), layers.Dense(4)], 2),  # Which are one tensor here,
        ([layers.Activation("gelu"), layers.Dense(4)], 3),  # and two here.
        ([layers.LayerNormalization()], 2),
        ([layers.Reshape((16, 4))], 1),
        ([layers.Reshape((16, 4)), layers.Activation("relu"), layers.Reshape((64,))], 2),
        ([layers.AveragePooling2D(2)], 1),
        ([layers.MaxPooling2D(2)], 2.25),  # Its input, and its result of a quarter.
        ([layers.Dropout(0.5)], 1.25),  # A byte for each number that was dropped or not.
    ],
)
def test_what_is_kept(stacked, tensors):
    stacked = [type(layer).from_config(layer.get_config()) for layer in stacked]
    assert kept(*stacked) == tensors * TENSOR


def test_what_is_kept_of_normalization_by_batch():
    # Its input; of the mean and the variance, 4 numbers each, which the batch itself gives.
    assert kept(layers.BatchNormalization()) == 2 * TENSOR + 2 * 4 * 4


def test_mixed_precision_keeps_what_it_computes_with():
    keras.config.set_dtype_policy("mixed_bfloat16")
    # The input in the narrow type alone, and the relu's result.
    assert kept(layers.Activation("relu")) == 2 * TENSOR // 2


def test_attention_keeps_its_factors_and_the_probabilities():
    inputs = keras.Input((7, 12))
    model = keras.Model(inputs, layers.MultiHeadAttention(3, 4, use_bias=False)(inputs, inputs))
    # The input, queries scaled or not, keys, values, what they give, and 3 × 7 × 7 numbers.
    assert count_operations(model).activation_bytes == 4 * (5 * 7 * 12 + 3 * 7 * 7)


def test_recurrence_keeps_every_step():
    model = keras.Sequential([keras.Input((5, 6)), layers.SimpleRNN(4, use_bias=False)])
    # Of 5 steps: the input, the state before, and the state after, which is a new tensor each.
    assert count_operations(model).activation_bytes == 4 * 5 * (6 + 4 + 4)


def test_the_largest_tensor_and_the_outputs_of_layers():
    model = keras.Sequential(
        [keras.Input((8,)), layers.Dense(64, name="wide"), layers.Dense(2, name="last")]
    )
    operations = count_operations(model, batch_size=4)
    assert operations.largest_tensor_bytes == 4 * 64 * 4
    outputs = {row.layer: row.output_bytes for row in operations.rows}
    assert (outputs["wide"], outputs["last"]) == (4 * 64 * 4, 4 * 2 * 4)
