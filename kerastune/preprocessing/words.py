"""From texts to the ids of a vocabulary made of the training texts."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import keras
import numpy as np

from kerastune.data import Source
from kerastune.errors import InputError
from kerastune.preprocessing.lengths import length_for
from kerastune.preprocessing.padding import padded
from kerastune.preprocessing.preprocessor import Preprocessor
from kerastune.preprocessing.tokenizer import PADDING, SPECIAL_TOKENS, UNKNOWN, Tokenizer

_FILE = "tokenizer.json"
# The texts, in percent, that a length chosen by the data leaves whole.
_PERCENTILE = 95
# Texts that are tokenized at a time to count their tokens.
_AT_ONCE = 1024


@keras.saving.register_keras_serializable(package="kerastune")
class WordPreprocessor(Preprocessor):
    """Turns texts into ids of words, for networks that are trained from nothing.

    The vocabulary is made of the training texts, see `Tokenizer.of_words`. A text without any
    word is one unknown word, so that no sample is empty.

    Args:
        vocabulary_size: int, the most tokens of the vocabulary, four special ones included.
            Defaults to 10,000.
        sequence_length: int, tokens of a text; longer ones are cut, which is noted. Defaults to
            what 95 % of the training texts need, at most 512.
        tokenizer: `Tokenizer`, which `fit` leaves as it is, such as that of a pretrained encoder.
            Defaults to none, for one that is made of the training texts.
        longest: int, the most tokens of a text that are chosen by the data. Defaults to 512.
        column: str, the column of texts. Defaults to `"text"`; `fit` finds it.

    Raises:
        InputError: if the vocabulary has no room for a word, or a text for none.

    Example:

    >>> samples = Source.of(["a fine film", "a bad film"], [1, 0], class_names=("no", "yes"))
    >>> preprocessor = WordPreprocessor(sequence_length=4).fit(samples)
    >>> arrays = preprocessor(["A fine day", ""])
    >>> arrays["token_ids"].tolist(), arrays["padding_mask"].sum(axis=1).tolist()
    ([[4, 7, 1, 0], [1, 0, 0, 0]], [3, 1])
    """

    is_by_sample = True

    def __init__(
        self,
        vocabulary_size: int = 10_000,
        sequence_length: int | None = None,
        *,
        tokenizer: Tokenizer | None = None,
        longest: int | None = None,
        column: str = "text",
    ) -> None:
        if vocabulary_size <= len(SPECIAL_TOKENS):
            raise InputError(
                f"Expected a vocabulary_size of at least {len(SPECIAL_TOKENS) + 1}: "
                f"{len(SPECIAL_TOKENS)} special tokens and a word. Received: {vocabulary_size}"
            )
        if sequence_length is not None and sequence_length < 1:
            raise InputError(
                f"Expected a sequence_length of at least 1. Received: {sequence_length}"
            )
        self.vocabulary_size = vocabulary_size
        self._length = sequence_length
        self.columns = (column,)
        self._tokenizer = tokenizer
        self._longest = longest

    @property
    def tokenizer(self) -> Tokenizer:
        """The `Tokenizer`.

        Raises:
            InputError: if there is none yet.
        """
        if self._tokenizer is None:
            raise InputError(
                "Expected a preprocessor with a vocabulary. Received: one that is not fitted. "
                "Call `fit` with the training samples first"
            )
        return self._tokenizer

    @property
    def sequence_length(self) -> int:
        """The number of words of every text, padding included.

        Raises:
            InputError: if it is to be chosen by the data, and there were none yet.
        """
        if self._length is None:
            raise InputError(
                "Expected a preprocessor with a sequence length. Received: one that is not "
                "fitted. Call `fit` with the training samples first"
            )
        return self._length

    def fit(self, samples: Source) -> Self:
        """Makes the vocabulary and chooses the sequence length, if they are not given.

        Args:
            samples: the training `Source`, with one input of kind `text`.

        Returns:
            The preprocessor itself.

        Raises:
            InputError: if there is no such column, or its texts hold no word.
        """
        self.columns = (samples.input("text"),)
        texts = samples.values[self.columns[0]]
        if self._tokenizer is None:
            self._tokenizer = Tokenizer.of_words(
                (texts[at] for at in range(len(texts))), self.vocabulary_size
            )
        if self._length is None:
            lengths, _ = self._counts(samples)
            self._length = length_for(lengths, _PERCENTILE, 1, self._longest)
        return self

    def prepare(self, inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Returns texts as ids, cut or padded to the sequence length.

        Args:
            inputs: dictionary with the column of texts, a sequence of str.

        Returns:
            Dictionary of `token_ids`, int32, and `padding_mask`, bool and true for tokens, of
            shape `(texts, sequence_length)`.

        Raises:
            InputError: if the texts are not a sequence of strings.
        """
        texts = inputs[self.columns[0]]
        wrong = [text for text in texts if not isinstance(text, str)]
        if isinstance(texts, str) or wrong:
            raise InputError(
                "Expected a list of strings. Received: "
                f"{f'the string {texts!r}' if isinstance(texts, str) else f'{wrong[0]!r} in it'}"
            )
        length = self.sequence_length
        rows = ((found or [UNKNOWN])[:length] for found in self.tokenizer.tokenize(texts))
        token_ids = padded(rows, len(texts), length, PADDING)
        return {"token_ids": token_ids, "padding_mask": token_ids != PADDING}

    def notes_for(self, use: str, samples: Source) -> list[str]:
        """Returns notes on texts that are cut, and on the share of words that are not known.

        Args:
            use: str, what they are for, such as `"training"`.
            samples: `Source` with the column of texts.

        Returns:
            List of str: up to two lines.
        """
        lengths, unknown = self._counts(samples)
        cut = int((lengths > self.sequence_length).sum())
        notes = []
        if cut:
            notes.append(
                f"{use}: {cut} of {len(lengths)} texts cut to {self.sequence_length} tokens"
            )
        if unknown.any():
            share = unknown.sum() / lengths.sum()
            known = self.tokenizer.size - len(SPECIAL_TOKENS)
            notes.append(
                f"{use}: {100 * share:.2g} % of the words are none of the {known} that are known"
            )
        return notes

    def _counts(self, samples: Source) -> tuple[np.ndarray, np.ndarray]:
        """Returns how many words each text has, and how many of them are unknown."""
        texts = samples.values[self.columns[0]]
        lengths, unknown = np.empty(len(texts), int), np.empty(len(texts), int)
        for start in range(0, len(texts), _AT_ONCE):
            some = [texts[at] for at in range(start, min(start + _AT_ONCE, len(texts)))]
            for at, found in enumerate(self.tokenizer.tokenize(some), start):
                lengths[at], unknown[at] = max(len(found), 1), found.count(UNKNOWN)
        return lengths, unknown

    def get_config(self) -> dict[str, Any]:
        """Returns the settings; the vocabulary is in the assets."""
        return {
            "vocabulary_size": self.vocabulary_size,
            "sequence_length": self._length,
            "column": self.columns[0],
        }

    def save_assets(self, directory: Path) -> None:
        """Writes the vocabulary.

        Args:
            directory: Path of a folder that exists.
        """
        self.tokenizer.save(directory / _FILE)

    def load_assets(self, directory: Path) -> None:
        """Reads the vocabulary that `save_assets` wrote.

        Args:
            directory: Path of the folder.

        Raises:
            InputError: if there is none.
        """
        self._tokenizer = Tokenizer.load(directory / _FILE)
