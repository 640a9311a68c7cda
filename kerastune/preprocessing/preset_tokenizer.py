"""The tokenizer that belongs to a pretrained language model of KerasHub."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerastune.errors import InputError, reason
from kerastune.models.presets import import_keras_hub, resolve
from kerastune.untrusted.preset_folder import check_configurations, read_configuration


class PresetTokenizer:
    """A tokenizer of KerasHub with the methods of `Tokenizer`; made by `load`.

    Args:
        library: a `keras_hub.tokenizers.Tokenizer` with a token that starts a text and one that
            ends it, which may be the same.

    Raises:
        InputError: if it lacks them.

    Example:

    >>> PresetTokenizer.load("no_such_preset")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: ...'no_such_preset'...
    """

    def __init__(self, library: Any) -> None:
        ids = [getattr(library, f"{name}_token_id", None) for name in ("start", "end", "pad")]
        start, end, padding = ids
        if start is None or end is None:
            raise InputError(
                "Expected a tokenizer with tokens that start and end a text. Received: "
                f"{type(library).__name__} without. Choose another backbone"
            )
        self.start, self.end = int(start), int(end)
        # Padding is hidden from the model, so that any token will do.
        self.padding = self.end if padding is None else int(padding)
        self._library = library

    @classmethod
    def load(cls, preset: str | Path) -> "PresetTokenizer":
        """Returns the tokenizer of a preset.

        Args:
            preset: str or path, as for `load_backbone`, but not a `.keras` file.

        Raises:
            InputError: if there is no such preset, or it has no tokenizer.
            MissingExtraError: if KerasHub is not installed.
        """
        path = resolve(preset)
        keras_hub = import_keras_hub("Tokenizing for a pretrained backbone")
        try:
            check_configurations(path)
            return cls(keras_hub.tokenizers.Tokenizer.from_preset(str(path)))
        except InputError:
            raise
        # Keras' and KerasHub's readers share no family of errors.
        except Exception as error:
            raise InputError(
                "Expected a directory with the tokenizer of a language model (tokenizer.json and "
                f"assets/ of KerasHub). Received: {str(path)!r}: {reason(error)}"
            ) from error

    @property
    def library(self) -> Any:
        """The `keras_hub.tokenizers.Tokenizer`."""
        return self._library

    @property
    def size(self) -> int:
        """The number of tokens of the vocabulary."""
        return int(self._library.vocabulary_size())

    def tokenize(self, texts: Sequence[str]) -> list[list[int]]:
        """Returns the ids of each text, without special tokens around them.

        Args:
            texts: sequence of str. Halves of surrogate pairs, which are no characters, are left
                out.
        """
        clean = [str(text).encode("utf-8", "ignore").decode("utf-8") for text in texts]
        if not clean:
            return []
        with keras.device("cpu:0"):
            found = self._library(clean)
            return [np.asarray(ids, "int64").tolist() for ids in found]

    def detokenize(self, ids: Sequence[Sequence[int]]) -> list[str]:
        """Returns the text of each row of ids.

        Args:
            ids: sequence of sequences of int.
        """
        special = (self.start, self.end, self.padding)
        kept = [[int(token) for token in row if token not in special] for row in ids]
        with keras.device("cpu:0"):
            return [str(self._library.detokenize(row)) if row else "" for row in kept]

    def save(self, directory: Path) -> None:
        """Writes it as a preset, which `load` reads.

        Args:
            directory: Path of a folder.
        """
        self._library.save_to_preset(str(directory))

    @classmethod
    def load_saved(cls, directory: Path) -> "PresetTokenizer":
        """Returns the tokenizer that `save` wrote.

        Args:
            directory: Path of the folder.
        """
        keras_hub = import_keras_hub("Tokenizing for a pretrained backbone")
        config = read_configuration(directory / "tokenizer.json")
        # Not by `from_preset`, which wants the configuration of a backbone beside it.
        library = keras.saving.deserialize_keras_object(config, safe_mode=True)
        if not isinstance(library, keras_hub.tokenizers.Tokenizer):
            raise TypeError(f"{type(library).__name__} is not a tokenizer")
        library.load_preset_assets(str(directory))
        return cls(library)
