"""The job of a student with what its teacher has for each sample beside the targets."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kerastune import backends

backends.select()

import keras
import numpy as np

from kerastune.data import Column, Source, Splits
from kerastune.heads import (
    Classification,
    Distilled,
    FeatureDistance,
    Head,
    SoftTargets,
    Taught,
)
from kerastune.heads.distilled import LABELS
from kerastune.jobs.taught_features import TaughtFeatures, taught_features

if TYPE_CHECKING:
    from kerastune.jobs.job import Job
    from kerastune.jobs.teacher import Teacher

_ANSWERS, _FEATURES, _LABELLED = "answers_of_the_teacher", "features_of_the_teacher", "has_a_label"
COLUMNS = (_ANSWERS, _FEATURES, _LABELLED)
"""What the columns are called that the teacher's knowledge is in."""

_SMALLEST = 1e-12  # Probabilities are logarithms, as a student's logits are.


def taught_job(teacher: "Teacher", job: "Job") -> "Job":
    """Returns a job that trains the model of another by what a teacher knows too.

    Args:
        teacher: the `Teacher`.
        job: the `Job` of the student, which shares its layers and weights with the new one.

    Returns:
        A `Job`, to be trained and then left.

    Raises:
        InputError: if the student cannot learn from this teacher.
    """
    target = teacher.check(job)
    compared = None
    if teacher.feature_weight:
        compared = taught_features(job.model, teacher.model, teacher.layer_mapping)
    known = _Known(teacher, job.head, compared)
    splits = job.splits
    training = known.training_samples(splits.training)
    validation = splits.validation and known.beside(splits.validation)
    labelled = None if teacher.transfer is None else _LABELLED
    return replace(
        job,
        model=_model(job.model, compared),
        head=Distilled(job.head, target, 1 - teacher.weight, known.taught(), labelled),
        # What is for the test is not read in the training, which ends with the job.
        splits=Splits(training, training, validation),
        teacher=None,
    )


def _model(student: keras.Model, compared: TaughtFeatures | None) -> keras.Model:
    """The model of a student with an output for each of the losses."""
    if compared is None:
        inputs, outputs, more = student.input, student.output, {}
    else:
        inputs, given = compared.student.input, compared.student.output
        outputs, more = given["outputs"], {"features": given["features"]}
    # Keras needs a tensor of its own for each output.
    both = {name: keras.layers.Identity(name=name)(outputs) for name in (LABELS, "teacher")}
    named = {name: keras.layers.Identity(name=name)(tensor) for name, tensor in more.items()}
    return keras.Model(inputs, {**both, **named}, name=student.name)


class _Known:
    """What a teacher knows of samples, as more targets of them."""

    def __init__(self, teacher: "Teacher", head: Head, compared: TaughtFeatures | None) -> None:
        self.teacher = teacher
        self.head = head
        self.compared = compared

    def taught(self) -> tuple[Taught, ...]:
        """Returns what is learned of it."""
        teacher = self.teacher
        is_class = isinstance(self.head, Classification)
        loss = SoftTargets(teacher.temperature) if is_class else keras.losses.MeanSquaredError()
        answers = Taught("teacher", _ANSWERS, loss, teacher.weight)
        if self.compared is None:
            return (answers,)
        distance = FeatureDistance(self.compared.blocks)
        return answers, Taught("features", _FEATURES, distance, teacher.feature_weight)

    def training_samples(self, samples: Source) -> Source:
        """Returns the training samples and those that the teacher alone labels."""
        told = self.beside(samples)
        if self.teacher.transfer is None:
            return told
        (target,) = samples.targets
        more, outputs = self.teacher.transfer, self.teacher.outputs(self.teacher.transfer)
        # Its answers stand for the labels, which do not count, so that metrics mean something.
        answers = self.teacher.head.decode(outputs)
        if isinstance(self.head, Classification):
            answers = np.array([self.head.class_names.index(name) for name in answers])
        more = more.with_column(target, answers, samples.columns[target]).with_targets(target)
        more = self.beside(more, outputs, labelled=0.0)
        kept = {name: told.values[name] for name in more.values}
        labelled = replace(told, values=kept, columns=more.columns, targets=())
        return labelled.joined(more).with_targets(*more.targets)

    def beside(self, samples: Source, outputs: Any = None, labelled: float = 1.0) -> Source:
        """Returns samples with what the teacher knows of them, which it may have answered."""
        outputs = self.teacher.outputs(samples) if outputs is None else outputs
        values = {_ANSWERS: self._answers(outputs)}
        if self.compared is not None:
            values[_FEATURES] = self.teacher.computed(self.compared.teacher, samples)
        told, targets = samples, [*samples.targets, *values]
        for name, given in values.items():
            column = Column("array", shape=given.shape[1:])
            told = told.with_column(name, given.astype("float32"), column)
        if self.teacher.transfer is not None:
            flags = np.full(len(samples), labelled, "float32")
            told = told.with_column(_LABELLED, flags, Column("quantity"))
            targets.append(_LABELLED)
        return told.with_targets(*targets)

    def _answers(self, outputs: Any) -> np.ndarray:
        """What is compared with the outputs of the student."""
        head, its_head = self.head, self.teacher.head
        if isinstance(head, Classification) and isinstance(its_head, Classification):
            places = [its_head.class_names.index(name) for name in head.class_names]
            probabilities = its_head.probabilities(outputs)[:, places]
            return np.log(np.maximum(probabilities, _SMALLEST))
        return np.asarray(head.encode(its_head.decode(outputs)))
