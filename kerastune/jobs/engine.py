"""The engine: runs a job, whatever it learns, from its samples to its report."""

from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any

from kerastune import backends, training
from kerastune.data import Splits
from kerastune.display import output
from kerastune.errors import InputError
from kerastune.evaluation import Evaluation
from kerastune.evaluation.few_samples import few_samples_note
from kerastune.evaluation.shared_samples import shared_notes
from kerastune.heads import Head
from kerastune.jobs import printing, reporting, runs
from kerastune.jobs.batch_choice import as_trained, with_batches_that_fit
from kerastune.jobs.job import Job
from kerastune.jobs.model_files import save_model
from kerastune.jobs.rate_search import with_searched_rate
from kerastune.jobs.result import Result
from kerastune.jobs.runs import Run
from kerastune.own_plans import OF_NAMED_PLANS, is_own_plan
from kerastune.training import TrainingHistory, TrainingInterrupted
from kerastune.tuning.groups.backbone import find_backbone


def run_job(job: Job) -> Result:
    """Trains a job's model, measures it, and writes the run directory.

    Args:
        job: the `Job`.

    Returns:
        A `Result`.

    Raises:
        InputError: if the run directory is not free, or something of the job cannot be
            used; then nothing is written.
        KeyboardInterrupt: after Ctrl-C, when what was trained is written. The run is marked
            as interrupted, and `kerastune.load` reads it.

    Example:

    >>> import contextlib, io, tempfile
    >>> from kerastune import recipes
    >>> with tempfile.TemporaryDirectory() as directory, contextlib.redirect_stdout(io.StringIO()):
    ...     result = run_job(recipes.linear_regression.build(epochs=1, run_dir=directory))
    >>> result.recipe
    'linear_regression'
    """
    options = job.options
    if options["repeats"] > 1:
        raise InputError(
            "Expected a call of the recipe for repeats, which builds a model for each of them. "
            f"Received: repeats={options['repeats']} for a job, which has one model"
        )
    check(job)
    if options["batch_size"] == "auto":
        job = with_batches_that_fit(job)
    if options["learning_rate"] == "auto":
        job = with_searched_rate(job)
    new_run = runs.new_run(
        job.name,
        configuration(job),
        run_dir=options["run_dir"],
        overwrite=options["overwrite"],
    )
    with (
        output.printing(options["verbose"]),
        backends.tensorflow_if_imported(),
        runs.seeded(options["seed"], options["precision"]),
        new_run as run,
    ):
        table = job.plan_table()
        baselines = _baselines(job)
        splits = _noted(job)
        run.begin()
        try:
            if job.pretraining is not None:
                _pretrain(job.pretraining, run, seed=options["seed"])
            printing.announce(table, splits)
            history = _train(job, run)
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
        head = _calibrated(job)
        test = job.splits.test
        outputs = _outputs(job, test.values)
        evaluation = head.evaluate(test.target_values, outputs)
        result = replace(trained, head=head, metrics=evaluation.to_dict())
        reporting.publish(
            run,
            result,
            splits,
            reporting.Findings(evaluation, baselines, outputs, table),
        )
    return result


def check(job: Job) -> None:
    """Raises unless a job can be trained, as far as can be told before.

    Args:
        job: the `Job`.

    Raises:
        InputError: if samples or the plan cannot be used.

    Example:

    >>> from kerastune import recipes
    >>> check(recipes.linear_regression.build())
    """
    for part in job.splits.parts.values():
        job.prepare.check(part)
    job.plan_table()
    _feature_cache(job, None)
    if job.pretraining is not None:
        job.pretraining.plan_table()


def configuration(job: Job) -> dict[str, Any]:
    """What `kerastune run --config` needs to start the same again.

    Args:
        job: the `Job`.

    Returns:
        Dictionary of `backend` and the arguments of the recipe.

    Example:

    >>> from kerastune import recipes
    >>> configuration(recipes.linear_regression.build(epochs=3))["epochs"]
    3
    """
    arguments = {**job.arguments, **job.options}
    if job.rate is not None:
        # The same again, also where a later version has other defaults.
        arguments["learning_rate"] = job.rate.learning_rate
    for name in ("data", "test_data"):
        # What came as an object may be large, and a command can only be given a name or a path.
        if not isinstance(arguments.get(name), str | PathLike | None):
            arguments[name] = f"<{type(arguments[name]).__name__}>"
    # Where the run is, is told by where the file is; the next one goes elsewhere.
    left_out = ["overwrite", "callbacks", "run_dir", "verbose"]
    if is_own_plan(job.asked_plan):
        left_out += OF_NAMED_PLANS
    return {
        **({"recipe": job.address} if job.address else {}),
        "backend": backends.select(),
        **{name: value for name, value in arguments.items() if name not in left_out},
    }


def _baselines(job: Job) -> dict[str, Evaluation]:
    """What the baselines reach on the test samples, by name."""
    found: dict[str, Evaluation] = {}
    for baseline in job.baselines:
        found |= baseline(job.splits)
    return found


def _noted(job: Job) -> Splits:
    """The splits, with notes on repeated samples and on what baselines are fitted to."""
    training = job.splits.training
    told = (*shared_notes(job.splits), *few_samples_note(job.splits, job.baselines))
    notes = (*training.notes, *told)
    return replace(job.splits, training=replace(training, notes=notes))


def _pretrain(job: Job, run: Run, seed: int) -> None:
    """Train the backbone that the job to come is built on, and keep it."""
    job.options["seed"] = seed
    printing.announce(job.plan_table(), job.splits, title="Pretraining")
    _train(job, run)
    save_model(find_backbone(job.model) or job.model, run.path("backbone.keras"))


def _result(job: Job, run: Run, history: TrainingHistory) -> Result:
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


def _train(job: Job, run: Run) -> TrainingHistory:
    """Train the model of a job."""
    options = job.options
    return training.run_plan(
        job.model,
        job.chosen_plan,
        job.head,
        job.splits,
        job.prepare,
        batch_size=job.batch_size,
        seed=options["seed"],
        callbacks=options["callbacks"],
        features=_feature_cache(job, run.folder),
        jit_compile=options["jit_compile"],
        divides_batches=options["batch_size"] == "auto",
    )


def _feature_cache(job: Job, folder: Path | None) -> training.FeatureCache:
    """Where a job keeps features; raises where its options exclude each other."""
    options = job.options
    return training.FeatureCache(
        options["cache_features"],
        precision=options["cache_precision"],
        directory=folder,
        stays_in=options["cache_directory"],
        copies=options["cache_copies"],
    )


def _calibrated(job: Job) -> Head:
    """The head, with what is set on the validation samples."""
    validation = job.splits.validation
    if validation is None or type(job.head).calibrated is Head.calibrated:
        return job.head
    return job.head.calibrated(validation.target_values, _outputs(job, validation.values))


def _outputs(job: Job, values: Any) -> Any:
    """The outputs of the model for samples."""
    inputs = {name: values[name] for name in job.prepare.columns}
    return training.predict(job.model, inputs, job.prepare, job.head)
