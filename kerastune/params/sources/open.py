"""From what a person writes for a model to its count."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import keras

from kerastune.counting.weights import ModelCount, count_model
from kerastune.errors import InputError
from kerastune.files import with_home
from kerastune.models.applications import PREFIX as APPLICATIONS
from kerastune.models.applications import application_names
from kerastune.models.presets import MINILM, resolve
from kerastune.params.sources import keras_hub
from kerastune.params.sources.building import InputShapes
from kerastune.params.sources.files import count_configuration, count_path
from kerastune.params.sources.functions import count_function
from kerastune.params.sources.networks import count_application, count_dense_chain
from kerastune.params.sources.texts import (
    KERAS_HUB,
    OWN_MODELS,
    RECIPE,
    SHORT_NAMES,
    SUFFIXES,
    closest_model_name,
    split_shape,
)

ALL_APPLICATIONS = f"{APPLICATIONS}all"

_EXPECTED = (
    "Expected a model: the name of one (lenet, mlp_784_128_10, recipe:NAME, applications:NAME, "
    "keras_hub:PRESET, hf://owner/model), a file or directory, or file.py:function"
)


def open_model(
    text: str | Path | keras.Model,
    *,
    trust: bool = False,
    input_shapes: InputShapes | None = None,
) -> ModelCount:
    """Count a model, whatever names or holds it, without loading weights.

    Args:
        text: a built Keras model; or what `kerastune params` takes (`kerastune params --help` and
            docs/counting.md list it): a name such as `"lenet"`, `"mlp_784_128_10"`,
            `"bert_base"`, `"recipe:NAME"`, `"applications:NAME"`, `"keras_hub:PRESET"`,
            `"hf://owner/model"`, a function as `"file.py:function"`, or a path.

            A shape for the inputs may follow, without the batch axis, which counts of
            operations and memory use: `"bert_base:128"`, `"model.keras:224,224,3"`.
            A name comes before a path: write `./lenet` for a directory of that name.
        trust: bool, whether a Keras file may hold Lambda layers and classes outside Keras.
            Defaults to False.
        input_shapes: shapes of the inputs, as for `count_operations`, for a model that a
            function builds and that waits for them to make its weights. Defaults to None.

    Returns:
        A `ModelCount`. Its `model`, where there is one, has no values unless it was given
        in memory.

    Raises:
        InputError: if there is no such model, or it cannot be built without memory for its
            weights; the message says how to go on.
        MissingExtraError: if an optional dependency is needed.

    Example:

    >>> open_model("applications:ResNet50(classes=2)").trainable
    23538690
    """
    if isinstance(text, keras.Model):
        return count_model(text)
    if isinstance(text, Path):
        return count_path(text, str(text), trust=trust)
    if not isinstance(text, str):
        raise InputError(f"{_EXPECTED}. Received: a value of type {type(text).__name__}")
    plain, shape = split_shape(text)
    if shape is None:
        return _open_text(text, trust, input_shapes)
    return replace(_open_text(plain, trust, shape), name=text, input_shapes=shape)


def open_models(
    texts: Sequence[str | Path | keras.Model],
    *,
    trust: bool = False,
    input_shapes: InputShapes | None = None,
) -> tuple[list[ModelCount], list[str]]:
    """Count several models.

    Args:
        texts: sequence of what `open_model` takes, or `"applications:all"` for every network
            of `keras.applications`.
        trust: as in `open_model`.
        input_shapes: likewise.

    Returns:
        The counts, in order, and notes: why networks of `applications:all` are missing, such
        as one that refuses this backend. Anything else that fails is an error.

    Raises:
        InputError, MissingExtraError: as in `open_model`, of the first model that fails.

    Example:

    >>> counts, notes = open_models(["lenet", "mlp_784_128_10"])
    >>> [count.parameters for count in counts], notes
    ([225034, 101770], [])
    """
    counts: list[ModelCount] = []
    notes: list[str] = []
    for text in texts:
        if text != ALL_APPLICATIONS:
            counts.append(open_model(text, trust=trust, input_shapes=input_shapes))
            continue
        for name in application_names():
            try:
                counts.append(count_application(APPLICATIONS + name))
            except InputError as error:
                notes.append(f"left out: {error}")
    return counts, notes


def _open_text(text: str, trust: bool, input_shapes: InputShapes | None) -> ModelCount:
    """Count what a text names: a name, then a prefix, then a path, then a function."""
    if (chain := count_dense_chain(text)) is not None:
        return chain
    if text in OWN_MODELS or text.startswith(RECIPE):
        # It takes long to import, and is needed for nothing else.
        from kerastune.params.sources.recipes import count_recipe

        return count_recipe(text)
    if text.startswith(APPLICATIONS):
        return count_application(text)
    if text in SHORT_NAMES or text.startswith(KERAS_HUB):
        return _open_keras_hub(SHORT_NAMES.get(text, text.removeprefix(KERAS_HUB)), text)
    if "://" in text:
        return _open_handle(text, text, trust)
    path = resolve(MINILM) if text == MINILM else with_home(text)
    # An empty text would be the current directory.
    if text and (path.exists() or text.endswith(SUFFIXES) or ("/" in text and ":" not in text)):
        return count_path(path, text, trust=trust)
    if ":" in text:
        return count_function(text, input_shapes)
    raise InputError(f"{_EXPECTED}. Received: {text!r}.{closest_model_name(text)}")


def _open_keras_hub(name: str, text: str) -> ModelCount:
    """Count a class with arguments, a published preset, a handle, a directory or a preset."""
    if "(" in name:
        return keras_hub.count_class(text)
    if name in keras_hub.published_models():
        return keras_hub.count_published(name, text)
    directory = with_home(name)
    # An empty name would be the current directory.
    if name and directory.is_dir():
        return count_path(directory, text, trust=False)
    return _open_handle(name if "://" in name else keras_hub.preset_handle(name), text, trust=False)


def _open_handle(handle: str, name: str, trust: bool) -> ModelCount:
    """Count a pretrained model by its configuration alone."""
    from kerastune.models.hubs import fetch_file

    return count_configuration(fetch_file(handle, "config.json"), name, trust=trust)
