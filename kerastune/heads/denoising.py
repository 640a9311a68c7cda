"""A head that measures how well the noise in images is predicted, and makes images out of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import keras
import numpy as np

from kerastune.data import Source
from kerastune.evaluation import Evaluation, Metric
from kerastune.heads.head import Head
from kerastune.models.image_sampling import ImageSampling, Sampler


@keras.saving.register_keras_serializable(package="kerastune")
@dataclass(frozen=True)
class Denoising(Head):
    """How far a network is from the noise in images; it has no layers of its own.

    Attach it with `pooling="sequence"` to `kerastune.models.diffusion_model`, behind a
    `ClassImagePreprocessor`. The loss is the mean square of the errors that the model gives. It
    answers by that of each image, and holds how `kerastune.generate_images` makes new ones.

    Args:
        class_names: sequence of str, the classes.
        sampler: `"ddim"` or `"ddpm"`, see `kerastune.models.ImageSampling`. Defaults to `"ddim"`.
        steps: int, passes through the network for an image. Defaults to 25.
        guidance: float, how far images are moved towards their class. Defaults to 2.

    Raises:
        InputError: if a value is out of its range.

    Example:

    >>> head = Denoising(("cat", "dog"))
    >>> head.evaluate(np.array([0, 1]), np.array([0.5, 0.25]))["denoising_error"]
    0.375
    """

    kinds = ("class",)

    class_names: Sequence[str]
    sampler: Sampler = "ddim"
    steps: int = 25
    guidance: float = 2.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "class_names", tuple(self.class_names))
        assert self.sampling.steps == self.steps  # Which it has checked.

    @classmethod
    def for_samples(cls, samples: Source, column: str | None = None, **settings: Any) -> Self:
        """Returns a head for the classes of the training samples.

        Args:
            samples: the training `Source`.
            column: str, the target column. Defaults to the only one of kind `class`.
            **settings: as for the class.

        Raises:
            InputError: if there is no such column.
        """
        names = samples.columns[cls.column_of(samples, column)].class_names
        return cls(class_names=names or (), **settings)

    @property
    def sampling(self) -> ImageSampling:
        """The `ImageSampling` that makes images."""
        return ImageSampling(self.sampler, self.steps, self.guidance)

    def build(self, features: keras.KerasTensor, name: str = "head") -> keras.KerasTensor:
        """Returns the errors, in float32 also under mixed precision.

        Args:
            features: symbolic errors of shape `(batch, height, width, channels)`.
            name: str, what the name of the layer begins with.
        """
        return keras.layers.Activation("linear", dtype="float32", name=f"{name}_errors")(features)

    def loss(self) -> keras.losses.Loss:
        """Returns the loss to compile a model with."""
        return keras.losses.MeanSquaredError()

    def encode(self, targets: Any) -> np.ndarray:
        """Returns what the errors should be: zeros of shape `(batch, 1, 1, 1)`.

        Args:
            targets: the classes, which the preprocessor gives the model as an input.
        """
        return np.zeros((len(targets), 1, 1, 1), "float32")

    def predict(self, model: keras.Model, batches: Any, steps: int) -> np.ndarray:
        """Returns the mean square of the errors of each image.

        Args:
            model: the model.
            batches: iterable of `(inputs,)`.
            steps: int, the number of batches.

        Returns:
            float32 array of shape `(images,)`.
        """
        return np.mean(np.square(super().predict(model, batches, steps)), axis=(1, 2, 3))

    def decode(self, outputs: Any) -> np.ndarray:
        """Returns the mean square of the errors of each image, as it is.

        Args:
            outputs: float array of shape `(images,)`.
        """
        return np.asarray(outputs)

    def evaluate(self, targets: Any, outputs: Any) -> Evaluation:  # noqa: ARG002
        """Returns the mean of the errors.

        Args:
            targets: not used.
            outputs: float array of shape `(images,)`.
        """
        error = float(np.mean(outputs))
        return Evaluation([Metric("denoising_error", error, higher_is_better=False)])

    def examples(self, targets: Any, outputs: Any) -> list[dict[str, Any]]:
        """Returns the class and the error of each image, for a report.

        Args:
            targets: int array of shape `(images,)`.
            outputs: float array of shape `(images,)`.
        """
        return [
            {"class": self.class_names[label], "denoising error": round(float(error), 4)}
            for label, error in zip(targets, outputs, strict=True)
        ]
