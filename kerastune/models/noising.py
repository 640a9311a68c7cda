"""Images with noise of any strength, and what a denoising network is to predict of them."""

from typing import Any, Literal, get_args

import keras
import numpy as np
from keras import ops

from kerastune.errors import InputError
from kerastune.models.noise_schedule import cosine_schedule

Prediction = Literal["v", "noise"]

_FIXED = 16


@keras.saving.register_keras_serializable(package="kerastune")
class Noising(keras.Layer):
    """Adds noise to images, of a strength drawn for each, as at a random step of a diffusion.

    In training step and noise are drawn anew, and some labels are replaced by that of no class,
    so that the network learns to denoise without one too. Otherwise nothing is drawn: an image
    gets one of sixteen fixed steps and noises, chosen by the sum of its pixels, so that its error
    depends neither on chance nor on its batch.

    Args:
        classes: int, how many classes there are; as a label this number means none.
        steps: int, steps of the `cosine_schedule`. Defaults to 1,000.
        prediction: `"v"` for the velocity, `"noise"` for the noise. Defaults to `"v"`.
        label_dropout: float from 0 to 1, how often the class is left out. Defaults to 0.1.
        seed: int, for the draws.
        **settings: as for every Keras layer.

    Raises:
        InputError: if a value is out of its range.

    Reference:
        Salimans and Ho, 2022, "Progressive Distillation for Fast Sampling of Diffusion Models",
        for the velocity, https://arxiv.org/abs/2202.00512; Ho and Salimans, 2022,
        "Classifier-Free Diffusion Guidance", https://arxiv.org/abs/2207.12598

    Example:

    >>> layer = Noising(10, seed=0)
    >>> found = layer([ops.zeros((2, 8, 8, 1)), ops.array([3, 7])], training=True)
    >>> {name: tuple(value.shape) for name, value in found.items()}
    {'image': (2, 8, 8, 1), 'step': (2,), 'label': (2,), 'target': (2, 8, 8, 1)}
    """

    def __init__(
        self,
        classes: int,
        *,
        steps: int = 1000,
        prediction: Prediction = "v",
        label_dropout: float = 0.1,
        seed: int,
        **settings: Any,
    ) -> None:
        super().__init__(**settings)
        if prediction not in get_args(Prediction):
            raise InputError(
                f"Expected a prediction out of {', '.join(get_args(Prediction))}. "
                f"Received: prediction={prediction!r}"
            )
        if not 0 <= label_dropout <= 1:
            raise InputError(
                f"Expected a label_dropout from 0 to 1. Received: label_dropout={label_dropout}"
            )
        self.classes = classes
        self.steps = steps
        self.prediction = prediction
        self.label_dropout = label_dropout
        self.seed = seed
        self.shares = cosine_schedule(steps)
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, inputs: Any, training: bool = False) -> dict[str, Any]:
        """Returns noisy images, their steps and labels, and what is to be predicted.

        Args:
            inputs: list of images of shape `(batch, height, width, channels)`, values from 0 to
                255, and labels of shape `(batch,)`.
            training: bool.

        Returns:
            Dictionary of `image`, of values about -1 to 1, `step`, int32, `label`, int32, and
            `target`.
        """
        images, labels = inputs
        labels = ops.cast(labels, "int32")
        if training:
            step, noise, labels = self._drawn(images, labels)
        else:
            step, noise = self._fixed(images)
        clean = images / 127.5 - 1
        signal = _spread(ops.take(np.sqrt(self.shares).astype("float32"), step))
        strength = _spread(ops.take(np.sqrt(1 - self.shares).astype("float32"), step))
        target = noise if self.prediction == "noise" else signal * noise - strength * clean
        noisy = signal * clean + strength * noise
        return {"image": noisy, "step": step, "label": labels, "target": target}

    def _drawn(self, images: Any, labels: Any) -> tuple[Any, Any, Any]:
        """Returns a step and noise for each image, and the labels, some of them of no class."""
        batch = ops.shape(images)[0]
        place, chance = (keras.random.uniform((batch,), seed=self.generator) for _ in range(2))
        # The largest number below 1, times the steps, may be rounded up to them.
        step = ops.minimum(ops.cast(ops.floor(place * self.steps), "int32"), self.steps - 1)
        noise = keras.random.normal(ops.shape(images), seed=self.generator)
        none = ops.full_like(labels, self.classes)
        return step, noise, ops.where(chance < self.label_dropout, none, labels)

    def _fixed(self, images: Any) -> tuple[Any, Any]:
        """Returns the step and the noise of each image that are always the same."""
        shape = tuple(images.shape[1:])
        noises = np.random.default_rng(0).normal(size=(_FIXED, *shape)).astype("float32")
        steps = ((np.arange(_FIXED) + 0.5) * self.steps / _FIXED).astype("int32")
        # In whole numbers, which every backend adds up alike.
        total = ops.sum(ops.cast(ops.round(images), "int32"), axis=(1, 2, 3))
        chosen = ops.mod(total, _FIXED)
        return ops.take(steps, chosen), ops.take(noises, chosen, axis=0)

    def compute_output_spec(self, inputs: Any, training: bool = False) -> dict[str, Any]:  # noqa: ARG002
        """Returns the shapes and types of the outputs."""
        images, labels = inputs
        shapes = {"image": images, "step": labels, "label": labels, "target": images}
        types = {"step": "int32", "label": "int32"}
        return {
            name: keras.KerasTensor(one.shape, types.get(name, self.compute_dtype))
            for name, one in shapes.items()
        }

    def get_config(self) -> dict[str, Any]:
        """Returns the settings, for saving."""
        names = ("classes", "steps", "prediction", "label_dropout", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


def _spread(values: Any) -> Any:
    """Returns a number for each image as it is multiplied with images."""
    return values[:, None, None, None]
