"""The `config.json` of a pretrained model, from the local cache or the network, and no more."""

from pathlib import Path

from kerastune.errors import InputError, MissingExtraError
from kerastune.models.hubs import (
    KAGGLE,
    check_hugging_face_name,
    download,
    hugging_face_folder,
    hugging_face_server,
    kaggle_folder,
)
from kerastune.network import answers

_CONFIGURATION = "config.json"


def fetch_configuration(handle: str) -> Path:
    """The file `config.json` of a pretrained model; its weights stay where they are.

    Args:
        handle: str, `kaggle://owner/model/framework/variation`, with `/version` or without,
            or `hf://owner/model`.

    Returns:
        The file in the cache of the hub's own client.

    Raises:
        InputError: if the handle is malformed, or the file is neither in the cache nor can
            be downloaded. Without a network this takes seconds.
        MissingExtraError: if the client of the hub is not installed.

    Example:

    >>> fetch_configuration("hf://bert")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected hf://owner/model. Received: 'hf://bert'
    """
    scheme, _, name = handle.partition("://")
    if scheme == "kaggle":
        return _from_kaggle(handle, name)
    if scheme == "hf":
        return _from_hugging_face(handle, name)
    raise InputError(f"Expected a handle that starts with kaggle:// or hf://. Received: {handle!r}")


def _from_kaggle(handle: str, name: str) -> Path:
    """The configuration in the cache of kagglehub."""
    cached = kaggle_folder(handle) / _CONFIGURATION
    if cached.is_file():
        return cached
    _require_network(handle, KAGGLE, cached)
    try:
        from kagglehub import model_download
    except ImportError as error:
        raise MissingExtraError("Downloading from Kaggle", "hub") from error
    return download(_what(handle), lambda: model_download(name, path=_CONFIGURATION))


def _from_hugging_face(handle: str, name: str) -> Path:
    """The configuration in the cache of huggingface_hub."""
    check_hugging_face_name(handle)
    try:
        from huggingface_hub import constants, hf_hub_download, try_to_load_from_cache
    except ImportError as error:
        raise MissingExtraError("Reading from Hugging Face", "hub") from error
    cached = try_to_load_from_cache(name, _CONFIGURATION, cache_dir=constants.HF_HUB_CACHE)
    if isinstance(cached, str):
        return Path(cached)
    _require_network(handle, hugging_face_server(), hugging_face_folder(name))
    return download(_what(handle), lambda: hf_hub_download(name, _CONFIGURATION))


def _require_network(handle: str, server: str, cached: Path) -> None:
    """Raise within seconds unless the server answers."""
    if not answers(server):
        raise InputError(
            f"Expected a network or a local copy to read the configuration of {handle!r}. "
            f"Received: no answer from {server} and no copy in {cached}. Give a directory with "
            "its config.json, or the class: keras_hub:BertBackbone(vocabulary_size=..., ...)"
        )


def _what(handle: str) -> str:
    """What is downloaded, for a person."""
    return f"{_CONFIGURATION} of {handle!r}"
