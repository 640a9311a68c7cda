"""Sound that is made with a cache is that which is made without, sample by sample."""

import keras
import numpy as np
import pytest

from kerastune import heads
from kerastune.data.mu_law import SILENCE, mu_law_codes, mu_law_samples
from kerastune.errors import InputError
from kerastune.models import CachedWaveNet, SpeechSampling, speech_generator, wavenet
from kerastune.tuning import LoRA, add_adapters

FRAMES, SIZE = 6, 5


def speaking_model(**sizes):
    keras.utils.set_random_seed(0)
    chosen = {"channels": 6, "skip_channels": 8, "condition_width": 5, "stacks": 2, "layers": 3}
    generator = speech_generator(4, **{**chosen, **sizes})
    head = heads.SpeechSynthesis(("a", "b", "c", "d"), dropout=0.1)
    model = heads.attach(generator, head, pooling="sequence")
    # A head begins at zero, where all codes are alike.
    generated = np.random.default_rng(0)
    for weight in model.trainable_variables:
        weight.assign(generated.normal(0, 0.5, weight.shape))
    return model


def frames(rows):
    generator = np.random.default_rng(1)
    phonemes = generator.integers(0, 5, (rows, FRAMES, 3)).astype("int32")
    return {"phonemes": phonemes, "places": generator.random((rows, FRAMES, 2)).astype("float32")}


def without_cache(model, given, chances, temperature):
    """Asks the whole network again for each sample."""
    rows, length = chances.shape
    codes = np.full((rows, length), SILENCE, "int32")
    for at in range(length):
        logits = np.asarray(model.predict_on_batch({"codes": codes, **given}))[:, at]
        scaled = logits.astype("float64") / temperature
        powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        sums = np.cumsum(powers / powers.sum(axis=1, keepdims=True), axis=1)
        codes[:, at] = (sums < chances[:, at, None]).sum(axis=1)
    return codes


@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_speech_is_the_same_with_and_without_a_cache(dropout):
    model, given = speaking_model(dropout=dropout), frames(rows=3)
    found = SpeechSampling(0.8)(model, given, samples_per_frame=SIZE, seed=4)
    streams = [np.random.default_rng([4, row]) for row in range(3)]
    chances = np.stack([stream.random(FRAMES * SIZE) for stream in streams])
    np.testing.assert_array_equal(found, without_cache(model, given, chances, 0.8))
    assert len(np.unique(found)) > 10
    # Another batch changes nothing for a row.
    alone = {name: values[:1] for name, values in given.items()}
    first = SpeechSampling(0.8)(model, alone, samples_per_frame=SIZE, seed=4)
    np.testing.assert_array_equal(first, found[:1])


@pytest.mark.any_backend
@pytest.mark.parametrize(("kernel_size", "stacks", "layers"), [(2, 1, 5), (3, 2, 3), (4, 1, 2)])
def test_the_outputs_of_any_kernel_are_those_of_the_network(kernel_size, stacks, layers):
    keras.utils.set_random_seed(0)
    network = wavenet(
        1, channels=4, skip_channels=6, stacks=stacks, layers=layers, kernel_size=kernel_size
    )
    values = np.random.default_rng(0).normal(size=(2, 80, 1)).astype("float32")
    cached = CachedWaveNet(network, rows=2)
    found = np.stack([cached.step(values[:, at, 0]) for at in range(80)], axis=1)
    np.testing.assert_allclose(found, network.predict(values, verbose=0), atol=1e-5)


@pytest.mark.any_backend
def test_adapters_are_not_left_out():
    network = wavenet(1, channels=4, skip_channels=6, layers=2)
    add_adapters(network, LoRA(rank=2, targets="kernels & backbone"))
    with pytest.raises(InputError, match="Merge its adapters"):
        CachedWaveNet(network, rows=1)


def test_a_condition_of_frames_is_heard_at_each_of_their_positions():
    keras.utils.set_random_seed(0)
    network = wavenet(1, channels=4, skip_channels=6, layers=2, stacks=1, condition_width=3)
    values = np.random.default_rng(0).normal(size=(2, 12, 1)).astype("float32")
    condition = np.random.default_rng(1).normal(size=(2, 3, 3)).astype("float32")
    found = network.predict([values, condition], verbose=0)
    by_position = network.predict([values, np.repeat(condition, 4, axis=1)], verbose=0)
    np.testing.assert_allclose(found, by_position, atol=1e-6)
    condition[:, 2] += 1
    changed = network.predict([values, condition], verbose=0)
    np.testing.assert_allclose(changed[:, :8], found[:, :8], atol=1e-6)
    assert np.abs(changed[:, 8:] - found[:, 8:]).max(axis=-1).min() > 1e-4


@pytest.mark.any_backend
def test_the_law_is_that_of_its_formula():
    x = np.linspace(-1, 1, 4001)
    bent = np.sign(x) * np.log(1 + 255 * np.abs(x)) / np.log(256)
    codes = mu_law_codes(x)
    np.testing.assert_allclose(codes / 127.5 - 1, bent, atol=0.5 / 127.5 + 1e-9)
    # As close as the next code is, relative to how loud it is.
    error = np.abs(mu_law_samples(codes) - x)
    assert (error <= 0.023 * np.abs(x) + 1e-4).all()
    np.testing.assert_array_equal(mu_law_codes([-9.0, 9.0]), [0, 255])
