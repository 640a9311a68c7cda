"""MixUp and CutMix: images of a batch mixed with each other, and their labels alike."""

from typing import Any

import keras
import numpy as np
import scipy

from kerastune.errors import InputError
from kerastune.models.changed_targets import ChangedTargetsModel, TargetChange

_SHARES = 1024  # steps in which shares are drawn


@keras.saving.register_keras_serializable(package="kerastune")
class SampleMixing(TargetChange):
    """Mixes each image with another of its batch in training, by MixUp, by CutMix, or either.

    MixUp is the mean of two images with weights λ and 1 - λ. CutMix replaces a box of 1 - λ of
    the image, at a random place and cut off at the edges, by the same box of the other. λ is
    drawn for each image from a Beta distribution. Where both are on, each image gets one
    of them, by chance.

    The other image never has the larger share: pairs are exchanged where it would have. As both
    are drawn alike, the mixed images are distributed as without. So the label that an image came
    with is the larger one of its mixed label, and accuracy in training is measured against it.

    Keras' `MixUp` and `CutMix` take images and labels in one call, which a model that `fit`
    trains cannot give them. Here the labels are mixed where the loss is computed, by
    `mixed_labels`: see `SampleMixingModel`.

    Args:
        mixup: float of at least 0, alpha of Beta(alpha, alpha) for MixUp; 0 for none.
        cutmix: float of at least 0, likewise for CutMix.
        seed: int, for the draws.
        **kwargs: as for every Keras layer.

    Raises:
        InputError: if a number is below 0, or both are 0.

    Reference:
        Zhang et al., 2018, "mixup: Beyond Empirical Risk Minimization",
        https://arxiv.org/abs/1710.09412; Yun et al., 2019, "CutMix: Regularization Strategy to
        Train Strong Classifiers with Localizable Features", https://arxiv.org/abs/1905.04899

    Example:

    >>> mixing = SampleMixing(mixup=0.2, seed=0)
    >>> images = mixing(keras.ops.ones((4, 8, 8, 3)), training=True)
    >>> labels, weights = mixing.mixed_labels(images, keras.ops.eye(4))
    >>> images.shape == (4, 8, 8, 3), labels.shape == (4, 4), weights is None
    (True, True, True)
    """

    def __init__(
        self, mixup: float = 0.0, cutmix: float = 0.0, *, seed: int, **kwargs: Any
    ) -> None:
        super().__init__(seed=seed, **kwargs)
        for name, value in (("mixup", mixup), ("cutmix", cutmix)):
            if not 0 <= value < float("inf"):
                raise InputError(f"Expected {name} of at least 0. Received: {name}={value}")
        if not mixup and not cutmix:
            raise InputError("Expected mixup or cutmix above 0. Received: 0 for both")
        self.mixup = mixup
        self.cutmix = cutmix

    def changed_images(self, images: Any) -> Any:
        """Returns the images, mixed."""
        batch, height, width, _ = keras.ops.shape(images)
        partners, own = self._draw(batch, height, width, self.generator)
        own = keras.ops.cast(own, images.dtype)
        return own * images + (1 - own) * keras.ops.take(images, partners, axis=0)

    def changed_targets(self, images: Any, targets: Any, weights: Any = None) -> tuple[Any, Any]:
        """Returns labels and weights, mixed, see `mixed_labels`.

        Args:
            images: as for `mixed_labels`.
            targets: the labels.
            weights: as for `mixed_labels`.

        Raises:
            InputError: if images or labels are not in one tensor.
        """
        for name, value in (("images", images), ("labels", targets)):
            if not hasattr(value, "shape"):
                raise InputError(
                    f"Expected {name} in one tensor, to mix them. "
                    f"Received: {type(value).__name__}. Leave mixup and cutmix out"
                )
        return self.mixed_labels(images, targets, weights)

    def mixed_labels(self, images: Any, labels: Any, weights: Any = None) -> tuple[Any, Any]:
        """Returns labels mixed as the images of the last call in training were.

        Args:
            images: tensor of the shape of those images.
            labels: float tensor of shape `(batch, classes)`, such as one-hot rows.
            weights: tensor of shape `(batch,)`, the weight of each sample in the loss, or None.

        Returns:
            Tuple of both. The loss of the mixed label with the mixed weight is the loss of both
            labels, each with its own weight, in their shares, for losses that are linear
            in the label, as cross-entropy is.
        """
        ops = keras.ops
        batch, height, width, _ = ops.shape(images)
        partners, own = self._draw(batch, height, width, self.label_generator)
        share = ops.mean(own, axis=(1, 2, 3))
        given, other = share, 1 - share
        if weights is not None:
            weights = ops.reshape(ops.cast(weights, "float32"), (-1,))
            given, other = given * weights, other * ops.take(weights, partners, axis=0)
            weights = given + other
            total = ops.maximum(weights, 1e-12)
            given, other = given / total, other / total
        labels = ops.cast(labels, "float32")
        mixed = given[:, None] * labels + other[:, None] * ops.take(labels, partners, axis=0)
        return mixed, weights

    def _draw(self, batch: Any, height: Any, width: Any, generator: Any) -> tuple[Any, Any]:
        """Returns the position of each image's partner, and its own share of each pixel."""
        ops = keras.ops

        def draw() -> Any:
            return keras.random.uniform((batch,), dtype="float32", seed=generator)

        # In this form it is compiled on every backend, unlike draws of Beta on TensorFlow.
        partners = ops.argsort(draw())
        place = ops.cast(ops.floor(draw() * _SHARES), "int32")
        down, right, choice = draw(), draw(), draw()
        own: Any = None
        if self.mixup:
            share = ops.take(_shares(self.mixup), ops.minimum(place, _SHARES - 1))
            own = share[:, None, None, None]
        if self.cutmix:
            share = ops.take(_shares(self.cutmix), ops.minimum(place, _SHARES - 1))
            side = ops.sqrt(1 - share)
            rows, columns = _inside(down, side, height), _inside(right, side, width)
            kept = 1 - ops.cast(rows[:, :, None, None] & columns[:, None, :, None], "float32")
            own = kept if own is None else ops.where(choice[:, None, None, None] < 0.5, own, kept)
        is_less = ops.mean(own, axis=(1, 2, 3), keepdims=True) < 0.5
        return partners, ops.where(is_less, 1 - own, own)

    def get_config(self) -> dict[str, Any]:
        """Returns the settings, for saving."""
        names = ("mixup", "cutmix", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable(package="kerastune")
class SampleMixingModel(ChangedTargetsModel):
    """A functional model with a layer `SampleMixing`, whose loss takes the mixed labels.

    Its only input are images, of the size that the layer gets. In `fit` the loss is that of the
    mixed labels, and metrics are measured against the labels that the images came with.
    Evaluation and prediction mix nothing.

    Example:

    >>> images = keras.Input((8, 8, 1))
    >>> mixed = SampleMixing(cutmix=1.0, seed=0)(images)
    >>> logits = keras.layers.Dense(3)(keras.layers.Flatten()(mixed))
    >>> model = SampleMixingModel(images, logits)
    >>> model.compile(loss=keras.losses.CategoricalCrossentropy(from_logits=True))
    >>> _ = model.fit(np.ones((6, 8, 8, 1)), np.eye(3)[[0, 1, 2, 0, 1, 2]], verbose=0)
    """


def _shares(alpha: float) -> np.ndarray:
    """Returns the quantiles of Beta(alpha, alpha) in the middle of so many equal steps."""
    middles = (np.arange(_SHARES) + 0.5) / _SHARES
    return scipy.special.betaincinv(alpha, alpha, middles).astype("float32")


def _inside(centre: Any, share: Any, size: Any) -> Any:
    """Returns which positions along a side lie in a box, a row an image."""
    ops = keras.ops
    side = ops.cast(size, "float32")
    length = ops.round(share * side)
    first = ops.floor(centre * side) - ops.floor(length / 2)
    positions = ops.arange(size, dtype="float32")[None, :]
    return (positions >= first[:, None]) & (positions < (first + length)[:, None])
