"""A causal language model that reads several texts in one row, without a leak between them."""

from typing import Any, Self

import keras
from keras import ops

from kerastune.errors import InputError
from kerastune.models.backbones import load_backbone
from kerastune.models.initial_weights import start_by_width
from kerastune.models.presets import import_keras_hub
from kerastune.shares import require_shares

# What KerasHub calls the architectures whose layers are called here one by one.
_FAMILIES = ("GPT2", "Llama")


@keras.saving.register_keras_serializable(package="kerastune")
class PackedLanguageModel(keras.Model):
    """A decoder of KerasHub with logits for the next token, for rows of several texts.

    A token sees those before it in its own text alone, and positions begin again in each text.
    KerasHub's backbone itself would let a text see those before it in the row. So its layers
    are called here one by one; rotary positions are relative, for which the mask is enough.

    The inputs are `token_ids` and `segment_ids`, int arrays of shape `(batch, positions)`: the
    second has another number for each text of a row, and 0 for padding. The output are logits of
    shape `(batch, positions, vocabulary)` by the backbone's table of tokens, tied or not.

    Args:
        backbone: a `keras_hub.models.GPT2Backbone` or `LlamaBackbone`, whose layers are used
            and not copied.
        name: str, or None for a name of Keras.

    Raises:
        InputError: if the backbone is of another architecture.
        MissingExtraError: if KerasHub is not installed.

    Example:

    >>> import numpy as np
    >>> model = PackedLanguageModel(decoder("gpt2", vocabulary_size=9, layers=1, heads=1, width=4))
    >>> def logits(tokens, segments):
    ...     inputs = {"token_ids": np.array([tokens]), "segment_ids": np.array([segments])}
    ...     return model.predict(inputs, verbose=0)
    >>> in_a_row, alone = logits([2, 5, 3, 2, 6], [1, 1, 1, 2, 2]), logits([2, 6], [1, 1])
    >>> in_a_row.shape, bool(np.allclose(in_a_row[:, 3:], alone, atol=1e-5))
    ((1, 5, 9), True)
    """

    def __init__(self, backbone: keras.Model, name: str | None = None) -> None:
        family = family_of(backbone)
        token_ids = keras.Input((None,), dtype="int32", name="token_ids")
        segment_ids = keras.Input((None,), dtype="int32", name="segment_ids")
        mask = _visible(segment_ids)
        x = backbone.token_embedding(token_ids)
        if family == "GPT2":
            positions = ops.sum(ops.cast(mask, "int32"), axis=-1) - 1
            x = backbone.embeddings_add((x, backbone.position_embedding(x, positions=positions)))
            x = backbone.embeddings_dropout(x)
        for layer in backbone.transformer_layers:
            x = layer(x, decoder_attention_mask=mask)
        logits = backbone.token_embedding(backbone.layer_norm(x), reverse=True)
        inputs = {"token_ids": token_ids, "segment_ids": segment_ids}
        super().__init__(inputs=inputs, outputs=logits, name=name)
        # By this name the parts of a plan are found, as in every task of KerasHub.
        self.backbone = backbone

    def get_config(self) -> dict[str, Any]:
        """Returns the settings, of which the backbone holds all but the name."""
        backbone = keras.saving.serialize_keras_object(self.backbone)
        if hasattr(self.backbone, "tie_word_embeddings"):
            # KerasHub 0.32 leaves it out for Llama, which would come back untied.
            backbone["config"]["tie_word_embeddings"] = self.backbone.tie_word_embeddings
        return {"backbone": backbone, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Self:
        """Returns the model that `get_config` described."""
        backbone = keras.saving.deserialize_keras_object(config["backbone"], custom_objects)
        return cls(backbone, config["name"])


def _visible(segment_ids: keras.KerasTensor) -> keras.KerasTensor:
    """Returns which positions each sees: itself and those before it, of the same segment."""
    # A cumulative sum and not `arange`: the length of a symbolic tensor is not known.
    order = ops.cumsum(ops.ones_like(segment_ids), axis=1)
    is_before = ops.expand_dims(order, 2) >= ops.expand_dims(order, 1)
    is_same = ops.equal(ops.expand_dims(segment_ids, 2), ops.expand_dims(segment_ids, 1))
    return ops.logical_and(is_before, is_same)


def family_of(backbone: keras.Model) -> str:
    """Returns what KerasHub calls the architecture of a backbone: `"GPT2"` or `"Llama"`.

    Args:
        backbone: a model.

    Raises:
        InputError: if it is none of them.
        MissingExtraError: if KerasHub is not installed.

    Example:

    >>> family_of(decoder("llama", vocabulary_size=9, layers=1, heads=1, width=4))
    'Llama'
    """
    keras_hub = import_keras_hub("A language model")
    for family in _FAMILIES:
        if isinstance(backbone, getattr(keras_hub.models, f"{family}Backbone")):
            return family
    raise InputError(
        "Expected a backbone for causal language models, GPT-2 or Llama. Received: "
        f"{type(backbone).__name__}. Choose another backbone"
    )


def decoder(
    architecture: str,
    vocabulary_size: int,
    *,
    layers: int = 4,
    heads: int = 4,
    width: int = 128,
    sequence_length: int = 128,
    dropout: float = 0.1,
) -> keras.Model:
    """Returns a backbone for causal language models, with weights at random.

    The layer between two of the feed-forward part has four times the width in GPT-2, and in
    Llama, where it has a gate, 8/3 of it. The table of tokens gives the logits too. Weights are
    drawn with a standard deviation of `sqrt(2 / (5 * width))`, and in the last layer of each
    branch with that divided by the root of the number of branches, two a layer.

    Args:
        architecture: str, `"gpt2"` or `"llama"`.
        vocabulary_size: int, the number of tokens.
        layers: int, transformer layers. Defaults to 4.
        heads: int, attention heads of each. Defaults to 4.
        width: int, the length of the vector of a token; the heads divide it. Defaults to 128.
        sequence_length: int, the most tokens of a text, for GPT-2. Defaults to 128.
        dropout: float from 0 up to 1. Defaults to 0.1.

    Returns:
        A `keras_hub.models.GPT2Backbone` or `LlamaBackbone`.

    Raises:
        InputError: if the architecture is unknown, or a number does not fit.
        MissingExtraError: if KerasHub is not installed.

    Reference:
        Radford et al., 2019, "Language Models are Unsupervised Multitask Learners",
        https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf;
        Touvron et al., 2023, "LLaMA: Open and Efficient Foundation Language Models",
        https://arxiv.org/abs/2302.13971

    Example:

    >>> decoder("gpt2", 1000, layers=2, heads=2, width=16).count_params()
    24640
    """
    if architecture not in ("gpt2", "llama"):
        raise InputError(f"Expected `architecture` gpt2 or llama. Received: {architecture!r}")
    sizes = {"layers": layers, "heads": heads, "width": width}
    if min(sizes.values()) < 1 or width % heads or (width // heads) % 2:
        raise InputError(
            "Expected at least one layer and head, and a width that is an even multiple of the "
            f"heads. Received: {', '.join(f'{name}={size}' for name, size in sizes.items())}"
        )
    require_shares(dropout=dropout)
    keras_hub = import_keras_hub("A language model")
    shared = {"vocabulary_size": vocabulary_size, "num_layers": layers, "hidden_dim": width}
    if architecture == "gpt2":
        backbone: keras.Model = keras_hub.models.GPT2Backbone(
            **shared,
            num_heads=heads,
            intermediate_dim=4 * width,
            dropout=dropout,
            max_sequence_length=sequence_length,
            name="gpt2",
        )
    else:
        backbone = keras_hub.models.LlamaBackbone(
            **shared,
            num_query_heads=heads,
            num_key_value_heads=heads,
            intermediate_dim=-(-8 * width // 24) * 8,
            dropout=dropout,
            tie_word_embeddings=True,
            name="llama",
        )
    start_by_width(backbone)
    return backbone


def language_model(
    backbone: str | None = None,
    architecture: str = "gpt2",
    vocabulary_size: int = 2000,
    layers: int = 4,
    heads: int = 4,
    width: int = 128,
    sequence_length: int = 128,
    dropout: float | None = None,
) -> PackedLanguageModel:
    """Returns a causal language model, pretrained or with weights at random.

    Args:
        backbone: str, a pretrained GPT-2 or Llama as for `load_backbone`, or None for a
            `decoder` of the architecture and the sizes that follow, which else are not used.
            Defaults to None.
        architecture: str, see `decoder`. Defaults to `"gpt2"`.
        vocabulary_size: int, likewise. Defaults to 2000.
        layers: int, likewise. Defaults to 4.
        heads: int, likewise. Defaults to 4.
        width: int, likewise. Defaults to 128.
        sequence_length: int, the most tokens of a text. Defaults to 128.
        dropout: float from 0 up to 1, or None for 0.1, and for the one that a pretrained
            backbone comes with. Defaults to None.

    Returns:
        A `PackedLanguageModel`.

    Raises:
        InputError: as `decoder` and `load_backbone`, or if the backbone is of another
            architecture or does not take that many tokens.
        MissingExtraError: if KerasHub is not installed.

    Example:

    >>> language_model(architecture="llama", layers=2, width=16, heads=2).backbone.num_layers
    2
    """
    if backbone is None:
        sizes = {"layers": layers, "heads": heads, "width": width}
        rate = 0.1 if dropout is None else dropout
        made = decoder(
            architecture, vocabulary_size, **sizes, sequence_length=sequence_length, dropout=rate
        )
        return PackedLanguageModel(made, name="language_model")
    loaded = load_backbone(backbone, dropout=dropout)
    model = PackedLanguageModel(loaded, name="language_model")
    # Llama, whose positions are relative, does not say.
    most = getattr(loaded, "max_sequence_length", None)
    if most is not None and sequence_length > most:
        raise InputError(
            f"Expected a sequence_length of at most {most}, the most tokens that the backbone "
            f"takes. Received: sequence_length={sequence_length}"
        )
    return model
