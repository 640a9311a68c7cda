"""Building a model without memory for its weights, and counting it."""

import re
from collections.abc import Callable, Mapping, Sequence

import keras

from kerastune.backends import build_abstract, nested_layers
from kerastune.counting.weights import ModelCount, count_model
from kerastune.errors import InputError, reason

Shape = Sequence[int]
InputShapes = Shape | Sequence[Shape] | Mapping[str, Shape]
"""Shapes without the batch axis: of the one input, of several in order, or by name."""

# How it begins when a layer's own code raises.
_IN_A_LAYER = "Exception encountered when calling"
_BOLD = re.compile(r"\x1b\[\d+m")


def count_abstract(
    build: Callable[[], keras.Model],
    name: str,
    *,
    expected: str,
    input_shapes: InputShapes | None = None,
) -> ModelCount:
    """Build a model without memory for its weights, and count it.

    What was `expected` is said if building fails. A model that waits for its inputs to make its
    weights gets some of `input_shapes`.
    """

    def build_whole() -> keras.Model:
        model = build()
        is_whole = model.built and all(layer.built for layer in nested_layers(model))
        if input_shapes is not None and not is_whole:
            from kerastune.counting.operations.inputs import stated_inputs

            inputs = stated_inputs(input_shapes, None)
            model(inputs[0] if isinstance(inputs, list) and len(inputs) == 1 else inputs)
        return model

    try:
        model = build_abstract(build_whole)
    except InputError:
        raise
    # What a model is built by shares no family of errors.
    except Exception as error:
        raise InputError(f"Expected {expected}. Received: {name!r}: {_why(error)}") from error
    return count_model(model, name)


def _why(error: Exception) -> str:
    said = reason(error)
    if said.startswith(_IN_A_LAYER):
        # Keras says where first, what only then, in bold, and with which arguments last.
        whole = _BOLD.sub("", str(error)).partition("\n\nArguments received")[0]
        said = " ".join(whole.split())
    if isinstance(error, KeyError):
        return f"the key {said} is missing"
    return said.rstrip(".")
