"""Networks of `keras.applications`, by name, without their weights."""

import keras

from kerastune.counting.sources.building import count_abstract
from kerastune.counting.sources.model_texts import split_arguments
from kerastune.counting.weights import ModelCount
from kerastune.errors import InputError, closest
from kerastune.models.applications import PREFIX, application_names


def count_application(text: str) -> ModelCount:
    """Count a network of `keras.applications`, by default with its classifier.

    Args:
        text: str, `applications:NAME`, or with arguments that the function of
            `keras.applications` takes, such as
            `applications:ResNet50(include_top=False, input_shape=(64, 64, 3))`.

    Returns:
        A `ModelCount`.

    Raises:
        InputError: if there is no such network, it does not take these arguments, or it
            cannot be built on this backend.

    Reference:
        https://keras.io/api/applications/, a table of the networks and their parameters.

    Example:

    >>> count_application("applications:MobileNetV2").parameters
    3538984
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
