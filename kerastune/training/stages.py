"""The stages of a plan, one call of `model.fit` each."""

import warnings
from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext
from typing import TYPE_CHECKING, Any

import keras

from kerastune.backends.freed_memory import give_back_freed_memory
from kerastune.backends.native_layers import native_layers
from kerastune.training.cached_features import FeatureCache
from kerastune.training.checkpointing import Checkpointing
from kerastune.training.diverging import DivergedError
from kerastune.training.ending import ending_callbacks, restored_best_weights
from kerastune.training.feeding import Feed
from kerastune.training.guard import in_training
from kerastune.training.history import TrainingHistory
from kerastune.training.interrupting import interruptible, raise_interrupted
from kerastune.training.non_finite_steps import check_on_non_finite
from kerastune.training.progress import Progress
from kerastune.training.resume_checks import refuse_broken_resume
from kerastune.training.smaller_batches import Course
from kerastune.training.solved_head import require_solvable
from kerastune.training.stage_training import Given, StageTraining
from kerastune.tuning.adapters.attaching import attach, lacking_adapters
from kerastune.tuning.freezing.dropout import restored_dropout
from kerastune.tuning.freezing.in_training import refuse_in_training
from kerastune.tuning.plans.described import is_like

if TYPE_CHECKING:
    from kerastune.tuning import Plan, Stage


def fit_stages(
    model: keras.Model,
    plan: "Plan",
    *,
    compile_with: Callable[[keras.optimizers.Optimizer], None],
    feed: Feed,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    on_non_finite: str = "raise",
    features: FeatureCache,
    loss: Any,
    divides_batches: bool = False,
    checkpointing: Checkpointing | None = None,
) -> TrainingHistory:
    """Train a model stage by stage.

    What trains is set from the plan before each stage, and the model is compiled with an
    optimizer of the stage, which takes over what the one before remembers of the
    variables that go on training, if it is of the same kind and its last weights are kept:
    of the same name, or an object with the same configuration but for the rate.
    A step whose loss or gradient is not finite moves nothing, and ends the plan. At the end
    the rate of the optimizer is constant, see `set_final_rate`.

    Args:
        model: a built Keras model.
        plan: the `Plan`.
        compile_with: function that compiles the model with an optimizer.
        feed: the `Feed` of the data.
        callbacks: Keras callbacks for every stage. Those of Keras that keep a best value
            forget it between stages, except `ModelCheckpoint`. One that stops training
            ends its stage, and the next begins.
        on_non_finite: str, `"raise"`; `"stop"`, which ends the plan with a warning; or `"skip"`,
            which goes on without the step, up to ten in a row.
        features: the `FeatureCache` for stages in which a part is frozen.
        loss: the loss that the model is compiled with, for heads that are solved.
        divides_batches: bool, whether a stage starts again in smaller batches, whose gradients
            are accumulated, where memory runs out. Defaults to False.
        checkpointing: the `Checkpointing`, or None for no checkpoints. Defaults to None.

    Returns:
        The `TrainingHistory` of all stages, also of those that were trained before the checkpoint
        from which it goes on.

    Raises:
        DivergedError: if a loss is not finite.
        TrainingInterrupted: after the step in which Ctrl-C is pressed.
        InputError: if a pattern of the plan matches nothing, something monitored is not
            measured, a callback changes what trains or cannot be used, a frozen weight
            moves, or the model is being trained already.

    Example:

    See `run_plan` and `fine_tune`, which call it.
    """
    refuse_in_training(model, "Call it when that is over")
    for adapter in lacking_adapters(model, plan.adapters):
        attach(model, adapter)
    refuse_broken_resume(model, plan, callbacks)
    check_on_non_finite(model, on_non_finite)
    if any(stage.solve_head for stage in plan.stages):
        require_solvable(model, feed, loss)
    for stage in plan.stages:
        ending_callbacks(stage, feed.is_validated)  # Refuses what could not end, before all.
    give_back_freed_memory()
    with nullcontext() if checkpointing is None else checkpointing.opened(model, plan, feed):
        return _fit_all(
            model,
            plan,
            Given(
                compile_with,
                callbacks,
                features,
                loss,
                checkpointing,
                skips=on_non_finite == "skip",
            ),
            feed=feed,
            on_non_finite=on_non_finite,
            divides_batches=divides_batches,
        )


def _fit_all(
    model: keras.Model,
    plan: "Plan",
    given: Given,
    *,
    feed: Feed,
    on_non_finite: str,
    divides_batches: bool,
) -> TrainingHistory:
    """Train all stages, or those that a checkpoint leaves."""
    course, history = Course(list(plan.stages), feed), TrainingHistory()
    first = given.checkpointing.put_back(course, history) if given.checkpointing else 0
    names = [stage.name for stage in plan.stages]
    progress = Progress(list(zip(names, course.steps, strict=True)), len(feed.batch_sizes))
    progress.begin_at(first)
    former: Stage | None = None
    with (
        in_training(model),
        restored_dropout(model),
        native_layers(model),
        interruptible() as interruption,
        progress.displayed(),
        closing(given.features),
    ):
        training = StageTraining(model, course, given, history, progress, interruption)
        for place in range(first, len(names)):
            goes_on = former is not None and is_like(course.stages[place], former)
            # The beginning of a stage that goes on is not known any more.
            resumes = given.checkpointing is not None and given.checkpointing.resumed is not None
            divides = divides_batches and not resumes
            train = (
                training.stage_in_smaller_batches if divides else training.stage_with_its_batches
            )
            trained = train(place, model.optimizer if goes_on else None)
            if trained.failure is not None:
                return _diverged(history, trained.failure, on_non_finite)
            if trained.is_interrupted:
                trained.set_final_rate(model)
                raise_interrupted(history, interruption.signal_number)
            # Where weights went back to those of a better epoch, moments are of a worse one.
            former = None if restored_best_weights(trained.ending) else trained.stage
        trained.set_final_rate(model)
    return history


def _diverged(history: TrainingHistory, message: str, on_non_finite: str) -> TrainingHistory:
    """Raise, or say loudly that a plan has ended."""
    history.has_diverged = True
    if on_non_finite != "stop":
        raise DivergedError(message, history)
    warnings.warn(message, stacklevel=5)
    return history
