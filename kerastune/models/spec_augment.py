"""SpecAugment: stretches of time and bands of frequency that are hidden in training."""

from typing import Any

import keras

from kerastune.errors import InputError


@keras.saving.register_keras_serializable(package="kerastune")
class SpecAugment(keras.Layer):
    """Hides stretches of frames and of bands of each recording, drawn at random, in training.

    Of each kind there are two masks, as wide as drawn from nothing up to a share: of all bands,
    and of the frames that are no padding. What is hidden is 0, silence in `LogMel`. Of the paper
    the warping of time is left out, which it found to matter least.

    Args:
        hidden_bands: float from 0 up to 1, the share of bands that a mask hides at most.
        hidden_time: float from 0 up to 1, the share of frames that a mask hides at most.
        masks: int, masks of each kind. Defaults to 2.
        seed: int, for the draws.
        **settings: as for every Keras layer.

    Raises:
        InputError: if a value is out of its range.

    Reference:
        Park et al., 2019, "SpecAugment: A Simple Data Augmentation Method for Automatic Speech
        Recognition", https://arxiv.org/abs/1904.08779

    Example:

    >>> layer = SpecAugment(0.3, 0.3, seed=0)
    >>> bands, mask = keras.ops.ones((2, 9, 5)), keras.ops.ones((2, 9), dtype="bool")
    >>> layer([bands, mask], training=True).shape == (2, 9, 5)
    True
    """

    def __init__(
        self,
        hidden_bands: float,
        hidden_time: float,
        masks: int = 2,
        *,
        seed: int,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        if not (0 <= hidden_bands < 1 and 0 <= hidden_time < 1) or masks < 1:
            raise InputError(
                "Expected a hidden_bands and a hidden_time from 0 up to, not including, 1, and "
                f"masks of at least 1. Received: hidden_bands={hidden_bands}, "
                f"hidden_time={hidden_time}, masks={masks}"
            )
        self.hidden_bands = hidden_bands
        self.hidden_time = hidden_time
        self.masks = masks
        self.seed = seed
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Returns the bands of each frame, some hidden if `training`.

        Args:
            inputs: list of a float tensor of shape `(batch, frames, bands)` and a bool tensor of
                shape `(batch, frames)`, true for what is no padding.
            training: bool.
        """
        bands, mask = inputs
        if not training:
            return bands
        ops = keras.ops
        batch, frames, count = ops.shape(bands)
        lengths = ops.sum(ops.cast(mask, "float32"), axis=1, keepdims=True)
        all_bands = ops.zeros_like(lengths) + ops.cast(count, "float32")
        for _ in range(self.masks):
            is_time = self._drawn(batch, frames, lengths, self.hidden_time)
            is_band = self._drawn(batch, count, all_bands, self.hidden_bands)
            is_hidden = is_time[:, :, None] | is_band[:, None, :]
            bands = ops.where(is_hidden, ops.zeros_like(bands), bands)
        return bands

    def _drawn(self, batch: Any, size: Any, lengths: Any, share: float) -> Any:
        """Returns whether each position is inside a stretch, drawn for each sample."""
        ops = keras.ops
        width, place = (keras.random.uniform((batch, 1), seed=self.generator) for _ in range(2))
        width = ops.floor(width * (share * lengths + 1))
        start = ops.floor(place * (lengths - width + 1))
        positions = ops.arange(size, dtype="float32")[None, :]
        return (positions >= start) & (positions < start + width)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the shape of the bands, as they came."""
        return tuple(input_shape[0])

    def get_config(self) -> dict[str, Any]:
        """Returns the settings, for saving."""
        names = ("hidden_bands", "hidden_time", "masks", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
