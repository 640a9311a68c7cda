"""From texts to tokens of a vocabulary of byte pairs, for models that learn language."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from kerastune.data import Column, Source, Splits
from kerastune.errors import InputError
from kerastune.preprocessing.packed_rows import Piece
from kerastune.preprocessing.preprocessor import Preprocessor
from kerastune.preprocessing.preset_tokenizer import PresetTokenizer
from kerastune.preprocessing.tokenizer import Tokenizer

_VOCABULARY, _PRESET = "vocabulary.json", "tokenizer"


class BytePairPreprocessor(Preprocessor):
    """Makes a vocabulary of byte pairs of texts, and keeps it with a run; a base class to extend.

    A subclass implements `cut`, the pieces of a text, and `prepare`, what becomes of them. Samples
    are texts, or the rows that `in_rows` has made of them.

    Args:
        vocabulary_size: int, the most tokens of the vocabulary, which `fit` makes of the
            training samples; from 260. Defaults to 2000.
        sequence_length: int, the tokens of a row, from 2. Defaults to 128.
        column: str, the column of texts. Defaults to `"text"`.
        tokenizer: a `PresetTokenizer` or `Tokenizer`, which `fit` leaves as it is. Defaults to
            None.

    Raises:
        InputError: if a row is too short.

    Example:

    >>> samples = Source({"text": ["low lower"] * 9}, {"text": Column("text")})
    >>> BytePairPreprocessor(262).fit(samples).tokenizer.tokenize(["low"])
    [[261]]
    """

    def __init__(
        self,
        vocabulary_size: int = 2000,
        *,
        sequence_length: int = 128,
        column: str = "text",
        tokenizer: Tokenizer | PresetTokenizer | None = None,
    ) -> None:
        if sequence_length < 2:
            raise InputError(
                "Expected a sequence_length of at least 2, a token to learn from another. "
                f"Received: sequence_length={sequence_length}"
            )
        self.columns = (column,)
        self.sequence_length = sequence_length
        self._vocabulary_size = vocabulary_size
        self._tokenizer = tokenizer

    def fit(self, samples: Source) -> Self:
        """Finds the column of texts, and makes a vocabulary unless there is a tokenizer.

        Args:
            samples: the training `Source` with one input of kind `text`.

        Returns:
            The preprocessor itself.

        Raises:
            InputError: if there is no such column, or a vocabulary of that size is too small.
            MissingExtraError: if the library tokenizers is not installed.
        """
        self.columns = (samples.input("text"),)
        if self._tokenizer is None:
            texts = samples.values[self.columns[0]]
            self._tokenizer = Tokenizer.of_byte_pairs(texts, self._vocabulary_size)
        return self

    @property
    def tokenizer(self) -> Tokenizer | PresetTokenizer:
        """The tokenizer, once it is fitted or loaded."""
        assert self._tokenizer is not None
        return self._tokenizer

    def cut(self, tokens: list[int]) -> list[Piece]:
        """Returns the pieces of a text, none longer than a row. By default without an overlap.

        Args:
            tokens: list of int, those of the whole text.
        """
        length = self.sequence_length
        return [tokens[start : start + length] for start in range(0, len(tokens), length)]

    def row_pieces(self, row: Sequence[Any]) -> Sequence[Piece]:
        """Returns the pieces of a row that `in_rows` has made. By default the row itself.

        Args:
            row: sequence.
        """
        return row

    def pieces(self, samples: Source | Mapping[str, Any]) -> list[list[Piece]]:
        """Returns the pieces of each sample, a text or a row.

        Args:
            samples: `Source` or dictionary with the column of texts.

        Raises:
            InputError: if a sample is no text.
        """
        values = (samples.values if isinstance(samples, Source) else samples)[self.columns[0]]
        if isinstance(values, str):
            raise InputError(f"Expected a list of strings. Received: the string {values!r}")
        wrong = [value for value in values if not isinstance(value, str | tuple | list)]
        if wrong:
            raise InputError(f"Expected a list of strings. Received: {wrong[0]!r} in it")
        found = iter(self.tokenizer.tokenize([value for value in values if isinstance(value, str)]))
        return [
            self.cut(next(found)) if isinstance(value, str) else list(self.row_pieces(value))
            for value in values
        ]

    def in_rows(
        self,
        splits: Splits,
        rows_of: Callable[[str, int, Sequence[Piece]], tuple[list[Any], str]],
    ) -> Splits:
        """Returns the splits with training and validation samples in rows, tests as they are.

        Args:
            splits: `Splits` with the column of texts.
            rows_of: function from what a part is for, how many texts it has, and their pieces
                to rows and a note on them.

        Returns:
            `Splits` with notes on the rows, and on how many texts are cut.
        """
        test = splits.test
        noted = replace(test, notes=(*test.notes, *self.notes_for("test", test)))
        name, columns = self.columns[0], {self.columns[0]: Column("token_rows")}
        parts = {}
        for use, part in splits.parts.items():
            if use == "test":
                continue
            by_text = self.pieces(part)
            rows, note = rows_of(use, len(part), [piece for text in by_text for piece in text])
            notes = (*part.notes, *self._cut_notes(use, by_text), note)
            parts[use] = Source({name: rows}, columns, (), part.name, notes)
        return replace(splits, test=noted, **parts)

    def notes_for(self, use: str, samples: Source) -> list[str]:
        """Returns a note on texts that are longer than a row.

        Args:
            use: str, what they are for, such as `"training"`.
            samples: `Source` with the column of texts.
        """
        return self._cut_notes(use, self.pieces(samples))

    def _cut_notes(self, use: str, by_text: Sequence[Sequence[Piece]]) -> list[str]:
        """Returns a note on texts of several pieces, or none if there are no such."""
        cut_texts = sum(len(pieces) > 1 for pieces in by_text)
        if not cut_texts:
            return []
        length = self.sequence_length
        return [f"{use}: {cut_texts} of {len(by_text)} texts cut into pieces of {length} tokens"]

    def get_config(self) -> dict[str, Any]:
        """Returns the settings; the vocabulary is in the assets."""
        return {
            "vocabulary_size": self._vocabulary_size,
            "sequence_length": self.sequence_length,
            "column": self.columns[0],
        }

    def save_assets(self, directory: Path) -> None:
        """Writes the vocabulary.

        Args:
            directory: Path of a folder that exists.
        """
        is_own = isinstance(self.tokenizer, Tokenizer)
        self.tokenizer.save(directory / (_VOCABULARY if is_own else _PRESET))

    def load_assets(self, directory: Path) -> None:
        """Reads what `save_assets` wrote, on any backend.

        Args:
            directory: Path of the folder.
        """
        is_own = (directory / _VOCABULARY).is_file()
        self._tokenizer = (
            Tokenizer.load(directory / _VOCABULARY)
            if is_own
            else PresetTokenizer.load_saved(directory / _PRESET)
        )
