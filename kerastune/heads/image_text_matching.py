"""A head that says how well images and texts match."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerastune.errors import InputError
from kerastune.evaluation import Evaluation
from kerastune.evaluation.retrieval import evaluate_retrieval
from kerastune.heads.contrastive_loss import ContrastiveLoss
from kerastune.heads.head import Head
from kerastune.models.towers import LogitScale


@keras.saving.register_keras_serializable(package="kerastune")
@dataclass(frozen=True)
class ImageTextMatching(Head):
    """Projects images and texts into one space, in which those that belong together are close.

    Attach it to `kerastune.models.two_towers`, behind an `ImageCaptionPreprocessor`. It has a
    linear projection for each tower, to vectors of length 1, and the learned `LogitScale` of the
    contrastive loss. Its answer for a pair of an image and a text is their cosine.

    Args:
        width: int, the length of the vectors, at least 1. Defaults to 64.

    Raises:
        InputError: if the width is less than 1.

    Example:

    >>> outputs = {"image": np.eye(2), "text": np.eye(2), "caption": ["a cat", "a dog"]}
    >>> head = ImageTextMatching()
    >>> head.decode(outputs), head.evaluate(None, outputs)["image_to_text_recall_at_1"]
    (array([1., 1.]), 1.0)
    """

    width: int = 64

    def __post_init__(self) -> None:
        if self.width < 1:
            raise InputError(f"Expected a width of at least 1. Received: width={self.width}")

    def build(self, features: dict[str, Any], name: str = "head") -> keras.KerasTensor:
        """Puts the projections and the scale on the features of two towers.

        Args:
            features: dictionary of symbolic tensors `image` and `text` of shape `(batch, width)`.
            name: str, what the names of the layers begin with.

        Returns:
            Symbolic tensor of shape `(batch, 2, width)`, in float32 also under mixed precision:
            the vector of the image times the scale, and that of the text.
        """
        vectors = []
        for part in ("image", "text"):
            projection = keras.layers.Dense(
                self.width, use_bias=False, dtype="float32", name=f"{name}_{part}_projection"
            )
            vectors.append(_unit(projection(features[part])))
        return LogitScale(dtype="float32", name=f"{name}_scale")(vectors)

    def loss(self) -> keras.losses.Loss:
        """Returns the loss to compile a model with."""
        return ContrastiveLoss()

    def predict(self, model: keras.Model, batches: Any, steps: int) -> dict[str, np.ndarray]:
        """Returns the vectors of images and texts, of length 1.

        Args:
            model: the model.
            batches: iterable of `(inputs,)`.
            steps: int, the number of batches.

        Returns:
            Dictionary of `image` and `text`, float32 arrays of shape `(samples, width)`.
        """
        pairs = super().predict(model, batches, steps)
        image, text = pairs[:, 0], pairs[:, 1]
        lengths = np.linalg.norm(image, axis=1, keepdims=True)
        return {"image": image / np.maximum(lengths, 1e-6), "text": text}

    def decode(self, outputs: Mapping[str, Any]) -> np.ndarray:
        """Returns the cosine of each pair of an image and a text.

        Args:
            outputs: dictionary with `image` and `text`, as `predict` gives it.

        Returns:
            Array of shape `(samples,)`, from -1 to 1.
        """
        return np.sum(np.asarray(outputs["image"]) * np.asarray(outputs["text"]), axis=1)

    def evaluate(self, targets: Any, outputs: Mapping[str, Any]) -> Evaluation:  # noqa: ARG002
        """Returns how often the right one is among the first found; see `evaluate_retrieval`.

        Args:
            targets: None.
            outputs: dictionary with `image`, `text` and `caption`, as
                `ImageCaptionPreprocessor.align` gives it.
        """
        return evaluate_retrieval(outputs["image"], outputs["text"], outputs["caption"])

    def errors(self, targets: Any, outputs: Mapping[str, Any]) -> np.ndarray:  # noqa: ARG002
        """Returns how wrong each pair is: 1 less its cosine.

        Args:
            targets: None.
            outputs: dictionary, as for `decode`.
        """
        return 1 - self.decode(outputs)


def _unit(vectors: Any) -> Any:
    """Returns vectors at length 1, and vectors of zeros, such as of a black image, as they are.

    The gradient of Keras' `UnitNormalization` is not finite for these.
    """
    squares = keras.ops.sum(keras.ops.square(vectors), axis=-1, keepdims=True)
    return vectors * keras.ops.rsqrt(keras.ops.maximum(squares, 1e-12))
