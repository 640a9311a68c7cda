"""WaveNet: how far it hears, that it hears nothing of the future, and its layer groups."""

import keras
import numpy as np
import pytest

import kerastune
from kerastune.backends.jacobians import vector_jacobian
from kerastune.errors import InputError
from kerastune.models import WaveNetBlock, receptive_field, speech_encoder, wavenet

pytestmark = pytest.mark.first_backend

SMALL = {"channels": 3, "skip_channels": 16}


@pytest.mark.parametrize(("stacks", "layers", "kernel_size"), [(1, 3, 2), (2, 3, 2), (2, 2, 3)])
def test_the_receptive_field_is_that_of_the_formula_by_gradient(stacks, layers, kernel_size):
    network = wavenet(2, stacks=stacks, layers=layers, kernel_size=kernel_size, **SMALL)
    # 1 for the position itself, and what each convolution adds: its dilation for each further tap.
    dilations = [1] + [2**number for number in range(layers)] * stacks
    expected = 1 + sum((kernel_size - 1) * dilation for dilation in dilations)
    assert receptive_field(stacks, layers, kernel_size) == expected
    sequence = np.random.default_rng(0).normal(size=(1, expected + 5, 2)).astype("float32")
    found = vector_jacobian(
        lambda inputs: [keras.ops.sum(network(inputs)[:, expected + 1])],
        [keras.ops.convert_to_tensor(sequence)],
        [],
    )
    reached = np.flatnonzero(np.abs(found.inputs[0][0]).sum(axis=1))
    assert (reached[0], reached[-1], len(reached)) == (2, expected + 1, expected)


@pytest.mark.each_backend
def test_a_block_is_as_in_the_paper():
    block = WaveNetBlock(3, 4, 2, dilation=2)
    x = np.random.default_rng(0).normal(size=(2, 7, 3)).astype("float32")
    further, skip = block(x)
    values = {
        weight.path.split("/", 1)[1]: keras.ops.convert_to_numpy(weight) for weight in block.weights
    }
    past = np.pad(x, ((0, 0), (2, 0), (0, 0)))[:, :7]
    kernel = values["gated_conv/kernel"]
    both = past @ kernel[0] + x @ kernel[1] + values["gated_conv/bias"]
    gated = np.tanh(both[..., :3]) / (1 + np.exp(-both[..., 3:]))
    expected = gated @ values["skip/kernel"] + values["skip/bias"]
    np.testing.assert_allclose(keras.ops.convert_to_numpy(skip), expected, atol=1e-6)
    expected = x + gated @ values["residual/kernel"] + values["residual/bias"]
    np.testing.assert_allclose(keras.ops.convert_to_numpy(further), expected, atol=1e-6)


@pytest.mark.parametrize("front_end", ["log_mel", "raw"])
def test_padding_changes_no_features(front_end):
    encoder = speech_encoder(8000, front_end=front_end, stacks=1, layers=2, **SMALL)
    sound = np.random.default_rng(0).normal(0, 0.1, (1, 1234)).astype("float32")
    found = []
    for length in (1234, 1500, 2000):
        audio = np.zeros((1, length), "float32")
        audio[:, :1234] = sound
        mask = np.arange(length)[None] < 1234
        features = encoder({"audio": audio, "padding_mask": mask})
        found.append(keras.ops.convert_to_numpy(features))
    np.testing.assert_allclose(found[1], found[0], atol=1e-6)
    np.testing.assert_allclose(found[2], found[0], atol=1e-6)


def test_blocks_are_layer_groups():
    encoder = speech_encoder(8000, stacks=1, layers=3, **SMALL)
    head = kerastune.heads.Classification(("a", "b", "c"))
    model = kerastune.heads.attach(encoder, head)
    groups = kerastune.layer_groups(model)
    assert list(groups) == ["stem", "block_0", "block_1", "block_2", "head"]
    assert all(weights for weights in groups.values())
    kerastune.freeze_to(model, "block_1")
    assert {weight.path.split("/")[0] for weight in model.trainable_weights} == {
        "block_1",
        "block_2",
        "skip_conv",
        "feature_norm",
        "head_logits",
    }


def test_it_is_saved_and_read(tmp_path):
    encoder = speech_encoder(8000, hidden_bands=0.2, stacks=1, layers=2, **SMALL)
    encoder.save(tmp_path / "encoder.keras")
    again = keras.models.load_model(tmp_path / "encoder.keras")
    inputs = {"audio": np.ones((1, 400), "float32"), "padding_mask": np.ones((1, 400), bool)}
    np.testing.assert_allclose(
        again.predict(inputs, verbose=0), encoder.predict(inputs, verbose=0), atol=1e-6
    )


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"channels": 0}, "'channels': 0"),
        ({"layers": 0}, "'layers': 0"),
        ({"dropout": 1.0}, "dropout=1.0"),
        ({"front_end": "mel"}, "front_end out of log_mel, raw. Received: 'mel'"),
        ({"front_end": "raw", "hidden_bands": 0.1}, "mel bands, to hide some"),
        ({"hidden_time": 1.0}, "hidden_time=1.0"),
        ({"bands": 200}, "Choose fewer"),
    ],
)
def test_what_cannot_be_built_is_told_in_one_line(settings, message):
    with pytest.raises(InputError, match=message) as caught:
        speech_encoder(8000, **settings)
    assert "\n" not in str(caught.value)
