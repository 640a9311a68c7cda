"""The `config.json` of a pretrained model, from the local cache or the network, and no more."""

import os
from collections.abc import Callable
from pathlib import Path

from kerastune.errors import InputError, MissingExtraError, reason
from kerastune.models.hubs import HUGGING_FACE, KAGGLE
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
        return _from_kaggle(handle, name.split("/"))
    if scheme == "hf":
        return _from_hugging_face(handle, name)
    raise InputError(f"Expected a handle that starts with kaggle:// or hf://. Received: {handle!r}")


def _from_kaggle(handle: str, parts: list[str]) -> Path:
    """The configuration in the cache of kagglehub."""
    if len(parts) not in (4, 5) or not all(parts):
        raise InputError(
            "Expected kaggle://owner/model/framework/variation, with /version or without. "
            f"Received: {handle!r}"
        )
    root = Path(os.environ.get("KAGGLEHUB_CACHE") or Path.home() / ".cache" / "kagglehub")
    folder = root.joinpath("models", *parts[:4])
    versions = [path.name for path in folder.glob("*") if path.name.isdigit()]
    version = parts[4] if len(parts) == 5 else max(versions, key=int, default="1")
    cached = folder / version / _CONFIGURATION
    if cached.is_file():
        return cached
    _require_network(handle, KAGGLE, cached)
    try:
        from kagglehub import model_download
    except ImportError as error:
        raise MissingExtraError("Downloading from Kaggle", "hub") from error
    return _download(handle, lambda: model_download("/".join(parts), path=_CONFIGURATION))


def _from_hugging_face(handle: str, name: str) -> Path:
    """The configuration in the cache of huggingface_hub."""
    if len(name.split("/")) != 2 or not all(name.split("/")):
        raise InputError(f"Expected hf://owner/model. Received: {handle!r}")
    try:
        from huggingface_hub import constants, hf_hub_download, try_to_load_from_cache
    except ImportError as error:
        raise MissingExtraError("Reading from Hugging Face", "hub") from error
    cached = try_to_load_from_cache(name, _CONFIGURATION, cache_dir=constants.HF_HUB_CACHE)
    if isinstance(cached, str):
        return Path(cached)
    server = os.environ.get("HF_ENDPOINT") or HUGGING_FACE
    folder = Path(constants.HF_HUB_CACHE) / f"models--{name.replace('/', '--')}"
    _require_network(handle, server, folder)
    return _download(handle, lambda: hf_hub_download(name, _CONFIGURATION))


def _require_network(handle: str, server: str, cached: Path) -> None:
    """Raise within seconds unless the server answers."""
    if not answers(server):
        raise InputError(
            f"Expected a network or a local copy to read the configuration of {handle!r}. "
            f"Received: no answer from {server} and no copy in {cached}. Give a directory with "
            "its config.json, or the class: keras_hub:BertBackbone(vocabulary_size=..., ...)"
        )


def _download(handle: str, download: Callable[[], str]) -> Path:
    """The file that a client downloads; its failure as an error for a person."""
    try:
        return Path(download())
    # The clients share no family of errors: requests', httpx' and their own occur.
    except Exception as error:
        raise InputError(
            f"Expected to download {_CONFIGURATION} of {handle!r}. Received: {reason(error)}. "
            "Check the name and the access rights, or give a directory with that file"
        ) from error
