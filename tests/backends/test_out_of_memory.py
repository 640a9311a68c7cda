"""What the backend really raises when memory runs out."""

import keras
import numpy as np
import pytest

from kerastune.backends.out_of_memory import is_out_of_memory

# More than a processor can address: no allocator gives it, however it counts.
TOO_MUCH = 2**57


def out_of_memory():
    """The error of the backend's own allocator."""
    with pytest.raises(Exception) as caught:  # Which one is what the tests ask.
        keras.ops.convert_to_numpy(keras.ops.zeros((TOO_MUCH,), "uint8")).sum()
    return caught.value


def test_the_error_of_the_backend():
    error = out_of_memory()
    names = {
        "tensorflow": "ResourceExhaustedError",
        "jax": "JaxRuntimeError",
        "torch": "RuntimeError",
    }
    assert type(error).__name__ == names[keras.backend.backend()]
    assert is_out_of_memory(error)


def test_the_error_of_a_gpu():
    if keras.backend.backend() == "torch":
        import torch

        assert torch.cuda.OutOfMemoryError is torch.OutOfMemoryError
        assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory."))
    elif keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        error = tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")
        assert is_out_of_memory(error)
    else:
        import jax

        assert is_out_of_memory(jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory"))
        assert not is_out_of_memory(jax.errors.JaxRuntimeError("INTERNAL: RET_CHECK failure"))


def test_an_error_that_hides_it():
    def fails_while_it_is_handled():
        try:
            raise MemoryError
        finally:
            raise TypeError("another")

    with pytest.raises(TypeError) as caught:
        fails_while_it_is_handled()
    assert is_out_of_memory(caught.value)


def test_numpy():
    with pytest.raises(MemoryError) as caught:
        np.empty(TOO_MUCH, "uint8")
    assert is_out_of_memory(caught.value)


@pytest.mark.parametrize(
    "error",
    [RuntimeError("not enough memory"), ValueError("RESOURCE_EXHAUSTED"), KeyError("memory")],
)
def test_other_errors(error):
    assert not is_out_of_memory(error)
