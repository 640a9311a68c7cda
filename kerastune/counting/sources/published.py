"""Models whose configuration and number of parameters are published: counted offline."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_CATALOGUE = Path(__file__).with_name("published.yaml")

SHORT_NAMES = {
    "bert_base": "bert_base_en_uncased",
    "bert_large": "bert_large_en_uncased",
    "gpt2": "gpt2_base_en",
    "llama3_8b": "llama3_8b_en",
    "llama3_70b": "llama3_70b",
    "llama3_405b": "llama3_405b",
}
"""Names that people use, for the entries that they mean."""


@dataclass(frozen=True)
class Published:
    """A model of KerasHub as its authors describe it.

    Args:
        class_name: str, the class in `keras_hub.models`.
        arguments: dictionary of the class' arguments.
        parameters: int, the number that the source gives.
        source: str, where it does.

    Example:

    >>> published_models()["llama3_405b"].parameters
    405853388800
    """

    class_name: str
    arguments: dict[str, Any]
    parameters: int
    source: str


@cache
def published_models() -> dict[str, Published]:
    """The models in the catalogue, by the names of KerasHub's presets and short ones.

    Returns:
        Dictionary from names to `Published`.

    Example:

    >>> published_models()["gpt2"] == published_models()["gpt2_base_en"]
    True
    """
    entries = yaml.safe_load(_CATALOGUE.read_text(encoding="utf-8"))
    models = {
        name: Published(entry["class"], entry["arguments"], entry["parameters"], entry["source"])
        for name, entry in entries.items()
    }
    return models | {short: models[name] for short, name in SHORT_NAMES.items()}
