"""Hostile files, as those who found the holes in Keras have described them."""

import io
import json
import pickle
import sys
import zipfile
from contextlib import contextmanager
from copy import deepcopy
from pathlib import Path

import h5py
import keras
import numpy as np

_hooked: list[set[str]] = []


def _note(event, arguments):
    if event == "open" and _hooked and isinstance(arguments[0], str | Path):
        _hooked[-1].add(str(arguments[0]))


sys.addaudithook(_note)


@contextmanager
def opened_files():
    """The paths that Python opens meanwhile."""
    found: set[str] = set()
    _hooked.append(found)
    try:
        yield found
    finally:
        _hooked.remove(found)


class Written:
    """What makes a file when a pickle of it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def plain_config():
    """The configuration of a network with one layer of weights."""
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(1, name="dense")], name="network"
    )
    return json.loads(json.dumps(keras.saving.serialize_keras_object(model)))


def with_layer(*layers):
    """That network with more layers before the weights."""
    config = plain_config()
    config["config"]["layers"][1:1] = deepcopy(layers)
    return config


def plain_weights(kernel=None, make=None):
    """The bytes of its weights, which `make` may write to another file instead."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        weights = file.create_group("layers/dense/vars")
        weights["1"] = np.zeros(1, "float32")
        if make is None:
            weights["0"] = np.zeros((3, 1), "float32") if kernel is None else kernel
        else:
            make(weights)
    return buffer.getvalue()


def archive(path, config=None, weights=None, more=(), compression=zipfile.ZIP_STORED):
    """Writes a `.keras` file, valid but for what is given."""
    with zipfile.ZipFile(path, "w", compression) as file:
        if isinstance(config, bytes):
            file.writestr("config.json", config)
        else:
            file.writestr("config.json", json.dumps(config or plain_config()))
        file.writestr("metadata.json", json.dumps({"keras_version": "3.15.1"}))
        file.writestr("model.weights.h5", plain_weights() if weights is None else weights)
        for name, content in more:
            file.writestr(name, content)
    return path


def lambda_layer(canary):
    """A Lambda layer with the bytecode of a function that writes a file."""
    function = eval(f"lambda x: open({str(canary)!r}, 'w').close() or x")
    return json.loads(
        json.dumps(keras.saving.serialize_keras_object(keras.layers.Lambda(function, name="code")))
    )


def pickled(canary):
    """A pickle that writes a file."""
    return pickle.dumps(Written(canary))


def legacy_h5(path, config):
    """Writes a whole model in the format before `.keras`, of which Keras ignores the safe mode."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["keras_version"] = "2.15.0"
        file.attrs["backend"] = "tensorflow"
        group = file.create_group("model_weights/dense/dense")
        group["kernel:0"], group["bias:0"] = np.zeros((3, 1)), np.zeros(1)
        file["model_weights"].attrs["layer_names"] = [b"dense"]
        file["model_weights/dense"].attrs["weight_names"] = [b"dense/kernel:0", b"dense/bias:0"]
    return path
