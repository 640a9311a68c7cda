"""From texts to rows of tokens, of which a language model learns the next."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import keras
import numpy as np

from kerastune.data import Column, Source, Splits
from kerastune.errors import InputError
from kerastune.preprocessing.packed_rows import Piece, as_arrays, cut, next_tokens, packed
from kerastune.preprocessing.preprocessor import Preprocessor
from kerastune.preprocessing.preset_tokenizer import PresetTokenizer
from kerastune.preprocessing.tokenizer import Tokenizer

_VOCABULARY, _PRESET = "vocabulary.json", "tokenizer"


@keras.saving.register_keras_serializable(package="kerastune")
class LanguagePreprocessor(Preprocessor):
    """Turns texts into rows of tokens for a `PackedLanguageModel`.

    A text begins with a token for that and ends with one. One that does not fit in a row is cut
    into pieces, each of which begins with the last token of the one before, so that every token
    is predicted once; what stands in earlier pieces is not seen. `packed` puts several pieces
    into a row.

    Args:
        vocabulary_size: int, the most tokens of a vocabulary of byte pairs, which `fit` makes of
            the training samples; from 260. Defaults to 2000.
        sequence_length: int, the tokens of a row, from 2. Defaults to 128.
        column: str, the column of texts. Defaults to `"text"`.
        tokenizer: a `PresetTokenizer` or `Tokenizer`, which `fit` leaves as it is. Defaults to
            None.

    Raises:
        InputError: if a row is too short.

    Example:

    >>> samples = Source({"text": ["low lower"] * 9}, {"text": Column("text")})
    >>> preprocessor = LanguagePreprocessor(262, sequence_length=8).fit(samples)
    >>> preprocessor(["low", "lower lower"])["segment_ids"].tolist()
    [[1, 1, 1, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 1, 1], [1, 1, 0, 0, 0, 0, 0, 0]]
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
                "Expected a sequence_length of at least 2: a token, and the next one to learn. "
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

    def packed(self, splits: Splits) -> Splits:
        """Returns the splits with training and validation samples in rows of several texts.

        The test samples stay as they are, a text each. The losses of a text are the same in
        both.

        Args:
            splits: `Splits` with the column of texts.

        Returns:
            `Splits` with notes on how many rows there are, how full, and how many texts are cut.
        """
        test = splits.test
        noted = replace(test, notes=(*test.notes, *self.notes_for("test", test)))
        rows = {use: self._packed(use, part) for use, part in splits.parts.items() if use != "test"}
        return replace(splits, test=noted, **rows)

    def _packed(self, use: str, samples: Source) -> Source:
        by_text = self.pieces(samples)
        pieces = [piece for of_text in by_text for piece in of_text]
        rows = packed(pieces, self.sequence_length)
        filled = sum(map(len, pieces)) / (len(rows) * self.sequence_length)
        note = (
            f"{use}: {len(samples):,} texts in {len(rows):,} rows of {self.sequence_length} "
            f"tokens, {filled:.1%} of them filled"
        )
        notes = (*samples.notes, *self._cut_notes(use, by_text), note)
        columns = {self.columns[0]: Column("token_rows")}
        return Source({self.columns[0]: rows}, columns, (), samples.name, notes)

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
        texts = [value for value in values if isinstance(value, str)]
        start, end, _ = self.special
        found = iter(self.tokenizer.tokenize(texts))
        return [
            cut([start, *next(found), end], self.sequence_length)
            if isinstance(value, str)
            else list(self._row(value))
            for value in values
        ]

    @staticmethod
    def _row(value: Any) -> Sequence[Piece]:
        """Returns a row of `packed`; anything else is an error."""
        if not isinstance(value, tuple | list):
            raise InputError(f"Expected a list of strings. Received: {value!r} in it")
        return value

    @property
    def special(self) -> tuple[int, int, int]:
        """tuple of int, the tokens that start and end a text, and that fill a row."""
        tokenizer = self.tokenizer
        return tokenizer.start, tokenizer.end, tokenizer.padding

    def prepare(self, inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Returns texts in rows, each piece of a text in one of its own; rows stay as they are.

        Args:
            inputs: dictionary with the column of texts.

        Returns:
            Dictionary of int32 arrays of shape `(rows, sequence_length)`, see
            `PackedLanguageModel`.

        Raises:
            InputError: if a sample is no text.
        """
        values = inputs[self.columns[0]]
        rows: list[Sequence[Piece]] = []
        for value, pieces in zip(values, self.pieces(inputs), strict=True):
            rows += [(piece,) for piece in pieces] if isinstance(value, str) else [pieces]
        return as_arrays(rows, self.sequence_length, self.special[2])

    def prepare_both(self, inputs: Mapping[str, Any], targets: Any) -> tuple[Any, Any]:  # noqa: ARG002
        """Returns rows, and the next token of each position as its target.

        Args:
            inputs: dictionary, as for `prepare`.
            targets: not used, as the texts are what is learned.
        """
        arrays = self.prepare(inputs)
        return arrays, next_tokens(arrays["token_ids"], arrays["segment_ids"])

    def align(self, outputs: np.ndarray, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the losses of each sample, from those of each row.

        Args:
            outputs: float array of shape `(rows, sequence_length)`, NaN where there is no next
                token.
            inputs: dictionary, as for `prepare`.

        Returns:
            Dictionary of `nats`, a list of float arrays with an item for each token behind the
            first, and `bytes`, an int array with those that each sample takes as UTF-8.
        """
        values = inputs[self.columns[0]]
        nats, sizes, row = [], [], 0
        for value, pieces in zip(values, self.pieces(inputs), strict=True):
            is_text = isinstance(value, str)
            count = len(pieces) if is_text else 1
            losses = outputs[row : row + count].ravel()
            nats.append(losses[~np.isnan(losses)])
            texts = [value] if is_text else self.tokenizer.detokenize(pieces)
            sizes.append(sum(len(text.encode("utf-8", "ignore")) for text in texts))
            row += count
        return {"nats": nats, "bytes": np.array(sizes, "int64")}

    def align_answers(self, outputs: Any, inputs: Mapping[str, Any]) -> list[str]:
        """Returns generated tokens as texts, one behind each prompt.

        Args:
            outputs: list of lists of int.
            inputs: not used.
        """
        del inputs
        return self.tokenizer.detokenize(outputs)

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
