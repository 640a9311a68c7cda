"""Counting a `.keras` file: from its configuration, without memory for its weights."""

from math import prod
from pathlib import Path
from textwrap import shorten
from typing import Any

import keras

from kerastune.backends import build_abstract, nested_layers, shared_layers
from kerastune.counting.files.foreign_code import dictionaries, packages, refuse_foreign_code
from kerastune.counting.files.saved_model import SavedModel, read_saved_model
from kerastune.counting.files.storing import stored_size
from kerastune.counting.weights import SEED, ModelCount, count_model
from kerastune.errors import InputError, MissingExtraError, reason
from kerastune.models.presets import import_keras_hub


def count_keras_file(path: str | Path, *, trust: bool = False) -> ModelCount:
    """Count a saved Keras model by its configuration; its weights are not read.

    What is frozen is told layer by layer, as Keras saves it. The count must agree with the
    weights beside the configuration. A model that cannot be built without weights is
    counted from these, and a note says why.

    Args:
        path: path of a `.keras` file, of a directory with the same files (`config.json`,
            `model.weights.h5`), or of a JSON file, as `model.to_json()` gives it.
        trust: bool, whether to build a model whose configuration holds Lambda layers or
            names classes outside of Keras, KerasHub and this package. Building it runs
            their code. Defaults to False.

    Returns:
        A `ModelCount`, with a model that has no values, or without one.

    Raises:
        InputError: if the file is missing, cut short or something else, holds code and is
            not trusted, or its configuration and its weights do not agree.
        MissingExtraError: if it needs KerasHub, which is not installed.

    Example:

    >>> import tempfile
    >>> model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    >>> file = Path(tempfile.mkdtemp(), "model.keras")
    >>> model.save(file)
    >>> count_keras_file(file).by_kind()["trainable"]
    15
    """
    path = Path(path)
    try:
        saved = read_saved_model(path)
    # The readers of ZIP, JSON and HDF5 share no family of errors.
    except Exception as error:
        raise InputError(
            "Expected a whole model saved by Keras (.keras, or a directory or .json with its "
            f"configuration). Received: {str(path)!r}: {reason(error)}. Save the model again with "
            "`model.save`"
        ) from error
    if not trust:
        refuse_foreign_code(saved.config, str(path))
    try:
        count = _built(saved.config, str(path), trust)
        described = None if saved.weights is None else stored_size(count.model)
    except MissingExtraError:
        raise
    # What a configuration builds shares no family of errors.
    except Exception as error:
        return _stored(saved, path, shorten(reason(error), 200))
    return _checked(count, described, saved, path)


def _built(config: dict[str, Any], name: str, trust: bool) -> ModelCount:
    """Count the model that a configuration describes."""
    _import_classes(config)
    for part in dictionaries(config):
        # An optimizer makes variables with values, and is not counted.
        if "class_name" in part and "compile_config" in part:
            part["compile_config"] = None

    def build() -> object:
        with shared_layers():
            return keras.saving.deserialize_keras_object(config, safe_mode=not trust)

    model = build_abstract(build)
    if not isinstance(model, keras.Model):
        raise InputError(f"it describes a {type(model).__name__}, which is no model")
    return count_model(model, name)


def _import_classes(config: dict[str, Any]) -> None:
    """Import what registers the classes of a configuration with Keras."""
    parts = list(dictionaries(config))
    used = set().union(*(packages(part) for part in parts))
    ours = any(part.get("module") == "kerastune.models.bert" for part in parts)
    if "keras_hub" in used or ours:
        import_keras_hub("Counting a model with layers of KerasHub")
    if ours:
        import kerastune.models.bert  # noqa: F401


def _stored(saved: SavedModel, path: Path, fault: str) -> ModelCount:
    """Count the weights as they are stored, where no model could be built."""
    if not saved.weights:
        raise InputError(
            "Expected a configuration from which Keras can build a model without weights. "
            f"Received: {str(path)!r}: {fault}. Save the model with its weights, "
            "`model.save('model.keras')`, and count that file"
        )
    note = f"counted from its weights, which do not say what trains: {fault}"
    return ModelCount(str(path), saved.weights, (note, *saved.notes))


def _checked(count: ModelCount, described: int | None, saved: SavedModel, path: Path) -> ModelCount:
    """The count, if the configuration describes as much as is stored."""
    stored = sum(prod(weight.shape) for weight in saved.weights or () if weight.kind != SEED)
    if described is None or described == stored:
        return count
    if not all(layer.built for layer in nested_layers(count.model)):
        return _stored(saved, path, "some of its layers make their weights when they are called")
    raise InputError(
        "Expected weights that fit the configuration. Received: "
        f"{str(path)!r}, whose configuration has {described:,} numbers and whose weights are "
        f"{stored:,}, so that Keras could not load it. Save the model again with `model.save`"
    )
