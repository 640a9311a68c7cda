"""Opening of tokens of any form as a source."""

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from kerastune.data.conll import read_conll
from kerastune.data.frames import looks_like_frame
from kerastune.data.open import NAMED, open_data
from kerastune.data.openers import find_opener
from kerastune.data.records import looks_like_records
from kerastune.data.shard_files import files_of
from kerastune.data.source import Source
from kerastune.data.tagged import tagged_tokens, with_known_tags
from kerastune.data.tfds_tokens import read_tfds_tokens
from kerastune.data.token_columns import TokenColumns
from kerastune.data.token_tables import is_token_table, token_table, tokens_of_table
from kerastune.errors import WrongDataError, closest

_TFDS = "tfds:"


def open_tokens(
    data: Any,
    *,
    class_names: Sequence[str] | None = None,
    token_column: int = 0,
    tag_column: int = -1,
    tokens_name: str = "tokens",
    tags_name: str | None = None,
    sentence_name: str | None = None,
) -> Source:
    """Opens sentences of tagged tokens.

    Args:
        data: one of
            - the path of a CoNLL file, see `read_conll`, or of a table of any type with lists of
              tokens and tags, or one token a row, see `tokens_of_table`;
            - a frame of Polars or pandas, a table of Arrow or a data set of Hugging Face with
              such columns;
            - `"python_source"`, or another name of data with tags;
            - `"tfds:NAME"` or `"tfds:NAME:SPLIT"`, see `read_tfds_tokens`; the split
              defaults to `train`;
            - another scheme that an `opener` is registered for;
            - records with tokens and tags: a list of dictionaries, or anything with a length
              whose items are dictionaries;
            - a tuple of two lists, the tokens and the tags of each sample;
            - a `Source` with a target of kind `tags`.
        class_names: sequence of str, the tags that are known, such as those of the training
            data. By default, those of the data.
        token_column: int, for CoNLL files. Defaults to 0, the first.
        tag_column: int, for CoNLL files. Defaults to -1, the last.
        tokens_name: str, the column of tokens, for tables, records and `tfds:`. Defaults to
            `"tokens"`, and in tables also to `"word"` and the like.
        tags_name: str, the column of tags, likewise. Defaults to `"ner"` for `tfds:`, and else to
            `"tags"`, `"ner_tags"`, `"tag"` and the like.
        sentence_name: str, the column of a table with one token a row that tells which sentence
            it is of. Defaults to `"sentence_id"`, `"Sentence #"` and the like.

    Returns:
        A `Source` with an input of kind `tokens` and a target of kind `tags`.

    Raises:
        InputError: if there is no such data, it cannot be read, or it has no tokens with
            tags, or other tags than those known.

    Example:

    >>> source = open_tokens(([["Ada", "wrote"], ["It", "ran"]], [["B-person", "O"], ["O", "O"]]))
    >>> source.columns["tags"].class_names, source.values["tags"]
    (('B-person', 'O'), [[0, 1], [1, 1]])
    """
    if isinstance(data, Source):
        return _with_tokens(data, class_names)
    if isinstance(data, tuple) and len(data) == 2:
        return tagged_tokens(*data, class_names=class_names)
    columns = TokenColumns(tokens_name, tags_name, sentence_name)
    if looks_like_frame(data) or isinstance(data, Mapping) or looks_like_records(data):
        return tokens_of_table(token_table(data), columns, class_names)
    if isinstance(data, str) and data.startswith(_TFDS):
        name, _, split = data.removeprefix(_TFDS).partition(":")
        return read_tfds_tokens(
            name,
            split=split or "train",
            tokens=tokens_name,
            tags=tags_name or "ner",
            class_names=class_names,
        )
    if isinstance(data, str | PathLike) and not _is_known(str(data)):
        _require_file(Path(data))
        if Path(data).is_dir() or is_token_table(Path(data)):
            return tokens_of_table(token_table(data), columns, class_names)
        return read_conll(
            data, class_names=class_names, token_column=token_column, tag_column=tag_column
        )
    return _with_tokens(open_data(data), class_names)


def _with_tokens(source: Source, class_names: Sequence[str] | None) -> Source:
    """Returns the source, if it has tokens and tags, and the tags are among those known."""
    source.input("tokens")
    source.target("tags")
    return source if class_names is None else with_known_tags(source, class_names)


def _is_known(text: str) -> bool:
    """Returns whether a text is the name of a data set or has the scheme of an opener."""
    return text in NAMED or find_opener(text) is not None


def _require_file(path: Path) -> None:
    """Raises, with names that would do, unless there is such a file."""
    if not path.exists() and not files_of(path):
        with_tags = [
            name
            for name, data in NAMED.items()
            if any(data.columns[target].kind == "tags" for target in data.targets)
        ]
        raise WrongDataError(
            f"Expected a CoNLL file, {', '.join(with_tags)} or tfds:NAME as data. Received: "
            f"{str(path)!r}, no such file or data set.{closest(str(path), with_tags)}"
        )
