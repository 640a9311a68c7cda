"""What is compared: a model with its batches, its loss and optimizer, from any source."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import keras

from kerastune.comparison.specification import Specification
from kerastune.errors import InputError
from kerastune.jobs.job import Job
from kerastune.jobs.recipe import Recipe
from kerastune.training.compiling import compile_for_stage
from kerastune.training.feeding import Feed, sample_feed
from kerastune.training.samples import predict, training_samples

Batch = tuple[Any, Any, Any]
_TEST_SAMPLES = 256


@dataclass
class Subject:
    """What is compared.

    Args:
        model: the Keras model.
        batches: list of `(x, y, sample_weight)`, in the order of training.
        compile: function that compiles the model as it is trained.
        evaluate: function that gives final metrics by name, or None.
        notes: list of str, what a reader has to know.
    """

    model: keras.Model
    batches: list[Batch]
    compile: Callable[[], None]
    evaluate: Callable[[], dict[str, float]] | None = None
    notes: list[str] = field(default_factory=list)


def recipe_subject(recipe: Recipe[Any], specification: Specification) -> Subject:
    """The model of a recipe, fed and compiled as a run of it is.

    Args:
        recipe: the `Recipe`.
        specification: the `Specification`, with the options.

    Returns:
        A `Subject`, trained as the last stage of its plan says.

    Raises:
        InputError: if an option or the data cannot be used.

    Example:

    >>> from kerastune import recipes
    >>> asked = Specification("linear_regression", "torch", "a", "a", steps=2)
    >>> len(recipe_subject(recipes.linear_regression, asked).batches)
    2
    """
    job = recipe.build(**_recipe_options(recipe, specification))
    if job.options["learning_rate"] == "auto":
        raise InputError(
            "Expected a learning rate as a number, or none. Received: 'auto', which each backend "
            "would find for itself"
        )
    for part in job.splits.parts.values():
        job.prepare.check(part)
    job.plan_table()
    size = job.batch_size
    samples = training_samples(job.splits.training, job.prepare, job.head, size)
    feed = sample_feed(samples, seed=job.options["seed"])
    stage = job.chosen_plan.stages[-1]

    def compile_model() -> None:
        steps = stage.total_steps(len(feed.batch_sizes))
        compile_for_stage(job.model, job.head, stage, steps, jit_compile=job.options["jit_compile"])

    notes = [f"Trained as the stage {stage.name!r} of the plan {job.chosen_plan.name!r} trains."]
    if job.pretraining is not None:
        notes.append("The backbone was not pretrained.")
    return Subject(
        job.model,
        first_batches(feed, specification.steps),
        compile_model,
        lambda: _test_metrics(job),
        notes,
    )


def first_batches(feed: Feed, count: int) -> list[Batch]:
    """The first batches of a feed, in the order of training.

    Args:
        feed: the `Feed`.
        count: int.

    Returns:
        List of `(x, y, sample_weight)`, with None for what there is not.

    Example:

    >>> feed = Feed([1], lambda done: {"x": [([1.0], [0.0])]})
    >>> first_batches(feed, 5)
    [([1.0], [0.0], None)]
    """
    found: list[Any] = list(islice(feed.arguments(0)["x"], count))
    return [(*batch, None, None)[:3] for batch in found]


def _recipe_options(recipe: Recipe[Any], specification: Specification) -> dict[str, Any]:
    """The options of a recipe, as they were given from Python or to the command."""
    from kerastune.options.parsing import parse_options

    options = dict(specification.options)
    if specification.arguments:
        parsed = parse_options(recipe, specification.arguments, specification.what, "compare")
        parsed.pop("backend")
        options |= parsed
    if specification.data is not None:
        options["data"] = specification.data
    if specification.precision is not None:
        options["precision"] = specification.precision
    if specification.jit_compile is not None:
        options["jit_compile"] = specification.jit_compile
    if specification.batch_size is not None:
        options["batch_size"] = specification.batch_size
    if specification.learning_rate is not None:
        options["learning_rate"] = specification.learning_rate
    if specification.optimizer is not None:
        options["optimizer"] = specification.optimizer
    if specification.loss is not None:
        raise InputError(
            f"Expected no --loss with a recipe, whose head has one. Received: {specification.loss}"
        )
    return {**options, "seed": options.get("seed", specification.seed), "verbose": 0}


def _test_metrics(job: Job) -> dict[str, float]:
    """What the model reaches on the first test samples."""
    test = job.splits.test.select(range(min(_TEST_SAMPLES, len(job.splits.test))))
    inputs = {name: test.values[name] for name in job.prepare.columns}
    outputs = predict(job.model, inputs, job.prepare, job.head)
    measured = job.head.evaluate(test.target_values, outputs).to_dict()
    return {
        name: float(value) for name, value in measured.items() if isinstance(value, int | float)
    }
