"""Backbones of KerasHub as Transformers configures and stores them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerastune.errors import InputError
from kerastune.exchange.naming import Naming
from kerastune.exchange.saved_modules import to_torch, whole_variables

# KerasHub leaves out the first two places of RoBERTa, which are for padding.
_LEADING_PLACES = 2
_ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "gelu": lambda values: keras.activations.gelu(values, approximate=False),
    "gelu_pytorch_tanh": lambda values: keras.activations.gelu(values, approximate=True),
    "relu": keras.activations.relu,
    "silu": keras.activations.silu,
}


@dataclass(frozen=True)
class WholeModel:
    """How Transformers knows one kind of models.

    Args:
        kind: str, its `model_type`.
        bare: str, the class of the bare model.
        classifier: str, that of the bare model and a classifier.
        task: str, KerasHub's class of the same.
        described: function from a `Naming` to the configuration and the tensors that are not in
            `Naming.parts`, by their names in the bare model.

    Example:

    >>> WHOLE_MODELS["BertBackbone"].bare
    'BertModel'
    """

    kind: str
    bare: str
    classifier: str
    task: str
    described: Callable[[Naming], tuple[dict[str, Any], dict[str, np.ndarray]]]


def tensors_of(layers: dict[str, keras.Layer]) -> dict[str, np.ndarray]:
    """Returns the weights of layers as tensors of PyTorch.

    Args:
        layers: dictionary from names of modules to layers.

    Example:

    >>> dense = keras.layers.Dense(2)
    >>> dense.build((None, 3))
    >>> {name: value.shape for name, value in tensors_of({"classifier": dense}).items()}
    {'classifier.weight': (2, 3), 'classifier.bias': (2,)}
    """
    return {
        f"{name}.{part}": to_torch(layer, variable)
        for name, layer in layers.items()
        for part, variable in whole_variables(layer).items()
    }


def activation_name(function: Any) -> str:
    """Returns what Transformers calls an activation, by what it computes.

    Args:
        function: function of a tensor.

    Raises:
        InputError: if it is none that is known.

    Example:

    >>> activation_name(keras.activations.gelu)
    'gelu'
    """
    points = keras.ops.convert_to_tensor([-2.0, -0.5, 0.5, 1.0, 3.0], "float32")
    values = keras.ops.convert_to_numpy(function(points))
    for name, known in _ACTIVATIONS.items():
        if np.allclose(values, keras.ops.convert_to_numpy(known(points)), rtol=0, atol=2e-6):
            return name
    raise InputError(
        f"Expected an activation out of {', '.join(_ACTIVATIONS)}. Received: {function!r}"
    )


def _encoder(naming: Naming) -> dict[str, Any]:
    """The configuration that BERT and its like share."""
    backbone: Any = naming.backbone
    return {
        "vocab_size": backbone.vocabulary_size,
        "hidden_size": backbone.hidden_dim,
        "num_hidden_layers": backbone.num_layers,
        "num_attention_heads": backbone.num_heads,
        "intermediate_size": backbone.intermediate_dim,
        "hidden_act": _activation(naming, "intermediate.dense"),
        "layer_norm_eps": float(_part(naming, "embeddings.LayerNorm").epsilon),
        "hidden_dropout_prob": backbone.dropout,
        "attention_probs_dropout_prob": backbone.dropout,
    }


def _bert(naming: Naming) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    backbone: Any = naming.backbone
    config = _encoder(naming) | {
        "max_position_embeddings": backbone.max_sequence_length,
        "type_vocab_size": int(backbone.get_layer("segment_embedding").embeddings.shape[0]),
        "pad_token_id": 0,
    }
    positions = backbone.get_layer("position_embedding").position_embeddings
    return config, {
        "embeddings.word_embeddings.weight": _table(
            backbone.get_layer("token_embedding").embeddings
        ),
        "embeddings.position_embeddings.weight": _table(positions),
        "embeddings.token_type_embeddings.weight": _table(
            backbone.get_layer("segment_embedding").embeddings
        ),
    }


def _distilbert(naming: Naming) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    backbone: Any = naming.backbone
    config = {
        "vocab_size": backbone.vocabulary_size,
        "dim": backbone.hidden_dim,
        "n_layers": backbone.num_layers,
        "n_heads": backbone.num_heads,
        "hidden_dim": backbone.intermediate_dim,
        "max_position_embeddings": backbone.max_sequence_length,
        "activation": _activation(naming, "ffn.lin1"),
        "dropout": backbone.dropout,
        "attention_dropout": backbone.dropout,
        "pad_token_id": 0,
    }
    embedding = backbone.get_layer("token_and_position_embedding")
    return config, {
        "embeddings.word_embeddings.weight": _table(embedding.token_embedding.embeddings),
        "embeddings.position_embeddings.weight": _table(
            embedding.position_embedding.position_embeddings
        ),
    }


def _roberta(naming: Naming) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    backbone: Any = naming.backbone
    config = _encoder(naming) | {
        "max_position_embeddings": backbone.max_sequence_length + _LEADING_PLACES,
        "type_vocab_size": 1,
        "pad_token_id": 1,
        "bos_token_id": 0,
        "eos_token_id": 2,
    }
    embedding = backbone.get_layer("embeddings")
    positions = _table(embedding.position_embedding.position_embeddings)
    leading = np.zeros((_LEADING_PLACES, positions.shape[1]), "float32")
    return config, {
        "embeddings.word_embeddings.weight": _table(embedding.token_embedding.embeddings),
        "embeddings.position_embeddings.weight": np.concatenate([leading, positions]),
        # There is one type of tokens, which adds nothing.
        "embeddings.token_type_embeddings.weight": leading[:1],
    }


def _vit(naming: Naming) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    backbone: Any = naming.backbone
    settings = backbone.get_config()
    height, width, channels = settings["image_shape"]
    patch = settings["patch_size"]
    needed = [settings[f"use_{name}"] for name in ("mlp_bias", "class_token", "patch_bias")]
    if height != width or patch[0] != patch[1] or not all(needed):
        raise InputError(
            "Expected a ViT of square images and patches, with a class token, and with biases of "
            f"patches and dense layers. Received: {backbone.name!r}, which is not"
        )
    config = {
        "image_size": height,
        "patch_size": patch[0],
        "num_channels": channels,
        "hidden_size": backbone.hidden_dim,
        "num_hidden_layers": backbone.num_layers,
        "num_attention_heads": backbone.num_heads,
        "intermediate_size": settings["mlp_dim"],
        "qkv_bias": settings["use_mha_bias"],
        "hidden_act": _activation(naming, "intermediate.dense"),
        "layer_norm_eps": float(_part(naming, "layernorm").epsilon),
        "hidden_dropout_prob": settings["dropout_rate"],
        "attention_probs_dropout_prob": settings["attention_dropout"],
    }
    embedding = backbone.get_layer("vit_patching_and_embedding")
    kernel = _table(embedding.patch_embedding.kernel)
    return config, {
        "embeddings.cls_token": _table(embedding.class_token),
        "embeddings.position_embeddings": _table(embedding.position_embedding.embeddings)[None],
        "embeddings.patch_embeddings.projection.weight": kernel.transpose(3, 2, 0, 1),
        "embeddings.patch_embeddings.projection.bias": _table(embedding.patch_embedding.bias),
    }


def _activation(naming: Naming, ending: str) -> str:
    return activation_name(_part(naming, ending).activation)


def _part(naming: Naming, ending: str) -> Any:
    """The first layer whose module has a name with an ending."""
    return next(layer for name, layer in naming.parts.items() if f".{name}".endswith(f".{ending}"))


def _table(variable: Any) -> np.ndarray:
    return keras.ops.convert_to_numpy(
        keras.ops.cast(keras.ops.convert_to_tensor(variable), "float32")
    )


WHOLE_MODELS = {
    "BertBackbone": WholeModel(
        "bert", "BertModel", "BertForSequenceClassification", "BertTextClassifier", _bert
    ),
    "DistilBertBackbone": WholeModel(
        "distilbert",
        "DistilBertModel",
        "DistilBertForSequenceClassification",
        "DistilBertTextClassifier",
        _distilbert,
    ),
    "RobertaBackbone": WholeModel(
        "roberta",
        "RobertaModel",
        "RobertaForSequenceClassification",
        "RobertaTextClassifier",
        _roberta,
    ),
    "ViTBackbone": WholeModel(
        "vit", "ViTModel", "ViTForImageClassification", "ViTImageClassifier", _vit
    ),
}
"""The kinds of models that are written here, by the name of KerasHub's class."""
