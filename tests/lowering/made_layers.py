"""Layers that keep a training step from a compiler, each in its way, and a recipe around one."""

import keras
import numpy as np
from keras import ops

import kerastune as kt


class CallsTheHost(keras.layers.Layer):
    def call(self, inputs):
        import jax

        constant = jax.lax.stop_gradient(inputs)
        shape = jax.ShapeDtypeStruct(inputs.shape, inputs.dtype)
        return inputs + jax.pure_callback(lambda array: array, shape, constant)


class Prints(keras.layers.Layer):
    def call(self, inputs):
        import jax

        jax.debug.print("{}", ops.sum(inputs))
        return inputs


class Branches(keras.layers.Layer):
    def call(self, inputs):
        return inputs if ops.sum(inputs) > 0 else -inputs

    def compute_output_shape(self, shape):
        return shape


class UsesNumPy(keras.layers.Layer):
    def call(self, inputs):
        return inputs * float(np.asarray(inputs).sum())

    def compute_output_shape(self, shape):
        return shape


class Selects(keras.layers.Layer):
    def call(self, inputs):
        return inputs + ops.sum(inputs[inputs > 0])

    def compute_output_shape(self, shape):
        return shape


class Eigenvalues(keras.layers.Layer):
    def call(self, inputs):
        values, _ = ops.eig(ops.stop_gradient(ops.matmul(ops.transpose(inputs), inputs)))
        return inputs + ops.sum(ops.real(values))

    def compute_output_shape(self, shape):
        return shape


class SelfAttention(keras.layers.Layer):
    def __init__(self, flash_attention, **options):
        super().__init__(**options)
        self.attention = keras.layers.MultiHeadAttention(1, 8, flash_attention=flash_attention)

    def build(self, shape):
        self.attention.build(shape, shape)

    def call(self, inputs):
        return self.attention(inputs, inputs)


def job_with(*layers, shape=(4,), options=None):
    """An untrained job whose backbone is some layers."""
    rows = np.random.default_rng(0).normal(size=(24, *shape)).astype("float32")
    samples = kt.Source.of(rows, rows.reshape(24, -1)[:, 0])
    head = kt.heads.Regression.for_samples(samples)
    body = keras.Sequential([keras.Input(shape), *layers, keras.layers.Flatten()], name="body")
    return kt.Job(
        model=kt.heads.attach(body, head),
        head=head,
        splits=kt.Splits(samples, samples),
        options=options or {"batch_size": 8, "epochs": 1},
    )


def recipe_with(*make):
    """A recipe whose model is of layers, made anew each time."""

    @kt.recipe(epochs=1, batch_size=8, learning_rate=1e-3)
    def made(data=None, **options):
        """Learn nothing."""
        return job_with(*(one() for one in make), options=options)

    return made
