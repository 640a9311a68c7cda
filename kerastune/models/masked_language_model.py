"""A Transformer encoder that guesses the tokens that are hidden from it."""

from typing import Any, Self

import keras
from keras import ops

from kerastune.models.presets import import_keras_hub


@keras.saving.register_keras_serializable(package="kerastune")
class MaskedLanguageModel(keras.Model):
    """A Transformer encoder with logits for the tokens that are hidden from it.

    The inputs, as `kerastune.preprocessing.MaskedLanguagePreprocessor` gives them, are
    `token_ids`, `padding_mask` and `replacements` of shape `(batch, length)`, where a replacement
    of -1 is none: the encoder sees the replacement of a token, if it has one, and not the token;
    and `mask_positions` of shape `(batch, count)`, at which there are logits, of shape
    `(batch, count, vocabulary)`. These are computed by a dense layer, layer normalization and the
    encoder's own table of tokens.

    Args:
        encoder: a `kerastune.models.transformer_encoder`, which is used and not copied.
        name: str, or None for a name of Keras.

    Raises:
        MissingExtraError: if KerasHub is not installed.

    Reference:
        Devlin et al., 2018, "BERT: Pre-training of Deep Bidirectional Transformers for Language
        Understanding", https://arxiv.org/abs/1810.04805

    Example:

    >>> from kerastune.models import transformer_encoder
    >>> model = MaskedLanguageModel(transformer_encoder(30, 16, layers=1, width=8, heads=2))
    >>> model.output_shape
    (None, None, 30)
    """

    def __init__(self, encoder: keras.Model, name: str | None = None) -> None:
        keras_hub = import_keras_hub("A masked language model")
        length = encoder.output_shape[1]
        inputs = {
            "token_ids": keras.Input((length,), dtype="int32", name="token_ids"),
            "padding_mask": keras.Input((length,), dtype="bool", name="padding_mask"),
            "replacements": keras.Input((length,), dtype="int32", name="replacements"),
            "mask_positions": keras.Input((None,), dtype="int32", name="mask_positions"),
        }
        replacements = inputs["replacements"]
        seen = ops.where(replacements >= 0, replacements, inputs["token_ids"])
        features = encoder({"token_ids": seen, "padding_mask": inputs["padding_mask"]})
        logits = keras_hub.layers.MaskedLMHead(
            token_embedding=encoder.get_layer("embeddings").token_embedding,
            intermediate_activation="gelu",
            name="masked_token",
        )(features, inputs["mask_positions"])
        super().__init__(inputs=inputs, outputs=logits, name=name)
        # By this name the parts of a plan are found, as in every task of KerasHub.
        self.backbone = encoder

    def get_config(self) -> dict[str, Any]:
        """Returns the settings, of which the encoder holds all but the name."""
        return {
            "encoder": keras.saving.serialize_keras_object(self.backbone),
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        """Returns the model that `get_config` described."""
        encoder = keras.saving.deserialize_keras_object(config["encoder"], custom_objects)
        return cls(encoder, config["name"])
