"""Two networks side by side, one for images and one for texts, and the scale of their products."""

import math
from typing import Any

import keras
from keras import ops

from kerastune.backends import symbolic_inputs
from kerastune.errors import InputError
from kerastune.models.recurrent import recurrent_encoder
from kerastune.models.transformer_encoder import transformer_encoder

TWO_TOWERS, IMAGE_TOWER, TEXT_TOWER = "two_towers", "image_tower", "text_tower"
"""The names of the backbone that `two_towers` makes, and of the models inside it."""

_START = math.log(1 / 0.07)
_HIGHEST = math.log(100.0)


def two_towers(
    image_backbone: keras.Model, text_backbone: keras.Model, scaling: keras.Model | None = None
) -> keras.Model:
    """Returns a backbone of two towers: a vector of an image, and one of a text.

    The towers are models of their own inside, `image_tower` and `text_tower`, by which patterns
    name them. Each is its backbone and, where that gives a map or a vector a position, their
    mean: of a text over the positions that are no padding.

    Args:
        image_backbone: model from images to vectors or maps, such as `small_resnet`. It is used
            and not copied.
        text_backbone: model from a dictionary with `token_ids` and `padding_mask` to vectors, or
            one a position, such as `transformer_encoder` or `recurrent_encoder`; likewise.
        scaling: model without weights from pixels to what the image backbone takes, see
            `ImageBackbone`. Defaults to none.

    Returns:
        A functional model from a dictionary of `image`, of shape `(batch, height, width,
        channels)`, `token_ids` and `padding_mask`, of shape `(batch, length)`, to a dictionary of
        `image` and `text`, of shape `(batch, width)`, each of its own width.

    Raises:
        InputError: if the text backbone takes other inputs, or features have another rank.

    Reference:
        Radford et al., 2021, "Learning Transferable Visual Models From Natural Language
        Supervision", https://arxiv.org/abs/2103.00020

    Example:

    >>> from kerastune.models import recurrent_encoder, small_resnet
    >>> towers = two_towers(small_resnet((8, 8, 1)), recurrent_encoder(20, units=4))
    >>> [layer.name for layer in towers.layers if layer.weights]
    ['image_tower', 'text_tower']
    >>> {name: tensor.shape for name, tensor in towers.output.items()}
    {'image': (None, 64), 'text': (None, 8)}
    """
    texts = symbolic_inputs(text_backbone)
    if not isinstance(texts, dict) or set(texts) != {"token_ids", "padding_mask"}:
        raise InputError(
            "Expected a text backbone that takes `token_ids` and `padding_mask`. Received: "
            f"{text_backbone.name}, which takes {list(texts) if isinstance(texts, dict) else texts}"
        )
    tower_images = keras.Input(image_backbone.input_shape[1:], name="image")
    pixels = tower_images if scaling is None else scaling(tower_images)
    image_tower = keras.Model(tower_images, _pooled(image_backbone(pixels)), name=IMAGE_TOWER)
    features = _pooled(text_backbone(texts), texts["padding_mask"])
    return side_by_side(image_tower, keras.Model(texts, features, name=TEXT_TOWER))


def text_tower(
    cell: str,
    vocabulary_size: int,
    sequence_length: int,
    *,
    width: int,
    layers: int,
    heads: int,
    dropout: float,
) -> keras.Model:
    """Returns a network for texts with random weights, for `two_towers`.

    Args:
        cell: str, `"transformer"`, or a cell of `recurrent_encoder`, such as `"gru"`.
        vocabulary_size: int, the tokens that there are.
        sequence_length: int, the most tokens of a text.
        width: int, the length of its vectors; of recurrent networks that of tokens, and of the
            vectors in each direction.
        layers: int, blocks of the transformer.
        heads: int, attention heads of each.
        dropout: float, the dropout rate.

    Example:

    >>> sizes = {"width": 4, "layers": 1, "heads": 2, "dropout": 0.0}
    >>> text_tower("transformer", 20, 8, **sizes).output_shape
    (None, 8, 4)
    """
    sizes: Any = {"width": width, "dropout": dropout}
    if cell == "transformer":
        sizes |= {"layers": layers, "heads": heads}
        return transformer_encoder(vocabulary_size, sequence_length, **sizes)
    return recurrent_encoder(vocabulary_size, cell=cell, units=width, **sizes)


