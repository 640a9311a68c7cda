"""Pretrained files from Kaggle and Hugging Face: the local cache first, then the network."""

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from kerastune.errors import InputError, MissingExtraError, reason
from kerastune.network import is_reachable

KAGGLE = "https://api.kaggle.com"
HUGGING_FACE = "https://huggingface.co"

# Weights in other formats (PyTorch, ONNX, TensorFlow) are not read, so not downloaded.
_WANTED = ["*.json", "*.txt", "*.model", "*.spm", "*.safetensors", "*.weights.h5", "assets/*"]


def fetch(handle: str) -> Path:
    """Returns the directory of a pretrained model that has a handle, downloaded if need be.

    Args:
        handle: str, `kaggle://owner/model/framework/variation`, with `/version` or
            without, or `hf://owner/model`.

    Returns:
        The directory in the cache of the hub's own client.

    Raises:
        InputError: the handle is malformed, or the files are neither in the cache nor
            can be downloaded. Without a network this takes seconds, not minutes.
        MissingExtraError: the client of the hub is not installed.

    Example:

    >>> fetch("kaggle://bert")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected kaggle://owner/model/framework/variation...
    """
    scheme, name = _scheme_and_name(handle)
    if scheme == "hf":
        return _from_hugging_face(handle, name)
    local = _kaggle_folder(name)
    names_a_version = name.count("/") == 4
    # The mark kagglehub leaves when all files of a version have arrived.
    is_complete = local.is_dir() and local.with_name(f"{local.name}.complete").exists()
    if names_a_version and is_complete:
        return local
    if is_reachable(KAGGLE):
        client = _kaggle_client()
        return _download(repr(handle), lambda: client.model_download(name))
    if (local / "config.json").exists():
        return local
    raise _unreachable(handle, KAGGLE, local)


def fetch_file(handle: str, file: str) -> Path:
    """Returns the path of one file of a pretrained model, downloaded if need be.

    Args:
        handle: str, as in `fetch`.
        file: str, the name of the file, such as `"config.json"`.

    Returns:
        The file in the cache of the hub's own client.

    Raises:
        InputError: as in `fetch`.
        MissingExtraError: as in `fetch`.

    Example:

    >>> fetch_file("hf://bert", "config.json")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected hf://owner/model. Received: 'hf://bert'
    """
    scheme, name = _scheme_and_name(handle)
    what = f"{file} of {handle!r}"
    if scheme == "kaggle":
        cached = _kaggle_folder(name) / file
        if cached.is_file():
            return cached
        _require_answer(handle, KAGGLE, cached)
        kaggle = _kaggle_client()
        return _download(what, lambda: kaggle.model_download(name, path=file))
    hub = _hugging_face_client()
    found = hub.try_to_load_from_cache(name, file, cache_dir=hub.constants.HF_HUB_CACHE)
    if isinstance(found, str):
        return Path(found)
    _require_answer(handle, _hugging_face_server(), _hugging_face_folder(name))
    return _download(what, lambda: hub.hf_hub_download(name, file))


def _scheme_and_name(handle: str) -> tuple[str, str]:
    scheme, _, name = handle.partition("://")
    parts = name.split("/")
    forms = {
        "kaggle": ((4, 5), "kaggle://owner/model/framework/variation, with /version or without"),
        "hf": ((2,), "hf://owner/model"),
    }
    if scheme not in forms:
        raise InputError(
            f"Expected a handle that starts with kaggle:// or hf://. Received: {handle!r}"
        )
    lengths, form = forms[scheme]
    if len(parts) not in lengths or not all(parts):
        raise InputError(f"Expected {form}. Received: {handle!r}")
    return scheme, name


def _kaggle_folder(name: str) -> Path:
    """Returns the folder of a version in kagglehub, the newest local one if unnamed."""
    parts = name.split("/")
    cache = Path(os.environ.get("KAGGLEHUB_CACHE") or Path.home() / ".cache" / "kagglehub")
    folder = cache.joinpath("models", *parts[:4])
    versions = [path.name for path in folder.glob("*") if path.is_dir() and path.name.isdigit()]
    return folder / (parts[4] if len(parts) == 5 else max(versions, key=int, default="1"))


def _kaggle_client() -> Any:
    return _client("kagglehub", "Downloading from Kaggle")


def _hugging_face_client() -> Any:
    return _client("huggingface_hub", "Reading from Hugging Face")


def _client(module: str, needed_for: str) -> Any:
    try:
        return import_module(module)
    except ImportError as error:
        raise MissingExtraError(needed_for, "hub") from error


def _from_hugging_face(handle: str, name: str) -> Path:
    """Returns the directory of a Hugging Face model in the cache of huggingface_hub."""
    hub = _hugging_face_client()
    from huggingface_hub.errors import LocalEntryNotFoundError

    server = _hugging_face_server()
    if is_reachable(server):
        return _download(repr(handle), lambda: hub.snapshot_download(name, allow_patterns=_WANTED))
    try:
        return Path(hub.snapshot_download(name, local_files_only=True))
    except LocalEntryNotFoundError as error:
        raise _unreachable(handle, server, _hugging_face_folder(name)) from error


def _hugging_face_server() -> str:
    return os.environ.get("HF_ENDPOINT") or HUGGING_FACE


def _hugging_face_folder(name: str) -> Path:
    """Returns the folder of a model in huggingface_hub, which need not exist."""
    cache = _hugging_face_client().constants.HF_HUB_CACHE
    return Path(cache) / f"models--{name.replace('/', '--')}"


def _download(what: str, client: Callable[[], str]) -> Path:
    """Lets the client of a hub download, and tell its failure to a person."""
    try:
        return Path(client())
    # The clients share no family of errors: requests', httpx' and their own occur.
    except Exception as error:
        raise InputError(
            f"Expected to download {what}. Received: {reason(error)}. "
            "Check the name and the access rights, or give a directory that holds its files"
        ) from error


def _require_answer(handle: str, server: str, cache: Path) -> None:
    """Raises within seconds unless the server answers."""
    if not is_reachable(server):
        raise _unreachable(handle, server, cache)


def _unreachable(handle: str, server: str, cache: Path) -> InputError:
    return InputError(
        f"Expected a network or a local copy to read {handle!r}. Received: no answer from {server} "
        f"and no copy in {cache}. Give a directory that holds its files, or put them there"
    )
