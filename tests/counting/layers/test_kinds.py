"""The kinds are Keras' own layers, and sizes that no layer has are refused."""

import re

import keras
import pytest

from kerastune.backends import build_abstract
from kerastune.counting.layers.catalogue import LAYERS
from kerastune.counting.layers.kinds import LayerSizes
from kerastune.errors import InputError

# From the documentation of Keras and the papers: what each layer needs, at 64 and 128.
pytestmark = pytest.mark.any_backend

PUBLISHED = {
    # https://keras.io/api/layers/recurrent_layers/: 4, 3 and 1 gates of this size.
    "lstm": 4 * (64 + 128 + 1) * 128,
    "gru": 3 * (64 + 128 + 2) * 128,
    "simple_rnn": (64 + 128 + 1) * 128,
    "dense": 65 * 128,
    "conv2d": (3 * 3 * 64 + 1) * 128,
    # 12·d² + 13·d, as for each block of BERT base: 7,087,872 at d = 768.
    "transformer": 12 * 128**2 + 13 * 128,
}


def count_params(name, sizes):
    return build_abstract(lambda: LAYERS[name].build(sizes)).count_params()


@pytest.mark.parametrize("kind", LAYERS.values(), ids=LAYERS)
def test_output_has_the_positions_and_the_width_asked_for(kind):
    sizes = LayerSizes(16, 32, sequence_length=5, image_size=6)
    layer = build_abstract(lambda: kind.build(sizes))
    shape = kind.input_shape(sizes)
    positions = shape if kind.reads == "tokens" else shape[:-1]
    assert layer.input_shape == (None, *shape)
    assert layer.output_shape == (None, *positions, 32)
    assert {weight.dtype for weight in layer.weights} == {"float32"}


def test_layers_are_those_of_the_kind():
    sizes = LayerSizes(16, 32)
    for name, layer in {
        "dense": keras.layers.Dense,
        "conv3d": keras.layers.Conv3D,
        "depthwise_conv2d": keras.layers.DepthwiseConv2D,
        "separable_conv1d": keras.layers.SeparableConv1D,
        "gru": keras.layers.GRU,
        "bidirectional_lstm": keras.layers.Bidirectional,
        "attention": keras.layers.MultiHeadAttention,
    }.items():
        assert type(LAYERS[name].build(sizes).layers[-1]) is layer


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters_are_those_published(name):
    assert count_params(name, LayerSizes(64, 128)) == PUBLISHED[name]


def test_transformer_has_the_parameters_of_a_block_of_bert():
    keras_hub = pytest.importorskip("keras_hub")
    sizes = LayerSizes(768, 768, heads=12)
    block = keras_hub.layers.TransformerEncoder(intermediate_dim=3072, num_heads=12)
    build_abstract(lambda: block.build((None, 64, 768)))
    assert count_params("transformer", sizes) == block.count_params() == 7_087_872


def test_gradients_train_half_of_batch_normalization():
    kind, sizes = LAYERS["batch_normalization"], LayerSizes(8, 24)
    layer = kind.build(sizes)
    trained = sum(weight.shape[0] for weight in layer.trainable_weights)
    assert 2 * trained == layer.count_params() == 96
    assert "half" in kind.note


def test_joining_both_directions_needs_no_other_parameters():
    joined = keras.layers.Bidirectional(keras.layers.GRU(6), merge_mode="concat")
    joined.build((None, 5, 4))
    assert count_params("bidirectional_gru", LayerSizes(4, 6)) == joined.count_params()


@pytest.mark.parametrize(
    ("name", "sizes", "said"),
    [
        ("attention", {"units": 20}, "Expected units to be a multiple of heads for attention"),
        ("transformer", {"heads": 3}, "Received: units=32, heads=3"),
        ("grouped_query_attention", {"key_value_heads": 3}, "Received: heads=8, key_value_heads=3"),
        ("depthwise_conv2d", {"inputs": 64}, "Expected units to be a multiple of inputs"),
        ("grouped_conv2d", {"inputs": 18}, "Received: inputs=18, groups=4"),
    ],
)
def test_sizes_that_do_not_divide_are_refused(name, sizes, said):
    with pytest.raises(InputError, match=said):
        LAYERS[name].build(LayerSizes(**({"inputs": 16, "units": 32} | sizes)))


@pytest.mark.parametrize("size", [0, -3, 1.5, True, "8", None, 10**9 + 1])
@pytest.mark.parametrize("name", ["inputs", "units", "kernel_size", "heads", "sequence_length"])
def test_sizes_are_whole_and_positive(name, size):
    sizes = {"inputs": 8, "units": 8} | {name: size}
    with pytest.raises(InputError, match=f"Expected {name} .*Received: {re.escape(repr(size))}$"):
        LayerSizes(**sizes)


def test_use_bias_is_a_switch():
    with pytest.raises(InputError, match="Expected use_bias to be True or False. Received: 1"):
        LayerSizes(8, 8, use_bias=1)  # type: ignore[arg-type]


def test_the_largest_size_is_taken():
    assert LayerSizes(10**9, 10**9).feed_forward == 4 * 10**9
