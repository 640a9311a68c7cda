"""Pretrained files from Kaggle and Hugging Face: the local cache first, then the network."""

import os
from collections.abc import Callable
from pathlib import Path

from kerastune.errors import InputError, MissingExtraError, reason
from kerastune.network import answers

KAGGLE = "https://api.kaggle.com"
HUGGING_FACE = "https://huggingface.co"

# Weights in other formats (PyTorch, ONNX, TensorFlow) are not read, so not downloaded.
_WANTED = ["*.json", "*.txt", "*.model", "*.spm", "*.safetensors", "*.weights.h5", "assets/*"]


def fetch(handle: str) -> Path:
    """The directory of a pretrained model that has a handle, downloaded if need be.

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
    scheme, _, name = handle.partition("://")
    if scheme == "kaggle":
        return _from_kaggle(handle, name)
    if scheme == "hf":
        return _from_hugging_face(handle, name)
    raise InputError(f"Expected a handle that starts with kaggle:// or hf://. Received: {handle!r}")


def _from_kaggle(handle: str, name: str) -> Path:
    """The directory of a Kaggle model in the cache of kagglehub."""
    local = kaggle_folder(handle)
    names_a_version = name.count("/") == 4
    # The mark kagglehub leaves when all files of a version have arrived.
    is_complete = local.is_dir() and local.with_name(f"{local.name}.complete").exists()
    if names_a_version and is_complete:
        return local
    if answers(KAGGLE):
        try:
            from kagglehub import model_download
        except ImportError as error:
            raise MissingExtraError("Downloading from Kaggle", "hub") from error
        return download(repr(handle), lambda: model_download(name))
    if (local / "config.json").exists():
        return local
    raise _unreachable(handle, KAGGLE, local)


def kaggle_folder(handle: str) -> Path:
    """Where kagglehub keeps a model, whether it is there or not.

    Args:
        handle: str, `kaggle://owner/model/framework/variation`, with `/version` or without.

    Returns:
        Path of the version, the newest local one if the handle names none.

    Raises:
        InputError: if the handle is malformed.

    Example:

    >>> kaggle_folder("kaggle://keras/bert/keras/bert_tiny_en/2").parts[-2:]
    ('bert_tiny_en', '2')
    """
    parts = handle.partition("://")[2].split("/")
    if len(parts) not in (4, 5) or not all(parts):
        raise InputError(
            "Expected kaggle://owner/model/framework/variation, with /version or without. "
            f"Received: {handle!r}"
        )
    cache = Path(os.environ.get("KAGGLEHUB_CACHE") or Path.home() / ".cache" / "kagglehub")
    folder = cache.joinpath("models", *parts[:4])
    versions = [path.name for path in folder.glob("*") if path.is_dir() and path.name.isdigit()]
    return folder / (parts[4] if len(parts) == 5 else max(versions, key=int, default="1"))


def _from_hugging_face(handle: str, name: str) -> Path:
    """The directory of a Hugging Face model in the cache of huggingface_hub."""
    check_hugging_face_name(handle)
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import LocalEntryNotFoundError
    except ImportError as error:
        raise MissingExtraError("Reading from Hugging Face", "hub") from error
    server = hugging_face_server()
    if answers(server):
        return download(repr(handle), lambda: snapshot_download(name, allow_patterns=_WANTED))
    try:
        return Path(snapshot_download(name, local_files_only=True))
    except LocalEntryNotFoundError as error:
        raise _unreachable(handle, server, hugging_face_folder(name)) from error


def check_hugging_face_name(handle: str) -> None:
    """Refuse a handle that is not `hf://owner/model`.

    Args:
        handle: str.

    Raises:
        InputError: if it is otherwise.
    """
    parts = handle.partition("://")[2].split("/")
    if len(parts) != 2 or not all(parts):
        raise InputError(f"Expected hf://owner/model. Received: {handle!r}")


def hugging_face_server() -> str:
    """The address that models of Hugging Face are read from."""
    return os.environ.get("HF_ENDPOINT") or HUGGING_FACE


def hugging_face_folder(name: str) -> Path:
    """Where huggingface_hub keeps a model, whether it is there or not.

    Args:
        name: str, `owner/model`.

    Returns:
        Path.
    """
    from huggingface_hub import constants

    return Path(constants.HF_HUB_CACHE) / f"models--{name.replace('/', '--')}"


def download(what: str, client: Callable[[], str]) -> Path:
    """Let the client of a hub download, and tell its failure to a person.

    Args:
        what: str, what is downloaded.
        client: function that downloads it and gives the path.

    Returns:
        Path of what was downloaded.

    Raises:
        InputError: if the client fails.
    """
    try:
        return Path(client())
    # The clients share no family of errors: requests', httpx' and their own occur.
    except Exception as error:
        raise InputError(
            f"Expected to download {what}. Received: {reason(error)}. "
            "Check the name and the access rights, or give a directory that holds its files"
        ) from error


def _unreachable(handle: str, server: str, cache: Path) -> InputError:
    """The error for a model that is neither cached nor can be downloaded."""
    return InputError(
        f"Expected a network or a local copy to read {handle!r}. Received: no answer from {server} "
        f"and no copy in {cache}. Put its files there, or give a directory that holds them"
    )
