"""Random states, and the private names of Keras and TensorFlow behind them."""

import contextlib
import random
import sys

import keras
import numpy as np
import pytest

from kerastune.backends.random import kept_random_state, random_state, set_random_state


def draw():
    """One draw from each global generator that Keras, Python and NumPy have."""
    numbers = [random.random(), float(np.random.random())]
    return [*numbers, *keras.ops.convert_to_numpy(keras.random.normal((3,))).tolist()]


def test_draws_repeat_after_the_state_is_put_back():
    keras.random.normal((1,))
    state = random_state()
    first = draw()
    assert draw() != first
    set_random_state(state)
    assert draw() == first


def test_the_generator_of_keras_that_was_not_there_is_taken_away():
    keras.utils.set_random_seed(3)  # Removes the generator.
    expected = draw()
    keras.utils.set_random_seed(3)
    with kept_random_state():
        draw()
    assert draw() == expected


def test_the_state_is_put_back_after_an_error():
    keras.utils.set_random_seed(3)
    expected = draw()
    keras.utils.set_random_seed(3)
    with contextlib.suppress(RuntimeError), kept_random_state():
        draw()
        raise RuntimeError
    assert draw() == expected


def test_a_state_can_be_put_back_twice():
    state = random_state()
    first = draw()
    for _ in range(2):
        set_random_state(state)
        assert draw() == first


def test_a_seed_that_is_set_inside_is_no_longer_the_seed():
    keras.utils.set_random_seed(3)
    keras.random.normal((1,))  # Makes the generator, which the next seed throws away.
    state = random_state()
    expected = draw()
    set_random_state(state)
    with kept_random_state():
        keras.utils.set_random_seed(4)
    assert draw() == expected
    assert random_state()["keras"][-1] == 3


def test_tensorflow_without_a_seed_is_without_one_again():
    tf = pytest.importorskip("tensorflow")
    from tensorflow.python.eager.context import context

    context()._seed = None
    with kept_random_state():
        tf.random.set_seed(1)
        seeded = tf.random.uniform((3,)).numpy()
    assert context()._seed is None
    assert (tf.random.uniform((3,)).numpy() != seeded).any()


def test_pytorch_draws_repeat():
    torch = pytest.importorskip("torch")
    torch.rand(1)
    with kept_random_state():
        inside = torch.rand(3).tolist()
    assert torch.rand(3).tolist() == inside


def test_tensorflow_draws_repeat():
    tf = pytest.importorskip("tensorflow")
    tf.random.set_seed(1)
    tf.random.uniform((1,))
    generator = tf.random.Generator.from_seed(2)
    former = tf.random.get_global_generator()
    tf.random.set_global_generator(generator)
    try:
        with kept_random_state():
            inside = tf.random.uniform((3,)).numpy(), generator.normal((3,)).numpy()
        np.testing.assert_array_equal(tf.random.uniform((3,)).numpy(), inside[0])
        np.testing.assert_array_equal(generator.normal((3,)).numpy(), inside[1])
    finally:
        tf.random.set_global_generator(former)


def test_tensorflow_operations_that_hold_a_state_go_on_when_nothing_was_drawn():
    tf = pytest.importorskip("tensorflow")
    tf.random.set_seed(1)
    expected = [tf.random.uniform((2,), seed=5).numpy().tolist() for _ in range(2)]
    tf.random.set_seed(1)
    found = [tf.random.uniform((2,), seed=5).numpy().tolist()]
    with kept_random_state():
        np.random.random()
    found.append(tf.random.uniform((2,), seed=5).numpy().tolist())
    assert found == expected


def test_the_private_names_are_still_there():
    from keras.src.backend.common.global_state import get_global_attribute
    from keras.src.random.seed_generator import GLOBAL_SEED_GENERATOR
    from keras.src.utils.rng_utils import GLOBAL_RANDOM_SEED

    keras.utils.set_random_seed(1)
    assert get_global_attribute(GLOBAL_SEED_GENERATOR) is None
    keras.random.normal((1,))
    assert isinstance(get_global_attribute(GLOBAL_SEED_GENERATOR), keras.random.SeedGenerator)
    assert get_global_attribute(GLOBAL_RANDOM_SEED) == 1
    if "tensorflow" in sys.modules:
        from tensorflow.python.eager.context import context
        from tensorflow.python.ops import stateful_random_ops

        sys.modules["tensorflow"].random.set_seed(1)
        assert isinstance(context()._rng, random.Random)
        assert context()._seed == 1
        assert hasattr(stateful_random_ops, "global_generator")
