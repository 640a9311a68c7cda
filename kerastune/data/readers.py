"""Readers: functions from `data` to samples with texts, images or tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from kerastune.data.open import open_data
from kerastune.data.open_audio import open_audio
from kerastune.data.open_splits import OpensData
from kerastune.data.open_tokens import open_tokens
from kerastune.data.source import Source
from kerastune.data.text_pairs import open_text_pairs
from kerastune.errors import InputError, WrongDataError

_TEXTS = {
    "class": "Texts with classes are read: a table, a folder of .txt files, or a pair of lists",
    "quantity": "Texts with quantities are read: a table, or a pair of lists",
    "multilabel": "Texts with lists of labels are read: a table, or a pair of lists",
}
_IMAGES = (
    "Images are read: a folder with a subfolder for each class, a table of their paths, or a pair "
    "of images and labels"
)
_AUDIO = (
    "Recordings are read: a folder with a subfolder for each class, or a pair of recordings and "
    "labels"
)
_TOKENS = (
    "Tokens with tags are read: a CoNLL file, a table with lists of both or with one token a row, "
    "or a pair of lists"
)
_PAIRS = (
    "Pairs of texts are read: a table with a column of sources and one of targets, or two lists"
)
_NUMBERS = "Rows of numbers are read: a table, or a pair of arrays"
_IMAGES_OR_ROWS = (
    f"{_IMAGES}; and rows of numbers: a pair of an array and labels. For the columns of a table, "
    "take tabular_classification"
)


@dataclass(frozen=True)
class Reader:
    """A function that opens data, and says what it reads when they are of another kind.

    Args:
        open_with: function from data to a source, such as `open_data`.
        kind: str, the kind of the input; or a tuple of str, the kinds that it may have.
        reads: str, a sentence for messages, without the full stop.

    Example:

    >>> Reader(open_data, "text", "Texts are read")("digits")
    Traceback (most recent call last):
        ...
    kerastune.errors.WrongDataError: Expected an input of kind text in digits. ... Texts are read
    """

    open_with: OpensData
    kind: str | tuple[str, ...]
    reads: str

    def __call__(self, data: Any, *, class_names: tuple[str, ...] | None = None) -> Source:
        """Returns the samples, if they are of the right kind.

        Args:
            data: what `open_with` takes.
            class_names: tuple of str, the classes that are known. Defaults to those found.

        Raises:
            InputError: if they are of another kind, or cannot be read.
        """
        try:
            source = self.open_with(data, class_names=class_names)
            source.input(*((self.kind,) if isinstance(self.kind, str) else self.kind))
        except WrongDataError as error:
            end = "" if str(error).endswith(("?", ".")) else "."
            raise WrongDataError(f"{error}{end} {self.reads}") from error
        return source


def text_reader(
    text_column: str = "text", label_column: str = "label", *, target_kind: str | None = None
) -> Reader:
    """Returns a function that opens data with texts, for `open_splits`.

    Args:
        text_column: str, the column of texts in tables and records. Defaults to `"text"`.
        label_column: str, the column to predict, likewise. Defaults to `"label"`.
        target_kind: str, what that is read as: `"class"`, `"quantity"`, or `"multilabel"`,
            lists of labels. Defaults to classes.

    Raises:
        InputError: if it is another kind.

    Example:

    >>> read = text_reader("review", "stars")
    >>> read([{"review": "a joy", "stars": 5}, {"review": "no", "stars": 1}]).values["review"]
    ['a joy', 'no']
    """
    if target_kind is not None and target_kind not in _TEXTS:
        raise InputError(
            f"Expected a target kind out of {', '.join(_TEXTS)}. Received: {target_kind!r}"
        )
    open_with = partial(
        open_data,
        input_kind="text",
        text_column=text_column,
        label_column=label_column,
        target_kind=target_kind,
    )
    return Reader(open_with, "text", _TEXTS[target_kind or "class"])


def image_reader(
    image_column: str | None = None,
    label_column: str | Sequence[str] | None = None,
    *,
    target_kind: str | None = None,
) -> Reader:
    """Returns a function that opens data with images, for `open_splits`.

    Args:
        image_column: str, the column of images, or of their paths, in tables and records.
            Defaults to the only one that looks like it.
        label_column: str, the column to predict, or a sequence of several, an empty one for all
            others. Defaults to `label`, or the only other column.
        target_kind: str, `"class"` or `"quantity"`, what the columns to predict are read as.
            Defaults to what they seem to be.

    Example:

    >>> import numpy as np
    >>> read = image_reader(target_kind="quantity")
    >>> read((np.zeros((2, 4, 4, 3)), [0.5, 1.5])).columns["image"].described
    'image (4 x 4 x 3)'
    """
    open_with = partial(
        open_data,
        input_kind="image",
        image_column=image_column,
        label_column=label_column,
        target_kind=target_kind,
    )
    return Reader(open_with, "image", _IMAGES)


def image_or_row_reader() -> Reader:
    """Returns a function that opens data with images, or rows of numbers, with classes.

    Example:

    >>> import numpy as np
    >>> read = image_or_row_reader()
    >>> [read((np.zeros(shape), ["a", "b"])).inputs for shape in ((2, 4, 4, 3), (2, 5))]
    [('image',), ('array',)]
    """
    return Reader(image_reader(target_kind="class").open_with, ("image", "array"), _IMAGES_OR_ROWS)


def audio_reader(sample_rate: int) -> Reader:
    """Returns a function that opens recordings with classes, for `open_splits`.

    Args:
        sample_rate: int, samples a second, see `open_audio`.

    Example:

    >>> import numpy as np
    >>> read = audio_reader(8000)
    >>> read(([np.zeros(800), np.zeros(400)], ["no", "yes"])).values["label"].tolist()
    [0, 1]
    """
    return Reader(partial(open_audio, sample_rate=sample_rate), "audio", _AUDIO)


def token_reader(
    token_column: int = 0,
    tag_column: int = -1,
    tokens_name: str = "tokens",
    tags_name: str | None = None,
    sentence_name: str | None = None,
) -> Reader:
    """Returns a function that opens tagged tokens, for `open_splits`.

    Args:
        token_column: int, for CoNLL files, see `open_tokens`. Defaults to 0.
        tag_column: int, likewise. Defaults to -1, the last.
        tokens_name: str, for tables, records and `tfds:`. Defaults to `"tokens"`.
        tags_name: str, likewise. Defaults to the usual ones.
        sentence_name: str, for tables with one token a row. Defaults to the usual ones.

    Example:

    >>> read = token_reader(tags_name="ner")
    >>> read({"tokens": [["Ada", "ran"]], "ner": [["B-name", "O"]]}).values["ner"]
    [[0, 1]]
    """
    open_with = partial(
        open_tokens,
        token_column=token_column,
        tag_column=tag_column,
        tokens_name=tokens_name,
        tags_name=tags_name,
        sentence_name=sentence_name,
    )
    return Reader(open_with, "tokens", _TOKENS)


def text_pair_reader(source_column: str = "source", target_column: str = "target") -> Reader:
    """Returns a function that opens pairs of texts, for `open_splits`.

    Args:
        source_column: str, the column of sources in tables and records. Defaults to `"source"`.
        target_column: str, the column of targets, likewise. Defaults to `"target"`.

    Example:

    >>> read = text_pair_reader("en", "de")
    >>> read([{"en": "one", "de": "eins"}, {"en": "two", "de": "zwei"}]).values["de"]
    ['eins', 'zwei']
    """
    open_with = partial(open_text_pairs, source_column=source_column, target_column=target_column)
    return Reader(open_with, "text", _PAIRS)


def number_reader() -> Reader:
    """Returns a function that opens arrays of numbers, for `open_splits`.

    Example:

    >>> number_reader()(([[0.5], [1.5]], [1.0, 2.0])).columns["array"].described
    'array (1)'
    """
    return Reader(open_data, "array", _NUMBERS)
