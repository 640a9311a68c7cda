"""Dropout that draws less drops its share, anew each time, and the same for the same seed."""

import keras
import numpy as np
import pytest

from kerastune.backends.native_layers import native_layers


def test_dropout_drops_its_share_and_keeps_the_mean():
    ones = keras.ops.ones((401, 250))

    def drawn():
        keras.utils.set_random_seed(3)
        model = keras.Sequential([keras.Input((250,)), keras.layers.Dropout(0.3)])
        with native_layers(model):
            return keras.ops.convert_to_numpy(model(ones, training=True))

    first = drawn()
    np.testing.assert_array_equal(first, drawn())
    np.testing.assert_allclose(np.unique(first), [0, 1 / 0.7], rtol=1e-6)
    # Five standard errors of a share, of all and of the positions of one number of 64 bits.
    assert abs((first == 0).mean() - 0.3) < 5 * (0.21 / first.size) ** 0.5
    lanes = (first.reshape(-1)[: first.size // 4 * 4] == 0).reshape(-1, 4)
    assert np.abs(lanes.mean(0) - 0.3).max() < 5 * (0.21 / len(lanes)) ** 0.5
    assert np.abs(np.corrcoef(lanes.T) - np.eye(4)).max() < 5 / len(lanes) ** 0.5


@pytest.mark.parametrize(
    "layer", [keras.layers.Dropout(0.5, seed=1), keras.layers.Dropout(0.5, noise_shape=(None, 1))]
)
def test_dropout_with_settings_of_its_own_is_as_by_keras(layer):
    model = keras.Sequential([keras.Input((4,)), layer])
    with native_layers(model):
        assert "call" not in vars(layer)


def test_gradients_pass_where_inputs_passed():
    model = keras.Sequential([keras.Input((64,)), keras.layers.Dropout(0.5)])
    layer = keras.layers.Dense(64, use_bias=False)
    whole = keras.Sequential([keras.Input((64,)), layer, *model.layers])
    layer.kernel.assign(np.eye(64))
    # The loss is half the sum of the squared outputs: its gradient at an output is the output.
    whole.compile(
        keras.optimizers.SGD(1.0),
        lambda targets, outputs: keras.ops.sum(outputs * outputs) / 2 + 0 * keras.ops.sum(targets),
    )
    ones = np.ones((1, 64), "float32")
    with native_layers(whole):
        whole.train_on_batch(ones, ones)
    moved = np.eye(64) - keras.ops.convert_to_numpy(layer.kernel)
    # An output is 0 or 2, and 2 more is what it passes back.
    assert set(np.round(np.unique(moved), 4)) == {0.0, 4.0}
    np.testing.assert_allclose(moved, np.broadcast_to(moved[:1], (64, 64)), rtol=1e-6)


def test_compiled_steps_draw_anew():
    dense = keras.layers.Dense(64, use_bias=False, kernel_initializer="identity")
    model = keras.Sequential([keras.Input((64,)), dense, keras.layers.Dropout(0.5)])
    model.compile(keras.optimizers.SGD(0.0), "mse")
    numbers = np.arange(64, dtype="float32")[None]
    with native_layers(model):
        seen = {float(model.train_on_batch(numbers, 0 * numbers)) for _ in range(6)}
    assert len(seen) == 6
    # Outside of training nothing is dropped.
    np.testing.assert_allclose(model.predict(numbers, verbose=0), numbers, rtol=1e-6)
