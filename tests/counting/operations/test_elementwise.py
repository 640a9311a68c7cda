"""The tables of what operations cost: whole, and without contradictions."""

import keras
import pytest
from keras import ops

from kerastune.backends.tracing.interception import COMPOSED, backend_functions
from kerastune.backends.tracing.record import LOOP_STEP, TracedOperation, TracedTensor
from kerastune.backends.tracing.tensors import OPERATORS, UNARY_OPERATORS
from kerastune.counting.operations.contractions import _RULES as CONTRACTIONS
from kerastune.counting.operations.elementwise import (
    _RULES,
    FREE,
    PER_INPUT,
    PER_OUTPUT,
    elementwise_flops,
)

pytestmark = pytest.mark.first_backend

TABLES = (PER_OUTPUT, PER_INPUT, FREE, _RULES, CONTRACTIONS)


def test_no_function_is_in_two_tables():
    names = [name for table in TABLES for name in table]
    assert len(names) == len(set(names))


def test_every_name_in_a_table_is_a_function_that_a_trace_can_hold():
    known = {
        *backend_functions(),
        *COMPOSED.values(),
        *OPERATORS.values(),
        *UNARY_OPERATORS.values(),
        LOOP_STEP,
    }
    # Drawn by one backend alone.
    assert {name for table in TABLES for name in table} - known <= {"jax_draw_seed"}


@pytest.mark.parametrize("name", sorted(PER_OUTPUT))
def test_every_cost_of_a_result_is_of_a_function_of_keras(name):
    assert PER_OUTPUT[name] >= 1
    assert hasattr(ops, name) or hasattr(keras.random, name) or hasattr(ops.image, name)


@pytest.mark.parametrize(
    ("name", "arguments", "flops"),
    [
        ("relu", {}, 24),
        ("sigmoid", {}, 96),
        ("gelu", {"approximate": False}, 5 * 24),
        ("gelu", {"approximate": True}, 9 * 24),
        ("softmax", {"axis": -1}, 5 * 24),
        ("reshape", {}, 0),
        ("max_pool", {"pool_size": 2}, 4 * 24),
        ("max_pool", {"pool_size": (3, 2)}, 6 * 24),
        ("resize", {"interpolation": "nearest"}, 0),
        ("resize", {"interpolation": "bilinear"}, 6 * 24),
        ("layer_normalization", {"gamma": None, "beta": None}, 5 * 24),
        ("not_in_any_table", {}, None),
    ],
)
def test_cost(name, arguments, flops):
    x = TracedTensor(1, (1, 2, 3, 4), "float32")
    assert elementwise_flops(TracedOperation(name, {"x": x, **arguments}, (x,), "", 1)) == flops


def test_whole_numbers_cost_nothing():
    x = TracedTensor(1, (8,), "int32")
    assert elementwise_flops(TracedOperation("add", {"x1": x, "x2": 1}, (x,), "", 1)) == 0
