"""From images with classes to what a model takes that is told the class of an image."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import keras
import numpy as np

from kerastune.data import Column, Source
from kerastune.data.known_targets import known_target
from kerastune.errors import InputError
from kerastune.preprocessing.images import ImagePreprocessor
from kerastune.preprocessing.preprocessor import Preprocessor


@keras.saving.register_keras_serializable(package="kerastune")
class ClassImagePreprocessor(Preprocessor):
    """Turns images and their classes into the inputs of a `kerastune.models.diffusion_model`.

    Images are as of `ImagePreprocessor`. The class is the target of the samples, and an input of
    the model besides.

    Args:
        image_shape: tuple of height and width in pixels, and channels.
        class_names: sequence of str, the classes. Defaults to none, until it is fitted.
        columns: sequence of the column of images and that of classes.

    Example:

    >>> samples = Source.of(np.zeros((2, 4, 4, 1)), [1, 0], class_names=("cat", "dog"))
    >>> arrays = ClassImagePreprocessor((4, 4, 1)).fit(samples)(samples)
    >>> arrays["image"].shape, arrays["label"].tolist()
    ((2, 4, 4, 1), [1, 0])
    """

    is_by_sample = True

    def __init__(
        self,
        image_shape: tuple[int, int, int],
        class_names: Sequence[str] = (),
        *,
        columns: Sequence[str] = ("image", "label"),
    ) -> None:
        image, label = columns
        self.columns = (image, label)
        self.class_names = tuple(class_names)
        self._images = ImagePreprocessor(image_shape, image)

    def fit(self, samples: Source) -> Self:
        """Finds both columns and the classes in the training samples.

        Args:
            samples: `Source` with one input of kind `image` and one target of kind `class`.

        Returns:
            The preprocessor itself.

        Raises:
            InputError: if there are no such columns, or values of images that cannot be from 0
                to 255.
        """
        self._images.fit(samples)
        label = samples.target("class")
        self.columns = (self._images.column, label)
        self.class_names = tuple(samples.columns[label].class_names or ())
        return self

    def check(self, samples: Source) -> None:
        """Refuses images in memory with NaN or infinity.

        Args:
            samples: `Source` with the column of images.

        Raises:
            InputError: with the row of the first.
        """
        self._images.check(samples)

    def prepare(self, inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Returns images of one size, and classes as numbers.

        Args:
            inputs: dictionary with the column of images and that of classes: their names, or
                int arrays of positions among them.

        Returns:
            Dictionary of `image`, float32 of shape `(samples, height, width, channels)` and
            values from 0 to 255, and `label`, int32 of shape `(samples,)`.

        Raises:
            InputError: if something is no image, or of no known class.
        """
        labels = class_positions(inputs[self.columns[1]], self.class_names)
        return {"image": self._images.prepare(inputs), "label": labels}

    def get_config(self) -> dict[str, Any]:
        """Returns the settings."""
        return {
            "image_shape": list(self._images.image_shape),
            "class_names": list(self.class_names),
            "columns": list(self.columns),
        }


def class_positions(labels: Any, class_names: Sequence[str]) -> np.ndarray:
    """Returns the position of each class among the known ones.

    Args:
        labels: sequence of the names of classes, or an int array of positions.
        class_names: sequence of str.

    Returns:
        int32 array.

    Raises:
        InputError: if there is no such class.

    Example:

    >>> class_positions(["dog", "cat"], ("cat", "dog")).tolist()
    [1, 0]
    """
    if isinstance(labels, np.ndarray) and labels.dtype.kind in "iu":
        if labels.size and not 0 <= labels.min() <= labels.max() < len(class_names):
            raise InputError(
                f"Expected positions among {len(class_names)} classes. Received: "
                f"{labels.min()} to {labels.max()}"
            )
        return labels.astype("int32")
    given = Source({"label": list(labels)}, {"label": Column("raw")}, name="the classes")
    wanted = Column("class", class_names=tuple(class_names))
    return np.asarray(known_target(given, "label", None, wanted), "int32")
