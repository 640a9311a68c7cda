"""What a recipe takes as `data`, whatever it is, as a source."""

import re
from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from kerastune.data.arrays import from_arrays
from kerastune.data.bundled import diabetes, digits
from kerastune.data.folders import read_text_folder
from kerastune.data.image_folders import holds_images, read_image_folder
from kerastune.data.labels import require_two_classes
from kerastune.data.rotated import rotated_digits
from kerastune.data.sentences import docstring_sentences
from kerastune.data.source import Source
from kerastune.data.tables import read_table
from kerastune.data.tfds import read_tfds
from kerastune.errors import InputError, closest, reason

_NAMED: dict[str, Callable[[], Source]] = {
    "diabetes": diabetes,
    "digits": digits,
    "docstrings": docstring_sentences,
    "rotated_digits": rotated_digits,
}
_SOME_DIGITS = re.compile(r"digits:(\d)-(\d)")
_TFDS = "tfds:"


def open_source(
    data: Source | tuple[Any, Any] | str | PathLike,
    *,
    text_column: str = "text",
    label_column: str = "label",
    class_names: Sequence[str] | None = None,
) -> Source:
    """Opens what a recipe is given as `data`.

    Args:
        data: one of
            - a `Source`;
            - a tuple of features and labels, see `from_arrays`;
            - `"docstrings"`, `"digits"`, `"rotated_digits"` or `"diabetes"`;
            - `"digits:5-9"`, the digits from one to another;
            - `"tfds:NAME"` or `"tfds:NAME:SPLIT"`, see `read_tfds`; the split
              defaults to `train`;
            - the path of a table, see `read_table`;
            - the path of a folder of text files or images, one subfolder a class, see
              `read_text_folder` and `read_image_folder`.
        text_column: str, for tables. Defaults to `"text"`.
        label_column: str, for tables. Defaults to `"label"`.
        class_names: sequence of str, the classes that are known, such as those of the
            training data. By default, those of the data.

    Returns:
        A `Source`.

    Raises:
        InputError: if there is no such data, it cannot be read, or its classes are not
            the `class_names`.

    Example:

    >>> len(open_source("digits"))
    1797
    >>> open_source((["a joy", "a bore"], ["good", "bad"])).class_names
    ('bad', 'good')
    """
    if isinstance(data, tuple) and len(data) == 2:
        return from_arrays(*data, class_names=class_names)
    if isinstance(data, Source):
        return _checked(data, class_names)
    if not isinstance(data, str | PathLike):
        raise InputError(
            "Expected data that is a Source, a tuple (features, labels), a name or a path. "
            f"Received: {type(data).__name__}"
        )
    if data in _NAMED:
        return _checked(_NAMED[str(data)](), class_names)
    if found := _SOME_DIGITS.fullmatch(str(data)):
        return _checked(digits(first=int(found[1]), last=int(found[2])), class_names)
    if isinstance(data, str) and data.startswith(_TFDS):
        name, _, split = data.removeprefix(_TFDS).partition(":")
        return _checked(read_tfds(name, split=split or "train"), class_names)
    path = Path(data)
    try:
        is_folder, exists = path.is_dir(), path.exists()
    except OSError as error:
        raise InputError(
            f"Expected data that can be read. Received: {str(data)!r}: "
            f"{error.strerror or reason(error)}"
        ) from error
    if is_folder:
        read_folder = read_image_folder if holds_images(path) else read_text_folder
        return read_folder(path, class_names=class_names)
    if not exists:
        raise InputError(
            f"Expected a file, a folder, {', '.join(_NAMED)} or {_TFDS}NAME as data. "
            f"Received: {str(data)!r}, no such file or data set.{closest(str(data), list(_NAMED))}"
        )
    return read_table(
        path, text_column=text_column, label_column=label_column, class_names=class_names
    )


def _checked(source: Source, class_names: Sequence[str] | None) -> Source:
    """The source, if its labels name two classes or more, or are of those known."""
    if class_names is not None:
        if source.class_names != tuple(class_names):
            raise InputError(
                f"Expected the classes {tuple(class_names)}. "
                f"Received: {source.class_names} in {source.name}"
            )
    elif source.class_names is not None:
        require_two_classes([source.class_names[code] for code in np.unique(source.labels)])
    return source