def side_by_side(image_tower: keras.Model, text_tower: keras.Model) -> keras.Model:
    """Returns a backbone of two towers that are there.

    Args:
        image_tower: model from images to vectors.
        text_tower: model from a dictionary, such as of `token_ids` and `padding_mask`, to vectors.

    Returns:
        A functional model, as `two_towers` returns.

    Example:

    >>> def tower(inputs):
    ...     return keras.Model(inputs, keras.layers.Dense(2)(keras.tree.flatten(inputs)[0]))
    >>> texts = {"token_ids": keras.Input((3,), name="token_ids")}
    >>> sorted(side_by_side(tower(keras.Input((4,))), tower(texts)).input)
    ['image', 'token_ids']
    """
    images = keras.Input(image_tower.input_shape[1:], name="image")
    tokens = {
        name: keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=name)
        for name, tensor in symbolic_inputs(text_tower).items()
    }
    vectors = {"image": image_tower(images), "text": text_tower(tokens)}
    return keras.Model({"image": images, **tokens}, vectors, name=TWO_TOWERS)


@keras.saving.register_keras_serializable(package="kerastune")
class LogitScale(keras.layers.Layer):
    """Multiplies vectors of images by a learned scale, the inverse of a temperature.

    The products of the vectors that it returns are the logits of a contrastive loss. It learns
    the logarithm of the scale, which begins at that of 1 / 0.07 and is held at that of 100 at
    most after each step, as in CLIP.

    Args:
        **settings: as for `keras.layers.Layer`.

    Reference:
        Radford et al., 2021, sections 2.3 and 2.5, https://arxiv.org/abs/2103.00020

    Example:

    >>> image, text = ops.ones((3, 1)), ops.ones((3, 1))
    >>> pairs = ops.convert_to_numpy(LogitScale()([image, text]))
    >>> [round(value, 2) for value in pairs[0, :, 0].tolist()]
    [14.29, 1.0]
    """

    def build(self, input_shape: Any) -> None:  # noqa: ARG002
        """Makes the weight.

        Args:
            input_shape: not used.
        """
        self.log_scale = self.add_weight(
            shape=(),
            initializer=keras.initializers.Constant(_START),
            constraint=_at_most_100,
            name="log_scale",
        )

    def call(self, vectors: list[Any]) -> Any:
        """Returns both vectors of each sample, those of images multiplied.

        Args:
            vectors: list of two tensors of shape `(batch, width)`, of images and of texts.

        Returns:
            Tensor of shape `(batch, 2, width)`.
        """
        image, text = vectors
        return ops.stack([image * ops.exp(self.log_scale), text], axis=1)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, ...]:
        """Returns `(batch, 2, width)`.

        Args:
            input_shape: list of two shapes.
        """
        batch, width = input_shape[0]
        return (batch, 2, width)


def _at_most_100(log_scale: Any) -> Any:
    """Returns the logarithm of a scale of at most 100."""
    return ops.minimum(log_scale, _HIGHEST)


def _pooled(features: Any, mask: Any = None) -> Any:
    """Returns one vector a sample: the mean over positions, where there are any."""
    if isinstance(features, dict):
        features = features["sequence_output"]
    rank = len(features.shape)
    if rank == 2:
        return features
    if rank == 3:
        return keras.layers.GlobalAveragePooling1D(name="mean")(features, mask=mask)
    if rank == 4:
        return keras.layers.GlobalAveragePooling2D(name="mean")(features)
    raise InputError(
        "Expected features that are vectors, a vector a position, or a map. Received: features "
        f"of shape {tuple(features.shape)}"
    )
