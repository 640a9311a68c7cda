"""The models that recipes build, counted without reading a sample or a weight."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import keras

from kerastune import data
from kerastune.counting.weights import ModelCount, count_model
from kerastune.errors import InputError
from kerastune.jobs.configuration import read_configuration
from kerastune.jobs.job import Job
from kerastune.jobs.recipe_files import find_recipe, is_file
from kerastune.params.sources.building import count_abstract
from kerastune.params.sources.texts import OWN_MODELS, RECIPE, split_arguments
from kerastune.tuning import Stage, named_plan, train_only


def count_recipe(text: str) -> ModelCount:
    """Count the model of a recipe, head included, as the recipe builds it.

    The text is one of `OWN_MODELS`, `recipe:NAME` or `recipe:NAME(key=value, ...)`, where NAME is
    one that `kerastune run` takes, a file included. Data sets that have a name are not read: the
    shape and the classes that are published for them are used, and a note says so. Other data
    are opened, as the recipe does. With the option `plan`, the model is frozen as in the stage
    of the plan that trains most.
    """
    name, options = split_arguments(OWN_MODELS.get(text, text).removeprefix(RECIPE))
    return _count(name, options, text)


def count_configuration_of_recipe(path: Path, name: str, *, trust: bool) -> ModelCount:
    """Count what a recipe would train with the options in a YAML file that names it."""
    configuration = read_configuration(path)
    recipe = configuration.recipe
    if recipe is None or (is_file(recipe) and not trust):
        named = "no recipe" if recipe is None else f"{recipe!r}. Trust it to run its code"
        raise InputError(
            "Expected a configuration with a line such as `recipe: lenet`, of a recipe that is "
            f"installed. Received: {name!r}, which names {named}"
        )
    options = configuration.options
    return _count(recipe, {key: options[key] for key in options.keys() - {"backend"}}, name)


def _count(recipe_name: str, options: dict[str, Any], name: str) -> ModelCount:
    """Count the model of a recipe with some options."""
    recipe = find_recipe(recipe_name)
    built: list[Job] = []

    def build() -> keras.Model:
        with data.described_only():
            built.append(recipe.build(**options))
        return built[-1].model

    count = count_abstract(build, name, expected="a recipe that builds its model")
    job, notes = built[-1], count.notes
    if options.get("plan") is not None:
        notes = (*notes, _frozen_as_planned(job))
        count = count_model(job.model, name)
    return replace(count, notes=(_described(job), *notes))


def _frozen_as_planned(job: Job) -> str:
    """Freeze what the plan does in the stage that trains most, and say so."""

    def trained_in(stage: Stage) -> int:
        train_only(job.model, stage.trainable, batch_norm=stage.batch_norm)
        return count_model(job.model).trainable

    plan = named_plan(job.asked_plan, epochs=1, learning_rate=1e-3)
    busiest = max(plan.stages, key=trained_in)
    trained_in(busiest)
    return f"trainable as in the stage {busiest.name!r} of the plan {plan.name!r}"


def _described(job: Job) -> str:
    """What a job's model was built for."""
    samples = job.splits.training
    details = {name: column.described.partition(" ")[2] for name, column in samples.columns.items()}
    inputs, targets = (
        ", ".join(f"{name} {details[name]}".strip() for name in names)
        for names in (samples.inputs, samples.targets)
    )
    return f"recipe {job.name}, for {samples.name}: {inputs} to {targets or 'no target'}"
