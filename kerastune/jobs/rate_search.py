"""The learning rates that suit a job, by its own samples, head and optimizer."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kerastune.jobs.seeding import seeded
from kerastune.training.compiling import compile_for_stage
from kerastune.training.samples import suited_preprocessor, training_samples
from kerastune.tuning import find_learning_rate
from kerastune.tuning.finder.sweep import RateSearch
from kerastune.tuning.freezing.dropout import restored_dropout
from kerastune.tuning.freezing.trainability import restored_trainability

if TYPE_CHECKING:
    from kerastune.jobs.job import Job
    from kerastune.tuning import Stage


def searched_stage(job: "Job") -> "Stage":
    """The stage of a job's plan whose rate `search_rate` looks for.

    Args:
        job: the `Job`.

    Returns:
        The last `Stage`, which has the rate that a plan by name is given.

    Example:

    >>> from kerastune import recipes
    >>> job = recipes.linear_regression.build(epochs=1)
    >>> searched_stage(job).learning_rate
    0.2
    """
    return job.chosen_plan.stages[-1]


def with_searched_rate(job: "Job") -> "Job":
    """A job with the learning rate that `search_rate` suggests.

    Args:
        job: the `Job`, untrained.

    Returns:
        A `Job`, whose option `learning_rate` is a number.

    Raises:
        InputError: as for `search_rate`.

    Example:

    >>> from kerastune import recipes
    >>> job = with_searched_rate(recipes.linear_regression.build(learning_rate="auto"))
    >>> 0 < job.options["learning_rate"] < 10
    True
    """
    rate = search_rate(job).suggestions["valley"]
    options: Any = {**job.options, "learning_rate": rate}
    return replace(job, options=options, rate_reason="found by the rate finder")


def search_rate(
    job: "Job", *, start: float = 1e-7, end: float = 10.0, steps: int = 100
) -> RateSearch:
    """Trains a little at growing rates, as the last stage of a job's plan trains.

    What trains, the optimizer, its decay and clipping, and the rates by layer are those of
    the stage; the samples go through the preprocessor and the head in the order of a run.
    The weights are those of before the training: of a stage that follows others, and of a
    backbone that is pretrained first, the rate is a guess.

    Args:
        job: the `Job`, untrained. Its model is afterwards as it was, but compiled.
        start: float, the first rate. Defaults to 1e-7.
        end: float, the last rate. Defaults to 10.
        steps: int, the number of rates, at least 10. Defaults to 100.

    Returns:
        A `RateSearch`: the rates are those of the last layer group.

    Raises:
        InputError: if the samples cannot be trained on, or there is no curve to read.

    Example:

    >>> from kerastune import recipes
    >>> search = search_rate(recipes.linear_regression.build(), steps=50)
    >>> sorted(search.suggestions)
    ['minimum', 'slide', 'steep', 'valley']
    """
    stage, options, samples = searched_stage(job), job.options, job.splits.training
    job.prepare.check(samples)
    with (
        seeded(options["seed"], options["precision"], options["random"]),
        restored_trainability(job.model),
        restored_dropout(job.model),
    ):
        preprocessor = suited_preprocessor(job.prepare, options["jit_compile"])
        prepared = training_samples(samples, preprocessor, job.head, job.batch_size)
        batches = prepared.shuffled(options["seed"], done=0)["x"].dataset()
        compile_for_stage(job.model, job.head, stage, steps, jit_compile=options["jit_compile"])
        return find_learning_rate(
            job.model, batches, start=start, end=end, steps=steps, seed=options["seed"]
        )
