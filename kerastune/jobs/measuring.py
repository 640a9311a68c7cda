"""A trained model, measured on the test samples."""

from dataclasses import replace
from typing import Any

from kerastune.evaluation import Evaluation
from kerastune.heads import Head
from kerastune.jobs.fitting import Fitted, outputs_of
from kerastune.jobs.job import Job
from kerastune.jobs.result import Result
from kerastune.jobs.teacher import TEACHER


def measured(trained: Fitted, baselines: dict[str, Evaluation]) -> tuple[Result, Evaluation, Any]:
    """Returns what a trained model reaches on the test samples.

    Args:
        trained: the `Fitted`.
        baselines: dictionary from the name of a baseline to its `Evaluation`; the teacher of the
            job, if it has one, is added to them.

    Returns:
        Tuple of the `Result`, its `Evaluation`, and the outputs of the model.
    """
    job = trained.job
    head = _calibrated(job)
    test = job.splits.test
    outputs = outputs_of(job, test.values)
    evaluation = _measured(job, head.evaluate(test.target_values, outputs))
    if job.teacher is not None:
        baselines[TEACHER], agreement = job.teacher.beside(head, test, outputs)
        evaluation = Evaluation.joined([evaluation, agreement])
    result = replace(trained.result, head=head, metrics=evaluation.to_dict())
    return result, evaluation, outputs


def _measured(job: Job, of_test: Evaluation) -> Evaluation:
    """What is measured on the test samples, with what else is to be measured of the model."""
    others = [measure(job.model) for measure in job.measures]
    return Evaluation.joined([of_test, *others]) if others else of_test


def _calibrated(job: Job) -> Head:
    """The head, with what is set on the validation samples."""
    validation = job.splits.validation
    if validation is None or type(job.head).calibrated is Head.calibrated:
        return job.head
    return job.head.calibrated(validation.target_values, outputs_of(job, validation.values))
