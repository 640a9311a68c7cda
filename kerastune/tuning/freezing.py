"""Freezing: what trains is a pure function of a pattern, applied as often as needed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from kerastune.backends import nested_layers
from kerastune.tuning.patterns import match

if TYPE_CHECKING:
    import keras


def train_only(model: "keras.Model", pattern: str) -> None:
    """Make the weights that a pattern names trainable, and freeze all others.

    What was frozen before does not matter. A layer with nothing left to train is frozen
    as a layer, so that frozen batch normalization uses its statistics and does not
    update them. Compile the model afterwards: a compiled training step does not notice
    the change, or fails, depending on the backend.

    Args:
        model: a built Keras model.
        pattern: str, see `kerastune.tuning.match`.

    Raises:
        NoMatchError: if the pattern matches nothing.

    Example:

    >>> import keras
    >>> body = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="body")])
    >>> model = keras.Sequential([body, keras.layers.Dense(1, name="logits")], name="model")
    >>> train_only(model, "head")
    >>> [variable.path for variable in model.trainable_variables]
    ['model/logits/kernel', 'model/logits/bias']
    """
    chosen = {id(weight) for weight in match(model, pattern)}
    # On TensorFlow, setting a layer to the value it has already does not reach the layers
    # and variables below it, so each layer is switched off and on again.
    layers = [model, *nested_layers(model)]
    for trainable in (False, True):
        for layer in layers:
            layer.trainable = trainable
    for layer in reversed(layers):
        weights = layer.trainable_variables
        if weights and not any(id(weight) in chosen for weight in weights):
            layer.trainable = False
    for weight in model.trainable_variables:
        weight.trainable = id(weight) in chosen


@contextmanager
def restored_trainability(model: "keras.Model") -> Iterator[None]:
    """Undo, at the end of a `with` block, what the block froze and unfroze.

    Args:
        model: a built Keras model.

    Example:

    >>> import keras
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    >>> with restored_trainability(model):
    ...     model.trainable = False
    >>> len(model.trainable_variables)
    2
    """
    # Setting a layer sets all below it, so parents come before their children, and the
    # variables last.
    parts = [model, *nested_layers(model), *model.weights]
    before = [part.trainable for part in parts]
    try:
        yield
    finally:
        for part, trainable in zip(parts, before, strict=True):
            if part.trainable != trainable:
                part.trainable = trainable
