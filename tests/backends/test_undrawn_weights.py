"""Weights that something else takes the place of are not drawn, on every backend."""

import keras
import numpy as np
import pytest

from kerastune.backends import build_abstract, undrawn_weights
from kerastune.models import load_backbone


class Counted(keras.initializers.GlorotUniform):
    """Tells how often it drew."""

    drawn = 0

    def __call__(self, shape, dtype=None):
        Counted.drawn += 1
        return super().__call__(shape, dtype=dtype)


@pytest.fixture(autouse=True)
def nothing_drawn_yet():
    Counted.drawn = 0


def dense(units=2):
    layer = keras.layers.Dense(units, kernel_initializer=Counted(seed=1))
    layer.build((None, 3))
    return layer


def values(variable):
    return keras.ops.convert_to_numpy(variable)


def test_what_is_set_is_not_drawn():
    with undrawn_weights():
        layer = dense()
        layer.set_weights([np.ones((3, 2)), np.zeros(2)])
    assert Counted.drawn == 0
    assert (values(layer.kernel) == 1).all()
    dense()
    assert Counted.drawn == 1


def test_what_is_not_set_is_drawn_as_always():
    with undrawn_weights():
        layer = dense()
        assert Counted.drawn == 0
    np.testing.assert_array_equal(values(layer.kernel), values(dense().kernel))


def test_only_what_keras_draws():
    with undrawn_weights():
        normalization = keras.layers.BatchNormalization()
        normalization.build((None, 3))
        dropout = keras.layers.Dropout(0.5)
    assert (values(normalization.gamma) == 1).all()
    assert (values(dropout.seed_generator.state) >= 0).all()


def failing():
    with undrawn_weights():
        dense()
        raise ValueError("broken")


def test_one_inside_another_and_after_an_error():
    with undrawn_weights():
        outer = dense()
        with pytest.raises(ValueError, match="broken"):
            failing()
        again = dense()
        assert Counted.drawn == 0
    for layer in (outer, again):
        assert np.isfinite(values(layer.kernel)).all()


def test_abstract_weights_stay_without_values():
    with undrawn_weights():
        model = build_abstract(lambda: keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]))
    assert model.count_params() == 8


def test_a_pretrained_network_draws_nothing(monkeypatch):
    """Keras still makes variables where this looks on."""

    def draw(*args, **kwargs):
        raise AssertionError("drawn")

    for initializer in ("TruncatedNormal", "GlorotUniform", "RandomUniform"):
        monkeypatch.setattr(getattr(keras.initializers, initializer), "__call__", draw)
    backbone = load_backbone("minilm", dropout=0.0)
    assert all(np.isfinite(values(weight)).all() for weight in backbone.weights)
