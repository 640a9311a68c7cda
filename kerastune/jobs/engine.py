"""The engine: runs a job, whatever it learns, from its samples to its report."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from os import PathLike
from typing import Any

from kerastune import backends
from kerastune.checkpoints import Checkpoints, checkpoint_settings
from kerastune.data import Splits
from kerastune.display import output
from kerastune.errors import InputError
from kerastune.evaluation import Evaluation
from kerastune.evaluation.few_samples import few_samples_note
from kerastune.evaluation.shared_samples import shared_notes
from kerastune.jobs import reporting, runs
from kerastune.jobs.batch_choice import with_batches_that_fit
from kerastune.jobs.fitting import feature_cache, fit
from kerastune.jobs.following import followed
from kerastune.jobs.job import Job
from kerastune.jobs.measuring import measured
from kerastune.jobs.model_files import require_base
from kerastune.jobs.prompted import prompt_answers, prompt_rows
from kerastune.jobs.rate_search import with_searched_rate
from kerastune.jobs.result import Result
from kerastune.jobs.runs import Run
from kerastune.jobs.seeding import seeded
from kerastune.own_plans import OF_NAMED_PLANS, is_own_plan
from kerastune.tracking import tracker_names


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
    job = decided(job)
    with running(job) as run:
        table = job.plan_table()
        baselines, before = baseline_evaluations(job), prompt_answers(job)
        splits = noted_splits(job)
        run.begin()
        with followed(job, run) as tracking:
            trained = fit(job, run, splits, table, tracking.callbacks)
            result, evaluation, outputs = measured(trained, baselines)
            prompted = prompt_rows(job, before, prompt_answers(trained.job))
            reporting.publish(
                run,
                result,
                splits,
                reporting.Findings(evaluation, baselines, outputs, trained.table, prompted),
            )
            tracking.result(run.folder, result.metrics)
    return result


def decided(job: Job) -> Job:
    """A job with numbers for the batch size and the learning rate that are `"auto"`.

    Args:
        job: the `Job`, checked.

    Returns:
        A `Job`.

    Example:

    >>> from kerastune import recipes
    >>> decided(recipes.linear_regression.build(batch_size="auto")).parts
    (1,)
    """
    if job.options["batch_size"] == "auto":
        job = with_batches_that_fit(job)
    if job.options["learning_rate"] == "auto":
        job = with_searched_rate(job)
    return job


@contextmanager
def running(job: Job) -> Iterator[Run]:
    """A new run of a job, in which everything is seeded and printed as its options say.

    Args:
        job: the `Job`, see `decided`.

    Yields:
        A `Run`, which has not begun.

    Raises:
        InputError: if the run directory is not free.

    Example:

    >>> from kerastune import recipes
    >>> with running(recipes.linear_regression.build(run_dir="runs/new")) as run:
    ...     run.recipe
    'linear_regression'
    """
    options = job.options
    new_run = runs.new_run(
        job.name,
        configuration(job),
        run_dir=options["run_dir"],
        overwrite=options["overwrite"],
        resume=options["resume"],
    )
    with settled(job), new_run as run:
        yield run


@contextmanager
def settled(job: Job) -> Iterator[None]:
    """Everything random seeded, in the precision of a job, and printed as it says.

    Args:
        job: the `Job`.

    Yields:
        None.

    Example:

    >>> from kerastune import recipes
    >>> with settled(recipes.linear_regression.build(verbose=0)):
    ...     output.verbosity()
    0
    """
    options = job.options
    with (
        output.printing(options["verbose"]),
        backends.tensorflow_if_imported(),
        seeded(options["seed"], options["precision"], options["random"]),
    ):
        yield


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
    check_plan(job)


def check_plan(job: Job) -> None:
    """Raises unless the plan of a job can be used, and how features and checkpoints are kept.

    Args:
        job: the `Job`.

    Raises:
        InputError: if they cannot.

    Example:

    >>> from kerastune import recipes
    >>> check_plan(recipes.linear_regression.build())
    """
    job.plan_table()
    require_base(job.model, job.options["store"], job.chosen_plan.adapters)
    feature_cache(job, None)
    checkpoint_settings(job.options["checkpoints"])
    tracker_names(job.options["tracker"])
    if job.pretraining is not None:
        job.pretraining.plan_table()
    if job.teacher is not None:
        job.teacher.check(job)


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
    if isinstance(arguments["checkpoints"], Checkpoints):
        arguments["checkpoints"] = asdict(arguments["checkpoints"])
    for name in ("data", "test_data"):
        # What came as an object may be large, and a command can only be given a name or a path.
        if not isinstance(arguments.get(name), str | PathLike | None):
            arguments[name] = f"<{type(arguments[name]).__name__}>"
    # Where the run is, is told by where the file is; the next one goes elsewhere.
    left_out = ["overwrite", "callbacks", "run_dir", "resume", "verbose"]
    if is_own_plan(job.asked_plan):
        left_out += OF_NAMED_PLANS
    return {
        **({"recipe": job.address} if job.address else {}),
        "backend": backends.select(),
        **{name: value for name, value in arguments.items() if name not in left_out},
    }


def baseline_evaluations(job: Job) -> dict[str, Evaluation]:
    """What the baselines of a job reach on the test samples.

    Args:
        job: the `Job`.

    Returns:
        Dictionary from the name of a baseline to its `Evaluation`.

    Example:

    >>> from kerastune import recipes
    >>> len(baseline_evaluations(recipes.linear_regression.build())) > 0
    True
    """
    found: dict[str, Evaluation] = {}
    for baseline in job.baselines:
        found |= baseline(job.splits)
    return found


def noted_splits(job: Job) -> Splits:
    """The splits of a job, with notes on repeated samples and on what baselines are fitted to.

    Args:
        job: the `Job`.

    Returns:
        `Splits`.

    Example:

    >>> from kerastune import recipes
    >>> noted_splits(recipes.linear_regression.build()).training.notes
    ()
    """
    training = job.splits.training
    told = (*shared_notes(job.splits), *few_samples_note(job.splits, job.baselines))
    notes = (*training.notes, *told)
    return replace(job.splits, training=replace(training, notes=notes))
