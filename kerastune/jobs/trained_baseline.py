"""A baseline that is another network, trained in the same way."""

from collections.abc import Callable, Mapping

from kerastune import training
from kerastune.data import Splits
from kerastune.display import output
from kerastune.evaluation import Evaluation
from kerastune.jobs.job import Job


def trained_baseline(name: str, job: Job) -> Callable[[Splits], Mapping[str, Evaluation]]:
    """Returns a baseline: what another network reaches by the same plan, seed and samples.

    Nothing of it is written, and it is trained again where a run goes on.

    Args:
        name: str, what the report calls it.
        job: the `Job` of the other network, with the samples and options of the one that it is a
            baseline of.

    Returns:
        A function from `Splits` to a dictionary with the name.

    Example:

    >>> from kerastune import recipes
    >>> job = recipes.linear_regression.build(epochs=2)
    >>> list(trained_baseline("a line", job)(job.splits))
    ['a line']
    """

    def baseline(splits: Splits) -> Mapping[str, Evaluation]:
        with output.printing(0):
            training.run_plan(
                job.model,
                job.chosen_plan,
                job.head,
                splits,
                job.prepare,
                batch_size=job.batch_size,
                seed=job.options["seed"],
                jit_compile=job.options["jit_compile"],
            )
        inputs = {column: splits.test.values[column] for column in job.prepare.columns}
        outputs = training.predict(job.model, inputs, job.prepare, job.head)
        found = job.head.evaluate(splits.test.target_values, outputs)
        return {name: Evaluation.joined([found, *(measure(job.model) for measure in job.measures)])}

    return baseline
