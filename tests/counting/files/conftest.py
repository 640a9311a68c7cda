"""A model that has what a count can get wrong."""

import keras
import pytest


@pytest.fixture
def model() -> keras.Model:
    """A nested model with batch normalization, a layer used twice, a seed, a frozen layer."""
    layers = keras.layers
    inner = keras.Sequential(
        [keras.Input((4,)), layers.Dense(3, name="wide"), layers.BatchNormalization(name="norm")],
        name="inner",
    )
    shared = layers.Dense(4, name="shared")
    inputs = keras.Input((4,))
    features = layers.Dropout(0.5)(inner(shared(shared(inputs))))
    outputs = layers.Dense(2, name="fixed", trainable=False)(features)
    return keras.Model(inputs, outputs, name="outer")


@pytest.fixture
def trained(model: keras.Model) -> keras.Model:
    """The same model after a step, with the state of an optimizer and of metrics."""
    import numpy as np

    model.compile("adam", "mse", metrics=["mae"])
    model.fit(np.zeros((2, 4)), np.zeros((2, 2)), verbose=0)
    return model
