import keras
import numpy as np
import pytest

from kerastune.errors import InputError
from kerastune.models import small_resnet


@pytest.mark.parametrize("side", [8, 28, 32])
def test_shapes_and_size(side):
    backbone = small_resnet((side, side, 3))
    quarter = -(-side // 4)
    assert backbone.output_shape == (None, quarter, quarter, 64)
    assert 50_000 <= backbone.count_params() <= 100_000
    assert small_resnet((28, 28, 1)).count_params() == 77_776


def test_layers_are_named_as_in_keras_applications():
    names = [layer.name for layer in small_resnet(blocks=2).layers if layer.weights]
    assert names[:2] == ["conv1_conv", "conv1_bn"]
    blocks = dict.fromkeys(name.rsplit("_", 2)[0] for name in names[2:])
    assert list(blocks) == [f"conv{stage}_block{block}" for stage in (2, 3, 4) for block in (1, 2)]


def test_a_block_adds_to_what_came_in():
    """With its last scale at zero, a block without a change of shape is ReLU."""
    backbone = small_resnet((8, 8, 1))
    backbone.get_layer("conv2_block1_2_bn").gamma.assign(np.zeros(16))
    block = keras.Model(
        backbone.input,
        [backbone.get_layer("conv1_relu").output, backbone.get_layer("conv2_block1_out").output],
    )
    before, after = block.predict(np.random.uniform(0, 255, (2, 8, 8, 1)), verbose=0)
    np.testing.assert_allclose(after, before, atol=1e-6)
    assert np.ptp(before) > 0.1


def test_images_that_are_too_small():
    with pytest.raises(InputError, match="Received: 7 x 20"):
        small_resnet((7, 20, 1))
