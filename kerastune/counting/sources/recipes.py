"""The models that recipes build, counted without reading a sample or a weight."""

from dataclasses import replace

import keras

from kerastune import data
from kerastune.counting.sources.building import count_abstract
from kerastune.counting.sources.model_texts import split_arguments
from kerastune.counting.sources.names import OWN_MODELS, RECIPE
from kerastune.counting.weights import ModelCount
from kerastune.jobs.job import Job
from kerastune.jobs.recipe_files import find_recipe


def count_recipe(text: str) -> ModelCount:
    """Count the model of a recipe, head included, as the recipe builds it.

    Data sets that have a name are not read: the shape and the classes that are published
    for them are used, and a note says so. Other data are opened, as the recipe does.

    Args:
        text: str: one of `OWN_MODELS`, `recipe:NAME` or `recipe:NAME(key=value, ...)`, where
            NAME is one that `kerastune run` takes, a file included.

    Returns:
        A `ModelCount`.

    Raises:
        InputError: if there is no such recipe, or its model cannot be built so.

    Example:

    >>> count = count_recipe("recipe:lenet")
    >>> count.parameters, count.notes[0]
    (225034, 'recipe lenet, for MNIST: image (28 x 28 x 1) to label (10 classes)')
    """
    name, options = split_arguments(OWN_MODELS.get(text, text).removeprefix(RECIPE))
    recipe = find_recipe(name)
    built: list[Job] = []

    def build() -> keras.Model:
        with data.described_only():
            built.append(recipe.build(**options))
        return built[-1].model

    count = count_abstract(build, text, expected="a recipe that builds its model")
    return replace(count, notes=(_described(built[-1]), *count.notes))


def _described(job: Job) -> str:
    """What a job's model was built for."""
    samples = job.splits.training
    details = {name: column.described.partition(" ")[2] for name, column in samples.columns.items()}
    inputs, targets = (
        ", ".join(f"{name} {details[name]}".strip() for name in names)
        for names in (samples.inputs, samples.targets)
    )
    return f"recipe {job.name}, for {samples.name}: {inputs} to {targets or 'no target'}"
