"""The table of kinds of layers."""

import json

import pytest

from kerastune.counting import LAYERS, compare_layers
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

ASKED = "dense,conv2d,separable_conv2d,simple_rnn,lstm,gru,bidirectional_lstm,attention,transformer"


def rows(*arguments, **options):
    return compare_layers(*arguments, **options).to_dict()["rows"]


@pytest.mark.slow
def test_the_kinds_that_are_asked_for_most():
    table = rows(ASKED.split(","), inputs=64, units=128)
    assert {row["layer"]: (row["parameters"], row["MACs"]) for row in table} == {
        "dense": (65 * 128, 64 * 128),
        "conv2d": (577 * 128, 64 * 576 * 128),
        "separable_conv2d": (576 + 65 * 128, 64 * (576 + 64 * 128)),
        "simple_rnn": (193 * 128, 64 * 192 * 128),
        "lstm": (4 * 193 * 128, 64 * 4 * 192 * 128),
        "gru": (3 * 194 * 128, 64 * 3 * 192 * 128),
        "bidirectional_lstm": (8 * 193 * 128, 64 * 8 * 192 * 128),
        "attention": ((3 * 65 + 129) * 128, 64 * (3 * 64 + 128 + 2 * 64) * 128),
        "transformer": (12 * 128**2 + 13 * 128, 64 * (12 * 128 + 2 * 64) * 128),
    }
    assert all(row["weights"] == 4 * row["parameters"] for row in table)
    assert all(row["saved activations"] > 0 for row in table)


@pytest.mark.parametrize(
    ("name", "others"),
    [
        ("dense", 128),  # the bias
        ("conv2d", 64 * 128),
        ("separable_conv2d", 64 * 128),
        ("simple_rnn", 64 * 3 * 128),  # the bias, the sum with the last state, and tanh
    ],
)
def test_flops_are_two_for_each_mac_and_one_for_everything_else(name, others):
    (row,) = rows([name], inputs=64, units=128)
    assert row["FLOPs"] == 2 * row["MACs"] + others


def test_normalizations_have_operations_without_macs():
    (row,) = rows(["layer_normalization"], inputs=64, units=128)
    assert row["MACs"] == 0 < row["FLOPs"]


@pytest.mark.slow
def test_every_kind_can_be_compared():
    table = rows(list(LAYERS), inputs=8, units=16, sequence_lengths=[3], image_sizes=[2])
    assert [row["layer"] for row in table] == list(LAYERS)


def test_a_row_for_each_shape_that_a_kind_tells_apart():
    names = ["dense", "lstm", "conv2d", "conv_lstm2d"]
    table = rows(names, inputs=4, units=8, sequence_lengths=[2, 6], image_sizes=[3, 5])
    assert [(row["layer"], row["input"]) for row in table] == [
        ("dense", "4"),
        ("lstm", "2 × 4"),
        ("lstm", "6 × 4"),
        ("conv2d", "3 × 3 × 4"),
        ("conv2d", "5 × 5 × 4"),
        ("conv_lstm2d", "2 × 3 × 3 × 4"),
        ("conv_lstm2d", "2 × 5 × 5 × 4"),
        ("conv_lstm2d", "6 × 3 × 3 × 4"),
        ("conv_lstm2d", "6 × 5 × 5 × 4"),
    ]
    short, long = table[1:3]
    assert long["MACs"] == 3 * short["MACs"]
    assert long["parameters"] == short["parameters"]


def test_options_reach_the_layers():
    names = ["conv2d", "grouped_conv2d", "grouped_query_attention"]
    options = {"kernel_size": 5, "groups": 2, "heads": 4, "key_value_heads": 1, "use_bias": False}
    assert [row["parameters"] for row in rows(names, inputs=8, units=16, **options)] == [
        25 * 8 * 16,
        25 * 8 * 16 // 2,
        2 * 16**2 + 2 * 16 * 4,
    ]


def test_notes_explain_the_letters_and_what_differs():
    notes = compare_layers(["lstm", "transformer", "lstm"], inputs=8, units=16).notes
    assert notes[0] == "n = 8 (inputs), u = 16 (units), f = 64 (feed forward)"
    assert notes[-1].startswith("Counted from 16 to 16 features")
    assert notes[-1].endswith(": transformer.")
    same = compare_layers(["lstm", "transformer"], inputs=16, units=16).notes
    assert not any(note.startswith("Counted from") for note in same)
    assert sum(note.startswith("transformer:") for note in notes) == 1


def test_weights_of_any_size_take_no_memory():
    (row,) = rows(["dense"], inputs=10**6, units=10**6)
    assert row["parameters"] == 10**12 + 10**6


def test_table_is_plain_data():
    table = compare_layers(["dense", "gru"], inputs=4, units=4)
    assert json.loads(json.dumps(table.to_dict()))["rows"][0]["formula"] == "n·u + u"
    assert table.to_polars()["parameters"].to_list() == [20, 120]


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        (["lsmt"], "Received: 'lsmt'. Did you mean 'lstm'?"),
        (["dense", "conv2"], "Did you mean 'conv2d'?"),
        (["zebra"], "Received: 'zebra'. Choose one of dense, "),
        ([], "Received: none"),
    ],
)
def test_unknown_kinds_are_refused(kinds, said):
    with pytest.raises(InputError) as error:
        compare_layers(kinds, inputs=4, units=4)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"units": 0}, "Expected units .*Received: 0"),
        ({"kernel_size": -1}, "Expected kernel_size .*Received: -1"),
        ({"sequence_lengths": [4, 0]}, "Expected sequence_length .*Received: 0"),
        ({"image_sizes": []}, "at least one sequence length and one image size"),
        ({"units": 12}, "Received: units=12, heads=8. Change one of the two"),
    ],
)
def test_sizes_that_no_layer_has_are_refused(options, said):
    with pytest.raises(InputError, match=said):
        compare_layers(["dense", "attention"], **({"inputs": 4, "units": 8} | options))
