"""From lists of words to the pieces that a backbone takes, and back to one answer a word."""

from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Self

import keras
import numpy as np

from kerastune.data import IGNORED_TAG, Source
from kerastune.errors import InputError
from kerastune.preprocessing.preprocessor import Preprocessor
from kerastune.preprocessing.text import TextPreprocessor
from kerastune.preprocessing.word_pieces import WordPieces, token_lists

# The samples, in percent, that a length chosen by the data leaves whole: no token behind it is
# answered for.
_PERCENTILE = 99


@keras.saving.register_keras_serializable(package="kerastune")
class TokenPreprocessor(Preprocessor):
    """Turns lists of tokens into arrays for a backbone; made by `load_token_preprocessor`.

    A tokenizer cuts most words into several pieces. A word is learned and answered for at
    its first piece; every other position, those of special tokens and padding too, gets
    `IGNORED_TAG` as its tag. Words that lie behind the sequence length, and words of which
    the tokenizer leaves no piece, are not learned from, and get no output: a row of NaN.
    `fit` counts those of the training samples in `notes`, `noted` those of all.

    Args:
        text: `TextPreprocessor` of the backbone, or None until `load_assets` has read one.
        column: str, the column of tokens. Defaults to `"tokens"`.
        tag_columns: tuple of str, the targets with a tag for each token, where there are
            several targets. Defaults to `("tags",)`.

    Attributes:
        notes: tuple of str, what of the training samples is not learned from; empty before
            `fit`.

    Reference:
        Devlin et al., 2018, "BERT: Pre-training of Deep Bidirectional Transformers for
        Language Understanding", section 5.3, https://arxiv.org/abs/1810.04805

    Example:

    >>> from kerastune.preprocessing import load_token_preprocessor
    >>> preprocessor = load_token_preprocessor("minilm", sequence_length=6)
    >>> inputs = {"tokens": [["Good", "tokenizers"]]}
    >>> arrays, tags = preprocessor.prepare_both(inputs, [[7, 8]])
    >>> arrays["token_ids"].tolist(), tags.tolist()
    ([[101, 2204, 19204, 17629, 2015, 102]], [[-1, 7, 8, -1, -1, -1]])
    >>> outputs = np.arange(6.0).reshape(1, 6, 1)
    >>> preprocessor.align(outputs, inputs)
    [array([[1.], [2.]])]
    """

    is_by_sample = True

    def __init__(
        self,
        text: TextPreprocessor | None = None,
        *,
        column: str = "tokens",
        tag_columns: Sequence[str] = ("tags",),
    ) -> None:
        self.columns = (column,)
        self.tag_columns = tuple(tag_columns)
        self.notes: tuple[str, ...] = ()
        if text is not None:
            self._use(text)

    def _use(self, text: TextPreprocessor) -> None:
        """Takes over a tokenizer."""
        self._text = text
        self._pieces = WordPieces(text)

    @property
    def text(self) -> TextPreprocessor:
        """The `TextPreprocessor` with the tokenizer."""
        return self._text

    @property
    def sequence_length(self) -> int:
        """The number of positions of every sample, special ones and padding included."""
        return self._text.sequence_length

    def fit(self, samples: Source) -> Self:
        """Finds the columns in the training samples and a length, and counts what is cut off.

        Args:
            samples: `Source` with one input of kind `tokens`.

        Returns:
            The preprocessor itself.

        Raises:
            InputError: if there is no such column, or several.
        """
        self.columns = (samples.input("tokens"),)
        self.tag_columns = tuple(
            name for name in samples.targets if samples.columns[name].kind == "tags"
        )
        self._text.fit_length(lambda: self._token_counts(samples), _PERCENTILE)
        self._pieces = WordPieces(self._text)
        self.notes = self.notes_for("training", samples)
        return self

    def prepare(self, inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Returns the pieces of samples, cut or padded to the sequence length.

        Args:
            inputs: dictionary with the column of tokens, a sequence of lists of str.

        Returns:
            Dictionary from the name of a backbone's input to an array of shape
            `(samples, sequence_length)`, as `TextPreprocessor` gives it.

        Raises:
            InputError: the values are not lists of strings.
        """
        rows, _ = self._cut(token_lists(inputs[self.columns[0]]))
        return self._pieces.pack(rows)

    def prepare_both(self, inputs: Mapping[str, Any], targets: Any) -> tuple[Any, Any]:
        """Returns the pieces of samples, and a tag for each position.

        Args:
            inputs: dictionary, as for `prepare`.
            targets: the tags of each sample, sequences of int, one a token; or a dictionary
                by column, of which those in `tag_columns` are changed; or None.

        Returns:
            A tuple of what `prepare` gives and int32 tags of shape `(samples,
            sequence_length)`: those of the tokens at their first pieces, `IGNORED_TAG`
            everywhere else.

        Raises:
            InputError: if a sample has not one tag for each token.
        """
        rows, pieces = self._cut(token_lists(inputs[self.columns[0]]))
        arrays = self._pieces.pack(rows)
        if targets is None:
            return arrays, None
        indices = [self._first_positions(sentence) for sentence in pieces]
        if isinstance(targets, Mapping):
            return arrays, {
                name: self._spread(values, indices) if name in self.tag_columns else values
                for name, values in targets.items()
            }
        return arrays, self._spread(targets, indices)

    def align(self, outputs: Any, inputs: Mapping[str, Any]) -> Any:
        """Returns the outputs at the first piece of each word.

        Args:
            outputs: array of shape `(samples, sequence_length, width)`, or a dictionary of
                arrays by output, of which those of this shape are changed.
            inputs: dictionary, as for `prepare`.

        Returns:
            List of float arrays of shape `(tokens, width)`, one a sample. Rows of words
            without an output are NaN.

        Raises:
            InputError: if the outputs have another shape.
        """
        sentences = token_lists(inputs[self.columns[0]])
        expected = (len(sentences), self.sequence_length)
        if isinstance(outputs, Mapping):
            return {
                name: self.align(values, inputs)
                if np.ndim(values) == 3 and np.shape(values)[:2] == expected
                else values
                for name, values in outputs.items()
            }
        values = np.asarray(outputs)
        if values.ndim != 3 or values.shape[:2] != expected:
            raise InputError(
                f"Expected outputs of shape ({expected[0]}, {expected[1]}, width), a row for each "
                f"position. Received: {values.shape}. Attach the head with pooling='sequence'"
            )
        aligned = []
        for row, sentence in zip(values, self._cut(sentences)[1], strict=True):
            index = self._first_positions(sentence)
            found = np.full((len(index), values.shape[2]), np.nan, np.result_type(values, "f4"))
            found[index >= 0] = row[index[index >= 0]]
            aligned.append(found)
        return aligned

    def get_config(self) -> dict[str, Any]:
        """Returns the columns; everything else is in the assets."""
        return {"column": self.columns[0], "tag_columns": list(self.tag_columns)}

    def save_assets(self, directory: Path) -> None:
        """Writes the vocabulary and the settings.

        Args:
            directory: Path of a folder that exists.
        """
        self._text.save_assets(directory)

    def load_assets(self, directory: Path) -> None:
        """Reads what `save_assets` wrote, on any backend.

        Args:
            directory: Path of the folder.
        """
        text = TextPreprocessor()
        text.load_assets(directory)
        self._use(text)

    def notes_for(self, use: str, samples: Source) -> tuple[str, ...]:
        """Returns notes on tokens without an output, and why.

        Args:
            use: str, what they are for, such as `"training"`.
            samples: `Source`.

        Returns:
            Tuple of str, a line for each reason.
        """
        sentences = token_lists(samples.values[self.columns[0]])
        pieces = self._cut(sentences)[1]
        behind_the_end = sum(
            int((self._first_positions(sentence) < 0).sum()) for sentence in pieces
        )
        without_piece = sum(not piece for sentence in pieces for piece in sentence)
        reasons = {
            f"behind the {self.sequence_length} positions of a sample": behind_the_end
            - without_piece,
            "without a piece that the tokenizer knows": without_piece,
        }
        total = sum(map(len, sentences))
        return tuple(
            f"{use}: {count} of {total} tokens get no output: {reason}"
            for reason, count in reasons.items()
            if count
        )

    def _token_counts(self, samples: Source) -> list[int]:
        """Returns the positions that each sample needs, special ones included."""
        rows, _ = self._cut(token_lists(samples.values[self.columns[0]]))
        special = self.sequence_length - self._pieces.room
        return [len(row) + special for row in rows]

    def _cut(self, sentences: list[list[str]]) -> tuple[list[list[int]], list[list[list[int]]]]:
        """Returns the pieces of each sentence in a row, and by word."""
        # Most words of a batch occur in it more than once.
        words = sorted(set(chain.from_iterable(sentences)))
        pieces_of = dict(zip(words, self._pieces.tokenize(words), strict=True))
        by_word = [[pieces_of[word] for word in sentence] for sentence in sentences]
        return [list(chain.from_iterable(sentence)) for sentence in by_word], by_word

    def _first_positions(self, pieces: list[list[int]]) -> np.ndarray:
        """Returns the position of the first piece of each word of a sentence, -1 for none."""
        counts = np.array([len(piece) for piece in pieces], "int64")
        before = np.cumsum(counts) - counts
        has_place = (counts > 0) & (before < self._pieces.room)
        return np.where(has_place, before + self._pieces.start, -1)

    def _spread(self, targets: Any, indices: list[np.ndarray]) -> np.ndarray:
        if len(targets) != len(indices):
            raise InputError(
                f"Expected the tags of {len(indices)} samples. Received: those of {len(targets)}"
            )
        tags = np.full((len(indices), self.sequence_length), IGNORED_TAG, "int32")
        for row, index, codes in zip(tags, indices, targets, strict=True):
            if np.shape(codes) != index.shape:
                raise InputError(
                    "Expected a list of tags for each sample, one a token. Received: tags of "
                    f"shape {np.shape(codes)} for {len(index)} tokens"
                )
            row[index[index >= 0]] = np.asarray(codes)[index >= 0]
        return tags
