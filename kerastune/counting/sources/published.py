"""Models whose configuration and number of parameters are published: counted offline."""

from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from kerastune.counting.sources.building import count_abstract
from kerastune.counting.sources.names import SHORT_NAMES
from kerastune.counting.weights import ModelCount
from kerastune.models.presets import import_keras_hub

_CATALOGUE = Path(__file__).with_name("published.yaml")


@dataclass(frozen=True)
class Published:
    """A model of KerasHub as its authors describe it.

    Args:
        class_name: str, the class in `keras_hub.models`.
        arguments: dictionary of the class' arguments.
        parameters: int, the number that the source gives.
        source: str, where it does.
    """

    class_name: str
    arguments: dict[str, Any]
    parameters: int
    source: str


@cache
def published_models() -> dict[str, Published]:
    """The models in the catalogue, by the names of KerasHub's presets and short ones.

    Example:

    >>> published_models()["gpt2"].parameters
    124439808
    """
    entries = yaml.safe_load(_CATALOGUE.read_text(encoding="utf-8"))
    models = {
        name: Published(entry["class"], entry["arguments"], entry["parameters"], entry["source"])
        for name, entry in entries.items()
    }
    return models | {short: models[name] for short, name in SHORT_NAMES.items()}


def count_published(name: str, text: str) -> ModelCount:
    """Count a model of the catalogue, and compare with what its source says.

    Args:
        name: str, one of `published_models()`.
        text: str, what the person wrote; the name of the count.

    Returns:
        A `ModelCount` with a note of the source, and of its number should it be another.

    Example:

    >>> count_published("bert_tiny_en_uncased", "tiny").notes
    ("as published (KerasHub's list of presets)",)
    """
    entry = published_models()[name]
    build = getattr(import_keras_hub("Counting a model of KerasHub").models, entry.class_name)
    expected = f"a KerasHub whose {entry.class_name} is as in version 0.32"
    count = count_abstract(lambda: build(**entry.arguments), text, expected=expected)
    same = count.parameters == entry.parameters
    note = "as published" if same else f"published: {entry.parameters:,} parameters"
    return replace(count, notes=(f"{note} ({entry.source})", *count.notes))
