"""Models of Hugging Face, from their `config.json`, where KerasHub has the same architecture."""

from contextlib import suppress
from typing import Any

from kerastune.counting.weights import ModelCount
from kerastune.errors import InputError
from kerastune.params.sources.keras_hub import count_backbone

_NO_BIAS = {"attention_bias": (False,), "mlp_bias": (False,)}
# What KerasHub takes for granted, and would otherwise count wrongly without a word. The first
# value is what Hugging Face means where the key is absent.
_TAKEN_FOR_GRANTED: dict[str, dict[str, tuple[Any, ...]]] = {
    "bert": {"position_embedding_type": ("absolute",)},
    "gemma": {**_NO_BIAS, "tie_word_embeddings": (True,)},
    "gemma2": {**_NO_BIAS, "tie_word_embeddings": (True,)},
    "gpt2": {"add_cross_attention": (False,), "tie_word_embeddings": (True,)},
    "llama": _NO_BIAS,
    "mistral": {**_NO_BIAS, "tie_word_embeddings": (False,)},
    "mixtral": {**_NO_BIAS, "tie_word_embeddings": (False,)},
    "qwen3": {"attention_bias": (False,)},
    "vit": {"num_channels": (3,)},
}
# Keys that have to equal what is computed from others, where they are there at all.
_DERIVED: dict[str, dict[str, Any]] = {
    "bart": {
        "decoder_layers": lambda config: config["num_hidden_layers"],
        "encoder_layers": lambda config: config["num_hidden_layers"],
        "decoder_ffn_dim": lambda config: config["encoder_ffn_dim"],
    },
    "gpt2": {"n_inner": lambda config: 4 * config["n_embd"]},
    "llama": {"head_dim": lambda config: config["hidden_size"] // config["num_attention_heads"]},
    "mixtral": {"head_dim": lambda config: config["hidden_size"] // config["num_attention_heads"]},
}
_SOME_TYPES = "albert, bart, bert, distilbert, gemma, gpt2, llama, mistral, qwen3, roberta, vit"


def count_hugging_face(config: dict[str, Any], name: str) -> ModelCount:
    """Count the backbone that a `config.json` of Hugging Face (or timm) describes.

    It is counted as KerasHub builds it, which now and then differs from Transformers by a
    pooler or token types (RoBERTa, ViT). Where KerasHub would ignore what changes the count,
    the configuration is refused.
    """
    kind = str(config.get("model_type", config.get("architecture")))
    _require_as_built(config, kind, name)
    options = {"num_segments": config.get("type_vocab_size", 2)} if kind == "bert" else {}
    try:
        return count_backbone(config, name, **options)
    except InputError as error:
        if "no converter" not in str(error):
            raise
        raise InputError(
            f"Expected an architecture that KerasHub converts, such as {_SOME_TYPES}. Received: "
            f"{name!r} with {kind!r}. Give its .safetensors file, whose header is enough"
        ) from error


def _require_as_built(config: dict[str, Any], kind: str, name: str) -> None:
    """Raise if KerasHub would ignore something that changes the number of weights."""
    wanted = {
        key: values
        for key, values in _TAKEN_FOR_GRANTED.get(kind, {}).items()
        if config.get(key, values[0]) not in values
    }
    for key, derive in _DERIVED.get(kind, {}).items():
        # What lacks the other keys, or has no numbers there, cannot be built either. Hugging
        # Face writes null for "as usual".
        with suppress(KeyError, TypeError, ZeroDivisionError):
            if config.get(key) not in (None, derive(config)):
                wanted[key] = (derive(config),)
    for key, values in wanted.items():
        raise InputError(
            f"Expected a {kind} whose config.json has {key!r} in {list(values)}, which is what "
            f"KerasHub builds. Received: {name!r} with {config[key]!r}. Give its .safetensors "
            "file, whose header is enough"
        )
