"""Prefixes of PEFT, whose keys are cached: those of models that turn keys by their positions.

PEFT gives a prefix as a cache of keys and values, and positions of the sequence begin behind it;
here they begin at 0. Rotary positions are relative, so that keys which are turned back by as many
positions as there are virtual tokens do the same. A table of positions, as that of BERT or GPT-2,
gives other embeddings behind a prefix, which no prefix makes up for.
"""

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from kerastune.errors import InputError
from kerastune.exchange.naming import Naming
from kerastune.tuning.adapters.adapted import adapted_layer
from kerastune.tuning.adapters.attention_place import AttentionPlace, attention_places
from kerastune.tuning.adapters.prefix_tuning import PrefixTuning
from kerastune.untrusted.reading import quoted

METHOD, TENSOR = "PREFIX_TUNING", "prompt_embeddings"

_ROTARY = ("LlamaBackbone", "MistralBackbone", "QwenBackbone")
_COUNTS = ("num_virtual_tokens", "num_layers", "num_attention_heads", "token_dim")
# What changes nothing in what is computed from the tensor.
_HARMLESS = {
    *("auto_mapping", "base_model_name_or_path", "encoder_hidden_size", "inference_mode"),
    *("init_weights", "peft_version", "revision", "task_type"),
}


def prefix_places(naming: Naming) -> list[AttentionPlace]:
    """Returns the attention layers of a backbone, in their order, if its prefixes are exchanged.

    Args:
        naming: the `Naming` of the model.

    Raises:
        ValueError: if positions behind a prefix of PEFT are others than here.

    Example:

    See `load_peft`, which calls it.
    """
    if naming.family.backbone not in _ROTARY:
        kinds = ", ".join(name.removesuffix("Backbone") for name in _ROTARY)
        raise ValueError(
            f"prefixes are exchanged for {kinds}, whose positions are relative, and not for "
            f"{naming.family.backbone.removesuffix('Backbone')}: PEFT moves its positions on by "
            "the virtual tokens"
        )
    return attention_places(naming.backbone, None)


def read_prefix(
    config: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]], places: list[AttentionPlace]
) -> int:
    """Returns how many virtual tokens a prefix of PEFT has, if it fits a model.

    Args:
        config: mapping, the content of an `adapter_config.json`, of unknown origin.
        shapes: mapping from the names of the tensors to their shapes.
        places: list of `AttentionPlace`, those of the model.

    Raises:
        ValueError: if a setting is not followed, or the tensor is not as the settings and the
            model want it.

    Example:

    See `load_peft`, which calls it.
    """
    for key, value in config.items():
        is_set = value not in (None, False) and value not in ([], {}, "")
        known = key in _HARMLESS or key in (*_COUNTS, "peft_type")
        if is_set and not known and (key, value) != ("num_transformer_submodules", 1):
            raise ValueError(
                f"it has `{quoted(key)[1:-1]}` {quoted(value)}, which is not followed here"
            )
    heads, size, _ = places[0].heads
    told: list[Any] = [config.get(name) for name in _COUNTS]
    if not all(type(one) is int and one > 0 for one in told) or told[1:] != [
        len(places),
        heads,
        heads * size,
    ]:
        raise ValueError(
            f"its {', '.join(_COUNTS)} are {quoted(told)}, and the model has {len(places)} layers "
            f"with keys in {heads} heads of {size} numbers"
        )
    count: int = told[0]
    wanted = {TENSOR: (count, 2 * len(places) * heads * size)}
    if dict(shapes) != wanted:
        raise ValueError(f"its tensors are {quoted(dict(shapes))}, and {wanted} is wanted")
    return count


def assign_prefix(tensor: np.ndarray, places: list[AttentionPlace], name: str) -> None:
    """Sets the prefixes of layers to those of a tensor of PEFT.

    Args:
        tensor: array, `prompt_embeddings`.
        places: list of `AttentionPlace`, whose layers have prefixes.
        name: str, the name of the adapters.

    Example:

    See `load_peft`, which calls it.
    """
    count, (heads, size, _) = len(tensor), places[0].heads
    pairs = tensor.reshape(count, len(places), 2, heads, size)
    for number, place in enumerate(places):
        layer = _prefix_of(place, name)
        layer.prefix_keys.assign(_turned(place, pairs[:, number, 0], -count))
        layer.prefix_values.assign(pairs[:, number, 1])


def prefix_files(
    naming: Naming, adapter: PrefixTuning
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Returns the configuration and the tensors of prefixes, as PEFT has them.

    Args:
        naming: the `Naming` of the model.
        adapter: the `PrefixTuning` in it.

    Raises:
        InputError: if the family is not exchanged, or some layers have no prefix.

    Example:

    See `export_peft`, which calls it.
    """
    try:
        places = prefix_places(naming)
    except ValueError as error:
        raise InputError(
            f"Expected adapters that PEFT has in the same form. Received: {error}"
        ) from error
    layers = [_prefix_of(place, adapter.name) for place in places]
    if any(layer is None for layer in layers):
        raise InputError(
            "Expected a prefix in every attention layer, as PEFT has it. Received: one in "
            f"{sum(layer is not None for layer in layers)} of {len(layers)}. Leave `targets` out"
        )
    count, (heads, size, _) = adapter.num_virtual_tokens, places[0].heads
    pairs = [
        (_turned(place, layer.prefix_keys, count), keras.ops.convert_to_numpy(layer.prefix_values))
        for place, layer in zip(places, layers, strict=True)
    ]
    tensor = np.stack([np.stack(pair, axis=1) for pair in pairs], axis=1)
    counts = (count, len(places), heads, heads * size)
    return {
        "peft_type": METHOD,
        "task_type": "CAUSAL_LM",  # By which PEFT finds the class that gives a model its prefix.
        **dict(zip(_COUNTS, counts, strict=True)),
        "num_transformer_submodules": 1,
        "encoder_hidden_size": heads * size,
        "prefix_projection": False,
    }, {TENSOR: tensor.reshape(count, -1).astype("float32")}


def _prefix_of(place: AttentionPlace, name: str) -> Any:
    adapted = adapted_layer(place.layer)
    return None if adapted is None else adapted.adapters.get(name)


def _turned(place: AttentionPlace, keys: Any, positions: int) -> np.ndarray:
    """Keys of shape `(count, heads, size)`, each turned on by some positions."""
    rotary = place.layer.rotary_embedding_layer
    each = keras.ops.convert_to_tensor(keys, "float32")[:, None]
    return keras.ops.convert_to_numpy(rotary(each, start_index=positions)[:, 0])
