"""Words cut into the pieces that a backbone knows, one word at a time."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from kerastune.errors import InputError
from kerastune.models.presets import import_keras_hub
from kerastune.preprocessing.text import TextPreprocessor


class WordPieces:
    """Cuts words into pieces, and packs the pieces of sentences into a backbone's inputs.

    A word is cut as it would be in the middle of a sentence: a byte-pair tokenizer, for
    which a space belongs to the word behind it, gets one before every word.

    Args:
        text: `TextPreprocessor`, whose tokenizer, rules and special tokens are used.

    Raises:
        InputError: if the backbone's preprocessor packs no segments, as one for proteins.

    Example:

    >>> from kerastune.preprocessing import load_text_preprocessor
    >>> pieces = WordPieces(load_text_preprocessor("minilm", sequence_length=6))
    >>> pieces.tokenize(["Good", "tokenizers"])
    [[2204], [19204, 17629, 2015]]
    >>> pieces.pack([[2204], []])["token_ids"].tolist()
    [[101, 2204, 102, 0, 0, 0], [101, 102, 0, 0, 0, 0]]
    """

    def __init__(self, text: TextPreprocessor) -> None:
        keras_hub = import_keras_hub("Tokenizing for a pretrained backbone")
        packer = text.layer.packer
        if not isinstance(packer, keras_hub.layers.MultiSegmentPacker):
            raise InputError(
                "Expected a backbone for text, whose preprocessor packs segments. Received: "
                f"{type(text.layer).__name__}. Choose another backbone"
            )
        self._packer = packer
        self._tokenizer = text.layer.tokenizer
        self._normalizer = text.normalizer
        is_byte_pair = isinstance(self._tokenizer, keras_hub.tokenizers.BytePairTokenizer)
        self._before = " " if is_byte_pair else ""
        self._names = tuple(text([""]))
        self.start = len(packer.start_value)
        self.room = text.sequence_length - self.start - len(packer.end_value)

    def tokenize(self, words: Sequence[str]) -> list[list[int]]:
        """Returns the pieces of each word.

        Args:
            words: sequence of str. Halves of surrogate pairs, which are no characters, are
                left out.

        Returns:
            List of lists of int, positions in the vocabulary; empty for a word of which the
            tokenizer leaves nothing, such as a control character.
        """
        clean = [word.encode("utf-8", "ignore").decode("utf-8") for word in words]
        if self._normalizer is not None:
            clean = [self._normalizer(word) for word in clean]
        if not clean:
            return []
        with keras.device("cpu:0"):
            pieces = self._tokenizer([f"{self._before}{word}" for word in clean])
            return [np.asarray(ids, "int64").tolist() for ids in pieces]

    def pack(self, sentences: Sequence[Sequence[int]]) -> dict[str, np.ndarray]:
        """Returns inputs of a backbone: pieces cut off, with special tokens, and padded.

        Args:
            sentences: sequence of the pieces of each sentence.

        Returns:
            Dictionary of arrays of shape `(sentences, sequence_length)`, with the names and
            types that `TextPreprocessor` gives.
        """
        cut = [list(sentence[: self.room]) for sentence in sentences]
        # One more sentence lets an empty list pass, which KerasHub refuses.
        with keras.device("cpu:0"):
            token_ids, segment_ids = (
                np.asarray(keras.ops.convert_to_numpy(array))[: len(cut)]
                for array in self._packer(([*cut, []],))
            )
        width = token_ids.shape[1]
        ends = np.array([len(sentence) for sentence in cut], "int64") + width - self.room
        arrays = {
            "token_ids": token_ids,
            "padding_mask": np.arange(width) < ends[:, np.newaxis],
            "segment_ids": segment_ids,
        }
        return {name: arrays[name] for name in self._names}


def token_lists(values: Any) -> list[list[str]]:
    """Returns lists of strings, one a sample.

    Args:
        values: sequence of sequences of str.

    Raises:
        InputError: if it is anything else.

    Example:

    >>> token_lists([("Good", "morning")])
    [['Good', 'morning']]
    """
    if isinstance(values, str):
        raise InputError(f"Expected lists of strings. Received: the string {values!r}")
    sentences = []
    for sentence in values:
        if isinstance(sentence, str) or not hasattr(sentence, "__len__"):
            raise InputError(
                f"Expected a list of strings for each sample. Received: {sentence!r}. Split texts "
                "into tokens first"
            )
        wrong = [word for word in sentence if not isinstance(word, str)]
        if wrong:
            raise InputError(f"Expected tokens that are strings. Received: {wrong[0]!r} among them")
        sentences.append([str(word) for word in sentence])
    return sentences
