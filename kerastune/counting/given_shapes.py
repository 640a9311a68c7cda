"""Which shapes the inputs of each of several models have, and which model an error is about."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kerastune.counting.weights import ModelCount
from kerastune.errors import InputError


def shapes_for(count: ModelCount, input_shapes: Any) -> Any:
    """The shapes of a model's inputs: its own, or else those given for all models."""
    return input_shapes if count.input_shapes is None else count.input_shapes


@contextmanager
def named(count: ModelCount) -> Iterator[None]:
    """A context whose errors begin with the name of a model, where they do not have it.

    Example:

    >>> with named(ModelCount("bert_base", ())):
    ...     raise InputError("Expected a shape. Received: none")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: bert_base: Expected a shape. Received: none
    """
    try:
        yield
    except InputError as error:
        if repr(count.name) in str(error):
            raise
        raise InputError(f"{count.name}: {error}") from error
