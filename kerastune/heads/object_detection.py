"""A head that finds objects: a box, a class and a score for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, Self

import keras
import numpy as np
import scipy

from kerastune.data.batches import padded
from kerastune.errors import InputError
from kerastune.evaluation import Evaluation
from kerastune.evaluation.average_precision import evaluate_boxes
from kerastune.evaluation.boxes import matched_boxes, padded_boxes
from kerastune.evaluation.detection_pictures import detections_picture
from kerastune.heads.anchors import Anchors
from kerastune.heads.detection_loss import DetectionLoss
from kerastune.heads.head import Head
from kerastune.heads.prediction_towers import feature_pyramid, is_pyramid, prediction_towers

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from kerastune.data import Source

_LEAST_SCORE = 0.05  # below which boxes are not measured
_MOST_CANDIDATES = 300  # boxes an image, before those that say the same are left out


@keras.saving.register_keras_serializable(package="kerastune")
@dataclass(frozen=True)
class ObjectDetection(Head):
    """Finds objects of known classes in images, as RetinaNet does.

    Attach it to a backbone that gives feature maps by level, such as one of
    `kerastune.models.load_pyramid_backbone`, behind a `BoxPreprocessor`. It has a feature pyramid,
    unless the backbone ends in one, and two towers of convolutions, which all levels share: one
    says for each anchor how likely each class is, the other how the box is off the anchor.

    Args:
        class_names: tuple of str.
        image_shape: tuple of the height and width of the model's images, in pixels.
        levels: tuple of the first and the last level of the feature maps. Defaults to `(3, 5)`.
        anchor_size: float, the side of the smallest anchor of a level in places of its map.
            Defaults to 4.
        scales: int, sizes of anchors between one level and the next. Defaults to 3.
        ratios: tuple of float, heights of anchors divided by their widths. Defaults to
            `(0.5, 1, 2)`.
        width: int, channels of the feature pyramid and of the towers. Defaults to 256.
        layers: int, convolutions of each tower. Defaults to 4.
        confidence: float between 0 and 1, the least score of an answer. It does not change what
            is measured. Defaults to 0.5.
        overlap: float from 0 to 1: boxes of one class whose intersection is more of their union
            are one object. Defaults to 0.5.

    Raises:
        InputError: if a number is out of its range.

    Reference:
        Lin et al., 2017, "Focal Loss for Dense Object Detection",
        https://arxiv.org/abs/1708.02002

    Example:

    >>> head = ObjectDetection(("cat", "dog"), (64, 64))
    >>> box = {"boxes": np.array([[[1.0, 2.0, 9.0, 8.0]]])}
    >>> head.decode({**box, "scores": np.array([[0.75]]), "classes": np.array([[1]])})
    [{'boxes': [[1.0, 2.0, 9.0, 8.0]], 'classes': ['dog'], 'scores': [0.75]}]
    """

    kinds = ("boxes",)

    class_names: tuple[str, ...]
    image_shape: tuple[int, int]
    levels: tuple[int, int] = (3, 5)
    anchor_size: float = 4.0
    scales: int = 3
    ratios: tuple[float, ...] = (0.5, 1.0, 2.0)
    width: int = 256
    layers: int = 4
    confidence: float = 0.5
    overlap: float = 0.5

    def __post_init__(self) -> None:
        if self.width < 1 or self.layers < 0:
            raise InputError(
                "Expected a width of at least 1, and a number of layers. Received: "
                f"width={self.width}, layers={self.layers}"
            )
        for name, value in {"confidence": self.confidence, "overlap": self.overlap}.items():
            if not 0 < value < 1:
                raise InputError(f"Expected {name} between 0 and 1. Received: {value}")
        _ = self.anchors  # Which checks the rest.

    @cached_property
    def anchors(self) -> Anchors:
        """The `Anchors`."""
        return Anchors(self.image_shape, self.levels, self.anchor_size, self.scales, self.ratios)

    @classmethod
    def for_samples(cls, samples: "Source", column: str | None = None, **settings: Any) -> Self:
        """Returns a head for the classes of some samples.

        Args:
            samples: the training `Source`.
            column: str, the target column. Defaults to the only one of kind `boxes`.
            **settings: as for the class.
        """
        names = samples.columns[cls.column_of(samples, column)].class_names or ()
        return cls(class_names=names, **settings)

    def build(self, features: dict[str, Any], name: str = "head") -> keras.KerasTensor:
        """Puts the feature pyramid and the towers on feature maps.

        Args:
            features: dictionary from `"P3"` and so on to symbolic maps of shape `(batch, height,
                width, channels)`.
            name: str, what the names of the layers begin with.

        Returns:
            Symbolic tensor of shape `(batch, anchors, 4 + classes)`, in float32 also under mixed
            precision: how boxes are off their anchors, and logits of classes.

        Raises:
            InputError: if the sides of the image do not divide by the coarsest resolution.
        """
        first, last = self.levels
        place = 2 ** max(int(level[1:]) for level in features)
        if not is_pyramid(features) and any(side % place for side in self.image_shape):
            raise InputError(
                f"Expected images whose sides divide by {place}, the coarsest resolution of the "
                f"backbone. Received: {self.image_shape[0]} x {self.image_shape[1]} pixels. Give "
                "another image_size"
            )
        maps = feature_pyramid(features, last, width=self.width, name=name)
        return prediction_towers(
            [maps[f"P{level}"] for level in range(first, last + 1)],
            anchors=self.anchors.at_each_place,
            classes=len(self.class_names),
            width=self.width,
            layers=self.layers,
            name=name,
        )

    def loss(self) -> keras.losses.Loss:
        """Returns the loss to compile a model with."""
        return DetectionLoss(self.anchors, len(self.class_names))

    def encode(self, targets: Any) -> np.ndarray:
        """Returns boxes as the loss takes them.

        Args:
            targets: array of shape `(batch, objects, 5)`, as `BoxPreprocessor` gives it.
        """
        return np.asarray(targets, "float32")

    def predict(self, model: keras.Model, batches: Any, steps: int) -> dict[str, np.ndarray]:
        """Returns the boxes that a model finds, those that say the same left out.

        Args:
            model: the model.
            batches: iterable of `(inputs,)`.
            steps: int, the number of batches.

        Returns:
            Dictionary of `boxes`, of shape `(samples, 100, 4)`, shares of the width and height;
            `scores` and `classes`, of shape `(samples, 100)`, the highest score first; the class
            is -1 where there is no box.
        """
        found: list[dict[str, np.ndarray]] = []
        rows = 0
        for (inputs,) in islice(batches, steps):
            images = np.asarray(inputs)
            rows = max(rows, len(images))
            # All of one size, for which the model is compiled.
            outputs = np.asarray(model.predict_on_batch(padded(images, rows)))[: len(images)]
            boxes = self.anchors.decoded(outputs[:, :, :4])
            logits = outputs[:, :, 4:]
            found += [self._kept(*one) for one in zip(boxes, logits, strict=True)]
        return {name: np.stack([one[name] for one in found]) for name in found[0]}

    def _kept(self, boxes: np.ndarray, logits: np.ndarray) -> dict[str, np.ndarray]:
        """Returns the boxes of one image that are left, and empty ones behind them."""
        scores = scipy.special.expit(logits)
        has_area = np.all(boxes[:, 2:] > boxes[:, :2], axis=1, keepdims=True)
        places, codes = np.nonzero((scores > _LEAST_SCORE) & has_area)
        likely = np.argsort(-scores[places, codes], kind="stable")[:_MOST_CANDIDATES]
        places, codes = places[likely], codes[likely]
        height, width = self.image_shape
        shares = boxes[places] / np.array([width, height, width, height], "float32")
        return padded_boxes(shares, scores[places, codes], codes, self.overlap)

    def decode(self, outputs: Mapping[str, Any]) -> list[dict[str, list[Any]]]:
        """Returns the objects that are found in each image, the surest first.

        Args:
            outputs: dictionary of `boxes`, in pixels, `scores` and `classes`, as
                `BoxPreprocessor.align` gives it.

        Returns:
            List of dictionaries of `boxes`, lists of left, top, right and bottom in pixels of the
            image as it came, `classes`, their names, and `scores`, from `confidence` to 1.
        """
        answers = []
        for boxes, scores, codes in _by_image(outputs):
            sure = scores >= self.confidence
            answers.append(
                {
                    "boxes": boxes[sure].astype("float64").round(1).tolist(),
                    "classes": [self.class_names[code] for code in codes[sure]],
                    "scores": scores[sure].astype("float64").round(4).tolist(),
                }
            )
        return answers

    def evaluate(self, targets: Any, outputs: Mapping[str, Any]) -> Evaluation:
        """Returns the mean average precision, see `evaluate_boxes`.

        Args:
            targets: sequence of arrays of shape `(objects, 5)`, in pixels.
            outputs: dictionary, as for `decode`.
        """
        return evaluate_boxes(targets, outputs, self.class_names)

    def errors(self, targets: Any, outputs: Mapping[str, Any]) -> np.ndarray:
        """Returns how wrong each image is: the share of objects and answers without a match.

        An answer matches an object of its class that it overlaps by half of their union; the share
        is 1 less F1.

        Args:
            targets: as for `evaluate`.
            outputs: as for `decode`.
        """
        wrong = []
        for true, (boxes, scores, codes) in zip(targets, _by_image(outputs), strict=True):
            sure = scores >= self.confidence
            right = matched_boxes(np.asarray(true), np.column_stack([boxes, codes])[sure])
            count = len(true) + int(sure.sum())
            wrong.append(1 - 2 * right / count if count else 0.0)
        return np.array(wrong)

    def pictures(self, targets: Any, outputs: Mapping[str, Any]) -> "dict[str, Figure]":
        """Returns a picture of the first images with their true boxes and those found.

        Args:
            targets: as for `evaluate`.
            outputs: as for `decode`, with `images`.
        """
        images = [image for image in outputs.get("images", []) if image is not None]
        if not images:
            return {}
        true = [
            (np.asarray(boxes)[:, :4], [self.class_names[int(code)] for code in boxes[:, 4]])
            for boxes in islice(targets, len(images))
        ]
        found = [
            (np.array(answer["boxes"]).reshape(-1, 4), _labelled(answer))
            for answer in self.decode(_first(outputs, len(images)))
        ]
        return {"detections": detections_picture(images, true, found)}

    def examples(self, targets: Any, outputs: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Returns the objects found beside the true ones: a dictionary for each sample.

        Args:
            targets: targets of a few samples.
            outputs: dictionary, as for `decode`.
        """
        return [
            {
                "predicted": ", ".join(sorted(_labelled(answer))) or "nothing",
                "true": ", ".join(sorted(self.class_names[int(code)] for code in boxes[:, 4]))
                or "nothing",
            }
            for answer, boxes in zip(self.decode(outputs), map(np.asarray, targets), strict=True)
        ]


def _by_image(outputs: Mapping[str, Any]) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Returns boxes, scores and classes of each image, those that are there."""
    parts = (np.asarray(outputs[name]) for name in ("boxes", "scores", "classes"))
    return [
        (boxes[codes >= 0], scores[codes >= 0], codes[codes >= 0])
        for boxes, scores, codes in zip(*parts, strict=True)
    ]


def _labelled(answer: Mapping[str, Any]) -> list[str]:
    pairs: Sequence[tuple[str, float]] = list(zip(answer["classes"], answer["scores"], strict=True))
    return [f"{name} {score:.2f}" for name, score in pairs]


def _first(outputs: Mapping[str, Any], count: int) -> dict[str, Any]:
    return {name: values[:count] for name, values in outputs.items()}
