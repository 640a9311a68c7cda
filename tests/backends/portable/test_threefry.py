"""The bits of Threefry, compared with those of Random123 and of JAX, however a step is run."""

import jax
import keras
import numpy as np
import pytest

from kerastune.backends.portable.threefry import random_bits, threefry_2x32


def words(*values):
    return tuple(
        keras.ops.convert_to_tensor(np.array(value, "uint32").view("int32")) for value in values
    )


def expected_bits(seed, shape):
    """What JAX draws, in the order of counters that it had up to version 0.4."""
    with jax.threefry_partitionable(False):
        return np.asarray(jax.random.bits(np.array(seed, "uint32"), shape))


def unsigned(bits):
    return keras.ops.convert_to_numpy(bits).view("uint32")


# `threefry2x32 20` in tests/kat_vectors of Random123 1.14, by its authors.
@pytest.mark.parametrize(
    ("counter", "key", "answer"),
    [
        ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
        ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
        ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
    ],
)
def test_known_answers(counter, key, answer):
    found = threefry_2x32(words(*key), words(*counter))
    assert tuple(int(unsigned(word)) for word in found) == answer


@pytest.mark.parametrize("shape", [(), (1,), (5, 3), (2, 4), (3, 1, 7)])
@pytest.mark.parametrize("seed", [(0, 0), (3, 1), (2**32 - 5, 2**31 + 7)])
def test_bits_of_jax(shape, seed):
    as_kept = {"jax": "uint32", "tensorflow": "int64", "torch": "int32"}[keras.config.backend()]
    given = keras.ops.convert_to_tensor(np.array(seed, "uint32").astype(as_kept))
    np.testing.assert_array_equal(unsigned(random_bits(given, shape)), expected_bits(seed, shape))


def test_bits_in_compiled_steps_of_batches_of_any_size():
    class Bits(keras.Layer):
        def __init__(self):
            super().__init__()
            self.generator = keras.random.SeedGenerator(9)

        def call(self, inputs):
            return random_bits(self.generator.next(), keras.ops.shape(inputs))

    model = keras.Sequential([keras.Input((3,)), Bits()])
    # PyTorch compiles by a compiler of C++; its operations are the same one by one.
    model.compile(jit_compile=keras.config.backend() != "torch")
    found = model.predict(np.zeros((9, 3), "float32"), batch_size=4, verbose=0)
    expected = [expected_bits((9, place), (size, 3)) for place, size in enumerate((4, 4, 1))]
    np.testing.assert_array_equal(found.view("uint32"), np.concatenate(expected))
