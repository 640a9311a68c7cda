"""A network with fewer of its blocks, for a student that begins with a part of its teacher."""

import keras

from kerastune.backends import builds_abstract, undrawn_weights
from kerastune.errors import InputError


def shallower(backbone: keras.Model, layers: int) -> keras.Model:
    """Returns a backbone with some of the blocks of another one, with their weights.

    The blocks are spread evenly over the depth, and all else is taken over: of six blocks the
    second and the fifth make a network of two.

    Args:
        backbone: a backbone of KerasHub whose blocks are alike, such as those of BERT, GPT-2 or
            ViT. It stays as it is.
        layers: int, how many blocks, fewer than it has.

    Returns:
        A backbone of the same class.

    Raises:
        InputError: if it has no such blocks, or not more than `layers`.

    Example:

    >>> import keras_hub
    >>> sizes = {"vocabulary_size": 9, "num_heads": 2, "hidden_dim": 8, "intermediate_dim": 8}
    >>> deep = keras_hub.models.BertBackbone(num_layers=6, max_sequence_length=4, **sizes)
    >>> shallower(deep, 2).num_layers
    2

    Reference: Sun et al., "Patient Knowledge Distillation for BERT Model Compression" (2019),
    section 4.2, where a student begins with blocks of its teacher.
    """
    config = backbone.get_config()
    blocks = _blocks(backbone, config.get("num_layers", 0))
    if not 1 <= layers < len(blocks):
        raise InputError(
            f"Expected `layers` from 1 to {len(blocks) - 1}, fewer than {backbone.name!r} has. "
            f"Received: {layers}"
        )
    with undrawn_weights():
        new = type(backbone).from_config({**config, "num_layers": layers})
        if builds_abstract():
            return new  # Neither has values.
        kept = [blocks[int((place + 0.5) * len(blocks) / layers)] for place in range(layers)]
        sources = dict(zip(_blocks(new, layers), kept, strict=True))
        for layer in new.layers:
            layer.set_weights(backbone.get_layer(sources.get(layer.name, layer.name)).get_weights())
    return new


def _blocks(backbone: keras.Model, count: int) -> list[str]:
    """The names of the blocks of a backbone, from the first to the last."""
    names = {layer.name for layer in backbone.layers}
    for name in sorted(names):
        stem, number = name.rstrip("0123456789"), name[len(name.rstrip("0123456789")) :]
        series = [f"{stem}{place}" for place in range(count)]
        if number and count and names.issuperset(series):
            return series
    raise InputError(
        "Expected a backbone of KerasHub with a row of blocks that are alike. Received: "
        f"{backbone.name!r}, a {type(backbone).__name__}. Name a recipe for the student instead"
    )
