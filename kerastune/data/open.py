"""Opening of data of any form as a source."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from kerastune.data.arrays import from_arrays
from kerastune.data.boxes import BOXES
from kerastune.data.bundled import diabetes, digits, mnist_5000
from kerastune.data.bundled_tables import NAMED_TABLES
from kerastune.data.by_kind import ByKind, are_images
from kerastune.data.columns import Column
from kerastune.data.described import NamedData
from kerastune.data.docstring_texts import docstring_texts
from kerastune.data.documented_functions import (
    docstring_imports,
    docstring_lengths,
    imports_column,
)
from kerastune.data.frames import looks_like_frame
from kerastune.data.given_tables import table_of
from kerastune.data.glyphs import glyphs
from kerastune.data.interactions import named_films
from kerastune.data.kinds import require_known_classes
from kerastune.data.label_lists import with_known_labels
from kerastune.data.labels import require_two_classes
from kerastune.data.made_pairs import dates, numbers, places
from kerastune.data.movielens import genres_column, movielens_genres, movielens_ratings
from kerastune.data.openers import Opener, find_opener, opener, schemes
from kerastune.data.python_names import NAME_TAGS
from kerastune.data.python_source import python_source
from kerastune.data.records import looks_like_records
from kerastune.data.rotated import digits_and_angles, rotated_digits
from kerastune.data.scenes import SCENE_COLUMNS, scenes
from kerastune.data.sentences import PACKAGES, docstring_sentences
from kerastune.data.shard_files import files_of
from kerastune.data.similar_labels import noted_labels
from kerastune.data.source import Source
from kerastune.data.spoken_words import NAMED_SPEECH
from kerastune.data.texture_patches import TEXTURE_COLUMNS, textures
from kerastune.data.tfds import read_tfds
from kerastune.errors import InputError, WrongDataError, closest, reason

_DIGIT = Column("image", shape=(28, 28, 1))
_TEN = tuple("0123456789")
_PROSE = {"text": Column("text"), "module": Column("group")}
_LENGTHS = {"text": Column("text"), "log10_lines": Column("quantity")}
_PAIR = {"source": Column("text"), "target": Column("text")}

NAMED: dict[str, NamedData] = {
    "dates": NamedData(dates, _PAIR, ("target",)),
    "diabetes": NamedData(
        diabetes, {"array": Column("array", shape=(10,)), "label": Column("quantity", shape=(1,))}
    ),
    "digits": NamedData(digits, {"image": _DIGIT, "label": Column("class", class_names=_TEN)}),
    "digits_and_angles": NamedData(
        digits_and_angles,
        {
            "image": Column("image", shape=(14, 14, 1)),
            "angle": Column("quantity", shape=(1,)),
            "digit": Column("class", class_names=_TEN),
        },
        ("digit", "angle"),
    ),
    "docstring_imports": NamedData(
        docstring_imports, {"text": Column("text"), "imports": imports_column()}, ("imports",)
    ),
    "docstring_lengths": NamedData(docstring_lengths, _LENGTHS, ("log10_lines",)),
    "docstring_prose": NamedData(docstring_texts, _PROSE, ()),
    "docstrings": NamedData(
        docstring_sentences,
        {"text": Column("text"), "label": Column("class", class_names=tuple(PACKAGES))},
    ),
    "movielens_100k": named_films(),
    "glyphs": NamedData(glyphs, {"image": _DIGIT, "caption": Column("text")}, ()),
    "movielens_genres": NamedData(
        movielens_genres, {"text": Column("text"), "genres": genres_column()}, ("genres",)
    ),
    "movielens_ratings": NamedData(
        movielens_ratings, {"text": Column("text"), "rating": Column("quantity")}, ("rating",)
    ),
    "mnist_5000": NamedData(
        mnist_5000, {"image": _DIGIT, "label": Column("class", class_names=_TEN)}
    ),
    "numbers": NamedData(numbers, _PAIR, ("target",)),
    "places": NamedData(places, _PAIR, ("target",)),
    "python_source": NamedData(
        python_source,
        {"tokens": Column("tokens"), "tags": Column("tags", class_names=NAME_TAGS)},
        ("tags",),
    ),
    "rotated_digits": NamedData(
        rotated_digits, {"image": _DIGIT, "angle": Column("quantity", shape=(1,))}, ("angle",)
    ),
    "scenes": NamedData(scenes, SCENE_COLUMNS, (BOXES,)),
    "textures": NamedData(textures, TEXTURE_COLUMNS),
    **NAMED_SPEECH,
    **NAMED_TABLES,
}
"""The data sets that come with the libraries this one needs, by name."""

_SOME_DIGITS = re.compile(r"(\d)-(\d)")


@opener("tfds")
def _open_tfds(text: str) -> Source:
    name, _, split = text.partition(":")
    return read_tfds(name, split=split or "train")


def _open_part(name: str, made: Callable[[str], Source], part: str) -> Source:
    return replace(NAMED[name], load=lambda: made(part)).open(f"{name}:{part}")


opener("scenes")(partial(_open_part, "scenes", scenes))
opener("textures")(partial(_open_part, "textures", textures))


@opener("digits")
def _open_some_digits(text: str) -> Source:
    found = _SOME_DIGITS.fullmatch(text)
    if found is None or found[1] >= found[2]:
        raise InputError(
            f"Expected two digits in ascending order, such as digits:5-9. Received: 'digits:{text}'"
        )
    first, last = int(found[1]), int(found[2])
    columns = {"image": _DIGIT, "label": Column("class", class_names=_TEN[first : last + 1])}
    return NamedData(lambda: digits(first=first, last=last), columns).open(f"digits:{text}")


@opener("docstring_prose")
def _open_some_prose(count: str) -> Source:
    if not count.isdecimal():
        raise InputError(
            "Expected a number of texts, such as docstring_prose:350. Received: "
            f"'docstring_prose:{count}'"
        )
    texts = NamedData(lambda: docstring_texts(int(count)), _PROSE, ())
    return texts.open(f"docstring_prose:{count}")


def _open_pairs(name: str, languages: str) -> Source:
    made = {"dates": dates, "numbers": numbers, "places": places}[name]
    return NamedData(lambda: made(languages), _PAIR, ("target",)).open(f"{name}:{languages}")


for _name in ("dates", "numbers", "places"):
    opener(_name)(partial(_open_pairs, _name))


def open_data(
    data: Any,
    *,
    input_kind: str | None = None,
    text_column: str = "text",
    image_column: str | None = None,
    label_column: str | Sequence[str] | None = None,
    target_kind: str | None = None,
    class_names: Sequence[str] | None = None,
) -> Source:
    """Opens what a recipe is given as `data`.

    Args:
        data: one of
            - a `Source`;
            - a tuple of features and labels, see `from_arrays`;
            - records: a list of dictionaries, or anything with a length whose items are
              dictionaries, such as a Grain source, see `from_records`;
            - the name of a data set in `NAMED`, such as `"docstrings"`, `"digits"`, `"glyphs"`
              (images with captions), `"scenes"` (with boxes) or `"autompg"` (a table);
            - `"digits:5-9"`, the digits from one to another; `"textures:train"`,
              `"textures:test"` and so of `scenes`, one part of them;
            - `"spoken_words"`, also with options; other recordings are opened by `open_audio`;
            - `"movielens_100k"`, `"movielens:FOLDER"` and `"criteo:FILE"`, ratings and clicks;
            - `"dates:en:de"`, `"numbers:en:fr"`, `"places:en:de"`, pairs in two languages;
            - `"tfds:NAME"` or `"tfds:NAME:SPLIT"`, by default `train`, see `read_tfds`;
            - another scheme that an `opener` is registered for;
            - the path of a table of texts, see `read_table`, or images, see `labelled_images`;
            - a frame of Polars or pandas, a table of Arrow, a data set of Hugging Face or a
              dictionary of columns, with texts or images;
            - the path of a folder of text files or images, one subfolder a class, see
              `read_text_folder` and `read_image_folder`.
        input_kind: str, `"text"` or `"image"`, what is to be read where there could be both.
            Defaults to None, for what is found.
        text_column: str, the column of texts in tables. Defaults to `"text"`.
        image_column: str, the column of images, or of their paths, in tables. Defaults to the
            only one that looks like it.
        label_column: str, the column to predict in tables and records; a sequence of str for
            several, with images. Defaults to `"label"`; with images, also to the only other
            column.
        target_kind: str, `"class"` or `"quantity"`, what the columns to predict of a table of
            images are read as, and with `input_kind="text"` also `"multilabel"`, lists of
            labels. Defaults to what they seem to be.
        class_names: sequence of str, the classes that are known, such as those of the
            training data. By default, those of the data.

    Returns:
        A `Source`.

    Raises:
        InputError: if there is no such data, it cannot be read, or its classes are not
            the `class_names`.

    Example:

    >>> len(open_data("digits"))
    1797
    >>> open_data((["a joy", "a bore"], ["good", "bad"])).columns["label"].class_names
    ('bad', 'good')
    """
    names = None if class_names is None else tuple(class_names)
    by_kind = ByKind(
        input_kind, text_column, image_column, _labels(label_column), target_kind, names
    )
    source = _open(data, by_kind)
    return source if class_names is not None else noted_labels(source)


def _open(data: Any, by_kind: ByKind) -> Source:
    class_names = by_kind.class_names
    if isinstance(data, tuple) and len(data) == 2:
        if by_kind.input_kind == "image" and are_images(data[0]):
            return by_kind.of_images(*data)
        if by_kind.is_of_texts(data[1]):
            return by_kind.of_texts(*data)
        return from_arrays(*data, class_names=class_names)
    if isinstance(data, Source):
        return _checked(data, class_names)
    if looks_like_frame(data) or isinstance(data, Mapping):
        return by_kind.of_table(table_of(data))
    if looks_like_records(data):
        return by_kind.of_records(data)
    if not isinstance(data, str | PathLike):
        raise WrongDataError(
            "Expected data that is a Source, a tuple (features, labels), a frame, records, a name "
            f"or a path. Received: {type(data).__name__}"
        )
    if data in NAMED:
        return _checked(NAMED[str(data)].open(str(data)), class_names)
    if isinstance(data, str) and (found := find_opener(data)):
        return _checked(_opened(data, *found), class_names)
    return _open_path(Path(data), by_kind)


def _labels(label_column: str | Sequence[str] | None) -> tuple[str, ...] | None:
    if isinstance(label_column, str):
        return (label_column,)
    return None if label_column is None else tuple(label_column)


def _opened(data: str, open_it: Opener, rest: str) -> Source:
    """Returns the source that an opener gives."""
    source = open_it(rest)
    if not isinstance(source, Source):
        raise InputError(
            f"Expected an opener that gives a Source. Received: {type(source).__name__} for "
            f"{data!r}"
        )
    return source


def _open_path(path: Path, by_kind: ByKind) -> Source:
    try:
        is_folder, exists = path.is_dir(), path.exists() or bool(files_of(path))
    except OSError as error:
        raise InputError(
            f"Expected data that can be read. Received: {str(path)!r}: "
            f"{error.strerror or reason(error)}"
        ) from error
    if is_folder:
        return by_kind.of_folder(path)
    if not exists:
        names = [*NAMED, *(f"{scheme}:NAME" for scheme in schemes())]
        raise WrongDataError(
            f"Expected a file, a folder, {', '.join(names[:-1])} or {names[-1]} as data. "
            f"Received: {str(path)!r}, no such file or data set.{closest(str(path), list(NAMED))}"
        )
    return by_kind.of_file(path)


def _checked(source: Source, class_names: Sequence[str] | None) -> Source:
    """Returns the source, if its labels name two classes or more, or are of those known."""
    if class_names is not None:
        if several := [
            name for name in source.targets if source.columns[name].kind == "multilabel"
        ]:
            return with_known_labels(source, several[0], tuple(class_names))
        return require_known_classes(source, tuple(class_names))
    for name in source.targets:
        column = source.columns[name]
        if column.kind == "class":
            names = column.class_names or ()
            require_two_classes([names[code] for code in np.unique(source.values[name])])
    return source
