"""The operations of single layers, against numbers worked out by hand."""

import keras
import pytest
from keras import layers

from kerastune.counting.operations.count import count_operations

pytestmark = pytest.mark.first_backend


def model_of(shape, function):
    """A functional model of one input."""
    inputs = keras.Input(shape)
    return keras.Model(inputs, function(inputs))


# Multiply-accumulates of a batch of 2. A layer alone needs no gradient of its input, so that
# its backward pass is the weights' alone: once the forward pass for each product with a weight.
CONTRACTIONS = {
    "dense": ((8,), layers.Dense(4), 2 * 8 * 4, 2 * 8 * 4),
    # 7 × 7 outputs of 6 channels, each over 3 × 3 × 4.
    "conv": ((9, 9, 4), layers.Conv2D(6, 3), 2 * 49 * 6 * 36, 2 * 49 * 6 * 36),
    # Padding counts: 9 × 9 outputs.
    "conv same": ((9, 9, 4), layers.Conv2D(6, 3, padding="same"), 2 * 81 * 6 * 36, 2 * 81 * 6 * 36),
    # Stride 2, of 9 same: 5 × 5.
    "strided": (
        (9, 9, 4),
        layers.Conv2D(6, 3, strides=2, padding="same"),
        2 * 25 * 6 * 36,
        2 * 25 * 6 * 36,
    ),
    # Two groups: each output sees 2 of 4 channels.
    "grouped": ((9, 9, 4), layers.Conv2D(6, 3, groups=2), 2 * 49 * 6 * 18, 2 * 49 * 6 * 18),
    # 9 × 9 inputs of 4 channels, each into 3 × 3 × 6.
    "transposed": (
        (9, 9, 4),
        layers.Conv2DTranspose(6, 3, strides=2, padding="same"),
        2 * 81 * 4 * 54,
        2 * 81 * 4 * 54,
    ),
    # 7 × 7 outputs of 4 × 2 channels, each over 3 × 3.
    "depthwise": (
        (9, 9, 4),
        layers.DepthwiseConv2D(3, depth_multiplier=2),
        2 * 49 * 8 * 9,
        2 * 49 * 8 * 9,
    ),
    # The depthwise part, whose input needs no gradient, and the pointwise, whose input does.
    "separable": (
        (9, 9, 4),
        layers.SeparableConv2D(6, 3, depth_multiplier=2),
        2 * 49 * (8 * 9 + 8 * 6),
        2 * 49 * (8 * 9 + 2 * 8 * 6),
    ),
    "conv1d dilated": (
        (9, 4),
        layers.Conv1D(6, 3, dilation_rate=2),
        2 * 5 * 6 * 12,
        2 * 5 * 6 * 12,
    ),
    "conv3d": ((5, 5, 5, 2), layers.Conv3D(6, 3), 2 * 27 * 6 * 54, 2 * 27 * 6 * 54),
    "einsum": ((5, 4), layers.EinsumDense("abc,cd->abd", (5, 7)), 2 * 5 * 4 * 7, 2 * 5 * 4 * 7),
    # 5 steps; the state needs a gradient, the input does not.
    "simple rnn": ((5, 6), layers.SimpleRNN(4), 2 * 5 * (24 + 16), 2 * 5 * (24 + 2 * 16)),
    "lstm": ((5, 6), layers.LSTM(4), 2 * 5 * 4 * (24 + 16), 2 * 5 * 4 * (24 + 2 * 16)),
    "lstm unrolled": (
        (5, 6),
        layers.LSTM(4, unroll=True),
        2 * 5 * 4 * (24 + 16),
        2 * 5 * 4 * (24 + 2 * 16),
    ),
    "gru": ((5, 6), layers.GRU(4), 2 * 5 * 3 * (24 + 16), 2 * 5 * 3 * (24 + 2 * 16)),
    "bidirectional": (
        (5, 6),
        layers.Bidirectional(layers.LSTM(4)),
        2 * 2 * 5 * 4 * (24 + 16),
        2 * 2 * 5 * 4 * (24 + 2 * 16),
    ),
    # 2 steps of 4 × 4 outputs: 4 gates of 3 channels over 3 × 3 × 2, and again over 3 × 3 × 3.
    "conv lstm": (
        (2, 6, 6, 2),
        layers.ConvLSTM2D(3, 3),
        2 * 2 * 16 * 12 * (18 + 27),
        2 * 2 * 16 * 12 * (18 + 2 * 27),
    ),
    "time distributed": ((3, 8), layers.TimeDistributed(layers.Dense(4)), 2 * 3 * 32, 2 * 3 * 32),
    "embedding": ((5,), layers.Embedding(10, 4), 0, 0),
    "batch normalization": ((9, 9, 4), layers.BatchNormalization(), 0, 0),
}


