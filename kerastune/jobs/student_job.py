"""The job of a student, before it has a teacher."""

from typing import Any

from kerastune import backends

backends.select()

import keras

from kerastune.errors import InputError
from kerastune.jobs.job import Job
from kerastune.jobs.recipe_call import RecipeCall
from kerastune.jobs.run_options import RunOptions
from kerastune.models import shallower
from kerastune.tuning.groups.backbone import find_backbone


def student_job(
    teacher: RecipeCall,
    data: Any,
    options: RunOptions,
    *,
    student: str | None = None,
    layers: int = 2,
) -> Job:
    """Returns the job of a student: that of a recipe, or its teacher's with a shallower backbone.

    Args:
        teacher: the `RecipeCall` of the teacher.
        data: what is learned.
        options: `RunOptions` of the student.
        student: str, the recipe of the student with its arguments, see `RecipeCall.of_text`.
            Defaults to the teacher's with a backbone of `layers` blocks, which begin with the
            weights that the teacher's have before it is fine-tuned.
        layers: int, blocks of the backbone. Defaults to 2.

    Returns:
        A `Job` with new weights.

    Raises:
        InputError: if a recipe cannot use something, or the backbone cannot be made shallower.

    Example:

    >>> from kerastune.jobs.run_options import with_defaults
    >>> call = RecipeCall.of_text("mlp:hidden=[64]")
    >>> job = student_job(call, "digits", with_defaults({}), student="mlp:hidden=[8]")
    >>> job.model.count_params()
    6370
    """
    if student is not None:
        return RecipeCall.of_text(student).build(data, options)
    job = teacher.build(data, options)
    backbone = find_backbone(job.model)
    if backbone is None:
        raise InputError(
            "Expected a teacher with a backbone of several blocks, or `student`, such as "
            f"student=mlp:hidden=[16]. Received: a model of {job.name}, which has none"
        )
    job.model = _with_backbone(job.model, backbone, shallower(backbone, layers))
    return job


def _with_backbone(model: keras.Model, old: keras.Model, new: keras.Model) -> keras.Model:
    """A model with another backbone of the same inputs and outputs, and layers of its own."""

    def copied(layer: keras.layers.Layer) -> keras.layers.Layer:
        return new if layer is old else type(layer).from_config(layer.get_config())

    return keras.models.clone_model(model, clone_function=copied)
