"""Files and directories that hold a model or describe one."""

from collections.abc import Callable
from pathlib import Path

from kerastune.counting.files.keras_file import count_keras_file
from kerastune.counting.files.safetensors_file import count_safetensors
from kerastune.counting.files.weights_file import count_weights_file
from kerastune.counting.weights import ModelCount
from kerastune.errors import InputError, reason
from kerastune.jobs.run_directories import MARKER
from kerastune.params.sources.hugging_face import count_hugging_face
from kerastune.params.sources.keras_hub import count_backbone
from kerastune.params.sources.texts import SUFFIXES
from kerastune.untrusted.reading import read_json

_MODELS = ("model.keras", "model.json")  # The second of a run that is stored without its base.
_OPTIONS = "config.yaml"  # What a run writes of its own options.


def count_path(path: Path, name: str, *, trust: bool) -> ModelCount:
    """Count the model in a file that ends in one of `SUFFIXES`, or in a directory.

    A directory has a `config.json`, or is a run: then its model counts, or where it has none
    yet, what its recipe builds.
    """
    run = path.parent if path.name == _OPTIONS else path
    if (run / MARKER).is_file():
        written = [run / name for name in (*_MODELS, _OPTIONS)]
        path = next((file for file in written if file.is_file()), written[-1])
    elif path.is_dir():
        path = _configuration_in(path)
    if not path.is_file():
        raise InputError(
            f"Expected a file or directory with a model. Received: {name!r}, which does not exist"
        )
    readers: dict[str, Callable[[], ModelCount]] = {
        ".keras": lambda: count_keras_file(path, trust=trust),
        ".safetensors": lambda: count_safetensors(path),
        ".h5": lambda: count_weights_file(path),
        ".json": lambda: count_configuration(path, name, trust=trust),
        ".yaml": lambda: _count_options(path, name, trust),
        ".yml": lambda: _count_options(path, name, trust),
    }
    if path.suffix not in readers:
        hint = f". Name its function: {name}:function" if path.suffix == ".py" else ""
        raise InputError(
            f"Expected a file that ends in {', '.join(SUFFIXES)}. Received: {name!r}{hint}"
        )
    return readers[path.suffix]()


def count_configuration(path: Path, name: str, *, trust: bool) -> ModelCount:
    """Count the model that a JSON file describes, told by what is in it, not by its name.

    It is `config.json` of Hugging Face or of a preset of KerasHub, what `model.to_json()`
    gives, or the index of weights in several files.
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
        return count_keras_file(path, trust=trust)
    if "model_type" in config or "architecture" in config:
        return count_hugging_face(config, name)
    if "weight_map" in config:
        of_keras = path.name.endswith(".weights.json")
        return count_weights_file(path) if of_keras else count_safetensors(path)
    raise InputError(
        "Expected JSON of Keras (`model.to_json()`), of a KerasHub preset, of Hugging Face "
        f"(`model_type`) or an index of weights (`weight_map`). Received: {name!r}, with the "
        f"keys {list(config)[:5]}"
    )


def _count_options(path: Path, name: str, trust: bool) -> ModelCount:
    from kerastune.params.sources.recipes import count_configuration_of_recipe

    return count_configuration_of_recipe(path, name, trust=trust)


def _configuration_in(directory: Path) -> Path:
    path = directory / "config.json"
    if not path.is_file():
        raise InputError(
            "Expected a directory with a config.json (KerasHub, Hugging Face) or a run of this "
            f"project. Received: {str(directory)!r}, which has neither. Give the file itself"
        )
    return path
