"""What the backward pass computes, and what is kept for it."""

import keras
import pytest
from keras import layers, ops

from kerastune.counting.operations.count import count_operations

pytestmark = pytest.mark.first_backend


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


def test_the_largest_tensor():
    model = keras.Sequential(
        [keras.Input((8,)), layers.Dense(64, name="wide"), layers.Dense(2, name="last")]
    )
    operations = count_operations(model, batch_size=4)
    assert operations.largest_tensor_bytes == 4 * 64 * 4


class Calling(layers.Layer):
    """A layer that calls a function on its input."""

    def __init__(self, function, **kwargs):
        super().__init__(**kwargs)
        self.function = function

    def call(self, inputs):
        return self.function(inputs)


def test_the_state_of_a_frozen_recurrence_depends_on_what_it_was_given():
    model = keras.Sequential(
        [keras.Input((6, 5)), layers.Dense(5), layers.LSTM(4, trainable=False)]
    )
    # Twice 6 steps: the weights of the dense layer, the inputs, and the states.
    products = 5 * 5 + 5 * 16 + 4 * 16
    assert count_operations(model, batch_size=2).backward_macs == 2 * 6 * products


def test_a_stack_of_cells_counts_once_for_each_step():
    cells = [layers.LSTMCell(4), layers.GRUCell(3)]
    model = keras.Sequential([keras.Input((6, 5)), layers.RNN(cells)])
    products = 5 * 16 + 4 * 16 + 4 * 9 + 3 * 9
    assert count_operations(model, batch_size=2).macs == 2 * 6 * products


def test_nothing_flows_back_where_gradients_stop():
    model = keras.Sequential(
        [keras.Input((6, 5)), layers.Dense(4), Calling(ops.stop_gradient), layers.Dense(2)]
    )
    operations = count_operations(model, batch_size=2)
    assert operations.backward_macs == 2 * 6 * 4 * 2
    assert operations.activation_bytes == 2 * 6 * 4 * 4


def test_a_branch_that_ends_in_a_choice_costs_no_gradient():
    inputs = keras.Input((6,))
    chosen = ops.argmax(layers.Dense(4)(inputs), axis=-1)
    model = keras.Model(inputs, [chosen, layers.Dense(2)(inputs)])
    operations = count_operations(model, batch_size=2)
    assert operations.macs == 2 * 6 * (4 + 2)
    assert operations.backward_macs == 2 * 6 * 2


def test_what_only_a_loss_reads_counts():
    class Added(layers.Layer):
        def call(self, inputs):
            self.add_loss(ops.sum(ops.matmul(inputs, ops.transpose(inputs))))
            return inputs

    model = keras.Sequential([keras.Input((6,)), layers.Dense(4), Added()])
    # Both factors of the product in the loss need a gradient.
    assert count_operations(model, batch_size=2).backward_macs == 2 * 6 * 4 + 2 * (2 * 4 * 2)


@pytest.mark.parametrize("mode", ["int8", "int4"])
def test_gradients_go_through_quantized_layers(mode):
    model = keras.Sequential(
        [keras.Input((6, 5)), layers.Dense(8), layers.Dense(4), layers.Dense(3)]
    )
    model.layers[1].quantize(mode)
    operations = count_operations(model, batch_size=2)
    assert operations.macs == 2 * 6 * (5 * 8 + 8 * 4 + 4 * 3)
    # The weights of the first, the inputs of the second, and both of the third.
    assert operations.backward_macs == 2 * 6 * (5 * 8 + 8 * 4 + 2 * 4 * 3)
    # The inputs of the first and the third.
    assert operations.activation_bytes == 2 * 6 * (5 + 4) * 4
    assert operations.unknown == ()


def test_a_gradient_that_a_model_gives_itself_is_run():
    def doubled(x):
        def gradient(*args, upstream=None):
            upstream = args[0] if upstream is None else upstream
            return ops.matmul(upstream, ops.ones((4, 4)))

        return 2.0 * x, gradient

    calling = Calling(lambda x: ops.custom_gradient(doubled)(x))
    model = keras.Sequential([keras.Input((6,)), layers.Dense(4), calling])
    operations = count_operations(model, batch_size=2)
    assert operations.backward_macs == 2 * 6 * 4 + 2 * 4 * 4
    # Of the forward pass, the sum of the offset and the product; of the backward pass, no more.
    assert operations.flops == 2 * operations.macs + 2 * 4 + 2 * 4
