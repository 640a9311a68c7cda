"""From texts to the ids that a pretrained text tower takes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import keras
import numpy as np

from kerastune.data import Source
from kerastune.errors import InputError
from kerastune.preprocessing.padding import padded
from kerastune.preprocessing.preprocessor import Preprocessor
from kerastune.preprocessing.preset_tokenizer import PresetTokenizer

_FOLDER = "tokenizer"
_ENDS = 2  # The tokens that start and end a text.


@keras.saving.register_keras_serializable(package="kerastune")
class PresetWordPreprocessor(Preprocessor):
    """Turns texts into the tokens of a pretrained network, with those that start and end a text.

    The tokens of longer texts are cut, and the one that ends a text is kept, which is where CLIP
    reads it.

    Args:
        tokenizer: `PresetTokenizer`; None until `load_assets` has read one.
        sequence_length: int, the tokens of a text, at least 3.
        column: str, the column of texts. Defaults to `"text"`.

    Raises:
        InputError: if a text has no room for a token.

    Example:

    >>> PresetWordPreprocessor(None, 2)
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a sequence_length of at least 3: ... Received: 2
    """

    def __init__(
        self, tokenizer: PresetTokenizer | None, sequence_length: int, column: str = "text"
    ) -> None:
        if sequence_length <= _ENDS:
            raise InputError(
                f"Expected a sequence_length of at least {_ENDS + 1}: those that start and end a "
                f"text, and another token. Received: {sequence_length}"
            )
        self.columns = (column,)
        self.sequence_length = sequence_length
        self._tokenizer = tokenizer

    @property
    def tokenizer(self) -> PresetTokenizer:
        """The `PresetTokenizer`.

        Raises:
            InputError: if there is none yet.
        """
        if self._tokenizer is None:
            raise InputError(
                "Expected a preprocessor with a tokenizer. Received: one without. Call "
                "`load_assets` first"
            )
        return self._tokenizer

    def fit(self, samples: Source) -> Self:
        """Finds the column of texts.

        Args:
            samples: `Source` with one input of kind `text`.

        Returns:
            The preprocessor itself.

        Raises:
            InputError: if there is no such column, or several.
        """
        self.columns = (samples.input("text"),)
        return self

    def prepare(self, inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Returns texts as ids, cut or padded to the sequence length.

        Args:
            inputs: dictionary with the column of texts, a sequence of str.

        Returns:
            Dictionary of `token_ids`, int32 of shape `(texts, sequence_length)`.

        Raises:
            InputError: if the texts are not a sequence of strings.
        """
        texts = inputs[self.columns[0]]
        if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
            raise InputError(f"Expected a list of strings. Received: {texts!r}")
        tokenizer, kept = self.tokenizer, self.sequence_length - _ENDS
        found = tokenizer.tokenize(texts)
        rows = [[tokenizer.start, *ids[:kept], tokenizer.end] for ids in found]
        return {"token_ids": padded(rows, len(rows), self.sequence_length, tokenizer.padding)}

    def notes_for(self, use: str, samples: Source) -> list[str]:
        """Returns a note on texts that are cut.

        Args:
            use: str, what they are for, such as `"training"`.
            samples: `Source` with the column of texts.

        Returns:
            List of str: one line, or none.
        """
        texts = samples.values[self.columns[0]]
        found = self.tokenizer.tokenize([texts[at] for at in range(len(texts))])
        cut = sum(len(ids) + _ENDS > self.sequence_length for ids in found)
        if not cut:
            return []
        return [f"{use}: {cut} of {len(texts)} texts cut to {self.sequence_length} tokens"]

    def get_config(self) -> dict[str, Any]:
        """Returns the settings; the tokenizer is in the assets."""
        return {
            "tokenizer": None,
            "sequence_length": self.sequence_length,
            "column": self.columns[0],
        }

    @staticmethod
    def is_saved_in(directory: Path) -> bool:
        """Returns whether `save_assets` has written a tokenizer to a folder.

        Args:
            directory: Path of the folder.
        """
        return (directory / _FOLDER).is_dir()

    def save_assets(self, directory: Path) -> None:
        """Writes the tokenizer.

        Args:
            directory: Path of a folder that exists.
        """
        self.tokenizer.save(directory / _FOLDER)

    def load_assets(self, directory: Path) -> None:
        """Reads the tokenizer that `save_assets` wrote.

        Args:
            directory: Path of the folder.

        """
        self._tokenizer = PresetTokenizer.load_saved(directory / _FOLDER)
