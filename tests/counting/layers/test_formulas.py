"""A formula's texts say what its value is."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.counting.layers import LAYERS, Formula, LayerSizes
from kerastune.counting.layers.formulas import SYMBOLS, Term

pytestmark = pytest.mark.any_backend

numbers = st.integers(1, 50)


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


@given(layer_sizes())
@settings(max_examples=30)
def test_texts_and_value_agree(sizes):
    letters = {letter: getattr(sizes, name) for name, letter in SYMBOLS.items()}
    for kind in LAYERS.values():
        for formula in (kind.parameters, kind.macs):
            value = formula.value(sizes)
            assert worked_out(formula.in_symbols(sizes), letters) == value, kind.name
            assert worked_out(formula.with_numbers(sizes), {}) == value, kind.name


@given(numbers, numbers, numbers)
@settings(max_examples=30)
def test_parentheses_keep_the_meaning(a, b, c):
    letters = {"a": a, "b": b, "c": c}

    def texts(expression):
        return str(expression(*map(Term, letters)))

    for expression in (
        lambda a, b, c: a * (b + c),
        lambda a, b, c: (a + b) * c,
        lambda a, b, c: (a + b) ** 2 * c**3,
        lambda a, b, c: (a * b) ** 3 + c,
        lambda a, b, c: 3 * (a + b) + 2 * c,
        lambda a, b, c: (a**2) ** 3,
        lambda a, b, c: a + (b + c) * (a * (b + c)),
        lambda a, b, c: (a * b + a * c) // a * b,
        lambda a, b, c: a * b * c // (a * b),
    ):
        assert worked_out(texts(expression), letters) == expression(a, b, c), texts(expression)


def test_bias_leaves_no_trace_without_it():
    formula = Formula(lambda s: s.bias * s.units + 3 * (s.inputs + s.bias * (s.units + s.heads)))
    assert formula.in_symbols(LayerSizes(2, 8)) == "u + 3·(n + u + h)"
    assert formula.in_symbols(LayerSizes(2, 8, use_bias=False)) == "3·n"


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
    assert LAYERS[name].parameters.in_symbols(LayerSizes(64, 128)) == symbols


def test_numbers_stand_where_the_letters_were():
    lstm = LAYERS["lstm"].parameters
    assert lstm.with_numbers(LayerSizes(64, 128)) == "4·(64·128 + 128² + 128)"
    assert lstm.with_numbers(LayerSizes(1, 1)) == "4·(1·1 + 1² + 1)"
