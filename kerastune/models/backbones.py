"""Loading a pretrained network, wherever its files are."""

from pathlib import Path
from typing import Any

import keras

from kerastune.backends import builds_abstract, limited_variables, undrawn_weights
from kerastune.errors import InputError, reason
from kerastune.models.base_references import BaseReference, refer
from kerastune.models.keras_files import FEW, read_keras_file
from kerastune.models.presets import SMOLLM2, import_keras_hub, read_config, resolve
from kerastune.models.smollm2 import smollm2
from kerastune.shares import require_shares
from kerastune.untrusted.preset_folder import check_preset


def load_backbone(preset: str | Path, *, dropout: float | None = None) -> keras.Model:
    """Loads a pretrained backbone with its weights.

    Layers compute in the precision that is set (`keras.config.dtype_policy()`), those
    of a `.keras` file in the one they were saved with.

    A Hugging Face BERT gives the hidden states of the reference implementation: its
    GELU is exact where the configuration says so (see `ExactGeluBertBackbone`).

    Args:
        preset: str or path: `"minilm"`, `"smollm2"`, a KerasHub preset directory, a Hugging
            Face directory, a `.keras` file, the name of a KerasHub preset, or a handle
            (`"kaggle://…"`, `"hf://…"`); see `kerastune.models.presets.resolve`.
        dropout: float from 0 up to 1, the rate of every dropout in the backbone, or None
            for the one it comes with. Defaults to None.

    Returns:
        A Keras model that is not compiled: a KerasHub backbone, or what the `.keras`
        file holds.

    Raises:
        InputError: there is no such preset, its files cannot be read or would run code,
            or it has no dropout to set.
        MissingExtraError: KerasHub, or for `"smollm2"` gguf, is needed and not installed.
        MissingPackageError: the package that holds SmolLM2 is needed and not installed.

    Example:

    >>> backbone = load_backbone("minilm", dropout=0.0)
    >>> backbone.count_params(), backbone.dropout
    (22713216, 0.0)
    """
    if dropout is not None:
        require_shares(dropout=dropout)
    return refer(_loaded(preset, dropout), BaseReference.of(preset))


def _loaded(preset: str | Path, dropout: float | None) -> keras.Model:
    if str(preset) == SMOLLM2:
        # It is counted also where the package with its weights is missing.
        return smollm2(weights=None if builds_abstract() else "instruct", dropout=dropout or 0.0)
    path = resolve(preset)
    changes = {} if dropout is None else {"dropout": dropout}
    if path.is_file():
        return _rebuilt(read_keras_file(path), None, changes, path)
    config = read_config(path)
    backbone = _read_directory(path)
    if config.get("model_type") != "bert":
        return _rebuilt(backbone, None, changes, path)
    from kerastune.models.bert import as_configured

    backbone_class, options = as_configured(config)
    return _rebuilt(backbone, backbone_class, {**options, **changes}, path)


def _read_directory(directory: Path) -> keras.Model:
    """Returns the backbone in a KerasHub preset directory or a Hugging Face directory."""
    keras_hub = import_keras_hub("Loading a pretrained backbone")
    try:
        numbers = check_preset(directory)
        if builds_abstract():
            return keras_hub.models.Backbone.from_preset(str(directory), load_weights=False)
        with limited_variables(2 * numbers + FEW), undrawn_weights():
            return keras_hub.models.Backbone.from_preset(str(directory))
    # The readers of HDF5, safetensors and Keras objects share no family of errors.
    except Exception as error:
        raise InputError(
            "Expected a directory with a whole backbone. "
            f"Received: {str(directory)!r}: {reason(error)}"
        ) from error


def _rebuilt(
    backbone: keras.Model,
    backbone_class: type[keras.Model] | None,
    changes: dict[str, Any],
    path: Path,
) -> keras.Model:
    """Returns the same weights in a backbone of another class, or with other options."""
    backbone_class = backbone_class or type(backbone)
    config = backbone.get_config()
    unknown = [key for key in changes if key not in config]
    if unknown:
        raise InputError(
            f"Expected a backbone with the option {unknown[0]!r}. Received: {str(path)!r}, "
            f"a {type(backbone).__name__} without it. Leave {unknown[0]!r} out"
        )
    if backbone_class is type(backbone) and changes.items() <= config.items():
        return backbone
    with undrawn_weights():
        rebuilt = backbone_class.from_config({**config, **changes})
        if not builds_abstract():
            rebuilt.set_weights(backbone.get_weights())
    return rebuilt
