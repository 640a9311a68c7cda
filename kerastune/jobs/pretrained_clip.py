"""A pretrained CLIP to begin with, and which of the two kinds of towers a name means."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kerastune import backends

backends.select()

import keras

from kerastune.errors import InputError
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


def pretrained_towers(
    name: str | Path | None,
    recipe: Callable[..., Any] | None = None,
    options: Mapping[str, Any] | None = None,
) -> PretrainedTowers | PretrainedClip | None:
    """Returns the towers of a run, where a name is its directory, or else of a preset of CLIP.

    Args:
        name: str or Path, as for `PretrainedTowers.of_run` or `PretrainedClip.of_preset`; or None
            for no towers, which gives None.
        recipe: the recipe that begins with them, whose signature has defaults. Defaults to none.
        options: dictionary of its options that make towers: a preset, which has some, takes none
            but their defaults. Defaults to none.

    Raises:
        InputError: if it is neither, or an option is given that a preset does not take.
        MissingExtraError: if KerasHub is needed and not installed.

    Example:

    >>> pretrained_towers("no_such_preset")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: ...'no_such_preset'...
    """
    if name is None:
        return None
    if (Path(name) / MARKER).is_file():
        return PretrainedTowers.of_run(name)
    # First of all there has to be one: a name may also be that of a run, misspelt.
    clip = PretrainedClip.of_preset(name)
    if recipe is not None:
        defaults = inspect.signature(recipe).parameters
        for option, value in (options or {}).items():
            if value != defaults[option].default:
                raise InputError(
                    f"Expected no {option} with a preset of CLIP, which has towers. Received: "
                    f"{option}={value!r} with pretrained={str(name)!r}. Leave it out"
                )
    return clip
