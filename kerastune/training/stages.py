"""The stages of a plan, one call of `model.fit` each."""

import warnings
from collections.abc import Callable, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import keras

from kerastune.backends.native_layers import allow_native_updates, native_layers
from kerastune.backends.optimizers import carry_loss_scale, inner_optimizer
from kerastune.display.output import console
from kerastune.training.averaging import AveragedWeights
from kerastune.training.cached_features import FeatureCache
from kerastune.training.checkpoint_keeper import CheckpointKeeper
from kerastune.training.checkpointing import Checkpointing
from kerastune.training.diverging import DivergedError, diverged_message
from kerastune.training.ending import (
    StopWhereNotFinite,
    ending_callbacks,
    has_diverged,
    restored_best_weights,
)
from kerastune.training.feeding import Feed
from kerastune.training.final_rate import set_final_rate
from kerastune.training.guard import TrainabilityGuard, in_training
from kerastune.training.history import HistoryRecorder, TrainingHistory
from kerastune.training.interrupting import Interruption, interruptible, raise_interrupted
from kerastune.training.optimizers import stage_optimizer
from kerastune.training.progress import Progress
from kerastune.training.resume_checks import refuse_broken_resume
from kerastune.training.smaller_batches import Course, StageStart, in_smaller_batches
from kerastune.training.solved_head import require_solvable, solve_head
from kerastune.tuning.freezing.dropout import restored_dropout
from kerastune.tuning.freezing.in_training import refuse_in_training
from kerastune.tuning.freezing.trainability import train_only
from kerastune.tuning.plans.described import is_like
from kerastune.tuning.plans.given_objects import steps_per_update

if TYPE_CHECKING:
    from kerastune.tuning import Plan, Stage


