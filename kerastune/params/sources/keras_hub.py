"""Backbones of KerasHub, by preset, class or configuration, without their weights."""

import json
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import keras
import yaml

from kerastune.counting.weights import ModelCount
from kerastune.errors import InputError, closest
from kerastune.models.presets import import_keras_hub
from kerastune.params.sources.building import count_abstract
from kerastune.params.sources.texts import KERAS_HUB, SHORT_NAMES, split_arguments
from kerastune.untrusted.keras_config import foreign_part

_NEEDED_FOR = "Counting a model of KerasHub or Hugging Face"
_CATALOGUE = Path(__file__).with_name("published.yaml")
_LLAMA = "https://huggingface.co/meta-llama"
# The numbers of what KerasHub's list has not: the sums over the files of the model cards.
_MODEL_CARDS = {
    "llama3_70b": (70_553_706_496, f"{_LLAMA}/Meta-Llama-3-70B"),
    "llama3_405b": (405_853_388_800, f"{_LLAMA}/Llama-3.1-405B, https://arxiv.org/abs/2407.21783"),
}


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
    classes = [
        key
        for key, value in vars(models).items()
        if isinstance(value, type) and issubclass(value, models.Backbone)
    ]
    if name not in classes:
        raise InputError(
            "Expected a backbone of keras_hub.models, such as BertBackbone; tasks need parts that "
            f"are not literals. Received: {text!r}.{closest(name, classes)}"
        )
    chosen = getattr(models, name)
    return count_abstract(
        lambda: chosen(**arguments), text, expected=f"arguments that keras_hub.models.{name} takes"
    )


def count_backbone(config: dict[str, Any], name: str, **options: Any) -> ModelCount:
    """Count the backbone that KerasHub builds from the content of a `config.json`.

    It is of a preset of KerasHub, or of Hugging Face or timm, which KerasHub converts. Options
    are arguments of the class that the configuration does not decide.
    """
    if "registered_name" in config and (fault := foreign_part(config)):
        raise InputError(
            "Expected a configuration of KerasHub without code of its own. Received: "
            f"{name!r}, which has {fault}. Count its file of weights instead"
        )
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


@cache
def published_models() -> dict[str, tuple[str, dict[str, Any]]]:
    """KerasHub's class and its arguments, by the names of presets and by `SHORT_NAMES`."""
    classes = yaml.safe_load(_CATALOGUE.read_text(encoding="utf-8"))
    models = {
        name: (class_name, arguments)
        for class_name, named in classes.items()
        for name, arguments in named.items()
    }
    return models | {short: models[name] for short, name in SHORT_NAMES.items()}


def published_parameters(name: str) -> tuple[int, str]:
    """The number of parameters that is published for one of `published_models`, and where."""
    name = SHORT_NAMES.get(name, name)
    if name in _MODEL_CARDS:
        return _MODEL_CARDS[name]
    presets: Any = import_keras_hub(_NEEDED_FOR).models.Backbone.presets
    return presets[name]["metadata"]["params"], "KerasHub's list of presets"


def count_published(name: str, text: str) -> ModelCount:
    """Count one of `published_models`, and compare with what is published."""
    class_name, arguments = published_models()[name]
    build = getattr(import_keras_hub(_NEEDED_FOR).models, class_name)
    expected = f"a KerasHub whose {class_name} is as in version 0.32"
    count = count_abstract(lambda: build(**arguments), text, expected=expected)
    parameters, source = published_parameters(name)
    same = count.parameters == parameters
    note = "as published" if same else f"published: {parameters:,} parameters"
    return replace(count, notes=(f"{note} ({source})", *count.notes))
