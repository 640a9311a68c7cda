"""Networks that a name describes: those of `keras.applications`, and dense layers in a row."""

import re

import keras

from kerastune.counting.weights import ModelCount
from kerastune.errors import InputError, closest
from kerastune.models.applications import PREFIX, application_names
from kerastune.params.sources.building import count_abstract
from kerastune.params.sources.texts import split_arguments

_WIDTHS = re.compile(r"mlp((?:_[1-9]\d*){2,})")


def count_application(text: str) -> ModelCount:
    """Count a network of `keras.applications`, by default with its classifier.

    The text is `applications:NAME`, or with arguments that its function takes.
    """
    name, arguments = split_arguments(text.removeprefix(PREFIX))
    if name not in application_names():
        raise InputError(
            f"Expected {PREFIX}NAME with a network of keras.applications, or {PREFIX}all. "
            f"Received: {text!r}.{closest(name, ['all', *application_names()])}"
        )
    if arguments.setdefault("weights", None) is not None:
        raise InputError(
            f"Expected a network without weights, which are not needed to count. Received: "
            f"{text!r}. Leave `weights` out"
        )
    build = getattr(keras.applications, name)
    expected = f"arguments that keras.applications.{name} takes, on a backend that it runs on"
    return count_abstract(lambda: build(**arguments), text, expected=expected)


def count_dense_chain(name: str) -> ModelCount | None:
    """Count dense layers with ReLU between them by their widths, `mlp_784_128_10`.

    None for a name of another form.
    """
    found = _WIDTHS.fullmatch(name)
    if found is None:
        return None
    first, *hidden, last = (int(width) for width in found[1].split("_")[1:])

    def build() -> keras.Model:
        layers = [keras.layers.Dense(width, activation="relu") for width in hidden]
        return keras.Sequential([keras.Input((first,)), *layers, keras.layers.Dense(last)])

    return count_abstract(build, name, expected="widths that Keras can build")
