"""Files and directories that hold a model or describe one."""

from collections.abc import Callable
from pathlib import Path

from kerastune.counting import files
from kerastune.counting.sources.hugging_face import count_hugging_face
from kerastune.counting.sources.keras_hub import count_backbone
from kerastune.counting.sources.names import SUFFIXES
from kerastune.counting.sources.run_directories import is_run, model_of_run
from kerastune.counting.weights import ModelCount
from kerastune.errors import InputError, reason
from kerastune.untrusted.reading import read_json


def count_path(path: Path, name: str, *, trust: bool = False) -> ModelCount:
    """Count the model in a file or directory.

    Args:
        path: path of a file that ends in one of `SUFFIXES`, a directory with a `config.json`,
            a run of this project or its `config.yaml`.
        name: str, what the person wrote.
        trust: bool, whether a Keras file may hold Lambda layers and classes outside Keras.
            Defaults to False.

    Returns:
        A `ModelCount`.

    Raises:
        InputError: if there is no such file, or it is not a model.
        MissingExtraError: if KerasHub is needed and not installed.
    """
    if is_run(path):
        path = model_of_run(path)
    elif path.is_dir():
        path = _configuration_in(path)
    if not path.is_file():
        raise InputError(
            f"Expected a file or directory with a model. Received: {name!r}, which does not exist"
        )
    readers: dict[str, Callable[[], ModelCount]] = {
        ".keras": lambda: files.count_keras_file(path, trust=trust),
        ".safetensors": lambda: files.count_safetensors(path),
        ".h5": lambda: files.count_weights_file(path),
        ".json": lambda: count_configuration(path, name, trust=trust),
    }
    if path.suffix not in readers:
        hint = f". Name its function: {name}:function" if path.suffix == ".py" else ""
        raise InputError(
            f"Expected a file that ends in {', '.join(SUFFIXES)}. Received: {name!r}{hint}"
        )
    return readers[path.suffix]()


def count_configuration(path: Path, name: str, *, trust: bool = False) -> ModelCount:
    """Count the model that a JSON file describes, told by what is in it.

    Args:
        path: path of the file, whatever it is called: `config.json` of Hugging Face or of a
            KerasHub preset, what `model.to_json()` gives, or the index of weights in
            several files.
        name: str, what the person wrote; the name of the count.
        trust: bool, as in `count_path`. Defaults to False.

    Returns:
        A `ModelCount`.

    Raises:
        InputError: if it is none of these, or describes what cannot be built.
        MissingExtraError: if KerasHub is needed and not installed.
    """
    try:
        config = read_json(path)
    except (OSError, ValueError) as error:
        raise InputError(
            f"Expected a JSON file that describes a model. Received: {str(path)!r}: {reason(error)}"
        ) from error
    if str(config.get("registered_name")).startswith("keras_hub>"):
        return count_backbone(config, name)
    if "class_name" in config and "config" in config:
        return files.count_keras_file(path, trust=trust)
    if "model_type" in config or "architecture" in config:
        return count_hugging_face(config, name)
    if "weight_map" in config:
        of_keras = path.name.endswith(".weights.json")
        return files.count_weights_file(path) if of_keras else files.count_safetensors(path)
    raise InputError(
        "Expected JSON of Keras (`model.to_json()`), of a KerasHub preset, of Hugging Face "
        f"(`model_type`) or an index of weights (`weight_map`). Received: {name!r}, with the "
        f"keys {list(config)[:5]}"
    )


def _configuration_in(directory: Path) -> Path:
    path = directory / "config.json"
    if not path.is_file():
        raise InputError(
            "Expected a directory with a config.json (KerasHub, Hugging Face) or a run of this "
            f"project. Received: {str(directory)!r}, which has neither. Give the file itself"
        )
    return path
