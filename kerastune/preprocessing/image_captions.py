"""From images with captions to the arrays of two towers."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import keras
import numpy as np

from kerastune.data import Source
from kerastune.preprocessing.images import ImagePreprocessor
from kerastune.preprocessing.preprocessor import Preprocessor
from kerastune.preprocessing.preset_tokenizer import PresetTokenizer
from kerastune.preprocessing.preset_words import PresetWordPreprocessor
from kerastune.preprocessing.tokenizer import Tokenizer
from kerastune.preprocessing.words import WordPreprocessor

# As in CLIP.
_LONGEST = 77


@keras.saving.register_keras_serializable(package="kerastune")
class ImageCaptionPreprocessor(Preprocessor):
    """Turns images with captions into arrays for `kerastune.models.two_towers`.

    Images are as of `ImagePreprocessor`, captions as of `WordPreprocessor`: words in lower case,
    without accents, of a vocabulary made of the training captions; or, with the tokenizer of a
    preset, as of `PresetWordPreprocessor`.

    Args:
        image_shape: tuple of height and width in pixels, and channels.
        vocabulary_size: int, the most words, four special tokens included. Defaults to 10,000.
        sequence_length: int, words of a caption; longer ones are cut, which is noted. Defaults to
            what the longest training caption needs, at most 77, or to 77 tokens of a preset.
        tokenizer: `Tokenizer` or `PresetTokenizer`, which `fit` leaves as it is, such as that of
            pretrained towers. Defaults to none, for one that is made of the training captions.
        columns: sequence of the column of images and that of captions.

    Raises:
        InputError: if the vocabulary or a caption has no room for a word.

    Example:

    >>> from kerastune.data import open_captions
    >>> samples = open_captions((np.zeros((2, 4, 4, 1)), ["a cat", "a black dog"]))
    >>> arrays = ImageCaptionPreprocessor((4, 4, 1)).fit(samples)(samples)
    >>> arrays["image"].shape, arrays["token_ids"].tolist()
    ((2, 4, 4, 1), [[4, 6, 0], [4, 5, 7]])
    """

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        vocabulary_size: int = 10_000,
        sequence_length: int | None = None,
        *,
        tokenizer: Tokenizer | PresetTokenizer | None = None,
        columns: Sequence[str] = ("image", "caption"),
    ) -> None:
        image, caption = columns
        self.columns = (image, caption)
        self._images = ImagePreprocessor(image_shape, image)
        self._words: WordPreprocessor | PresetWordPreprocessor
        if isinstance(tokenizer, PresetTokenizer):
            self._words = PresetWordPreprocessor(tokenizer, sequence_length or _LONGEST, caption)
        else:
            self._words = WordPreprocessor(vocabulary_size, sequence_length, column=caption)
        self._vocabulary_size = vocabulary_size
        self._given_tokenizer = tokenizer
        self._given_length = sequence_length

    @property
    def words(self) -> WordPreprocessor | PresetWordPreprocessor:
        """The preprocessor of captions."""
        return self._words

    def fit(self, samples: Source) -> Self:
        """Makes the vocabulary of the training captions, and chooses the sequence length.

        Args:
            samples: `Source` with one input of kind `image` and one of kind `text`.

        Returns:
            The preprocessor itself.

        Raises:
            InputError: if there are no such columns, captions hold no word, or images values
                that cannot be from 0 to 255.
        """
        self._images.fit(samples)
        self.columns = (self._images.column, samples.input("text"))
        if isinstance(self._words, PresetWordPreprocessor):
            self._words.fit(samples)
        else:
            self._words = self._words_of(samples)
        return self

    def _words_of(self, samples: Source) -> WordPreprocessor:
        """Words of a vocabulary and a length that suit captions, as far as neither is given."""
        caption = self.columns[1]
        captions, size = list(samples.values[caption]), self._vocabulary_size
        given = self._given_tokenizer
        tokenizer = given if isinstance(given, Tokenizer) else Tokenizer.of_words(captions, size)
        longest = max(map(len, tokenizer.tokenize(captions)))
        length = self._given_length or min(longest, _LONGEST)
        return WordPreprocessor(size, length, tokenizer=tokenizer, column=caption)

    def check(self, samples: Source) -> None:
        """Refuses images in memory with NaN or infinity.

        Args:
            samples: `Source` with the columns of images and captions.

        Raises:
            InputError: with the row of the first.
        """
        self._images.check(samples)

    def prepare(self, inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Returns images of one size, and captions as ids of words.

        Args:
            inputs: dictionary with the columns of images and captions.

        Returns:
            Dictionary of `image`, float32 of shape `(samples, height, width, channels)`,
            `token_ids`, int32, and `padding_mask`, bool, of shape `(samples, sequence_length)`.

        Raises:
            InputError: if something is no image, or no text.
        """
        return {"image": self._images.prepare(inputs), **self._words.prepare(inputs)}

    def prepare_both(self, inputs: Mapping[str, Any], targets: Any) -> tuple[Any, np.ndarray]:  # noqa: ARG002
        """Returns inputs, and for each a number that is the same for the same caption.

        Args:
            inputs: dictionary, as for `prepare`.
            targets: not used, as the pairs are what is learned.

        Returns:
            A tuple of what `prepare` gives, and an int32 array of shape `(samples,)`.
        """
        _, numbers = np.unique(list(inputs[self.columns[1]]), return_inverse=True)
        return self.prepare(inputs), numbers.astype("int32")

    def align(self, outputs: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the vectors of images and captions, and the captions.

        Args:
            outputs: dictionary of `image` and `text`, as `ImageTextMatching.predict` gives it.
            inputs: dictionary, as for `prepare`.

        Returns:
            Dictionary with `caption`, a list of str, besides.
        """
        return {**outputs, "caption": list(inputs[self.columns[1]])}

    def notes_for(self, use: str, samples: Source) -> list[str]:
        """Returns notes on captions that are cut, and on the share of words that are not known.

        Args:
            use: str, what they are for, such as `"training"`.
            samples: `Source` with the column of captions.
        """
        return self._words.notes_for(use, samples)

    def get_config(self) -> dict[str, Any]:
        """Returns the settings; the vocabulary is in the assets."""
        return {
            "image_shape": list(self._images.image_shape),
            "vocabulary_size": self._vocabulary_size,
            "sequence_length": self._words.get_config()["sequence_length"],
            "columns": list(self.columns),
        }

    def save_assets(self, directory: Path) -> None:
        """Writes the vocabulary.

        Args:
            directory: Path of a folder that exists.
        """
        self._words.save_assets(directory)

    def load_assets(self, directory: Path) -> None:
        """Reads the vocabulary that `save_assets` wrote.

        Args:
            directory: Path of the folder.

        Raises:
            InputError: if there is none.
        """
        if PresetWordPreprocessor.is_saved_in(directory):
            length = self._given_length or _LONGEST
            self._words = PresetWordPreprocessor(None, length, self.columns[1])
        self._words.load_assets(directory)
