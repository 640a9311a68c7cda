"""How tensors fill the tiles of a TPU."""

from math import prod

import keras
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kerastune.backends.tracing.run import trace_model
from kerastune.lowering.tiles import TiledTensor, tile_table, tiled_tensors

pytestmark = pytest.mark.any_backend

DTYPES = {"float32": (8, 4), "bfloat16": (16, 2), "float16": (16, 2), "int8": (32, 1)}


def tensor(*shape, dtype="float32"):
    return TiledTensor(("layer",), "matmul", "kernel", shape, dtype)


@given(st.lists(st.integers(1, 300), max_size=4), st.sampled_from(sorted(DTYPES)))
def test_padding_fills_whole_tiles(shape, dtype):
    one = tensor(*shape, dtype=dtype)
    rows, size = DTYPES[dtype]
    padded = one.wasted_bytes // size + prod(shape)
    outer = prod(shape[:-2])
    assert padded % (outer * rows * 128) == 0
    assert one.padding == pytest.approx(1 - prod(shape) / padded)
    # One row and one column fewer of tiles would not do.
    assert padded < outer * (prod(shape[-2:-1]) + rows) * ((shape or [1])[-1] + 128)


def test_a_full_tile_wastes_nothing():
    assert tensor(16, 256).padding == 0
    assert tensor(8, 128, dtype="bfloat16").padding == 0.5
    assert tensor(3, 8, 128).wasted_bytes == 0


def test_kernels_activations_and_outputs_worst_first():
    layers = [keras.layers.Dense(128, name="wide"), keras.layers.Dense(10, name="narrow")]
    model = keras.Sequential([keras.Input((256,)), *layers])
    found = tiled_tensors(trace_model(model, keras.KerasTensor((16, 256)), training=True))
    assert [(one.layers, one.role, one.shape) for one in found] == [
        (("narrow",), "kernel", (128, 10)),
        (("narrow",), "output", (16, 10)),
    ]
    assert {one.padding for one in found} == {1 - 10 / 128}
    table = tile_table(found, most=1)
    assert (len(table.rows), table.notes[-1]) == (1, "The worst 1 of 2; --json has all.")


def test_tensors_alike_in_several_layers_are_one():
    layers = [keras.layers.Dense(8, name=f"layer_{number}") for number in range(3)]
    model = keras.Sequential([keras.Input((8,)), *layers])
    found = tiled_tensors(trace_model(model, keras.KerasTensor((8, 8)), training=True))
    assert [(one.role, one.times) for one in found] == [
        ("activation", 3),
        ("kernel", 3),
        ("output", 3),
    ]
    assert found[0].wasted_bytes == 3 * 4 * 8 * 120
    assert tile_table(found).rows[0][:2] == (
        "layer_0 and 2 more",
        "activation of matmul (3 times)",
    )


def test_mixed_precision_takes_higher_tiles():
    layer = keras.layers.Dense(128, dtype="mixed_bfloat16", name="wide")
    model = keras.Sequential([keras.Input((128,)), layer])
    found = tiled_tensors(trace_model(model, keras.KerasTensor((8, 128)), training=True))
    # The kernel of 128 x 128 fills its tiles.
    given = {(one.role, one.dtype, one.padding) for one in found if one.role != "output"}
    assert given == {("activation", "bfloat16", 0.5)}
