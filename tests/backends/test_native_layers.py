"""PyTorch's own operations give what Keras' layers give; other backends keep theirs."""

import keras
import numpy as np
import pytest
import torch

from kerastune.backends import select
from kerastune.backends.native_layers import lay_out_kernels, native_layers

# Such tests run once, on PyTorch; what follows holds on the others too.
pytestmark = pytest.mark.any_backend
IS_TORCH = select() == "torch"


def network(**settings):
    """Convolutions with batch normalization, whose statistics are not those of the start.

    Offsets before the last normalization have no gradient but rounding, of which Adam would make
    whole steps.
    """
    keras.utils.set_random_seed(0)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((8, 8, 3)),
            layers.Conv2D(6, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=0.7, **settings),
            layers.Conv2D(4, 2, strides=2, padding="same", groups=2, activation="relu"),
            layers.Conv2D(4, 3, padding="same", dilation_rate=2),
            layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2, activation="silu"),
            layers.DepthwiseConv2D(2, use_bias=False),
            layers.GlobalAveragePooling2D(),
            layers.BatchNormalization(name="last"),
            layers.Dense(2),
        ]
    )
    drawn = np.random.default_rng(1)
    model.set_weights([drawn.uniform(0.5, 1.5, weight.shape) for weight in model.get_weights()])
    model.compile(keras.optimizers.SGD(0.01, momentum=0.9), "mse")
    return model


def data():
    drawn = np.random.default_rng(2)
    return drawn.normal(size=(6, 8, 8, 3)).astype("float32"), drawn.normal(size=(6, 2))


def trained(model, steps=3):
    x, y = data()
    losses = [float(model.train_on_batch(x, y)) for _ in range(steps)]
    return losses, model.get_weights(), model.predict(x, verbose=0)


@pytest.mark.parametrize(
    "settings", [{}, {"scale": False}, {"center": False, "epsilon": 0.1}, {"trainable": False}]
)
def test_training_is_as_by_keras(settings):
    losses, weights, outputs = trained(network(**settings))
    model = network(**settings)
    lay_out_kernels(model)
    with native_layers(model):
        found = trained(model)
    np.testing.assert_allclose(found[0], losses, rtol=1e-5)
    for one, other in zip(found[1], weights, strict=True):
        np.testing.assert_allclose(one, other, rtol=2e-4, atol=2e-5)
    np.testing.assert_allclose(found[2], outputs, rtol=1e-4, atol=1e-4)


def test_layers_are_as_before_afterwards():
    model = network()
    layer = model.get_layer("last")
    with native_layers(model):
        assert ("call" in vars(layer)) == IS_TORCH
        model.save_weights  # noqa: B018 - what a callback may do
    assert "call" not in vars(layer)
    restored = keras.models.clone_model(model)
    assert type(restored.get_layer("last")) is keras.layers.BatchNormalization


def test_what_pytorch_has_no_operation_for_is_left_alone():
    class Own(keras.layers.BatchNormalization):
        pass

    first = keras.layers.Conv2D(4, 1, data_format="channels_first")
    layers = [Own(), first, keras.layers.BatchNormalization()]
    model = keras.Sequential([keras.Input((4, 2, 2)), *layers])
    own = model.layers[2].call = lambda inputs, **_: inputs
    with native_layers(model):
        assert "call" not in vars(model.layers[0])
        assert "call" not in vars(model.layers[1])
        assert model.layers[2].call is own
    assert model.layers[2].call is own


@pytest.mark.parametrize("strides", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
def test_convolutions_pad_as_those_of_keras(kernel, strides):
    keras.utils.set_random_seed(0)
    layer = keras.layers.Conv2D(2, kernel, strides, padding="same")
    model = keras.Sequential([keras.Input((7, 6, 3)), layer])
    x = np.random.default_rng(0).normal(size=(2, 7, 6, 3)).astype("float32")
    expected = keras.ops.convert_to_numpy(model(x))
    with native_layers(model):
        found = keras.ops.convert_to_numpy(model(x))
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_masked_positions_do_not_count():
    inputs = keras.Input((3, 2))
    model = keras.Model(inputs, keras.layers.BatchNormalization()(keras.layers.Masking()(inputs)))
    x = np.array([[1.0, 2.0, 0.0], [5.0, 0.0, 0.0]], "float32")[..., None].repeat(2, axis=2)
    expected = keras.ops.convert_to_numpy(model(x, training=True))
    model.layers[-1].moving_mean.assign([0.0, 0.0])
    with native_layers(model):
        found = keras.ops.convert_to_numpy(model(x, training=True))
    np.testing.assert_allclose(found, expected)


def test_kernels_are_stored_as_convolutions_read_them():
    model = network()
    before = model.get_weights()
    lay_out_kernels(model)
    for one, other in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(one, other)
    if IS_TORCH:
        import torch

        kernel = model.layers[0].kernel
        slots = [one for one in model.optimizer.variables if one.shape == kernel.shape]
        assert len(slots) == 1
        for variable in (kernel, *slots, model.layers[3].kernel):
            read = variable.value.permute(3, 2, 0, 1)
            assert read.is_contiguous(memory_format=torch.channels_last)


def test_a_convolution_that_is_never_called_has_no_kernel_to_lay_out():
    class Idle(keras.layers.Layer):
        def __init__(self):
            super().__init__()
            self.idle = keras.layers.Conv2D(2, 3)

        def build(self, input_shape):
            """Leaves its layers as they are."""

        def call(self, inputs):
            return inputs

    model = keras.Sequential([keras.Input((8, 8, 3)), Idle(), keras.layers.Conv2D(2, 3)])
    model.compile("adam", "mse")
    before = model.get_weights()
    lay_out_kernels(model)
    for value, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(value, expected)
    if IS_TORCH:
        assert (
            model.layers[1]
            .kernel.value.permute(3, 2, 0, 1)
            .is_contiguous(memory_format=torch.channels_last)
        )
