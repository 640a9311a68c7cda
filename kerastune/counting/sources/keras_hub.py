"""Backbones of KerasHub, by preset or by class, from their configuration alone."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from kerastune.counting.sources.building import count_abstract
from kerastune.counting.sources.calls import parse_call
from kerastune.counting.sources.configurations import configuration_in, count_configuration
from kerastune.counting.sources.hub_files import fetch_configuration
from kerastune.counting.sources.published import published_models
from kerastune.counting.weights import ModelCount
from kerastune.errors import InputError, closest
from kerastune.models.presets import import_keras_hub

PREFIX = "keras_hub:"


def count_keras_hub(text: str) -> ModelCount:
    """Count a backbone of KerasHub without its weights.

    Args:
        text: str, `keras_hub:` and one of
            - the name of a preset: from the catalogue of this package, else from the local
              cache, else `config.json` alone is downloaded;
            - a directory with a preset, or a handle (`kaggle://...`, `hf://...`);
            - a class with arguments, `BertBackbone(vocabulary_size=30522, num_layers=12,
              num_heads=12, hidden_dim=768, intermediate_dim=3072)`.

    Returns:
        A `ModelCount`.

    Raises:
        InputError: if there is no such preset or class, its configuration cannot be had, or
            the class does not take these arguments.
        MissingExtraError: if KerasHub is not installed.

    Example:

    >>> count_keras_hub("keras_hub:bert_base_en_uncased").parameters
    109482240
    """
    name = text.removeprefix(PREFIX)
    if "(" in name:
        return _count_class(text)
    if name in published_models():
        return count_published(name, text)
    if "://" in name:
        return count_configuration(fetch_configuration(name), text)
    # An empty name would be the current directory.
    if name and Path(name).expanduser().is_dir():
        return count_configuration(configuration_in(Path(name).expanduser()), text)
    presets: Any = import_keras_hub("Counting a KerasHub preset").models.Backbone.presets
    if name not in presets:
        raise InputError(
            f"Expected {PREFIX}PRESET, {PREFIX}Class(key=value, ...), a handle or a directory. "
            f"Received: {text!r}, which is none of them."
            f"{closest(name, [*presets, *published_models()])}"
        )
    return count_configuration(fetch_configuration(presets[name]["kaggle_handle"]), text)


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
    keras_hub = import_keras_hub("Counting a model of KerasHub")
    build = getattr(keras_hub.models, entry.class_name)
    count = count_abstract(
        lambda: build(**entry.arguments),
        text,
        expected=f"a KerasHub whose {entry.class_name} is as in version 0.32",
    )
    same = count.parameters == entry.parameters
    note = "as published" if same else f"published: {entry.parameters:,} parameters"
    return replace(count, notes=(f"{note} ({entry.source})", *count.notes))


def _count_class(text: str) -> ModelCount:
    """Count what a class of KerasHub builds from literal arguments."""
    name, arguments = parse_call(text.removeprefix(PREFIX))
    models = import_keras_hub("Counting a model of KerasHub").models
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
            f"such as {PREFIX}BertBackbone(...), or write a function, file.py:function"
        )
    return count_abstract(
        lambda: chosen(**arguments), text, expected=f"arguments that keras_hub.models.{name} takes"
    )
