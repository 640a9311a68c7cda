"""Counting a `.keras` file: from its configuration, without memory for its weights."""

from math import prod
from pathlib import Path
from textwrap import shorten
from typing import Any

import keras

from kerastune.backends import build_abstract, child_layers, nested_layers, shared_layers
from kerastune.counting.files.weights_file import stored_weights, weights_in
from kerastune.counting.weights import SEED, ModelCount, Weight, count_model
from kerastune.errors import InputError, MissingExtraError, reason
from kerastune.models.keras_files import import_classes
from kerastune.untrusted.keras_archive import CONFIGURATION, WEIGHTS, open_keras_archive
from kerastune.untrusted.keras_config import dictionaries, refuse_foreign_code
from kerastune.untrusted.reading import read_json

_INDEX = "model.weights.json"


def count_keras_file(path: str | Path, *, trust: bool = False) -> ModelCount:
    """Count a saved Keras model by its configuration; its weights are not read.

    It is a `.keras` file, a directory with the same files, or JSON, as `model.to_json()` gives
    it. What is frozen is told layer by layer, as Keras saves it. The count must agree with the
    weights beside the configuration. A model that cannot be built without weights is counted
    from these, and a note says why. With `trust`, a configuration may hold Lambda layers and
    classes outside Keras, KerasHub and this package, whose code runs.
    """
    path = Path(path)
    try:
        config, weights, notes = _read(path)
    # The readers of ZIP, JSON and HDF5 share no family of errors.
    except Exception as error:
        raise InputError(
            "Expected a whole model saved by Keras (.keras, or a directory or .json with its "
            f"configuration). Received: {str(path)!r}: {reason(error)}. Save the model again with "
            "`model.save`"
        ) from error
    if not trust:
        refuse_foreign_code(config, str(path))
    stored = ModelCount(str(path), weights or (), notes)
    try:
        count = _built(config, str(path), trust)
        described = None if weights is None else stored_size(count.model)
    except MissingExtraError:
        raise
    # What a configuration builds shares no family of errors.
    except Exception as error:
        return _from_weights(stored, shorten(reason(error), 200))
    return count if described is None else _checked(count, described, stored)


def stored_size(model: keras.Model) -> int:
    """The numbers that Keras writes for the weights of a model, seeds left out.

    They are not always its parameters: a variable that two layers have as their own is
    written twice, and adapters are merged into the weights beside them.
    """
    return sum(_own_size(layer) for layer in [model, *nested_layers(model)])


def _read(path: Path) -> tuple[dict[str, Any], tuple[Weight, ...] | None, tuple[str, ...]]:
    """The configuration, the weights as they are stored, where there are any, and notes."""
    if path.is_dir():
        config = read_json(path / CONFIGURATION)
        for beside in (path / WEIGHTS, path / _INDEX):
            if beside.exists():
                return config, *stored_weights(beside)
        return config, None, ()
    if path.suffix == ".json":
        return read_json(path), None, ()
    with open_keras_archive(path) as (config, weights):
        return config, *weights_in(weights)


def _built(config: dict[str, Any], name: str, trust: bool) -> ModelCount:
    """Count the model that a configuration describes."""
    import_classes(config)
    for part in dictionaries(config):
        # An optimizer makes variables with values, and is not counted.
        if "class_name" in part and "compile_config" in part:
            part["compile_config"] = None

    def build() -> object:
        with shared_layers():
            return keras.saving.deserialize_keras_object(config, safe_mode=not trust)

    model = build_abstract(build)
    if not isinstance(model, keras.Model):
        raise InputError(f"it describes a value of type {type(model).__name__}, which is no model")
    return count_model(model, name)


def _from_weights(stored: ModelCount, fault: str) -> ModelCount:
    """Count the weights as they are stored, where no model could be built."""
    if not stored.weights:
        raise InputError(
            "Expected a configuration from which Keras can build a model without weights. "
            f"Received: {stored.name!r}: {fault}. Save the model with its weights, "
            "`model.save('model.keras')`, and count that file"
        )
    note = f"counted from its weights, which do not say what trains: {fault}"
    return ModelCount(stored.name, stored.weights, (note, *stored.notes))


def _checked(count: ModelCount, described: int, stored: ModelCount) -> ModelCount:
    """The count, if the configuration describes as much as is stored."""
    found = sum(prod(weight.shape) for weight in stored.weights if weight.kind != SEED)
    if described == found:
        return count
    if not all(layer.built for layer in nested_layers(count.model)):
        return _from_weights(stored, "some of its layers make their weights when they are called")
    raise InputError(
        "Expected weights that fit the configuration. Received: "
        f"{stored.name!r}, whose configuration has {described:,} numbers and whose weights are "
        f"{found:,}, so that Keras could not load it. Save the model again with `model.save`"
    )


def _own_size(layer: keras.Layer) -> int:
    """The numbers that a layer writes itself, without those of the layers in it."""
    changed = getattr(layer, "lora_enabled", False) or layer.quantization_mode
    if changed and not child_layers(layer):
        # Merging adapters would read values, and Keras loses the scales of quantized layers
        # that come from a configuration. What is written has the shapes that are there.
        kept = [v for v in layer.variables if not v.name.startswith("lora_")]
        return sum(prod(variable.shape) for variable in kept)
    store: dict[str, Any] = {}
    layer.save_own_variables(store)
    return sum(prod(value.shape) for value in store.values())
