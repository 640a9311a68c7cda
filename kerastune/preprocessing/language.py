"""From texts to rows of tokens, of which a language model learns the next."""

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from kerastune.data import Column, Source, Splits, openings
from kerastune.preprocessing.byte_pairs import BytePairPreprocessor
from kerastune.preprocessing.packed_rows import Piece, as_arrays, cut, next_tokens, packed


@keras.saving.register_keras_serializable(package="kerastune")
class LanguagePreprocessor(BytePairPreprocessor):
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

    >>> from kerastune.data import Column, Source
    >>> samples = Source({"text": ["low lower"] * 9}, {"text": Column("text")})
    >>> preprocessor = LanguagePreprocessor(262, sequence_length=8).fit(samples)
    >>> preprocessor(["low", "lower lower"])["segment_ids"].tolist()
    [[1, 1, 1, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1, 1, 1], [1, 1, 0, 0, 0, 0, 0, 0]]
    """

    def packed(self, splits: Splits) -> Splits:
        """Returns the splits with training and validation samples in rows of several texts.

        The test samples stay as they are, a text each. The losses of a text are the same in
        both.

        Args:
            splits: `Splits` with the column of texts.

        Returns:
            `Splits` with notes on how many rows there are, how full, and how many texts are cut.
        """
        return self.in_rows(splits, self._packed)

    def openings(self, samples: Source) -> Source | None:
        """Returns the first words of three texts, that a model can go on from.

        Args:
            samples: `Source` with the column of texts.

        Returns:
            A `Source` of at most six words of each, as many as take up to half a row; None if
            there are no such words.
        """
        found = openings(samples)
        texts = [begun for text in found.values[self.columns[0]] if (begun := self._within(text))]
        return found.with_column(self.columns[0], texts, Column("text")) if texts else None

    def _within(self, text: str) -> str:
        """The first words of a text that take up to half a row, perhaps none."""
        while text and len(self.tokenizer.tokenize([text])[0]) > self.sequence_length // 2 - 1:
            text = " ".join(text.split()[:-1])
        return text

    def _packed(self, use: str, texts: int, pieces: Sequence[Piece]) -> tuple[list[Any], str]:
        rows = packed(pieces, self.sequence_length)
        filled = sum(map(len, pieces)) / (len(rows) * self.sequence_length)
        note = (
            f"{use}: {texts:,} texts in {len(rows):,} rows of {self.sequence_length} "
            f"tokens, {filled:.1%} of them filled"
        )
        return rows, note

    def cut(self, tokens: list[int]) -> list[Piece]:
        """Returns the pieces of a text, with the tokens that start and end it.

        Args:
            tokens: list of int, those of the whole text.
        """
        start, end, _ = self.special
        return cut([start, *tokens, end], self.sequence_length)

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
