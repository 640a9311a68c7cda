"""The JSON files that describe a model, told apart by what is in them."""

import json
from pathlib import Path
from typing import Any

from kerastune.counting.sources.backbone_files import count_backbone
from kerastune.counting.sources.hugging_face import count_hugging_face
from kerastune.counting.weights import ModelCount
from kerastune.errors import InputError, reason

# Configurations of the largest models are a few megabytes.
_MOST_BYTES = 64 * 2**20


def configuration_in(directory: Path) -> Path:
    """The `config.json` of a directory.

    Args:
        directory: path of a directory.

    Returns:
        Path of the file.

    Raises:
        InputError: if there is none.
    """
    path = directory / "config.json"
    if not path.is_file():
        raise InputError(
            "Expected a directory with a config.json (KerasHub, Hugging Face) or a run of this "
            f"project. Received: {str(directory)!r}, which has neither. Give the file itself"
        )
    return path


def count_configuration(path: Path, name: str, *, trust: bool = False) -> ModelCount:
    """Count the model that a JSON file describes.

    Args:
        path: path of the file, whatever it is called: `config.json` of Hugging Face or of a
            KerasHub preset, what `model.to_json()` gives, or the index of weights in
            several files.
        name: str, what the person wrote; the name of the count.
        trust: bool, whether a Keras configuration may hold Lambda layers and classes outside
            Keras. Defaults to False.

    Returns:
        A `ModelCount`.

    Raises:
        InputError: if it is none of these, or describes what cannot be built.
        MissingExtraError: if KerasHub is needed and not installed.
    """
    config = _read(path)
    registered = config.get("registered_name")
    if isinstance(registered, str) and registered.startswith("keras_hub>"):
        return count_backbone(config, name)
    if "class_name" in config and "config" in config:
        from kerastune.counting.files import count_keras_file

        return count_keras_file(path, trust=trust)
    if "model_type" in config or "architecture" in config:
        return count_hugging_face(config, name)
    if "weight_map" in config:
        from kerastune.counting.files import count_safetensors, count_weights_file

        of_keras = path.name.endswith(".weights.json")
        return count_weights_file(path) if of_keras else count_safetensors(path)
    raise InputError(
        "Expected JSON of Keras (`model.to_json()`), of a KerasHub preset, of Hugging Face "
        f"(`model_type`) or an index of weights (`weight_map`). Received: {name!r}, with the "
        f"keys {list(config)[:5]}"
    )


def _read(path: Path) -> dict[str, Any]:
    """The dictionary in a JSON file."""
    try:
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise ValueError(f"{size:,} bytes, more than the {_MOST_BYTES:,} of any configuration")
        config = json.loads(path.read_text(encoding="utf-8"))
    # RecursionError: lists in lists in lists.
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"Expected a JSON file that describes a model. Received: {str(path)!r}: {reason(error)}"
        ) from error
    if not isinstance(config, dict):
        raise InputError(
            f"Expected a JSON file that describes a model. Received: {str(path)!r}, which holds "
            f"a {type(config).__name__}"
        )
    return config
