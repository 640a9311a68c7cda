"""From texts to rows of tokens some of which are hidden, to be guessed from the others."""

from collections.abc import Mapping, Sequence
from typing import Any
from zlib import crc32

import keras
import numpy as np

from kerastune.data import Source, Splits
from kerastune.errors import InputError
from kerastune.preprocessing.byte_pairs import BytePairPreprocessor
from kerastune.preprocessing.masking import (
    MASK,
    chosen_count,
    masked,
    masked_tokens,
    require_masked_share,
)
from kerastune.preprocessing.packed_rows import IGNORED, Piece
from kerastune.preprocessing.padding import padded
from kerastune.preprocessing.tokenizer import PADDING


@keras.saving.register_keras_serializable(package="kerastune")
class MaskedLanguagePreprocessor(BytePairPreprocessor):
    """Turns texts into rows of tokens for a `MaskedLanguageModel`.

    A text that does not fit in a row is cut into pieces, each of which is a row. What is hidden
    of a row depends on its tokens, the seed and its number alone: it is the same on every
    backend, in each epoch, and whatever else is measured. So `masked` repeats the training rows,
    each time hiding other tokens, as the authors of BERT did.

    Args:
        vocabulary_size: int, the most tokens of a vocabulary of byte pairs, which `fit` makes of
            the training samples; from 260. Defaults to 2000.
        sequence_length: int, the tokens of a row, from 2. Defaults to 64.
        masked_share: float between 0 and 1, the share of the tokens that is to be guessed, see
            `kerastune.preprocessing.masking`. Defaults to 0.15.
        maskings: int, how often a training row comes in an epoch, from 1. Defaults to 4.
        seed: int, of the random numbers. Defaults to 0.
        column: str, the column of texts. Defaults to `"text"`.

    Raises:
        InputError: if a value is out of its range.

    Example:

    >>> from kerastune.data import Column, Source
    >>> samples = Source({"text": ["low lower"] * 9}, {"text": Column("text")})
    >>> preprocessor = MaskedLanguagePreprocessor(262, sequence_length=8).fit(samples)
    >>> arrays = preprocessor(["low", "lower lower"])
    >>> arrays["token_ids"].tolist()
    [[261, 0, 0, 0, 0, 0, 0, 0], [261, 72, 85, 224, 261, 72, 85, 0]]
    >>> arrays["mask_positions"].tolist(), arrays["replacements"][0].tolist()
    ([[0], [1]], [1, -1, -1, -1, -1, -1, -1, -1])
    """

    def __init__(
        self,
        vocabulary_size: int = 2000,
        *,
        sequence_length: int = 64,
        masked_share: float = 0.15,
        maskings: int = 4,
        seed: int = 0,
        column: str = "text",
    ) -> None:
        super().__init__(vocabulary_size, sequence_length=sequence_length, column=column)
        require_masked_share(masked_share)
        if maskings < 1:
            raise InputError(f"Expected maskings of at least 1. Received: {maskings}")
        self.masked_share = masked_share
        self.maskings = maskings
        self.seed = seed

    def masked(self, splits: Splits) -> Splits:
        """Returns the splits with a row for each piece of a text, training rows repeated.

        The test samples stay as they are, a text each.

        Args:
            splits: `Splits` with the column of texts.

        Returns:
            `Splits` with notes on how many rows there are, and how many texts are cut.
        """
        return self.in_rows(splits, self._rows)

    def _rows(self, use: str, texts: int, pieces: Sequence[Piece]) -> tuple[list[Any], str]:
        times = self.maskings if use == "training" else 1
        rows = [(number, piece) for number in range(times) for piece in pieces]
        count = len(pieces)
        note = f"{use}: {texts:,} texts in {count:,} rows of at most {self.sequence_length} tokens"
        return rows, note + (f", each masked {times} times" if times > 1 else "")

    def cut(self, tokens: list[int]) -> list[Piece]:
        """Returns the pieces of a text, of one without any token a token that is never hidden.

        Args:
            tokens: list of int, those of the whole text.
        """
        return super().cut(tokens or [MASK])

    def row_pieces(self, row: Sequence[Any]) -> Sequence[Piece]:
        """Returns the only piece of a row.

        Args:
            row: tuple of its number, from 0, and its tokens.
        """
        return row[1:]

    def prepare(self, inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Returns texts in rows, each piece of a text in one of its own; rows stay as they are.

        Args:
            inputs: dictionary with the column of texts.

        Returns:
            Dictionary of arrays, see `MaskedLanguageModel`.

        Raises:
            InputError: if a sample is no text.
        """
        numbered = [
            (0 if isinstance(value, str) else value[0], piece)
            for value, pieces in zip(inputs[self.columns[0]], self.pieces(inputs), strict=True)
            for piece in pieces
        ]
        rows, length = len(numbered), self.sequence_length
        token_ids = padded((piece for _, piece in numbered), rows, length, PADDING)
        hidden = [self._masked(piece, number) for number, piece in numbered]
        places = [np.flatnonzero(row != IGNORED) for row in hidden]
        most = chosen_count(length, self.masked_share)
        return {
            "token_ids": token_ids,
            "padding_mask": token_ids != PADDING,
            "replacements": padded(hidden, rows, length, IGNORED),
            "mask_positions": padded(places, rows, most, 0),
        }

    def hidden(self, samples: Source) -> list[tuple[Piece, np.ndarray]]:
        """Returns the tokens of each piece, once for all its maskings, and what hides some.

        Args:
            samples: `Source` of texts or rows.

        Returns:
            List of tuples of tokens and an array as `kerastune.preprocessing.masking.masked`
            gives it.
        """
        values = samples.values[self.columns[0]]
        return [
            (piece, self._masked(piece, 0))
            for value, pieces in zip(values, self.pieces(samples), strict=True)
            if isinstance(value, str) or value[0] == 0
            for piece in pieces
        ]

    def _masked(self, piece: Piece, number: int) -> np.ndarray:
        """Returns what stands in the place of the tokens of a row that are hidden."""
        generator = np.random.default_rng(
            [self.seed, number, crc32(np.asarray(piece, "<i4").tobytes())]
        )
        return masked(piece, self.masked_share, self.tokenizer.size, generator)

    def prepare_both(self, inputs: Mapping[str, Any], targets: Any) -> tuple[Any, Any]:  # noqa: ARG002
        """Returns rows, and the true token of each hidden one as its target.

        Args:
            inputs: dictionary, as for `prepare`.
            targets: not used, as the texts are what is learned.
        """
        arrays = self.prepare(inputs)
        hidden = (arrays[name] for name in ("token_ids", "replacements", "mask_positions"))
        return arrays, masked_tokens(*hidden)

    def align(self, outputs: np.ndarray, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Returns what was guessed of each sample, from what was guessed of each row.

        Args:
            outputs: float array of shape `(rows, count, 2)`, the negative log-probability of
                each hidden token, NaN where there is none, and the most probable token.
            inputs: dictionary, as for `prepare`.

        Returns:
            Dictionary of lists with an item for each sample: `nats`, float arrays, and
            `is_right`, bool arrays, both of each hidden token; and `texts`, with the most
            probable tokens in the place of hidden ones.
        """
        arrays, true = self.prepare_both(inputs, None)
        guesses = np.nan_to_num(outputs[..., 1]).astype("int32")
        found: dict[str, Any] = {"nats": [], "is_right": [], "texts": []}
        row = 0
        for pieces in self.pieces(inputs):
            rows = slice(row, row + len(pieces))
            is_hidden = true[rows] != IGNORED
            found["nats"].append(outputs[rows, :, 0][is_hidden])
            found["is_right"].append((guesses[rows] == true[rows])[is_hidden])
            filled = [np.array(piece) for piece in pieces]
            for at, tokens in enumerate(filled):
                places = arrays["mask_positions"][row + at][is_hidden[at]]
                tokens[places] = guesses[row + at][is_hidden[at]]
            found["texts"].append([token for tokens in filled for token in tokens])
            row += len(pieces)
        return {**found, "texts": self.tokenizer.detokenize(found["texts"])}

    def get_config(self) -> dict[str, Any]:
        """Returns the settings; the vocabulary is in the assets."""
        own = {name: getattr(self, name) for name in ("masked_share", "maskings", "seed")}
        return {**super().get_config(), **own}
