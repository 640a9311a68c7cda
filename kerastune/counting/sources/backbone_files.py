"""Backbones that KerasHub builds from a `config.json`."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras

from kerastune.counting.sources.building import count_abstract
from kerastune.counting.weights import ModelCount
from kerastune.models.presets import import_keras_hub


def count_backbone(config: dict[str, Any], name: str, **options: Any) -> ModelCount:
    """Count the backbone that KerasHub builds from a configuration.

    Keras refuses classes outside Keras and KerasHub, so that nothing foreign runs.

    Args:
        config: dictionary, the content of `config.json` of a KerasHub preset, or of a Hugging
            Face or timm model that KerasHub converts.
        name: str, what the person wrote; the name of the count.
        **options: arguments of the backbone's class that the configuration does not decide.

    Returns:
        A `ModelCount`, with a note of the class that was built.

    Raises:
        InputError: if the configuration lacks something, or KerasHub does not know it.
        MissingExtraError: if KerasHub is not installed.
    """
    keras_hub = import_keras_hub("Counting a model of KerasHub or Hugging Face")

    def build() -> keras.Model:
        # A directory of its own: KerasHub wants this name, and finds no weights to read.
        with tempfile.TemporaryDirectory() as directory:
            (Path(directory) / "config.json").write_text(json.dumps(config), encoding="utf-8")
            return keras_hub.models.Backbone.from_preset(directory, load_weights=False, **options)

    count = count_abstract(
        build, name, expected="a configuration of a backbone that KerasHub builds"
    )
    note = f"{type(count.model).__name__} of KerasHub, without a head for a task"
    return replace(count, notes=(note, *count.notes))
