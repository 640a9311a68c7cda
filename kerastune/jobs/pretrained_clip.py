"""A pretrained CLIP to begin with, and which of the two kinds of towers a name means."""

from dataclasses import dataclass
from pathlib import Path

from kerastune import backends

backends.select()

import keras

from kerastune.jobs.pretrained_towers import PretrainedTowers
from kerastune.jobs.run_directories import MARKER
from kerastune.models import ClipTowers, load_clip
from kerastune.preprocessing import PresetTokenizer


@dataclass(frozen=True)
class PretrainedClip:
    """The towers of a CLIP of KerasHub with its projections and its tokenizer; made by `of_preset`.

    Args:
        clip: `kerastune.models.ClipTowers`.
        tokenizer: `PresetTokenizer`.

    Example:

    >>> PretrainedClip.of_preset("no_such_preset")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: ...'no_such_preset'...
    """

    clip: ClipTowers
    tokenizer: PresetTokenizer

    @classmethod
    def of_preset(cls, preset: str | Path) -> "PretrainedClip":
        """Returns the CLIP of a preset.

        Args:
            preset: str or path, as for `kerastune.models.load_clip`.

        Raises:
            InputError: if there is no such preset, it is not CLIP, or has no tokenizer.
            MissingExtraError: if KerasHub is not installed.
        """
        return cls(load_clip(preset), PresetTokenizer.load(preset))

    @property
    def sequence_length(self) -> int:
        """int, the most tokens of a caption."""
        return self.clip.sequence_length

    def copy_to(self, model: keras.Model) -> None:
        """Sets the weights of a head on its towers to those that were trained with them.

        Args:
            model: Keras model with a `kerastune.heads.ImageTextMatching` of the width of the clip.
        """
        self.clip.copy_head_to(model)


def pretrained_towers(name: str | Path) -> PretrainedTowers | PretrainedClip:
    """Returns the towers of a run, where a name is its directory, or else of a preset of CLIP.

    Args:
        name: str or Path, as for `PretrainedTowers.of_run` or `PretrainedClip.of_preset`.

    Raises:
        InputError: if it is neither.
        MissingExtraError: if KerasHub is needed and not installed.

    Example:

    >>> pretrained_towers("no_such_preset")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: ...'no_such_preset'...
    """
    is_run = (Path(name) / MARKER).is_file()
    return PretrainedTowers.of_run(name) if is_run else PretrainedClip.of_preset(name)
