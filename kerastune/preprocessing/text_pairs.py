"""From pairs of texts to the ids of an encoder and a decoder."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import keras
import numpy as np

from kerastune.data import Source
from kerastune.errors import InputError
from kerastune.preprocessing.padding import padded
from kerastune.preprocessing.preprocessor import Preprocessor
from kerastune.preprocessing.tokenizer import END, PADDING, START, UNKNOWN, Tokenizer

_VOCABULARY = "vocabulary.json"
_LONGEST = 128
_FEWEST_TOKENS = 2

TOKENIZERS: dict[str, Callable[[Sequence[str], int], Tokenizer]] = {
    "characters": Tokenizer.of_characters,
    "byte_pairs": Tokenizer.of_byte_pairs,
}
"""The kinds of tokenizers, by name."""


@keras.saving.register_keras_serializable(package="kerastune")
class TextPairPreprocessor(Preprocessor):
    """Turns pairs of texts into arrays for a model of an encoder and a decoder.

    Both texts have one vocabulary: what is copied, such as names and digits, is then the same
    token on both sides, and each token is learned from twice as many texts. Behind a source
    stands an end token; before the decoder's input a start token, and behind the target an end
    token, where there is room. All else is padding.

    Args:
        tokenizer: str, a key of `TOKENIZERS`. Defaults to `"characters"`.
        vocabulary_size: int, the most tokens of the vocabulary. Defaults to 1000.
        source_length: int, the positions of a source; None until `fit` chooses what the longest
            training source needs, at most 128.
        target_length: int, likewise for targets.
        columns: sequence of the column of sources and that of targets.

    Raises:
        InputError: if there is no such tokenizer, or a length is less than 2.

    Example:

    >>> samples = Source.of(["ab", "b"], [0.0, 1.0])
    >>> samples = samples.with_column("label", ["ba", "bb"], samples.columns["text"])
    >>> pairs = TextPairPreprocessor().fit(samples)
    >>> inputs, targets = pairs.prepare_both({"text": ["ab"]}, ["b"])
    >>> {name: rows.tolist() for name, rows in inputs.items()}, targets.tolist()
    ({'source_ids': [[5, 4, 3]], 'target_ids': [[2, 4, 0]]}, [[4, 3, 0]])
    >>> pairs.align(np.array([[4, 5, 3]]), {})
    ['ba']
    """

    def __init__(
        self,
        tokenizer: str = "characters",
        *,
        vocabulary_size: int = 1000,
        source_length: int | None = None,
        target_length: int | None = None,
        columns: Sequence[str] = ("source", "target"),
    ) -> None:
        if tokenizer not in TOKENIZERS:
            raise InputError(
                f"Expected a tokenizer out of {', '.join(TOKENIZERS)}. Received: {tokenizer!r}"
            )
        for length in (source_length, target_length):
            if length is not None and length < _FEWEST_TOKENS:
                raise InputError(
                    f"Expected a length of at least {_FEWEST_TOKENS} tokens. Received: {length}"
                )
        source, self.target_column = columns
        self.columns = (source,)
        self.kind = tokenizer
        self.vocabulary_size = vocabulary_size
        self._lengths = [source_length, target_length]
        self._tokenizer: Tokenizer | None = None

    @property
    def tokenizer(self) -> Tokenizer:
        """The `Tokenizer` of both texts.

        Raises:
            InputError: before `fit`.
        """
        if self._tokenizer is None:
            raise InputError("Expected a preprocessor that is fitted. Received: none. Call `fit`")
        return self._tokenizer

    @property
    def lengths_of_both(self) -> tuple[int, int]:
        """Tuple of int, the positions of a source and of a target.

        Raises:
            InputError: before `fit`.
        """
        source, target = self._lengths
        if source is None or target is None:
            raise InputError("Expected a preprocessor that is fitted. Received: none. Call `fit`")
        return source, target

    def fit(self, samples: Source) -> Self:
        """Makes the vocabulary of the training samples, and chooses the lengths.

        Args:
            samples: `Source` with one input and one target of kind `text`.

        Returns:
            The preprocessor itself.

        Raises:
            InputError: if there are no such columns, or the texts have fewer than two different
                tokens.
            MissingExtraError: if the library tokenizers is not installed.
        """
        source, self.target_column = samples.input("text"), samples.target("text")
        self.columns = (source,)
        texts = [list(samples.values[name]) for name in (source, self.target_column)]
        self._tokenizer = TOKENIZERS[self.kind]([*texts[0], *texts[1]], self.vocabulary_size)
        found = [self._tokenizer.tokenize(column) for column in texts]
        different = {token for column in found for row in column for token in row} - {UNKNOWN}
        if len(different) < _FEWEST_TOKENS:
            raise InputError(
                f"Expected texts of at least {_FEWEST_TOKENS} different tokens in {samples.name}. "
                f"Received: {len(different)}"
            )
        self._lengths = [
            length or min(max(map(len, rows)) + 1, _LONGEST)
            for length, rows in zip(self._lengths, found, strict=True)
        ]
        return self

    def prepare(self, inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Returns the ids of sources, and of targets of which nothing is known but their start.

        Args:
            inputs: dictionary with the column of sources, a sequence of str.

        Returns:
            Dictionary of int32 arrays, `source_ids` of shape `(samples, source_length)` and
            `target_ids` of shape `(samples, target_length)`.
        """
        source_length, target_length = self.lengths_of_both
        sources = self.tokenizer.tokenize(list(inputs[self.columns[0]]))
        # The end is kept where a source is cut, so that no source is without a token.
        rows = [[*row[: source_length - 1], END] for row in sources]
        starts: list[list[int]] = [[START]] * len(rows)
        return {
            "source_ids": padded(rows, len(rows), source_length, PADDING),
            "target_ids": padded(starts, len(rows), target_length, PADDING),
        }

    def prepare_both(self, inputs: Mapping[str, Any], targets: Any) -> tuple[Any, Any]:
        """Returns the ids of sources and of targets before each position, and those to predict.

        Args:
            inputs: dictionary, as for `prepare`.
            targets: sequence of str.

        Returns:
            A tuple of what `prepare` gives, with the whole targets behind their start, and an
            int32 array of shape `(samples, target_length)` of the targets with their end. The
            end of a target that is cut is cut too.
        """
        length = self.lengths_of_both[1]
        rows = self.tokenizer.tokenize(list(targets))
        before = ([START, *row][:length] for row in rows)
        wanted = ([*row, END][:length] for row in rows)
        given = padded(before, len(rows), length, PADDING)
        return (
            {**self.prepare(inputs), "target_ids": given},
            padded(wanted, len(rows), length, PADDING),
        )

    def align(self, outputs: Any, inputs: Mapping[str, Any]) -> list[str]:  # noqa: ARG002
        """Returns the texts of ids.

        Args:
            outputs: int array of shape `(samples, target_length)`.
            inputs: not used.

        Returns:
            List of str.
        """
        return self.tokenizer.detokenize(np.asarray(outputs).tolist())

    def notes_for(self, use: str, samples: Source) -> tuple[str, ...]:
        """Returns notes on texts that are cut, or have tokens that the vocabulary lacks.

        Args:
            use: str, what they are for, such as `"training"`.
            samples: `Source`.

        Returns:
            Tuple of str.
        """
        notes = []
        columns = dict(
            zip((self.columns[0], self.target_column), self.lengths_of_both, strict=True)
        )
        for name, length in columns.items():
            rows = self.tokenizer.tokenize(list(samples.values[name]))
            counts = {
                f"cut to {length} tokens": sum(len(row) + 1 > length for row in rows),
                "with tokens that the training samples lack": sum(UNKNOWN in row for row in rows),
            }
            notes += [
                f"{use}: {count} of {len(rows)} texts of column {name!r} {what}"
                for what, count in counts.items()
                if count
            ]
        return tuple(notes)

    def get_config(self) -> dict[str, Any]:
        """Returns the settings and the lengths; the vocabulary is in the assets."""
        return {
            "tokenizer": self.kind,
            "vocabulary_size": self.vocabulary_size,
            "source_length": self._lengths[0],
            "target_length": self._lengths[1],
            "columns": [*self.columns, self.target_column],
        }

    def save_assets(self, directory: Path) -> None:
        """Writes the vocabulary.

        Args:
            directory: Path of a folder that exists.
        """
        self.tokenizer.save(directory / _VOCABULARY)

    def load_assets(self, directory: Path) -> None:
        """Reads what `save_assets` wrote.

        Args:
            directory: Path of the folder.
        """
        self._tokenizer = Tokenizer.load(directory / _VOCABULARY)
