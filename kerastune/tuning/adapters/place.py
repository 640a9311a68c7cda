"""What an adapter stands beside: a layer of a model, and what it is for adapters."""

from typing import Any

import keras


class Place:
    """A layer that can have adapters.

    Args:
        layer: a built Keras layer.

    Example:

    >>> dense = keras.layers.Dense(2, name="dense")
    >>> dense.build((None, 3))
    >>> Place(dense).path
    'dense'
    """

    def __init__(self, layer: keras.Layer) -> None:
        self.layer: Any = layer

    @property
    def path(self) -> str:
        """str, what the place is called in messages, and where settings go by patterns."""
        return str(self.layer.path)

    @property
    def bias(self) -> Any:
        """What trains beside adapters if a plan says so, or None."""
        return None