@pytest.mark.parametrize("name", CONTRACTIONS)
def test_multiply_accumulates(name):
    shape, layer, macs, backward_macs = CONTRACTIONS[name]
    layer = type(layer).from_config(layer.get_config())
    operations = count_operations(model_of(shape, layer), batch_size=2)
    assert operations.unknown == ()
    assert (operations.macs, operations.backward_macs) == (macs, backward_macs)


# 7 tokens of width 12, heads of width 4: projections 12 → heads × 4, three of them and back,
# and scores and sums of 7 × 7 × heads × 4.
@pytest.mark.parametrize("dropout", [0.0, 0.1])  # With dropout, Keras computes it in parts.
@pytest.mark.each_backend
def test_attention(dropout):
    layer = layers.MultiHeadAttention(3, 4, dropout=dropout)
    operations = count_operations(model_of((7, 12), lambda x: layer(x, x)))
    projection, scores = 7 * 12 * 12, 7 * 7 * 12
    assert operations.macs == 4 * projection + 2 * scores
    # Weights of all four, the input of the last; both factors of scores and sums.
    assert operations.backward_macs == 5 * projection + 4 * scores
    # The biases of four projections, the scaled queries, the softmax of 3 × 7 × 7 scores.
    assert operations.flops - 2 * operations.macs == 4 * 7 * 12 + 7 * 12 + 5 * 3 * 49


def test_grouped_query_attention():
    layer = layers.GroupQueryAttention(head_dim=4, num_query_heads=6, num_key_value_heads=2)
    operations = count_operations(model_of((7, 12), lambda x: layer(x, x)))
    queries, keys = 7 * 12 * 6 * 4, 7 * 12 * 2 * 4
    scores = 6 * 7 * 7 * 4
    assert operations.macs == 2 * queries + 2 * keys + 2 * scores
    assert operations.backward_macs == 3 * queries + 2 * keys + 4 * scores


def test_the_first_step_of_attention_from_another_input_needs_no_gradient_of_it():
    tokens, frozen = keras.Input((7, 12)), layers.Dense(12, trainable=False)
    model = keras.Model(tokens, layers.MultiHeadAttention(3, 4)(tokens, frozen(tokens)))
    without = count_operations(model).backward_macs
    frozen.trainable = True
    # The weight of the dense layer, and the inputs of the projections of keys and values.
    assert count_operations(model).backward_macs == without + 3 * 7 * 12 * 12


@pytest.mark.parametrize(
    ("layer", "flops"),
    [
        (layers.BatchNormalization(), 2 * 64),  # Statistics folded into a scale and an offset.
        (layers.LayerNormalization(), 7 * 64),
        (layers.RMSNormalization(), 4 * 64),
        (layers.Activation("relu"), 64),
        (layers.Activation("gelu"), 5 * 64),  # Exact, as keras.activations.gelu is by default.
        (layers.Softmax(), 5 * 64),
        (layers.Dropout(0.5), 0),
        (layers.MaxPooling2D(2), 64),
        (layers.AveragePooling2D(2), 64),
        (layers.GlobalAveragePooling2D(), 64),
        (layers.Flatten(), 0),
        (layers.ZeroPadding2D(), 0),
        (layers.Rescaling(2.0, 1.0), 128),
        (layers.UpSampling2D(2), 0),
    ],
)
def test_flops_without_products(layer, flops):
    layer = type(layer).from_config(layer.get_config())
    operations = count_operations(model_of((4, 4, 4), layer))
    assert (operations.macs, operations.flops) == (0, flops)


def test_a_bias_and_an_activation_cost_one_an_element():
    operations = count_operations(model_of((8,), layers.Dense(4, "relu")), batch_size=2)
    assert operations.flops == 2 * (2 * 8 * 4) + 2 * 4 + 2 * 4


def test_a_custom_cell_is_counted_as_it_computes():
    class Cell(layers.Layer):
        state_size = 3

        def build(self, shape):
            self.kernel = self.add_weight(shape=(shape[-1], 3))

        def call(self, inputs, states):
            new = states[0] + inputs @ self.kernel
            return new, [new]

    operations = count_operations(model_of((5, 6), layers.RNN(Cell())))
    assert operations.macs == 5 * 6 * 3
    assert operations.flops == 2 * 5 * 6 * 3 + 5 * 3


def test_shared_layers_are_counted_at_every_call():
    dense, inputs = layers.Dense(8, name="shared"), keras.Input((8,))
    operations = count_operations(keras.Model(inputs, dense(dense(inputs))))
    (row,) = (row for row in operations.rows if row.layer == "shared")
    assert row.macs == 2 * 64
    assert row.backward_macs == 3 * 64
