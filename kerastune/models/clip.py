"""The two towers of a pretrained CLIP, with the projections that were trained with them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras

from kerastune.backends import builds_abstract
from kerastune.errors import InputError
from kerastune.models.backbones import load_backbone
from kerastune.models.image_backbones import preset_scaling
from kerastune.models.presets import resolve
from kerastune.models.towers import IMAGE_TOWER, TEXT_TOWER, LogitScale, side_by_side


@dataclass(frozen=True)
class ClipTowers:
    """A pretrained CLIP in two parts, its towers and what a head begins with; made by `load_clip`.

    Args:
        model: Keras model from a dictionary of `image` and `token_ids` to one of `image` and
            `text`, as `two_towers` returns.
        image_shape: tuple of height, width and channels of its images, in pixels.
        sequence_length: int, the most tokens of a text.
        clip: the `keras_hub.models.CLIPBackbone` that the towers are layers of.

    Example:

    >>> load_clip("minilm")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a preset of CLIP... Received: 'minilm', a ...Bert...
    """

    model: keras.Model
    image_shape: tuple[int, int, int]
    sequence_length: int
    clip: Any

    @property
    def width(self) -> int:
        """int, the length of the vectors that are compared."""
        return int(self.clip.projection_dim)

    def copy_head_to(self, model: keras.Model) -> None:
        """Sets the projections and the scale of a head on the towers to those of the preset.

        Args:
            model: Keras model with a `kerastune.heads.ImageTextMatching` of this width.
        """
        if builds_abstract():
            return  # Neither has values.
        scale = next(layer for layer in model.layers if isinstance(layer, LogitScale))
        prefix = scale.name.removesuffix("_scale")
        scale.log_scale.assign(self.clip.clip_head.logit_scale)
        for part, layer in (("image", "vision_projection"), ("text", "text_projection")):
            projection = model.get_layer(f"{prefix}_{part}_projection")
            projection.kernel.assign(getattr(self.clip, layer).kernel)


def load_clip(preset: str | Path) -> ClipTowers:
    """Loads the towers of a CLIP of KerasHub.

    Args:
        preset: str or path, as for `load_backbone`, such as `"clip_vit_base_patch16"`.

    Returns:
        The `ClipTowers`. The vector of an image is that of the class token behind the last
        normalization, that of a text that of the token that ends it.

    Raises:
        InputError: if it is not CLIP, or as `load_backbone`.
        MissingExtraError: if KerasHub is not installed.

    Reference:
        Radford et al., 2021, "Learning Transferable Visual Models From Natural Language
        Supervision", https://arxiv.org/abs/2103.00020

    Example:

    >>> load_clip("no_such_preset")
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: ...'no_such_preset'...
    """
    path = resolve(preset)
    clip: Any = load_backbone(preset)
    if not all(hasattr(clip, name) for name in ("vision_encoder", "text_pooler", "clip_head")):
        raise InputError(
            "Expected a preset of CLIP, such as clip_vit_base_patch16. Received: "
            f"'{preset}', a {type(clip).__name__}"
        )
    shape = tuple(clip.vision_encoder.image_shape)
    scaling, _ = preset_scaling(path, shape[-1])
    image = keras.Input(shape, name="image")
    pixels = image if scaling is None else scaling(image)
    vision = clip.vision_pooler(clip.vision_encoder({"images": pixels}))
    tokens = keras.Input((None,), dtype="int32", name="token_ids")
    text = clip.text_pooler(clip.text_encoder({"token_ids": tokens}), tokens)
    model = side_by_side(
        keras.Model(image, vision, name=IMAGE_TOWER),
        keras.Model({"token_ids": tokens}, text, name=TEXT_TOWER),
    )
    return ClipTowers(model, shape, int(clip.text_encoder.max_sequence_length), clip)
