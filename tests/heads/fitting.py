"""Heads trained for a few steps by plain Keras, and read back from JSON."""

import json

import keras
import numpy as np

from kerastune.heads import attach


def features(samples=96, width=4, seed=0):
    """Random features, float32 of shape `(samples, width)`."""
    return np.random.default_rng(seed).normal(size=(samples, width)).astype("float32")


def body(width=4):
    """A small backbone."""
    return keras.Sequential(
        [keras.Input((width,)), keras.layers.Dense(8, activation="tanh")], name="body"
    )


def fitted(head, x, targets, *, steps=60):
    """A model trained with a head, its outputs before and after, and its metrics by step."""
    keras.utils.set_random_seed(0)
    model = attach(body(x.shape[1]), head)
    before = model.predict(x, verbose=0)
    model.compile(
        keras.optimizers.Adam(0.05),
        head.loss(),
        loss_weights=head.loss_weights(),
        metrics=head.metrics(),
    )
    y, weights = head.encode(targets), head.sample_weights(targets)
    history = {}
    for _ in range(steps):
        model.reset_metrics()
        found = model.train_on_batch(x, y, sample_weight=weights, return_dict=True)
        for name, value in found.items():
            history.setdefault(name, []).append(float(value))
    return model, before, model.predict(x, verbose=0), history


def read_back(head):
    """The head after it was written as JSON."""
    text = json.dumps(keras.saving.serialize_keras_object(head))
    return keras.saving.deserialize_keras_object(json.loads(text))


def gradient(loss, y_true, outputs):
    """The gradient of a loss with respect to outputs, by one step of gradient descent."""
    outputs = np.asarray(outputs, "float32")
    rows = np.eye(len(outputs), dtype="float32")
    layer = keras.layers.Dense(outputs.shape[1], use_bias=False)
    model = keras.Sequential([keras.Input((len(outputs),)), layer])
    layer.kernel.assign(outputs)
    model.compile(keras.optimizers.SGD(1.0), loss)
    model.fit(rows, np.asarray(y_true, "float32"), batch_size=len(rows), verbose=0)
    return outputs - np.asarray(keras.ops.convert_to_numpy(layer.kernel))
