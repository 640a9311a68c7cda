"""The factorization machine against the sum over all pairs, and DeepFM against its layers."""

from itertools import combinations

import keras
import numpy as np
import pytest

import kerastune
from kerastune.errors import InputError
from kerastune.heads import Regression, attach
from kerastune.models import FactorizationMachine, deep_fm

pytestmark = pytest.mark.first_backend

SIZES, WIDTHS = {"user": 9, "genres": 6, "age": 5}, {"user": 1, "genres": 3, "age": 1}
CODES = {
    "user": np.array([[4], [2], [8], [3]], "int32"),
    "genres": np.array([[3, 4, 5], [3, 0, 0], [1, 0, 0], [5, 4, 0]], "int32"),
    "age": np.array([[1], [3], [4], [2]], "int32"),
}


def rows_of(model):
    """The weight and the embedding of each field of each sample, by NumPy."""
    fields = []
    for name, codes in CODES.items():
        table = model.get_layer(f"{name}_embedding").get_weights()[0]
        there = (codes > 0)[..., None]
        fields.append((table[codes] * there).sum(axis=1) / there.sum(axis=1))
    rows = np.stack(fields, axis=1)
    return rows[..., 0], rows[..., 1:]


def sum_over_pairs(fields):
    return sum(
        (fields[:, first] * fields[:, second]).sum(axis=-1, keepdims=True)
        for first, second in combinations(range(fields.shape[1]), 2)
    )


@pytest.mark.each_backend
def test_the_pairwise_term_is_the_sum_over_all_pairs():
    fields = np.random.default_rng(0).normal(size=(4, 7, 5)).astype("float32")
    found = keras.ops.convert_to_numpy(FactorizationMachine()(fields))
    np.testing.assert_allclose(found, sum_over_pairs(fields), atol=1e-5)


def test_the_network_computes_what_its_layers_say():
    model = deep_fm(SIZES, WIDTHS, embedding_width=4, units=(8,))
    weights, fields = rows_of(model)
    kernel, bias = model.get_layer("block_1_dense").get_weights()
    deep = np.maximum(fields.reshape(4, -1) @ kernel + bias, 0)
    found = model.predict(CODES, verbose=0)
    expected = weights.sum(axis=1, keepdims=True) + sum_over_pairs(fields)
    np.testing.assert_allclose(found["offset"], expected, atol=1e-6)
    np.testing.assert_allclose(found["features"], deep, atol=1e-6)


def test_a_model_without_units_is_a_plain_factorization_machine():
    model = attach(deep_fm(SIZES, WIDTHS, embedding_width=4, units=()), Regression((0.0,), (1.0,)))
    weights, fields = rows_of(model.get_layer("deep_fm"))
    expected = weights.sum(axis=1, keepdims=True) + sum_over_pairs(fields)
    np.testing.assert_allclose(model.predict(CODES, verbose=0), expected, atol=1e-6)


def test_it_trains_and_loads(tmp_path):
    head = Regression((0.0,), (1.0,))
    network = deep_fm(SIZES, WIDTHS, units=(8,), dropout=0.0, field_dropout=0.1, l2=1e-3)
    model = attach(network, head)
    model.compile(keras.optimizers.Adam(3e-2), head.loss())
    targets = np.array([[1.0], [-1.0], [2.0], [0.5]], "float32")
    losses = model.fit(CODES, targets, epochs=30, verbose=0).history["loss"]
    assert losses[-1] < losses[0] / 2
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(CODES, verbose=0), model.predict(CODES, verbose=0))


def test_its_groups_are_embeddings_blocks_head():
    model = attach(deep_fm(SIZES, WIDTHS), Regression((0.0,), (1.0,)))
    counts = {name: len(weights) for name, weights in kerastune.layer_groups(model).items()}
    assert counts == {"embeddings": 3, "block_1": 2, "block_2": 2, "head": 2}


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("sizes", "settings", "message"),
    [
        ({"user": 9}, {}, "at least two fields"),
        (SIZES, {"embedding_width": 0}, "embedding_width=0"),
        (SIZES, {"units": (0,)}, "units"),
        (SIZES, {"field_dropout": 1.0}, "below 1"),
        (SIZES, {"l2": -1.0}, "l2=-1"),
    ],
)
def test_what_cannot_be_built_is_told_in_one_line(sizes, settings, message):
    with pytest.raises(InputError, match=message) as caught:
        deep_fm(sizes, **settings)
    assert "\n" not in str(caught.value)
