"""A head that learns from a teacher's answers beside its targets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerastune.evaluation import Evaluation
from kerastune.heads.head import Head

LABELS, TEACHER = "labels", "teacher"


@dataclass(frozen=True)
class Distilled(Head):
    """Learns from a teacher's answers beside the targets of another head, while it trains.

    The model has the outputs of the head twice, under the names `labels` and `teacher`; the
    second are compared with what the teacher answers to the same sample. How good the answers
    are is asked of the head itself.

    Args:
        head: the `Head` of the student.
        column: str, the target of the head.
        teacher_column: str, the target that holds what `teacher_loss` compares outputs with.
        teacher_loss: Keras loss, such as `SoftTargets`.
        teacher_weight: float from 0 to 1, how much the teacher counts; the targets count the
            rest.
        labelled_column: str, the target that is 1 for samples with a label and 0 for those
            without, whose target does not count. Defaults to none, where all have one.

    Example:

    >>> import numpy as np
    >>> from kerastune.heads import Classification, SoftTargets
    >>> head = Distilled(Classification(("no", "yes")), "label", "soft", SoftTargets(2.0), 0.9)
    >>> encoded = head.encode({"label": np.array([1]), "soft": np.array([[-1.6, -0.2]])})
    >>> {name: values.tolist() for name, values in encoded.items()}
    {'labels': [[1.0]], 'teacher': [[-1.6, -0.2]]}
    """

    head: Head
    column: str
    teacher_column: str
    teacher_loss: keras.losses.Loss
    teacher_weight: float
    labelled_column: str | None = None

    def loss(self) -> dict[str, Any]:
        """Returns the loss of the head, and that of the teacher."""
        return {LABELS: self.head.loss(), TEACHER: self.teacher_loss}

    def loss_weights(self) -> dict[str, float]:
        """Returns how much the targets and the teacher count."""
        return {LABELS: 1 - self.teacher_weight, TEACHER: self.teacher_weight}

    def metrics(self) -> dict[str, Any]:
        """Returns new metrics of the head."""
        return {LABELS: self.head.metrics()}

    def encode(self, targets: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the targets as the head takes them, and the teacher's answers as they are."""
        return {
            LABELS: self.head.encode(targets[self.column]),
            TEACHER: targets[self.teacher_column],
        }

    def sample_weights(self, targets: Mapping[str, Any]) -> dict[str, Any] | None:
        """Returns the weight of each sample in the loss of the head; the teacher's are equal."""
        weights = self.head.sample_weights(targets[self.column])
        if self.labelled_column is not None:
            labelled = np.asarray(targets[self.labelled_column], "float32")
            weights = labelled if weights is None else weights * labelled
        return None if weights is None else {LABELS: weights, TEACHER: None}

    def with_class_weights(self, *_: Any) -> "Distilled":
        """Returns the head as it is: the head of the student has its weights."""
        return self

    def decode(self, outputs: Mapping[str, Any]) -> Any:
        """Returns the answers of the head."""
        return self.head.decode(outputs[LABELS])

    def evaluate(self, targets: Mapping[str, Any], outputs: Mapping[str, Any]) -> Evaluation:
        """Returns what the head measures of its answers."""
        return self.head.evaluate(targets[self.column], outputs[LABELS])


def twice(outputs: keras.KerasTensor) -> dict[str, keras.KerasTensor]:
    """Returns the outputs of a head under the two names that they are learned by.

    Args:
        outputs: symbolic tensor.

    Example:

    >>> sorted(twice(keras.Input((3,))))
    ['labels', 'teacher']
    """
    # Keras needs a tensor of its own for each output.
    return {name: keras.layers.Identity(name=name)(outputs) for name in (LABELS, TEACHER)}
