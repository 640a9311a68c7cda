"""Files and directories that hold a model or describe one."""

from collections.abc import Callable
from pathlib import Path

from kerastune.counting.sources.configurations import configuration_in, count_configuration
from kerastune.counting.sources.run_files import CONFIGURATION, is_run, model_of_run
from kerastune.counting.weights import ModelCount
from kerastune.errors import InputError

SUFFIXES = (".keras", ".json", ".safetensors", ".h5", ".yaml")


def looks_like_a_path(text: str) -> bool:
    """Whether a text that names no file was meant to.

    Args:
        text: str, what the person wrote.

    Returns:
        Whether it ends as the files that can be counted do, or is a path without a function.

    Example:

    >>> looks_like_a_path("runs/lenet"), looks_like_a_path("models/mine.py:build")
    (True, False)
    """
    return text.endswith(SUFFIXES) or ("/" in text and ":" not in text)


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
    """
    if path.is_dir():
        if is_run(path):
            return count_path(model_of_run(path), name, trust=trust)
        return count_configuration(configuration_in(path), name, trust=trust)
    if not path.is_file():
        raise InputError(
            f"Expected a file or directory with a model. Received: {name!r}, which does not exist"
        )
    if is_run(path.parent) and path.name == CONFIGURATION:
        return count_path(model_of_run(path.parent), name, trust=trust)
    if path.suffix == ".json":
        return count_configuration(path, name, trust=trust)
    return _count_weights(path, name, trust)


def _count_weights(path: Path, name: str, trust: bool) -> ModelCount:
    """Count a file that holds weights, by its header where that is enough."""
    from kerastune.counting import files

    readers: dict[str, Callable[[], ModelCount]] = {
        ".keras": lambda: files.count_keras_file(path, trust=trust),
        ".safetensors": lambda: files.count_safetensors(path),
        ".h5": lambda: files.count_weights_file(path),
    }
    if path.suffix not in readers:
        hint = f". Name its function: {name}:function" if path.suffix == ".py" else ""
        raise InputError(
            f"Expected a file that ends in {', '.join(SUFFIXES)}. Received: {name!r}{hint}"
        )
    return readers[path.suffix]()
