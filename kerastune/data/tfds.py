"""Public data sets by name, from TensorFlow Datasets, read the same on every backend."""

import re
from collections.abc import Sequence
from os import PathLike
from typing import Any

import numpy as np

from kerastune.data.columns import Column
from kerastune.data.labels import encode_labels
from kerastune.data.source import Source
from kerastune.errors import InputError, MissingExtraError, closest, reason
from kerastune.network import is_reachable

_SERVER = "https://storage.googleapis.com"
_USUAL = ("text", "image", "audio")
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
        feature: str, the input. Defaults to `"text"`, `"image"` or `"audio"`, whichever there is.
        label: str, the feature to predict. Defaults to `"label"`.
        data_dir: str or path of the folder of prepared data sets. Defaults to the
            environment variable `TFDS_DATA_DIR`, else `~/tensorflow_datasets`.

    Returns:
        A `Source` with the columns `feature`, of str, arrays such as uint8 images, or sound, float
        arrays of shape `(samples,)`, and `label`, its target.

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
    builder = prepared_builder(name, data_dir)
    tfds = _import_tfds()
    features = builder.info.features
    feature = feature or next((known for known in _USUAL if known in features), "text")
    require_features(builder, feature, label)
    items = open_split(builder, split)
    # Reading the labels must not decode thousands of images.
    undecoded = open_split(builder, split, {feature: tfds.decode.SkipDecoding()})
    labels = np.array([item[label] for item in undecoded])
    class_names = getattr(features[label], "names", None)
    if class_names is None and labels.dtype.kind != "f":
        labels, class_names = encode_labels([as_text(value) for value in labels.tolist()])
    is_audio = isinstance(features[feature], tfds.features.Audio)
    source = Source.of(
        _Sound(items, feature) if is_audio else _Feature(items, feature),
        labels,
        class_names=class_names,
        input_name=feature,
        label_name=label,
        name=f"tfds:{name}:{split}",
    )
    if not is_audio:
        return source
    rate = features[feature].sample_rate
    column = Column("audio", shape=(None,), sample_rate=rate)
    return source.with_column(feature, source.values[feature], column)


def prepared_builder(name: str, data_dir: str | PathLike | None = None) -> Any:
    """Returns the builder of a data set, which is prepared or downloaded if need be.

    Args:
        name: str, as for `read_tfds`.
        data_dir: str or path, likewise.

    Returns:
        A builder of TensorFlow Datasets.

    Raises:
        InputError: if there is no such data set, or it can be neither found nor downloaded.
        MissingExtraError: if TensorFlow Datasets is not installed.
    """
    if re.match(r"\w+:[A-Za-z]", name):  # Asking a hub waits for a network.
        raise InputError(f"Expected a data set without a namespace. Received: {name!r}")
    builder = _builder(_import_tfds(), name, data_dir)
    if not builder.is_prepared():
        _prepare(builder)
    return builder


def require_features(builder: Any, *names: str) -> None:
    """Raises unless a data set has some features.

    Args:
        builder: a builder of TensorFlow Datasets.
        *names: str, the features.

    Raises:
        InputError: if one is missing, with the closest name.
    """
    features = builder.info.features
    for wanted in names:
        if wanted not in features:
            raise InputError(
                f"Expected a feature {wanted!r} in tfds:{builder.name}. "
                f"Received: {', '.join(features)}.{closest(wanted, list(features))}"
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
        return as_text(self._items[range(len(self))[position]][self._name])


class _Sound(_Feature):
    """Sound of the samples, of one channel, as floats from -1 to 1."""

    def __getitem__(self, position: Any) -> Any:
        samples = np.asarray(super().__getitem__(position))
        if samples.ndim > 1:
            samples = samples.mean(axis=1)
        # Whole numbers of 16 bits are kept in 64, as in Speech Commands.
        return samples if samples.dtype.kind == "f" else (samples / 2**15).astype("float32")


def _import_tfds() -> Any:
    """Returns the package, which takes a second to import and is optional."""
    try:
        import tensorflow_datasets
    except ImportError as error:
        raise MissingExtraError("Reading `tfds:` data sets", "datasets") from error
    return tensorflow_datasets


def _builder(tfds: Any, name: str, data_dir: str | PathLike | None) -> Any:
    """Returns the builder of a data set: of a prepared copy, or of the code to prepare one."""
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
    location = (
        f"tfds:{builder.name} is not prepared in {builder.data_dir}. Put a copy in format "
        "array_record there, or tell where one is with data_dir or TFDS_DATA_DIR"
    )
    if not is_reachable(_SERVER, _PATIENCE):
        raise InputError(
            f"Expected a network to download a data set. Received: no answer from {_SERVER} "
            f"within {_PATIENCE} s; {location}"
        )
    try:
        builder.download_and_prepare(file_format="array_record")
    except Exception as error:  # Each builder runs code of its own.
        raise InputError(
            f"Expected a data set that can be downloaded. Received: {reason(error)}; {location}"
        ) from error


def open_split(
    builder: Any, split: str, decoders: dict[str, Any] | None = None
) -> Sequence[dict[str, Any]]:
    """Returns the samples of a split by position.

    Args:
        builder: a builder of TensorFlow Datasets, prepared.
        split: str, such as `"train"`.
        decoders: dictionary from a feature to how it is decoded. Defaults to none.

    Returns:
        Sequence of dictionaries by feature.

    Raises:
        InputError: if there is no such split, or its files cannot be read by position.
    """
    try:
        return builder.as_data_source(split=split, decoders=decoders or {})
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


def as_text(value: Any) -> Any:
    """Returns a str for the bytes by which TensorFlow Datasets stores text.

    Args:
        value: anything; what is not bytes is returned as it is.
    """
    return value.decode() if isinstance(value, bytes) else value
