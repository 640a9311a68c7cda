"""Training the model of a job inside a run, before anything is measured."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerastune import training
from kerastune.checkpoints import Checkpoints
from kerastune.jobs import printing, reporting
from kerastune.jobs.batch_choice import as_trained
from kerastune.jobs.kept_checkpoints import CHECKPOINTS
from kerastune.jobs.model_files import save_model
from kerastune.jobs.result import Result
from kerastune.training import TrainingHistory, TrainingInterrupted
from kerastune.tuning.groups.backbone import find_backbone

if TYPE_CHECKING:
    import keras

    from kerastune.data import Splits
    from kerastune.jobs.job import Job
    from kerastune.jobs.runs import Run
    from kerastune.tuning import PlanTable


@dataclass(frozen=True)
class Fitted:
    """A job whose model is trained, and kept in a run directory.

    Args:
        job: the `Job` as it was trained.
        result: the `Result`, not measured.
        table: the `PlanTable` of what was trained.
    """

    job: "Job"
    result: Result
    table: "PlanTable"


def fit(
    job: "Job",
    run: "Run",
    splits: "Splits",
    table: "PlanTable",
    callbacks: "Sequence[keras.callbacks.Callback]" = (),
) -> Fitted:
    """Trains the model of a job, after the backbone that it is built on, and writes it.

    Args:
        job: the `Job`, whose batch size and learning rate are decided.
        run: the `Run`, begun.
        splits: the `Splits`, as they are to be described.
        table: the `PlanTable` of the job.
        callbacks: sequence of Keras callbacks behind those of the job. Defaults to none.

    Returns:
        A `Fitted`.

    Raises:
        TrainingInterrupted: after Ctrl-C, when what was trained is written.
    """
    try:
        if job.pretraining is not None:
            _pretrain(job.pretraining, run, seed=job.options["seed"])
        if job.teacher is not None and job.teacher.job is not None:
            _train_first(job.teacher.job, run, "teacher", seed=job.options["seed"])
        printing.announce(table, splits)
        taught = job.teacher.taught(job) if job.teacher else job
        history = _train(taught, run, "training", callbacks)
        planned, job = job, as_trained(job, history)
        if job is not planned:
            table = job.plan_table()
        trained = _result(job, run, history)
    except TrainingInterrupted as interrupted:
        if interrupted.history.step_loss:
            job = as_trained(job, interrupted.history)
            reporting.keep(run, _result(job, run, interrupted.history))
        raise
    reporting.keep(run, trained)
    return Fitted(job, trained, table)


def outputs_of(job: "Job", values: Any) -> Any:
    """What the model of a job computes for samples.

    Args:
        job: the `Job`.
        values: dictionary from column to values.

    Returns:
        Outputs as the head takes them.
    """
    inputs = {name: values[name] for name in job.prepare.columns}
    return training.predict(job.model, inputs, job.prepare, job.head)


def feature_cache(job: "Job", folder: Path | None) -> training.FeatureCache:
    """Where a job keeps features.

    Args:
        job: the `Job`.
        folder: Path of the run, or None where none has begun.

    Returns:
        A `kerastune.training.FeatureCache`.

    Raises:
        InputError: if the options exclude each other.
    """
    options = job.options
    return training.FeatureCache(
        options["cache_features"],
        precision=options["cache_precision"],
        directory=folder,
        stays_in=options["cache_directory"],
        copies=options["cache_copies"],
    )


def _pretrain(job: "Job", run: "Run", seed: int) -> None:
    """Train the backbone that the job to come is built on, and keep it."""
    _train_first(job, run, "pretraining", seed)
    save_model(find_backbone(job.model) or job.model, run.path("backbone.keras"))


def _train_first(job: "Job", run: "Run", part: str, seed: int) -> None:
    """Train the model of a job that the one to come needs."""
    job.options["seed"] = seed
    printing.announce(job.plan_table(), job.splits, title=part.capitalize())
    _train(job, run, part)


def _result(job: "Job", run: "Run", history: TrainingHistory) -> Result:
    """What a job has trained, which has not been measured."""
    test = job.splits.test
    return Result(
        job.name,
        job.model,
        job.head,
        job.chosen_plan,
        {},
        history,
        run.directory,
        job.prepare,
        dict(test.columns),
        test.targets,
    )


def _train(
    job: "Job", run: "Run", part: str, callbacks: "Sequence[keras.callbacks.Callback]" = ()
) -> TrainingHistory:
    """Train the model of a job, from a checkpoint where the run goes on."""
    options = job.options
    resume = options["resume"] if run.resumes else None
    settings = options["checkpoints"]
    if settings is None and options["resume"] is not None:
        settings = Checkpoints(every_epoch=True)
    return training.run_plan(
        job.model,
        job.chosen_plan,
        job.head,
        job.splits,
        job.prepare,
        batch_size=job.batch_size,
        seed=options["seed"],
        callbacks=(*job.callbacks, *options["callbacks"], *callbacks),
        features=feature_cache(job, run.folder),
        jit_compile=options["jit_compile"],
        divides_batches=options["batch_size"] == "auto",
        checkpointing=training.Checkpointing(run.path(CHECKPOINTS) / part, settings, resume),
        on_non_finite=options["on_non_finite"],
    )
