"""Models whose configuration and number of parameters are published: counted offline."""

from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from kerastune.counting.sources.building import count_abstract
from kerastune.counting.sources.texts import SHORT_NAMES
from kerastune.counting.weights import ModelCount
from kerastune.models.presets import import_keras_hub

_CATALOGUE = Path(__file__).with_name("published.yaml")
_LLAMA = "https://huggingface.co/meta-llama"
# The numbers of what KerasHub's list has not: the sums over the files of the model cards.
_MODEL_CARDS = {
    "llama3_70b": (70_553_706_496, f"{_LLAMA}/Meta-Llama-3-70B"),
    "llama3_405b": (405_853_388_800, f"{_LLAMA}/Llama-3.1-405B, https://arxiv.org/abs/2407.21783"),
}


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
    presets: Any = import_keras_hub("Counting a model of KerasHub").models.Backbone.presets
    return presets[name]["metadata"]["params"], "KerasHub's list of presets"


def count_published(name: str, text: str) -> ModelCount:
    """Count one of `published_models`, and compare with what is published."""
    class_name, arguments = published_models()[name]
    build = getattr(import_keras_hub("Counting a model of KerasHub").models, class_name)
    expected = f"a KerasHub whose {class_name} is as in version 0.32"
    count = count_abstract(lambda: build(**arguments), text, expected=expected)
    parameters, source = published_parameters(name)
    same = count.parameters == parameters
    note = "as published" if same else f"published: {parameters:,} parameters"
    return replace(count, notes=(f"{note} ({source})", *count.notes))
