"""Public data sets by name, from TensorFlow Datasets, read the same on every backend."""

import re
from collections.abc import Sequence
from os import PathLike
from typing import Any

import numpy as np

from kerastune.data.labels import encode_labels
from kerastune.data.source import Source
from kerastune.errors import InputError, MissingExtraError, closest, reason
from kerastune.network import answers

_SERVER = "https://storage.googleapis.com"
_PATIENCE = 5  # seconds to wait for the server


def read_tfds(
    name: str,
    *,
    split: str = "train",
    feature: str | None = None,
    label: str = "label",
    data_dir: str | PathLike | None = None,
) -> Source:
    """Reads a split of a data set of TensorFlow Datasets, by position.

    Labels are read at once, features when they are asked for, so the data may be
    larger than the memory. A data set that is not prepared on this machine is
    downloaded. Nothing is cleaned.

    Args:
        name: str, such as `"imdb_reviews"`, `"mnist"` or `"name/config:1.0.0"`.
        split: str, such as `"train"` or `"train[:80%]"`.
        feature: str, the input. Defaults to `"text"` or `"image"`, whichever there is.
        label: str, the feature to predict. Defaults to `"label"`.
        data_dir: str or path of the folder of prepared data sets. Defaults to the
            environment variable `TFDS_DATA_DIR`, else `~/tensorflow_datasets`.

    Returns:
        A `Source`; its features are str, or arrays such as uint8 images.

    Raises:
        InputError: if there is no such data set, split or feature, or it is neither
            prepared here nor can be downloaded.
        MissingExtraError: if TensorFlow Datasets is not installed.

    Example:

    >>> read_tfds("huggingface:imdb")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a data set without a namespace...
    """
    if re.match(r"\w+:[A-Za-z]", name):  # Asking a hub waits for a network.
        raise InputError(f"Expected a data set without a namespace. Received: {name!r}")
    tfds = _import_tfds()
    builder = _builder(tfds, name, data_dir)
    if not builder.is_prepared():
        _prepare(builder)
    features = builder.info.features
    feature = feature or next((known for known in ("text", "image") if known in features), "text")
    for wanted in (feature, label):
        if wanted not in features:
            raise InputError(
                f"Expected a feature {wanted!r} in tfds:{name}. "
                f"Received: {', '.join(features)}.{closest(wanted, list(features))}"
            )
    items = _open(builder, split, {})
    # Reading the labels must not decode thousands of images.
    undecoded = _open(builder, split, {feature: tfds.decode.SkipDecoding()})
    labels = np.array([item[label] for item in undecoded])
    class_names = getattr(features[label], "names", None)
    if class_names is None and labels.dtype.kind != "f":
        labels, class_names = encode_labels([_text(value) for value in labels.tolist()])
    return Source(
        _Feature(items, feature),
        labels,
        None if class_names is None else tuple(class_names),
        name=f"tfds:{name}:{split}",
    )


class _Feature(Sequence):
    """One feature of the samples, read when it is asked for."""

    def __init__(self, items: Sequence[dict[str, Any]], name: str) -> None:
        self._items = items
        self._name = name

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, position: Any) -> Any:
        # A range knows what an index means, and ends an iteration by its IndexError.
        return _text(self._items[range(len(self))[position]][self._name])


def _import_tfds() -> Any:
    """The package, which takes a second to import and is optional."""
    try:
        import tensorflow_datasets
    except ImportError as error:
        raise MissingExtraError("Reading `tfds:` data sets", "datasets") from error
    return tensorflow_datasets


def _builder(tfds: Any, name: str, data_dir: str | PathLike | None) -> Any:
    """What knows the data set: a prepared copy, or the code that can prepare one."""
    try:
        return tfds.builder(name, data_dir=data_dir)
    except tfds.core.DatasetNotFoundError:
        known = tfds.list_builders(with_community_datasets=False)
        raise InputError(
            "Expected a data set of TensorFlow Datasets, or one prepared in "
            f"{data_dir or tfds.core.constants.DATA_DIR}. "
            f"Received: {name!r}.{closest(name, known)}"
        ) from None  # Its message lists hundreds of names.
    except ValueError as error:
        raise InputError(
            f"Expected a data set of TensorFlow Datasets. Received: {name!r}: {reason(error)}"
        ) from error


def _prepare(builder: Any) -> None:
    """Downloads a data set, or tells within seconds that it cannot be."""
    place = (
        f"tfds:{builder.name} is not prepared in {builder.data_dir}. Put a copy in format "
        "array_record there, or tell where one is with data_dir or TFDS_DATA_DIR"
    )
    if not answers(_SERVER, _PATIENCE):
        raise InputError(
            f"Expected a network to download a data set. Received: no answer from {_SERVER} "
            f"within {_PATIENCE} s; {place}"
        )
    try:
        builder.download_and_prepare(file_format="array_record")
    except Exception as error:  # Each builder runs code of its own.
        raise InputError(
            f"Expected a data set that can be downloaded. Received: {reason(error)}; {place}"
        ) from error


def _open(builder: Any, split: str, decoders: dict[str, Any]) -> Sequence[dict[str, Any]]:
    """The samples of a split by position."""
    try:
        return builder.as_data_source(split=split, decoders=decoders)
    except NotImplementedError as error:
        raise InputError(
            "Expected files that can be read by position. "
            f"Received: {builder.info.file_format.value} files in {builder.data_dir}. Give another "
            "folder as data_dir or TFDS_DATA_DIR, to download it there in format array_record"
        ) from error
    except (ValueError, KeyError) as error:
        raise InputError(
            f"Expected a split of tfds:{builder.name} ({', '.join(builder.info.splits)}). "
            f"Received: {split!r}"
        ) from error


def _text(value: Any) -> Any:
    """A str for the bytes by which TensorFlow Datasets stores text."""
    return value.decode() if isinstance(value, bytes) else value
