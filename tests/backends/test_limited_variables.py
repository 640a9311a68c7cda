"""Variables are counted before they take memory, on every backend."""

from threading import Thread

import keras
import numpy as np
import pytest

from kerastune.backends import build_abstract, limited_variables


def network(width):
    layers = keras.layers
    return keras.Sequential(
        [keras.Input((4,)), layers.Dense(width), layers.BatchNormalization(), layers.Dropout(0.5)]
    )


def test_exactly_as_many_as_the_layers_have():
    seeds = 2  # Of the generator of the dropout.
    count = network(3).count_params()
    with limited_variables(count + seeds):
        model = network(3)
    assert model.count_params() == count
    assert np.isfinite(model.predict(np.ones((1, 4)), verbose=0)).all()
    with pytest.raises(ValueError, match="numbers or more"), limited_variables(count + 1):
        network(3)


def test_before_memory_is_taken():
    with pytest.raises(ValueError, match="numbers or more"), limited_variables(10**6):
        network(10**14)


def test_a_layer_that_is_built_later():
    with limited_variables(100):
        layer = keras.layers.Dense(10**13)
        with pytest.raises(ValueError, match="numbers or more"):
            layer.build((None, 10))


def test_outside_nothing_is_limited():
    with pytest.raises(ValueError, match="numbers or more"), limited_variables(1):
        network(3)
    assert network(3).count_params()
    assert build_abstract(lambda: network(10**6)).count_params() == 9 * 10**6


def test_other_threads_are_not_limited():
    made = []
    with limited_variables(1):
        thread = Thread(target=lambda: made.append(network(3)))
        thread.start()
        thread.join()
    assert made
