"""Which shapes the inputs of each of several models have, and which model an error is about."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from kerastune.counting.weights import ModelCount
from kerastune.errors import InputError

if TYPE_CHECKING:
    import keras


def shapes_for(count: ModelCount, input_shapes: Any) -> Any:
    """The shapes of a model's inputs: its own, or else those given for all models."""
    return input_shapes if count.input_shapes is None else count.input_shapes


@contextmanager
def named(count: ModelCount) -> Iterator[None]:
    """A context whose errors name the model that they are about."""
    try:
        yield
    except InputError as error:
        if repr(count.name) in str(error):
            raise
        raise InputError(f"{count.name}: {error}") from error


def known_model(count: ModelCount) -> "keras.Model":
    """The model of a count, or an `InputError` where there are weights alone."""
    if count.model is None:
        raise InputError(
            f"Expected a model whose layers are known. Received: {count.name!r}, of which there "
            "are only weights. Give the model, its `.keras` file or its configuration"
        )
    return count.model
