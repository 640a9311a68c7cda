"""A job: everything one training needs, before it trains."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Unpack

from kerastune import backends

backends.select()

import keras

from kerastune.data import Source, Splits, steps_per_epoch
from kerastune.errors import InputError
from kerastune.evaluation import Evaluation
from kerastune.heads import Head
from kerastune.jobs.planned import planned
from kerastune.jobs.result import Result
from kerastune.jobs.run_options import BATCH_SIZE, DEFAULTS, RunOptions, with_defaults
from kerastune.jobs.teacher import Teacher
from kerastune.own_plans import is_own_plan, refuse_beside_own_plan
from kerastune.preprocessing import ArrayPreprocessor, Preprocessor
from kerastune.tuning import Plan, PlanTable, plan_table
from kerastune.tuning.plans.dividing import divided_plan
from kerastune.tuning.rates.usual import UsualRate, usual_rate

Baseline = Callable[[Splits], Mapping[str, Evaluation]]
Measure = Callable[[keras.Model], Evaluation]


@dataclass
class Job:
    """Everything one training needs, before it trains.

    A recipe builds one. It can be looked at (`plan_table`), counted, trained by hand, or
    run.

    Args:
        model: Keras model from prepared inputs to the head's outputs, often made by
            `kerastune.heads.attach`.
        head: the `Head`: loss, metrics, decoding, evaluation, pictures.
        splits: the `Splits`: training, validation and test samples.
        preprocessor: the `Preprocessor`, fitted to the training samples. Defaults to an
            `ArrayPreprocessor`, which gives the model the inputs as they are.
        plan: a plan as `kerastune.tuning.named_plan` takes it, for when the option `plan` is
            None. Defaults to none.
        baselines: sequence of functions from `Splits` to a dictionary from the name of a
            baseline to the `Evaluation` that it reaches on the test samples. Defaults to none.
        measures: sequence of functions from the trained model to an `Evaluation`, of what the
            head cannot tell from the test samples alone. Defaults to none.
        callbacks: sequence of Keras callbacks for all stages, before those of the option
            `callbacks`. Defaults to none.
        prompts: `Source` of inputs to which the report shows the answers before the training and
            after it. Defaults to none.
        pretraining: another `Job`, which trains first a part of this one's model: the
            backbone that both share. Defaults to none.
        teacher: the `Teacher` whose answers the model learns beside the targets. Defaults to none.
        name: str, what the job is called. A recipe gives its own name.
        options: dictionary of `RunOptions`; what it lacks has the usual defaults.
        arguments: dictionary of what the recipe was called with, for `config.yaml`.
        address: str, what `kerastune run` finds the recipe by, or None. A recipe gives its own.
        rate_reason: str, where the option `learning_rate` is from, for the plan table, if it is
            a number. Defaults to `"as given"`.
        default_batch_size: int, or `"all"`: the samples that move the weights once where the
            option `batch_size` is `"auto"`. Defaults to 32. A recipe gives its own default.
        parts: tuple of int, for each stage into how many steps a batch is divided, as the engine
            finds for `"auto"`. Defaults to none, for whole batches.
        parts_reason: str, why, for the plan table. Defaults to nothing.

    Raises:
        InputError: if something is not what it must be, or the head lacks a method.

    Example:

    >>> from kerastune import data, heads, models
    >>> splits = data.open_splits("diabetes")
    >>> head = heads.Regression.for_samples(splits.training)
    >>> backbone = models.standardised_columns(splits.training.values["array"])
    >>> job = Job(heads.attach(backbone, head), head, splits, options={"epochs": 2})
    >>> job.chosen_plan.epochs, job.model.count_params()
    (2, 11)
    """

    model: keras.Model
    head: Head
    splits: Splits
    preprocessor: Preprocessor | None = None
    plan: str | dict[str, Any] | Plan | None = None
    baselines: Sequence[Baseline] = ()
    measures: Sequence[Measure] = ()
    callbacks: Sequence[keras.callbacks.Callback] = ()
    prompts: Source | None = None
    pretraining: "Job | None" = None
    teacher: Teacher | None = None
    name: str = "job"
    options: RunOptions = field(default_factory=lambda: RunOptions())
    arguments: Mapping[str, Any] = field(default_factory=dict)
    address: str | None = None
    rate_reason: str = "as given"
    default_batch_size: int | str = BATCH_SIZE
    parts: tuple[int, ...] = ()
    parts_reason: str = ""

    def __post_init__(self) -> None:
        expected: dict[str, Any] = {
            "model": keras.Model,
            "head": Head,
            "splits": Splits,
            "preprocessor": Preprocessor | None,
            "prompts": Source | None,
            "pretraining": Job | None,
            "teacher": Teacher | None,
        }
        for slot, kind in expected.items():
            value = getattr(self, slot)
            if not isinstance(value, kind):
                raise InputError(
                    f"Expected a job whose {slot} is a {getattr(kind, '__name__', kind)}. "
                    f"Received: {type(value).__name__}"
                )
        # Before the training, and not when it is over and the answers are wanted.
        self.head.require_complete()
        if self.preprocessor is None:
            self.preprocessor = ArrayPreprocessor().fit(self.splits.training)
        # A plan of the job's own stands in for the usual one, not for one that is asked for.
        options: dict[str, Any] = {"plan": None, **self.options} if self.plan else {**self.options}
        if options.keys() != DEFAULTS.keys():  # Not completed yet: these are given.
            refuse_beside_own_plan(self.asked_plan, options)
        self.options = with_defaults(options)
        weights = self.options["class_weights"]
        if weights is not None:
            self.head = self.head.with_class_weights(weights, self.splits.training)

    @property
    def prepare(self) -> Preprocessor:
        """The `Preprocessor`."""
        assert self.preprocessor is not None
        return self.preprocessor

    @property
    def asked_plan(self) -> Any:
        """The plan as it was asked for: the option `plan`, or else the job's own."""
        plan = self.options.get("plan")
        return next((asked for asked in (plan, self.plan) if asked is not None), "full")

    @property
    def rate(self) -> UsualRate | None:
        """The highest rate of a plan by name and where it is from; None for any other plan.

        Without a number in the options, and until the rate finder has run, it is the usual one
        for the plan and the backbone.
        """
        given = self.options["learning_rate"]
        if is_own_plan(self.asked_plan):
            return None
        if isinstance(given, int | float):
            return UsualRate(given, self.rate_reason)
        return usual_rate(self.model, self.asked_plan)

    @property
    def chosen_plan(self) -> Plan:
        """The `Plan` that a run follows: the one that was asked for, as the options change it."""
        is_validated = self.splits.validation is not None
        learning_rate = self.rate.learning_rate if self.rate else 0.0
        plan = planned(self.asked_plan, self.options, learning_rate, is_validated=is_validated)
        return divided_plan(plan, self.parts) if self.parts else plan

    @property
    def batch_size(self) -> int:
        """int, the samples of a step: of the last stage, where batches are divided."""
        given, samples = self.options["batch_size"], len(self.splits.training)
        if isinstance(given, int):
            return given
        asked = self.default_batch_size if given == "auto" else given
        # Of fewer samples there is one batch, and parts of it are parts of them.
        whole = min(asked, samples) if isinstance(asked, int) else samples
        return whole // self.parts[-1] if self.parts else whole

    def plan_table(self) -> PlanTable:
        """What each stage of the plan trains of the model, at which rates.

        Returns:
            A `PlanTable`, which prints itself.

        Raises:
            InputError: if a pattern of the plan matches nothing.
        """
        steps = steps_per_epoch(self.splits.training, self.batch_size)
        table = plan_table(self.model, self.chosen_plan, steps)
        rate = self.rate
        told = [f"Learning rate {rate.learning_rate:.3g}: {rate.reason}."] if rate else []
        told += [f"Batch size {self.batch_size}: {self.parts_reason}."] if self.parts_reason else []
        return replace(table, notes=(*table.notes, *told))

    def run(self, **options: Unpack[RunOptions]) -> Result:
        """Trains the model, measures it on the test samples, and writes a run directory.

        Args:
            **options: `RunOptions` to change.

        Returns:
            A `Result`.

        Raises:
            InputError: if something given cannot be used.
        """
        from kerastune.jobs.spreading import run_spread

        given: Any = {**self.options, **options}
        asked = replace(self, options=given)
        refuse_beside_own_plan(asked.asked_plan, options)
        return run_spread(asked)