def fit_stages(
    model: keras.Model,
    plan: "Plan",
    *,
    compile_with: Callable[[keras.optimizers.Optimizer], None],
    feed: Feed,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    on_nan: str = "raise",
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
    A step whose loss is not finite ends the plan. At the end the rate of the optimizer is
    constant, see `set_final_rate`.

    Args:
        model: a built Keras model.
        plan: the `Plan`.
        compile_with: function that compiles the model with an optimizer.
        feed: the `Feed` of the data.
        callbacks: Keras callbacks for every stage. Those of Keras that keep a best value
            forget it between stages, except `ModelCheckpoint`. One that stops training
            ends its stage, and the next begins.
        on_nan: str, `"raise"` or `"stop"`, which ends the plan with a warning.
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
    refuse_broken_resume(model, plan, callbacks)
    if any(stage.solve_head for stage in plan.stages):
        require_solvable(model, feed, loss)
    for stage in plan.stages:
        ending_callbacks(stage, feed.is_validated)  # Refuses what could not end, before all.
    with nullcontext() if checkpointing is None else checkpointing.opened(plan, feed):
        return _fit_all(
            model,
            plan,
            _Given(compile_with, callbacks, features, loss, checkpointing),
            feed=feed,
            on_nan=on_nan,
            divides_batches=divides_batches,
        )


def _fit_all(
    model: keras.Model,
    plan: "Plan",
    given: "_Given",
    *,
    feed: Feed,
    on_nan: str,
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
        training = _Training(model, course, given, history, progress, interruption)
        for place in range(first, len(names)):
            goes_on = former is not None and is_like(course.stages[place], former)
            # The beginning of a stage that goes on is not known any more.
            divides = divides_batches and not training.goes_on_in(place)
            train = training.stage_in_smaller_batches if divides else training.stage
            trained = train(place, model.optimizer if goes_on else None)
            if has_diverged(model, history):
                return _diverged(history, on_nan)
            if trained.is_interrupted:
                trained.set_final_rate(model)
                raise_interrupted(history)
            # Where weights went back to those of a better epoch, moments are of a worse one.
            former = None if restored_best_weights(trained.ending) else trained.stage
        trained.set_final_rate(model)
    return history


@dataclass(frozen=True)
class _Trained:
    """A stage that has been trained, or was interrupted after a whole step."""

    stage: "Stage"
    planned: int
    steps: int
    ending: list[keras.callbacks.Callback]
    is_interrupted: bool

    def set_final_rate(self, model: keras.Model) -> None:
        """Give the model a constant rate after the stage."""
        set_final_rate(model, self.stage, self.planned, self.steps)


@dataclass(frozen=True)
class _Given:
    """What all stages are trained with, as it was given."""

    compile_with: Callable[[keras.optimizers.Optimizer], None]
    callbacks: Sequence[keras.callbacks.Callback]
    features: FeatureCache
    loss: Any
    checkpointing: Checkpointing | None


@dataclass(frozen=True)
class _Training:
    """What the stages of a plan are trained with."""

    model: keras.Model
    course: Course
    given: _Given
    history: TrainingHistory
    progress: Progress
    interruption: Interruption

    def goes_on_in(self, place: int) -> bool:
        """Whether a checkpoint was written in a stage, from which it is to go on."""
        checkpointing = self.given.checkpointing
        resumed = checkpointing and checkpointing.resumed
        return bool(resumed and resumed.values["stage"] == place)

    def stage(self, place: int, before: keras.optimizers.Optimizer | None) -> _Trained:
        """Train a stage, with the memory of the optimizer before it where there is one."""
        model, feed = self.model, self.course.feed
        stage, planned = self.course.stages[place], self.course.steps[place]
        recorder = HistoryRecorder(self.history, stage.name, feed.batch_sizes, self.course.done)
        ending = ending_callbacks(stage, feed.is_validated)
        averaging = [] if stage.ema is None else [AveragedWeights()]
        others = [*averaging, StopWhereNotFinite(self.history), *ending, *stage.callbacks]
        callbacks = [*others, *self.given.callbacks]
        keeper = self._keeper(place, recorder, callbacks)
        self._prepare(stage, planned, before, keeper)
        is_interrupted = False
        if keeper is None or not keeper.is_over:
            is_interrupted = self._fit(planned, recorder, callbacks, keeper)
            recorder.end(
                planned,
                batch_size=feed.samples.batch_size if feed.samples else None,
                accumulate_gradients=steps_per_update(stage.optimizer, stage.accumulate_gradients),
            )
            if keeper is not None and not has_diverged(model, self.history):
                keeper.end()
        steps = self.history.stages[-1]["steps"]
        self.course.done += steps
        return _Trained(stage, planned, steps, ending, is_interrupted)

    def _keeper(
        self,
        place: int,
        recorder: HistoryRecorder,
        callbacks: Sequence[keras.callbacks.Callback],
    ) -> CheckpointKeeper | None:
        """What writes the checkpoints of a stage, where there are to be some."""
        checkpointing = self.given.checkpointing
        if checkpointing is None:
            return None
        with_others = (callbacks, self.progress, self.interruption)
        return CheckpointKeeper(checkpointing, self.course, place, recorder, *with_others)

    def _prepare(
        self,
        stage: "Stage",
        planned: int,
        before: keras.optimizers.Optimizer | None,
        keeper: CheckpointKeeper | None,
    ) -> None:
        """Set what trains, and compile; where the stage goes on, as it was at the checkpoint."""
        model = self.model
        train_only(model, stage.trainable, batch_norm=stage.batch_norm, dropout=stage.dropout)
        ages = keeper.ages if keeper is not None else None
        if stage.solve_head and ages is None:
            # Ctrl-C ends the stage before its first step, when the head is solved.
            told = solve_head(model, self.course.feed, self.given.loss)
            console().print(told, soft_wrap=True, highlight=False)
        former = before and inner_optimizer(before)
        self.given.compile_with(stage_optimizer(model, stage, planned, former, ages))
        carry_loss_scale(before, model.optimizer, model)
        allow_native_updates(model)
        if keeper is not None:
            keeper.put_back(model)

    def stage_in_smaller_batches(
        self, place: int, before: keras.optimizers.Optimizer | None
    ) -> _Trained:
        """Train a stage, again from its start in smaller batches whenever memory runs out."""
        variables = [*self.model.variables, *(before.variables if before else ())]
        start = StageStart(variables, self.history)

        def restart() -> None:
            start.restore()
            # Features are in batches that are as large as before.
            self.given.features.close()
            self.progress.restart(place, self.course.steps, len(self.course.feed.batch_sizes))

        return in_smaller_batches(partial(self.stage, place, before), self.course, place, restart)

    def _fit(
        self,
        steps: int,
        recorder: HistoryRecorder,
        callbacks: list[keras.callbacks.Callback],
        keeper: CheckpointKeeper | None,
    ) -> bool:
        """Train a stage; returns whether it was interrupted, after a whole step."""
        feed, interruption = self.course.feed, self.interruption
        epochs = self.history.epochs[-1]["epoch"] if self.history.epochs else 0
        done = 0 if keeper is None else keeper.step
        first = [] if keeper is None else [keeper.shorter]
        # Before the guard, which looks at frozen weights as they are put back.
        last = [self.progress, *([] if keeper is None else [keeper])]
        last += [TrainabilityGuard(), interruption]
        has_begun = False
        try:
            with self.given.features.feed_for(
                self.model, feed, steps, interruption.raise_if_asked
            ) as stage_feed:
                has_begun = True
                self.model.fit(
                    **stage_feed.arguments(self.course.done + done),
                    initial_epoch=epochs,
                    epochs=epochs + _epochs_left(steps, done, len(feed.batch_sizes)),
                    callbacks=[*first, recorder, *callbacks, *last],
                    verbose=0,
                )
            interruption.raise_if_asked()
        except KeyboardInterrupt:
            if interruption.is_urgent:
                raise
            # As at the end of `fit`: best weights are put back, files are closed.
            for callback in callbacks if has_begun else ():
                callback.on_train_end()
            return True
        return False


def _epochs_left(steps: int, done: int, steps_per_epoch: int) -> int:
    """The epochs of a stage that are not over after some steps."""
    return -(-steps // steps_per_epoch) - done // steps_per_epoch


def _diverged(history: TrainingHistory, on_nan: str) -> TrainingHistory:
    """Say loudly that a plan has ended, or raise."""
    message = diverged_message(history)
    if on_nan == "raise":
        raise DivergedError(message, history)
    warnings.warn(message, stacklevel=4)
    return history
