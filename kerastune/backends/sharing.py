"""Layers that a configuration shares between models."""

from contextlib import AbstractContextManager


def shared_layers() -> AbstractContextManager[None]:
    """Builds what a configuration says is one object once, inside a `with` block.

    `keras.saving.load_model` does so itself; `keras.saving.deserialize_keras_object` makes a
    new layer each time that one occurs.

    Example:

    >>> import keras
    >>> config = keras.saving.serialize_keras_object(keras.layers.Dense(2))
    >>> with shared_layers():
    ...     first = keras.saving.deserialize_keras_object({**config, "shared_object_id": 7})
    ...     again = keras.saving.deserialize_keras_object({**config, "shared_object_id": 7})
    >>> first is again
    True
    """
    from keras.src.saving.serialization_lib import ObjectSharingScope

    return ObjectSharingScope()
