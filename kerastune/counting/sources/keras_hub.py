"""Backbones of KerasHub, by preset, class or configuration, without their weights."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras

from kerastune.counting.sources.building import count_abstract
from kerastune.counting.sources.published import published_models
from kerastune.counting.sources.texts import KERAS_HUB, split_arguments
from kerastune.counting.weights import ModelCount
from kerastune.errors import InputError, closest
from kerastune.models.presets import import_keras_hub

_NEEDED_FOR = "Counting a model of KerasHub or Hugging Face"


def preset_handle(name: str) -> str:
    """The handle of a preset of KerasHub, `kaggle://…`."""
    presets: Any = import_keras_hub(_NEEDED_FOR).models.Backbone.presets
    if name not in presets:
        raise InputError(
            f"Expected {KERAS_HUB}PRESET, {KERAS_HUB}Class(key=value, ...), a handle or a "
            f"directory. Received: '{KERAS_HUB}{name}', which is none of them."
            f"{closest(name, [*presets, *published_models()])}"
        )
    return presets[name]["kaggle_handle"]


def count_class(text: str) -> ModelCount:
    """Count what a class of KerasHub builds: `keras_hub:BertBackbone(num_layers=12, ...)`."""
    name, arguments = split_arguments(text.removeprefix(KERAS_HUB))
    models = import_keras_hub(_NEEDED_FOR).models
    classes = [key for key, value in vars(models).items() if isinstance(value, type)]
    if name not in classes:
        raise InputError(
            f"Expected a class of keras_hub.models. Received: {text!r}."
            f"{closest(name, classes) or ' Name one such as BertBackbone'}"
        )
    chosen = getattr(models, name)
    if not issubclass(chosen, models.Backbone):
        raise InputError(
            "Expected a backbone of keras_hub.models; other classes need parts that are not "
            f"literals, and tasks compile themselves. Received: {text!r}. Count its backbone, "
            f"such as {KERAS_HUB}BertBackbone(...), or write a function, file.py:function"
        )
    return count_abstract(
        lambda: chosen(**arguments), text, expected=f"arguments that keras_hub.models.{name} takes"
    )


def count_backbone(config: dict[str, Any], name: str, **options: Any) -> ModelCount:
    """Count the backbone that KerasHub builds from the content of a `config.json`.

    It is of a preset of KerasHub, or of Hugging Face or timm, which KerasHub converts. Keras
    refuses classes outside Keras and KerasHub, so that nothing foreign runs. Options are
    arguments of the class that the configuration does not decide.
    """
    keras_hub = import_keras_hub(_NEEDED_FOR)

    def build() -> keras.Model:
        # A directory of its own: KerasHub wants this name, and finds no weights to read.
        with tempfile.TemporaryDirectory() as directory:
            Path(directory, "config.json").write_text(json.dumps(config), encoding="utf-8")
            return keras_hub.models.Backbone.from_preset(directory, load_weights=False, **options)

    count = count_abstract(
        build, name, expected="a configuration of a backbone that KerasHub builds"
    )
    note = f"{type(count.model).__name__} of KerasHub, without a head for a task"
    return replace(count, notes=(note, *count.notes))
