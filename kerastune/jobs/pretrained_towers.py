"""The towers of a run of its own, for another one to begin with."""

from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from kerastune import backends

backends.select()

import keras

from kerastune.backends import builds_abstract
from kerastune.errors import InputError
from kerastune.jobs.loading import load
from kerastune.preprocessing import ImageCaptionPreprocessor, PresetTokenizer, Tokenizer


@dataclass(frozen=True)
class PretrainedTowers:
    """The two towers that a run has trained, with their head and vocabulary; made by `of_run`.

    A run is trained with the towers that its options make, so it brings none that are made, as
    `PretrainedClip` does.

    Args:
        model: Keras model: `kerastune.models.two_towers` with `kerastune.heads.ImageTextMatching`.
        preprocessor: its `ImageCaptionPreprocessor`.
        source: str, the run, for messages.
        clip: None.

    Example:

    >>> models = [
    ...     keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="one")], name="towers")
    ...     for _ in range(2)
    ... ]
    >>> PretrainedTowers(models[0], ImageCaptionPreprocessor((8, 8, 1))).copy_to(models[1])
    >>> first, second = (model.get_weights()[0] for model in models)
    >>> bool((first == second).all())
    True
    """

    model: keras.Model
    preprocessor: ImageCaptionPreprocessor
    source: str = "a run"
    clip: None = None

    @classmethod
    def of_run(cls, run_dir: str | Path) -> "PretrainedTowers":
        """Returns the towers of a run of `image_text_matching`.

        Args:
            run_dir: str or Path, the directory of a finished run.

        Raises:
            InputError: if it is none, or of another recipe.

        Example:

        >>> PretrainedTowers.of_run("no/such/run")
        Traceback (most recent call last):
            ...
        kerastune.errors.InputError: Expected the directory of a finished run. Received: ...
        """
        result = load(run_dir)
        if not isinstance(result.preprocessor, ImageCaptionPreprocessor):
            raise InputError(
                "Expected a run whose model matches images and captions, such as one of "
                f"image_text_matching. Received: '{run_dir}', a run of {result.recipe}"
            )
        return cls(result.model, result.preprocessor, str(run_dir))

    @property
    def tokenizer(self) -> Tokenizer | PresetTokenizer:
        """The tokenizer of its captions."""
        return self.preprocessor.words.tokenizer

    @property
    def sequence_length(self) -> int:
        """int, the words of a caption."""
        return self.preprocessor.words.sequence_length

    def copy_to(self, model: keras.Model) -> None:
        """Sets each weight of a model, its head included, to the one in the same place.

        Args:
            model: Keras model of the same layers and sizes.

        Raises:
            InputError: if a weight has another shape, or one of them lacks a weight.
        """
        # By their order: a file does not keep the paths of recurrent layers.
        pairs = list(zip_longest(self.model.weights, model.weights))
        for theirs, ours in pairs:
            if theirs is None or ours is None or theirs.shape != ours.shape:
                raise InputError(
                    f"Expected towers of the layers and sizes of those of '{self.source}'. "
                    f"Received: {_told(ours)} where it has {_told(theirs)}. Give the run's "
                    "`backbone`, `image_size`, `text_encoder`, `width`, `layers` and "
                    "`sequence_length`"
                )
        if not builds_abstract():  # Else neither has values.
            for theirs, ours in pairs:
                ours.assign(theirs)


def _told(weight: Any) -> str:
    return "nothing" if weight is None else f"{weight.path!r} of shape {tuple(weight.shape)}"
