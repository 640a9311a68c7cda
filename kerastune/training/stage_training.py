"""One stage of a plan: set up, trained by one call of `model.fit`, and written down."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import keras

from kerastune.backends.guarded_steps import guarded_steps
from kerastune.backends.native_layers import allow_native_updates
from kerastune.backends.optimizers import carry_loss_scale, inner_optimizer
from kerastune.backends.quantized_layers import as_if_quantized
from kerastune.display.output import console
from kerastune.distribution import shared_fit
from kerastune.training.averaging import AveragedWeights
from kerastune.training.cached_features import FeatureCache
from kerastune.training.checkpoint_keeper import CheckpointKeeper
from kerastune.training.checkpointing import Checkpointing
from kerastune.training.diverging import broken_weights_message, diverged_message
from kerastune.training.ending import ending_callbacks
from kerastune.training.failed_step import describe_failure
from kerastune.training.final_rate import set_final_rate
from kerastune.training.guard import TrainabilityGuard
from kerastune.training.history import HistoryRecorder, TrainingHistory
from kerastune.training.interrupting import Interruption
from kerastune.training.memory_shortage import told_shortage
from kerastune.training.non_finite_steps import NonFiniteSteps, broken_weights
from kerastune.training.optimizers import stage_optimizer
from kerastune.training.progress import Progress
from kerastune.training.smaller_batches import Course, StageStart, in_smaller_batches
from kerastune.training.solved_head import solve_head
from kerastune.tuning.freezing.trainability import train_only
from kerastune.tuning.patterns.matching import match
from kerastune.tuning.plans.given_objects import steps_per_update

if TYPE_CHECKING:
    from kerastune.tuning import Stage


@dataclass(frozen=True)
class Trained:
    """A stage that has been trained, or was interrupted after a whole step.

    Args:
        stage: the `Stage`.
        planned: int, the steps that it was to train.
        steps: int, those that it has trained.
        ending: list of the callbacks that end it.
        is_interrupted: bool.
        failure: str, what is said of a stage that has ended because it was not finite, or None.

    Example:

    See `StageTraining.stage`, which returns one.
    """

    stage: "Stage"
    planned: int
    steps: int
    ending: list[keras.callbacks.Callback]
    is_interrupted: bool
    failure: str | None

    def set_final_rate(self, model: keras.Model) -> None:
        """Gives the model a constant rate after the stage.

        Args:
            model: the model that was trained.
        """
        set_final_rate(model, self.stage, self.planned, self.steps)


@dataclass(frozen=True)
class Given:
    """What all stages are trained with, as it was given.

    Args:
        compile_with: function that compiles the model with an optimizer.
        callbacks: sequence of Keras callbacks.
        features: the `FeatureCache`.
        loss: the loss that the model is compiled with.
        checkpointing: the `Checkpointing`, or None.
        skips: bool, whether steps that are not finite are left out.

    Example:

    See `fit_stages`, which makes one.
    """

    compile_with: Callable[[keras.optimizers.Optimizer], None]
    callbacks: Sequence[keras.callbacks.Callback]
    features: FeatureCache
    loss: Any
    checkpointing: Checkpointing | None
    skips: bool


@dataclass(frozen=True)
class StageTraining:
    """Trains the stages of a plan, one by one.

    Args:
        model: the model.
        course: the `Course`.
        given: the `Given`.
        history: the `TrainingHistory`, which grows.
        progress: the `Progress`.
        interruption: the `Interruption`.

    Example:

    See `fit_stages`, which makes one.
    """

    model: keras.Model
    course: Course
    given: Given
    history: TrainingHistory
    progress: Progress
    interruption: Interruption

    def stage(self, place: int, before: keras.optimizers.Optimizer | None) -> Trained:
        """Trains a stage, with the memory of the optimizer before it where there is one.

        Args:
            place: int, that of the stage.
            before: the optimizer of the stage before, or None.

        Returns:
            A `Trained`.
        """
        feed = self.course.feed
        stage, planned = self.course.stages[place], self.course.steps[place]
        recorder = HistoryRecorder(self.history, stage.name, feed.batch_sizes, self.course.done)
        ending = ending_callbacks(stage, feed.is_validated)
        averaging = [] if stage.ema is None else [AveragedWeights()]
        watching = NonFiniteSteps(recorder, skips=self.given.skips)
        others = [*averaging, watching, *ending, *stage.callbacks]
        callbacks = [*others, *self.given.callbacks]
        keeper = self._keeper(place, recorder, callbacks)
        self._prepare(place, before, keeper)
        is_interrupted, failure = False, None
        if keeper is None or not keeper.is_over:
            with _computing(self.model, stage):
                is_interrupted = self._fit(stage, planned, recorder, callbacks, keeper)
            recorder.end(
                planned,
                batch_size=feed.samples.batch_size if feed.samples else None,
                accumulate_gradients=steps_per_update(stage.optimizer, stage.accumulate_gradients),
            )
            failure = self._failure(watching)
            if keeper is not None and failure is None:
                keeper.end()
        steps = self.history.stages[-1]["steps"]
        self.course.done += steps
        return Trained(stage, planned, steps, ending, is_interrupted, failure)

    def _failure(self, watching: NonFiniteSteps) -> str | None:
        """What is said of a stage that was just trained if it is not finite."""
        history = self.history
        if watching.has_stopped:
            last = self.course.done + history.stages[-1]["steps"] - 1
            found = describe_failure(self.model, self.course.feed, last)
            return diverged_message(history, found)
        broken = broken_weights(self.model) if self.model.trainable_variables else []
        return broken_weights_message(history, broken) if broken else None

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
        place: int,
        before: keras.optimizers.Optimizer | None,
        keeper: CheckpointKeeper | None,
    ) -> None:
        """Set what trains, and compile; where the stage goes on, as it was at the checkpoint."""
        model, stages = self.model, self.course.stages
        stage, planned = stages[place], self.course.steps[place]
        if keeper is not None:
            keeper.check(model)
        train_only(model, stage.trainable, batch_norm=stage.batch_norm, dropout=stage.dropout)
        ages = keeper.ages if keeper is not None else None
        if stage.solve_head and ages is None:
            # Ctrl-C ends the stage before its first step, when the head is solved.
            told = solve_head(model, self.course.feed, self.given.loss)
            console().print(told, soft_wrap=True, highlight=False)
        former = before and inner_optimizer(before)
        pruned = [one.pruning for one in stages[:place] if one.pruning is not None]
        self.given.compile_with(stage_optimizer(model, stage, planned, former, ages, pruned))
        carry_loss_scale(before, model.optimizer, model)
        allow_native_updates(model)
        if keeper is not None:
            keeper.put_back(model)

    def stage_with_its_batches(
        self, place: int, before: keras.optimizers.Optimizer | None
    ) -> Trained:
        """Trains a stage, and says what to do if memory runs out.

        Args:
            place: int, that of the stage.
            before: the optimizer of the stage before, or None.

        Returns:
            A `Trained`.

        Raises:
            InputError: if memory runs out.
        """
        with told_shortage(self.model, self.course.stages[place], self.course.feed):
            return self.stage(place, before)

    def stage_in_smaller_batches(
        self, place: int, before: keras.optimizers.Optimizer | None
    ) -> Trained:
        """Trains a stage, again from its start in smaller batches whenever memory runs out.

        Args:
            place: int, that of the stage.
            before: the optimizer of the stage before, or None.

        Returns:
            A `Trained`.
        """
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
        stage: "Stage",
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
            # What rounded layers give is no feature of the frozen part as it is.
            features = FeatureCache("off") if stage.quantization else self.given.features
            with features.feed_for(
                self.model, feed, steps, interruption.raise_if_asked
            ) as stage_feed:
                has_begun = True
                arguments = stage_feed.arguments(self.course.done + done)
                with shared_fit(self.model, arguments, match) as shared, guarded_steps(self.model):
                    self.model.fit(
                        **shared,
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


def _computing(model: keras.Model, stage: "Stage") -> AbstractContextManager[Any]:
    """How the layers of a model compute in a stage."""
    return as_if_quantized(model, stage.quantization) if stage.quantization else nullcontext()


def _epochs_left(steps: int, done: int, steps_per_epoch: int) -> int:
    """The epochs of a stage that are not over after some steps."""
    return -(-steps // steps_per_epoch) - done // steps_per_epoch
