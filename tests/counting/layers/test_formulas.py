"""The formulas, as people read them, against Keras' own layers."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kerastune.backends import build_abstract
from kerastune.counting import count_operations
from kerastune.counting.layers.catalogue import LAYERS
from kerastune.counting.layers.kinds import SYMBOLS, LayerSizes

pytestmark = pytest.mark.any_backend

# The multiply-accumulates of one sample, written down apart from what counts them.
LETTERS = SYMBOLS | {"sequence_length": "t", "image_size": "s"}
MACS = {
    "dense": "n·u",
    "einsum_dense": "t·n·u",
    "embedding": "0",
    "layer_normalization": "0",
    "batch_normalization": "0",
    "conv1d": "t·k·n·u",
    "conv2d": "s²·k²·n·u",
    "conv3d": "s³·k³·n·u",
    "conv2d_transpose": "s²·k²·n·u",
    "grouped_conv2d": "s²·k²·n·u/g",
    "depthwise_conv2d": "s²·k²·u",
    "separable_conv1d": "t·(k·n + n·u)",
    "separable_conv2d": "s²·(k²·n + n·u)",
    "simple_rnn": "t·(n·u + u²)",
    "bidirectional_simple_rnn": "2·t·(n·u + u²)",
    "lstm": "t·4·(n·u + u²)",
    "bidirectional_lstm": "2·t·4·(n·u + u²)",
    "gru": "t·3·(n·u + u²)",
    "bidirectional_gru": "2·t·3·(n·u + u²)",
    "conv_lstm2d": "t·s²·4·(k²·n·u + k²·u²)",
    "attention": "t·(3·n·u + u²) + 2·t²·u",
    "grouped_query_attention": "t·(2·u² + 2·u²·c/h) + 2·t²·u",
    "transformer": "t·(4·u² + 2·u·f) + 2·t²·u",
}


def worked_out(text: str, letters: dict[str, int]) -> int:
    """What a person gets who reads the text by the rules of arithmetic."""
    for written, meant in {"·": "*", "²": "**2", "³": "**3"}.items():
        text = text.replace(written, meant)
    value = eval(text, {"__builtins__": {}}, letters)
    assert value == int(value)
    return int(value)


@st.composite
def layer_sizes(draw: st.DrawFn) -> LayerSizes:
    """Sizes that every kind takes."""
    key_value_heads, groups = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    heads = key_value_heads * draw(st.integers(1, 3))
    inputs = groups * draw(st.integers(1, 5))
    return LayerSizes(
        inputs=inputs,
        units=inputs * heads * draw(st.integers(1, 3)),
        kernel_size=draw(st.integers(1, 5)),
        groups=groups,
        heads=heads,
        key_value_heads=key_value_heads,
        use_bias=draw(st.booleans()),
        sequence_length=draw(st.integers(1, 9)),
        image_size=draw(st.integers(1, 9)),
    )


def assert_formulas_are_those_of_the_keras_layer(kind, sizes):
    letters = {letter: getattr(sizes, name) for name, letter in LETTERS.items()}
    layer = build_abstract(lambda: kind.build(sizes))
    assert worked_out(kind.in_symbols(sizes), letters) == layer.count_params()
    assert worked_out(kind.with_numbers(sizes), {}) == layer.count_params()
    operations = count_operations(layer)
    assert worked_out(MACS[kind.name], letters) == operations.macs
    assert not operations.unknown


@pytest.mark.parametrize("kind", LAYERS.values(), ids=LAYERS)
def test_formulas_are_those_of_the_keras_layer(kind):
    sizes = LayerSizes(
        inputs=6,
        units=48,
        kernel_size=3,
        groups=2,
        heads=4,
        key_value_heads=2,
        sequence_length=11,
        image_size=5,
    )
    assert_formulas_are_those_of_the_keras_layer(kind, sizes)


@pytest.mark.slow
@pytest.mark.parametrize("kind", LAYERS.values(), ids=LAYERS)
@given(sizes=layer_sizes())
@settings(max_examples=5, suppress_health_check=[HealthCheck.too_slow])
def test_formulas_are_those_of_a_keras_layer_of_any_size(kind, sizes):
    assert_formulas_are_those_of_the_keras_layer(kind, sizes)


@pytest.mark.parametrize(
    ("name", "symbols"),
    [
        ("dense", "n·u"),
        ("gru", "3·(n·u + u²)"),
        ("attention", "3·n·u + u²"),
        ("grouped_query_attention", "2·u² + 2·u²·c/h"),
        ("transformer", "4·u² + 2·u·f + 4·u"),
    ],
)
def test_biases_leave_no_trace_in_layers_without_them(name, symbols):
    assert LAYERS[name].in_symbols(LayerSizes(2, 8, use_bias=False)) == symbols


@pytest.mark.parametrize(
    ("name", "symbols"),
    [
        ("dense", "n·u + u"),
        ("conv2d", "k²·n·u + u"),
        ("separable_conv2d", "k²·n + n·u + u"),
        ("grouped_conv2d", "k²·n·u/g + u"),
        ("lstm", "4·(n·u + u² + u)"),
        ("gru", "3·(n·u + u² + 2·u)"),
        ("bidirectional_lstm", "2·4·(n·u + u² + u)"),
        ("attention", "3·(n·u + u) + u² + u"),
        ("grouped_query_attention", "2·(u² + u) + 2·(u² + u)·c/h"),
        ("transformer", "4·(u² + u) + 2·u·f + f + u + 4·u"),
    ],
)
def test_symbols_read_like_a_textbook(name, symbols):
    assert LAYERS[name].in_symbols(LayerSizes(64, 128)) == symbols


def test_numbers_stand_where_the_letters_were():
    lstm = LAYERS["lstm"]
    assert lstm.with_numbers(LayerSizes(64, 128)) == "4·(64·128 + 128² + 128)"
    assert lstm.with_numbers(LayerSizes(1, 1)) == "4·(1·1 + 1² + 1)"
