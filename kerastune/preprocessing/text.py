"""From sentences to the numbers that a backbone takes."""

import copy
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import keras
import numpy as np

from kerastune.data import Source
from kerastune.errors import InputError, reason
from kerastune.files import write_json
from kerastune.models.presets import import_keras_hub
from kerastune.preprocessing.bert_normalizer import BertNormalizer
from kerastune.preprocessing.buckets import bucket_for, bucket_lengths
from kerastune.preprocessing.lengths import SHORTEST, length_for
from kerastune.preprocessing.packing import can_pack, packed, packed_by_layer
from kerastune.preprocessing.preprocessor import Preprocessor
from kerastune.untrusted.preset_folder import read_configuration
from kerastune.untrusted.reading import parse_json_value, read_text

_NORMALIZER_FILE = "normalizer.json"
# The texts, in percent, that a length chosen by the data leaves whole. The class of the longest
# shows in their beginning as a rule.
_PERCENTILE = 95
# Texts that are tokenized at a time to count their tokens.
_AT_ONCE = 1024


@keras.saving.register_keras_serializable(package="kerastune")
class TextPreprocessor(Preprocessor):
    """Turns sentences into arrays for a backbone; made by `load_text_preprocessor`.

    It can be called from several threads at once. Special tokens, such as `[SEP]`, have
    no meaning inside a sentence: they are words like others.

    Args:
        layer: a KerasHub text classifier preprocessor, with its vocabulary. If there is
            a normalizer, the tokenizer's own normalization is switched off. None until
            `load_assets` has read one.
        normalizer: `BertNormalizer`, applied to every sentence first, or None.
        column: str, the column of texts. Defaults to `"text"`.
        longest: int, the most tokens that the backbone takes, where `fit` is to choose the
            sequence length: the 95th percentile of the training samples in steps of 8, at most
            this and 512. None where the layer's length stands. Defaults to None.
        group_by_length: bool, whether `fit` chooses a few lengths, to the first of which that
            holds a batch it is padded, and samples of similar length are trained on together.
            Defaults to False.
        buckets: sequence of int in rising order, these lengths, once they are chosen: the batches
            are grouped by length. Defaults to none.

    Example:

    >>> from kerastune.preprocessing import load_text_preprocessor
    >>> preprocessor = load_text_preprocessor("minilm", sequence_length=6)
    >>> arrays = preprocessor(["Good morning", ""])
    >>> sorted(arrays)
    ['padding_mask', 'segment_ids', 'token_ids']
    >>> arrays["token_ids"].tolist()
    [[101, 2204, 2851, 102, 0, 0], [101, 102, 0, 0, 0, 0]]
    """

    def __init__(
        self,
        layer: Any = None,
        normalizer: BertNormalizer | None = None,
        *,
        column: str = "text",
        longest: int | None = None,
        group_by_length: bool = False,
        buckets: Sequence[int] = (),
    ) -> None:
        self.columns = (column,)
        self._longest = longest
        self._group_by_length = group_by_length or bool(buckets)
        self.buckets = tuple(buckets)
        self._counted: tuple[Any, np.ndarray] = (None, np.empty(0, "int32"))
        if layer is not None:
            self._use(layer, normalizer)

    def _use(self, layer: Any, normalizer: BertNormalizer | None) -> None:
        """Takes over a layer with its vocabulary."""
        self._layer = layer
        self._normalizer = normalizer
        if normalizer is not None:
            layer.tokenizer.lowercase = False
            layer.tokenizer.strip_accents = False
            layer.tokenizer.split_on_cjk = False
        # The layer finishes itself in its first call, which two threads must not share.
        self._inputs: tuple[str, ...] = ()
        arrays = self([""])
        self._inputs = tuple(arrays) if can_pack(layer) else ()

    def fit(self, samples: Source) -> Self:
        """Finds the column of texts in the training samples, and the sequence length for them.

        Args:
            samples: `Source` with one input of kind `text`.

        Returns:
            The preprocessor itself.

        Raises:
            InputError: if there is no such column, or several.
        """
        self.columns = (samples.input("text"),)
        self.fit_length(lambda: self._token_counts(samples), _PERCENTILE)
        if self._group_by_length:
            self.buckets = bucket_lengths(self._token_counts(samples), self.sequence_length)
        return self

    def fit_length(
        self, token_counts: Callable[[], Sequence[int] | np.ndarray], percentile: float
    ) -> None:
        """Sets the sequence length by samples, where nobody has set it.

        Args:
            token_counts: function that gives the tokens of each sample, special ones
                included; called where they are needed.
            percentile: float, the percentage of samples that are not cut.
        """
        if self._longest is not None:
            self._layer.sequence_length = length_for(
                token_counts(), percentile, SHORTEST, self._longest
            )
            self([""])

    @property
    def is_by_sample(self) -> bool:  # type: ignore[override]
        """bool, whether all texts are padded to one length."""
        return not self._group_by_length

    @property
    def layer(self) -> Any:
        """The KerasHub text classifier preprocessor, with its vocabulary."""
        return self._layer

    @property
    def normalizer(self) -> BertNormalizer | None:
        """Normalizer applied to every sentence before the layer, or None."""
        return self._normalizer

    @property
    def sequence_length(self) -> int:
        """The number of tokens of every sentence, padding included."""
        return self._layer.sequence_length

    def prepare(self, inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Returns sentences as tokens, cut to the sequence length and padded to a length for all.

        Args:
            inputs: dictionary with the column of texts, a sequence of str. Halves of
                surrogate pairs, which are no characters, are left out.

        Returns:
            Dictionary from the name of a backbone's input to an array of shape
            `(sentences, length)`, the sequence length or, grouped by length, a lower one that
            holds them all, one of the buckets if there are any: `token_ids` (int32),
            `padding_mask` (bool, true for tokens), and `segment_ids` (int32) where the backbone
            takes them.

        Raises:
            InputError: the texts are not a sequence of strings.
        """
        (texts,) = (inputs[name] for name in self.columns)
        if isinstance(texts, str):
            raise InputError(f"Expected a list of strings. Received: the string {texts!r}")
        wrong = [text for text in texts if not isinstance(text, str)]
        if wrong:
            raise InputError(f"Expected a list of strings. Received: {wrong[0]!r} in it")
        clean = self._cleaned(texts)
        if self._inputs:
            arrays = packed(self._layer, clean)
            arrays = {name: arrays[name] for name in self._inputs}
        else:
            arrays = packed_by_layer(self._layer, clean)
        if not self._group_by_length:
            return arrays
        needed = int(arrays["padding_mask"].sum(axis=1).max(initial=1))
        length = bucket_for(needed, self.buckets)
        return {name: values[:, :length] for name, values in arrays.items()}

    def without_buckets(self) -> Self:
        """Returns a preprocessor that pads each batch that is grouped to its own longest."""
        changed = copy.copy(self)
        changed.buckets = ()
        return changed

    def lengths(self, samples: Source) -> np.ndarray | None:
        """Returns the tokens of each text, special ones included, as far as they are not cut.

        Args:
            samples: `Source` with the column of texts.

        Returns:
            int array of shape `(samples,)`; None where batches are not grouped by length.
        """
        if not self._group_by_length:
            return None
        return np.minimum(self._token_counts(samples), self.sequence_length)

    def notes_for(self, use: str, samples: Source) -> list[str]:
        """Returns a note on texts with more tokens than the sequence length, which are cut.

        Args:
            use: str, what they are for, such as `"training"`.
            samples: `Source` with the column of texts.

        Returns:
            List of str: one line, or none if no text is cut.
        """
        counts = self._token_counts(samples)
        cut = int((counts > self.sequence_length).sum())
        if not cut:
            return []
        return [f"{use}: {cut} of {len(counts)} texts cut to {self.sequence_length} tokens"]

    def _token_counts(self, samples: Source) -> np.ndarray:
        """Returns the tokens of each text, special ones included, before it is cut."""
        texts = samples.values[self.columns[0]]
        if self._counted[0] is texts:
            return self._counted[1]
        # What an empty text has are the special tokens.
        special = int(self([""])["padding_mask"].sum())
        counts = np.empty(len(texts), "int32")
        for start in range(0, len(texts), _AT_ONCE):
            chunk = [texts[index] for index in range(start, min(start + _AT_ONCE, len(texts)))]
            with keras.device("cpu:0"):
                pieces = self._layer.tokenizer.tokenize(self._cleaned(chunk))
                counts[start : start + len(chunk)] = [len(ids) + special for ids in pieces]
        self._counted = (texts, counts)
        return counts

    def _cleaned(self, texts: Any) -> list[str]:
        clean = [str(text).encode("utf-8", "ignore").decode("utf-8") for text in texts]
        return clean if self._normalizer is None else [self._normalizer(text) for text in clean]

    def get_config(self) -> dict[str, Any]:
        """Returns the column and the lengths; everything else is in the assets."""
        return {"column": self.columns[0], "buckets": list(self.buckets)}

    def save_assets(self, directory: Path) -> None:
        """Writes the vocabulary and the settings.

        Args:
            directory: Path of a folder that exists.

        Example:

        >>> import tempfile
        >>> from kerastune.preprocessing import load_preprocessor, load_text_preprocessor
        >>> directory = tempfile.mkdtemp()
        >>> load_text_preprocessor("minilm", sequence_length=6).save(directory)
        >>> load_preprocessor(directory).sequence_length
        6
        """
        self._layer.save_to_preset(str(directory))
        rules = self._normalizer and dataclasses.asdict(self._normalizer)
        write_json(directory / _NORMALIZER_FILE, rules)

    def load_assets(self, directory: Path) -> None:
        """Reads what `save_assets` wrote, on any backend.

        Args:
            directory: Path, where it was saved.

        Raises:
            InputError: the directory does not hold one.
            MissingExtraError: KerasHub is not installed.
        """
        keras_hub = import_keras_hub("Tokenizing for a pretrained backbone")
        try:
            config = read_configuration(directory / "preprocessor.json")
            rules = parse_json_value(read_text(directory / _NORMALIZER_FILE))
            layer = keras.saving.deserialize_keras_object(config, safe_mode=True)
            if not isinstance(layer, keras_hub.models.TextClassifierPreprocessor):
                raise TypeError(f"{type(layer).__name__} is not a text preprocessor")
            layer.load_preset_assets(str(directory))
            self._use(layer, None if rules is None else BertNormalizer(**rules))
        # Keras' and KerasHub's readers share no family of errors.
        except Exception as error:
            raise InputError(
                "Expected a directory with a saved text preprocessor. Received: "
                f"{str(directory)!r}: {reason(error)}"
            ) from error
