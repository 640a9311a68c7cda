"""A trained model whose answers another one learns from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kerastune import backends

backends.select()

import keras
import numpy as np

from kerastune import training
from kerastune.data import Source
from kerastune.errors import InputError
from kerastune.evaluation import Evaluation, Metric
from kerastune.heads import Classification, Head, Regression, SoftTargets
from kerastune.jobs.loading import load
from kerastune.jobs.recipe_call import RecipeCall
from kerastune.jobs.run_options import RunOptions
from kerastune.jobs.taught_job import COLUMNS, taught_job
from kerastune.models.sample_mixing import SampleMixingModel
from kerastune.preprocessing import Preprocessor

if TYPE_CHECKING:
    from kerastune.jobs.job import Job

TEACHER = "teacher"
"""What the report of a student calls its teacher."""

# Options of the student that are its teacher's too.
_SHARED = (
    "test_data",
    "test_fraction",
    "validation_fraction",
    "split_by",
    "seed",
    "random",
    "precision",
)


@dataclass(frozen=True)
class Teacher:
    """A trained model whose answers another one learns from, beside its targets.

    The answers to all samples are computed once, before the training, so the teacher may read
    them in its own way: another preprocessor, another backbone. A student whose training changes
    samples at random learns the answer to the unchanged one.

    Args:
        model: Keras model.
        head: its `Head`: a `Classification` or a `Regression`.
        preprocessor: its `Preprocessor`.
        name: str, what it is called in reports and messages.
        job: `Job` to train first, whose model it is, or None for one that is trained.
        temperature: float above 0, by which the logits of both are divided, see
            `kerastune.heads.SoftTargets`. Without effect on quantities. Defaults to 2.
        weight: float from 0 to 1, how much the teacher counts; the targets count the rest.
            Defaults to 0.9.
        transfer: `Source` of more samples to learn the answers to, whose labels are not known.
            Defaults to none.
        feature_weight: float from 0, how much it counts beside all that, that the features of the
            student's blocks point where the teacher's do, see `kerastune.heads.FeatureDistance`.
            Defaults to 0, where they are not compared.
        layer_mapping: for each block of the student the number of the teacher's block that it
            learns from, from 1, or 0 for none. Defaults to blocks at the same share of the depth.

    Raises:
        InputError: if a number is out of its range, or the head is another.

    Example:

    >>> from kerastune import recipes
    >>> sizes = {"epochs": 2, "verbose": 0}
    >>> teacher = Teacher.of_job(recipes.mlp.build("digits", hidden=[64], **sizes))
    >>> job = recipes.mlp.build("digits", hidden=[8], **sizes)
    >>> job.teacher = teacher
    >>> sorted(teacher.taught(job).head.loss())
    ['labels', 'teacher']
    """

    model: keras.Model
    head: Head
    preprocessor: Preprocessor
    name: str = "teacher"
    job: "Job | None" = None
    temperature: float = 2.0
    weight: float = 0.9
    transfer: Source | None = None
    feature_weight: float = 0.0
    layer_mapping: Sequence[int] | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.weight <= 1:
            raise InputError(f"Expected `teacher_weight` from 0 to 1. Received: {self.weight}")
        if not self.feature_weight >= 0:
            raise InputError(f"Expected `feature_weight` from 0. Received: {self.feature_weight}")
        if self.layer_mapping is not None and not self.feature_weight:
            raise InputError(
                "Expected a `feature_weight` above 0 where there is a `layer_mapping`, such as 1. "
                f"Received: layer_mapping={list(self.layer_mapping)} alone"
            )
        SoftTargets(self.temperature)
        if not isinstance(self.head, Classification | Regression):
            raise InputError(
                "Expected a teacher that tells classes or quantities of one target. Received: "
                f"{self.name}, with the head {type(self.head).__name__}"
            )

    @classmethod
    def of_run(cls, run_dir: str | Path, **settings: Any) -> "Teacher":
        """Returns the teacher that a run has trained.

        Args:
            run_dir: str or Path, the directory of a finished run.
            **settings: `temperature` and `weight`.

        Raises:
            InputError: if it is none, or cannot teach.

        Example:

        >>> Teacher.of_run("no/such/run")
        Traceback (most recent call last):
            ...
        kerastune.errors.InputError: Expected the directory of a finished run. Received: ...
        """
        result = load(run_dir)
        return cls(result.model, result.head, result.preprocessor, str(run_dir), **settings)

    @classmethod
    def of_call(
        cls, call: RecipeCall, data: Any, options: RunOptions, **settings: Any
    ) -> "Teacher":
        """Returns the teacher of a run, or the one that a recipe will have trained.

        Args:
            call: the `RecipeCall`.
            data: what is learned.
            options: `RunOptions` of the student. Those that say how samples are divided, the seed
                and the precision are the teacher's too; else it has the defaults of its recipe.
            **settings: `temperature` and `weight`.

        Raises:
            InputError: if there is no such run, or the recipe cannot use something.
        """
        if call.run_dir is not None:
            return cls.of_run(call.run_dir, **settings)
        shared: Any = {name: options[name] for name in _SHARED}  # type: ignore[literal-required]
        return cls.of_job(call.build(data, shared), **settings)

    @classmethod
    def of_job(cls, job: "Job", **settings: Any) -> "Teacher":
        """Returns the teacher that a job will have trained, in the run of the student.

        Args:
            job: the `Job`.
            **settings: `temperature` and `weight`.
        """
        return cls(job.model, job.head, job.prepare, job.name, job, **settings)

    def taught(self, job: "Job") -> "Job":
        """Returns a job that trains the model of another by the teacher's answers too.

        Args:
            job: the `Job` of the student, which shares its layers and weights with the new one.

        Returns:
            A `Job`, to be trained and then left.

        Raises:
            InputError: if the student cannot learn from this teacher.
        """
        return taught_job(self, job)

    def beside(self, head: Head, samples: Source, outputs: Any) -> tuple[Evaluation, Evaluation]:
        """Returns what the teacher itself reaches on samples, and how far a student agrees.

        Args:
            head: the `Head` of the student.
            samples: `Source` with targets.
            outputs: what the student computes for them.

        Returns:
            Tuple of two `Evaluation`: that of the teacher, and one with `teacher_agreement`, the
            share of samples with the same class, or the correlation of the quantities.
        """
        its_outputs = self.outputs(samples)
        answers, asked = head.decode(outputs), self.head.decode(its_outputs)
        if isinstance(head, Classification):
            same = float(np.mean(np.asarray(answers) == np.asarray(asked)))
        else:
            same = float(np.corrcoef(np.ravel(answers), np.ravel(asked))[0, 1])
        reached = self.head.evaluate(samples.target_values, its_outputs)
        return reached, Evaluation([Metric("teacher_agreement", same)])

    def check(self, job: "Job") -> str:
        """Raises unless a student can learn from this teacher; returns what both learn.

        Args:
            job: the `Job` of the student.

        Returns:
            str, the target column.

        Raises:
            InputError: if it learns something else, reads other samples, or mixes them; or if the
                plan of a teacher that is to be trained matches nothing.
        """
        samples, head = job.splits.training, job.head
        (target, *others) = samples.targets or ("",)
        wanted, given = _learned(self.head), _learned(head)
        if others or wanted != given or not isinstance(head, Classification | Regression):
            raise InputError(
                f"Expected a student that learns what its teacher does, {', '.join(wanted)}. "
                f"Received: one of {', '.join(given) or 'another kind'}, in {samples.name}"
            )
        missing = [name for name in self.preprocessor.columns if name not in samples.values]
        taken = [name for name in COLUMNS if name in samples.columns]
        if missing or taken:
            raise InputError(
                f"Expected samples with the columns of the teacher, "
                f"{', '.join(self.preprocessor.columns)}, and none that is called "
                f"{(taken or COLUMNS)[0]}. Received: {', '.join(samples.columns)} in {samples.name}"
            )
        if isinstance(job.model, SampleMixingModel):
            raise InputError(
                "Expected a student without mixed samples, whose answers no teacher knows. "
                "Received: one with MixUp or CutMix. Leave it out"
            )
        if self.job is not None:
            self.job.plan_table()
        return target

    def outputs(self, samples: Source) -> np.ndarray:
        """Returns what the teacher computes for samples.

        Args:
            samples: `Source` with the columns that it reads.
        """
        return self.computed(self.model, samples)

    def computed(self, model: keras.Model, samples: Source) -> np.ndarray:
        """Returns what another model of the teacher's inputs computes for samples.

        Args:
            model: Keras model that takes what the teacher's preprocessor gives.
            samples: `Source` with the columns that it reads.
        """
        inputs = {name: samples.values[name] for name in self.preprocessor.columns}
        return np.asarray(training.predict(model, inputs, self.preprocessor, self.head))


def _learned(head: Head) -> tuple[str, ...]:
    """What a head learns: the names of classes in any order, or that it is a quantity."""
    if isinstance(head, Classification):
        return tuple(sorted(head.class_names))
    return ("quantities",) if isinstance(head, Regression) else ()
