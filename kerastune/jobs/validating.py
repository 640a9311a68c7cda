"""Runs that are judged on the validation samples first, and on the test samples later or never.

A search trains many models and keeps one. To choose it by the test samples would be to learn
from them, so that a run of a search leaves them alone; the run that is chosen is tested at the
end.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from kerastune import files, training
from kerastune.display import output
from kerastune.errors import InputError
from kerastune.evaluation import Evaluation
from kerastune.jobs import reporting
from kerastune.jobs.batch_choice import as_trained, with_batches_that_fit
from kerastune.jobs.engine import (
    baseline_evaluations,
    check_plan,
    decided,
    noted_splits,
    running,
    settled,
)
from kerastune.jobs.fitting import fit, outputs_of
from kerastune.jobs.following import followed
from kerastune.jobs.loading import load
from kerastune.jobs.reopening import reopened_run

if TYPE_CHECKING:
    from kerastune.data import Source
    from kerastune.heads import Head
    from kerastune.jobs.job import Job
    from kerastune.jobs.result import Result

VALIDATION = "validation.json"
"""What a run reached on the validation samples."""


@dataclass(frozen=True)
class Validated:
    """A trained model, and how good it is on the validation samples.

    Args:
        result: the `Result`, whose `metrics` are empty.
        evaluation: the `Evaluation` on the validation samples.
    """

    result: "Result"
    evaluation: Evaluation


def evaluate_on_validation(job: "Job") -> Evaluation:
    """How good the model of a job is on the validation samples, as it stands.

    Args:
        job: the `Job`.

    Returns:
        An `Evaluation`.

    Raises:
        InputError: if the job has no validation samples.

    Example:

    >>> from kerastune import recipes
    >>> job = recipes.linear_regression.build(validation_fraction=0.2)
    >>> "r2" in evaluate_on_validation(job)
    True
    """
    return calibrated_and_measured(job)[1]


def calibrated_and_measured(job: "Job") -> "tuple[Head, Evaluation]":
    """The head of a job, and how good it is, both by the validation samples.

    Args:
        job: the `Job`.

    Returns:
        A tuple of a `Head` and an `Evaluation`.

    Raises:
        InputError: if the job has no validation samples.

    Example:

    >>> from kerastune import recipes
    >>> job = recipes.linear_regression.build(validation_fraction=0.2)
    >>> head, found = calibrated_and_measured(job)
    >>> "r2" in found
    True
    """
    validation = _require_validation(job)
    outputs = outputs_of(job, validation.values)
    head = job.head.calibrated(validation.target_values, outputs)
    return head, head.evaluate(validation.target_values, outputs)


def validate_job(job: "Job") -> Validated:
    """Trains a job's model and measures it on the validation samples; the test is left for later.

    The run directory holds the model, and is marked as untested: `kerastune.load` reads it, and
    `measure_on_test` completes it. No value of the test samples is read.

    Args:
        job: the `Job`.

    Returns:
        A `Validated`.

    Raises:
        InputError: if the run directory is not free, there are no validation samples, or
            something of the job cannot be used.
        KeyboardInterrupt: after Ctrl-C, when what was trained is written.

    Example:

    >>> import tempfile
    >>> from kerastune import recipes
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     given = {"epochs": 1, "validation_fraction": 0.2, "verbose": 0}
    ...     job = recipes.linear_regression.build(**given, run_dir=directory)
    ...     found = validate_job(job)
    >>> found.result.metrics, "r2" in found.evaluation
    ({}, True)
    """
    _require_validation(job)
    for use, part in job.splits.parts.items():
        if use != "test":
            job.prepare.check(part)
    check_plan(job)
    job = decided(job)
    with running(job) as run:
        run.begin()
        with followed(job, run) as tracking:
            trained = fit(job, run, job.splits, job.plan_table(), tracking.callbacks)
            head, evaluation = calibrated_and_measured(trained.job)
            result = replace(trained.result, head=head)
            result.write_state(run.folder)
            told = {"metrics": evaluation.to_dict(), "higher_is_better": evaluation.directions}
            files.write_json(run.path(VALIDATION), told)
            files.write_json(run.path("plan_table.json"), trained.table.to_dicts())
            tracking.result(run.folder, evaluation.to_dict(), "final_validation")
            run.leave_untested()
    return Validated(result, evaluation)


def measure_on_test(job: "Job", directory: str | Path) -> "Result":
    """Measures a run that `validate_job` has left on the test samples, and completes its report.

    Args:
        job: the `Job` of the run, built anew: it gives the samples and the baselines.
        directory: str or Path of the run.

    Returns:
        The `Result`.

    Raises:
        InputError: if the directory holds no such run.

    Example:

    >>> import tempfile
    >>> from kerastune import recipes
    >>> with tempfile.TemporaryDirectory() as directory:
    ...     given = {"epochs": 1, "validation_fraction": 0.2, "verbose": 0}
    ...     build = recipes.linear_regression.build
    ...     _ = validate_job(build(**given, run_dir=directory))
    ...     result = measure_on_test(build(**given), directory)
    >>> "r2" in result.metrics
    True
    """
    run = reopened_run(Path(directory))
    loaded = load(directory)
    with settled(job):
        # The rate that was found then, and the batches that memory held.
        options = {**job.options, "learning_rate": run.configuration.get("learning_rate")}
        job = replace(job, options=options)  # type: ignore[arg-type]
        if options["batch_size"] == "auto":
            job = as_trained(with_batches_that_fit(job), loaded.history)
        test = job.splits.test
        outputs = training.predict(
            loaded.model,
            {name: test.values[name] for name in loaded.preprocessor.columns},
            loaded.preprocessor,
            loaded.head,
        )
        evaluation = loaded.head.evaluate(test.target_values, outputs)
        result = replace(loaded, metrics=evaluation.to_dict())
        output.console().rule(f"The test of {run.directory.name}")
        found = reporting.Findings(evaluation, baseline_evaluations(job), outputs, job.plan_table())
        reporting.publish(run, result, noted_splits(job), found)
    return result


def _require_validation(job: "Job") -> "Source":
    """The validation samples of a job."""
    if job.splits.validation is None:
        raise InputError(
            "Expected samples to validate on, by which models are compared. Received: none. "
            "Set for example validation_fraction=0.2"
        )
    return job.splits.validation
