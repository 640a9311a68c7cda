"""Pooling by PyTorch's own operations gives what Keras' layers give, also to gradients."""

import keras
import numpy as np
import pytest
import torch

from kerastune.backends.native_layers import native_layers

pytestmark = pytest.mark.any_backend
KINDS = (keras.layers.MaxPooling2D, keras.layers.AveragePooling2D)


class Own(keras.layers.MaxPooling2D):
    """Nobody knows what it does."""


@pytest.mark.parametrize("settings", [(2,), (3, 2), ((2, 3), (1, 2)), (7,)])
@pytest.mark.parametrize("kind", KINDS)
def test_it_pools_as_keras(kind, settings):
    model = keras.Sequential([keras.Input((9, 7, 3)), kind(*settings)])
    images = np.random.default_rng(0).normal(size=(2, 9, 7, 3)).astype("float32")
    found = []
    for is_native in (False, True):
        given = torch.tensor(images, requires_grad=True)
        if is_native:
            with native_layers(model):
                assert "call" in vars(model.layers[0])
                outputs = model(given)
        else:
            outputs = model(given)
        outputs.square().sum().backward()
        assert tuple(outputs.shape[1:]) == model.output_shape[1:]
        found.append((outputs.detach().numpy(), given.grad.numpy()))
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.parametrize(
    "layer",
    [
        Own(2),
        keras.layers.MaxPooling2D(2, padding="same"),
        keras.layers.MaxPooling2D(2, data_format="channels_first"),
        keras.layers.MaxPooling1D(2),
    ],
)
def test_what_pytorch_does_otherwise_is_left_alone(layer):
    shape = (8, 3) if isinstance(layer, keras.layers.MaxPooling1D) else (4, 8, 3)
    model = keras.Sequential([keras.Input(shape), layer])
    with native_layers(model):
        assert "call" not in vars(layer)
