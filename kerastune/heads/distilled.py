"""A head that learns from a teacher's answers beside its targets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerastune.evaluation import Evaluation
from kerastune.heads.head import Head

LABELS = "labels"


@dataclass(frozen=True)
class Taught:
    """One thing that a student learns from its teacher.

    Args:
        name: str, the output of the model that is compared, such as `teacher`.
        column: str, the target that holds what the teacher has there.
        loss: Keras loss, such as `SoftTargets`.
        weight: float, how much it counts.

    Example:

    >>> from kerastune.heads import SoftTargets
    >>> Taught("teacher", "answers", SoftTargets(2.0), 0.9).weight
    0.9
    """

    name: str
    column: str
    loss: keras.losses.Loss
    weight: float


@dataclass(frozen=True)
class Distilled(Head):
    """Learns from a teacher beside the targets of another head, while it trains.

    The model has the outputs of the head under the name `labels`, and one output for each thing
    that is `taught`, which is compared with what the teacher has for the same sample. How good
    the answers are is asked of the head itself.

    Args:
        head: the `Head` of the student.
        column: str, the target of the head.
        label_weight: float, how much the targets count.
        taught: tuple of `Taught`.
        labelled_column: str, the target that is 1 for samples with a label and 0 for those
            without, whose target does not count. Defaults to none, where all have one.

    Example:

    >>> import numpy as np
    >>> from kerastune.heads import Classification, SoftTargets
    >>> answers = Taught("teacher", "soft", SoftTargets(2.0), 0.9)
    >>> head = Distilled(Classification(("no", "yes")), "label", 0.1, (answers,))
    >>> encoded = head.encode({"label": np.array([1]), "soft": np.array([[-1.6, -0.2]])})
    >>> {name: values.tolist() for name, values in encoded.items()}
    {'labels': [[1.0]], 'teacher': [[-1.6, -0.2]]}
    """

    head: Head
    column: str
    label_weight: float
    taught: tuple[Taught, ...]
    labelled_column: str | None = None

    def loss(self) -> dict[str, Any]:
        """Returns the loss of the head, and those by the teacher."""
        return {LABELS: self.head.loss(), **{part.name: part.loss for part in self.taught}}

    def loss_weights(self) -> dict[str, float]:
        """Returns how much the targets and the teacher count."""
        return {LABELS: self.label_weight, **{part.name: part.weight for part in self.taught}}

    def metrics(self) -> dict[str, Any]:
        """Returns new metrics of the head."""
        return {LABELS: self.head.metrics()}

    def encode(self, targets: Mapping[str, Any]) -> dict[str, Any]:
        """Returns the targets as the head takes them, and what is taught as it is."""
        taught = {part.name: targets[part.column] for part in self.taught}
        return {LABELS: self.head.encode(targets[self.column]), **taught}

    def sample_weights(self, targets: Mapping[str, Any]) -> dict[str, Any] | None:
        """Returns the weight of each sample in the loss of the head; the teacher's are equal."""
        weights = self.head.sample_weights(targets[self.column])
        if self.labelled_column is not None:
            labelled = np.asarray(targets[self.labelled_column], "float32")
            weights = labelled if weights is None else weights * labelled
        if weights is None:
            return None
        return {LABELS: weights, **{part.name: None for part in self.taught}}

    def with_class_weights(self, *_: Any) -> "Distilled":
        """Returns the head as it is: the head of the student has its weights."""
        return self

    def decode(self, outputs: Mapping[str, Any]) -> Any:
        """Returns the answers of the head."""
        return self.head.decode(outputs[LABELS])

    def evaluate(self, targets: Mapping[str, Any], outputs: Mapping[str, Any]) -> Evaluation:
        """Returns what the head measures of its answers."""
        return self.head.evaluate(targets[self.column], outputs[LABELS])
