"""What was measured while a model trained."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import keras
import numpy as np

from kerastune.display import AsTable, Column, Table
from kerastune.training.epoch_lines import in_order, printed_epochs
from kerastune.training.pace import Pace

_MOST_COLUMNS = 4


@dataclass(repr=False)
class TrainingHistory(AsTable):
    """The loss of every step and the numbers of every epoch, over all stages.

    Args:
        step_loss: list of floats, the loss of each training step. For data sets that
            make batches of several sizes it is not exact.
        epochs: list of dictionaries, one an epoch: `stage`, `epoch` (counted from one
            over the whole plan), `steps` (so far), and what Keras measured, such as
            `loss`, `accuracy` and `val_loss`.
            Steps that were skipped count in none of these.
        stages: list of dictionaries, one a stage: `stage`, `planned_steps`, `steps`, which are
            fewer if it ended early, `skipped_steps` where some were, counted from one,
            `batch_size`, the samples of a step, or None where a data set makes its own batches,
            `accumulate_gradients`, the steps that move the weights once, `started` (a date and
            time), `seconds`, and `samples_per_second` of the
            training alone, as `Pace` measures it, or None.
        has_diverged: bool, whether the plan ended because a step was not finite. Defaults to
            False.

    Example:

    >>> TrainingHistory(step_loss=[0.5], epochs=[]).to_dict()
    {'step_loss': [0.5], 'epochs': [], 'stages': []}
    """

    step_loss: list[float] = field(default_factory=list)
    epochs: list[dict[str, Any]] = field(default_factory=list)
    stages: list[dict[str, Any]] = field(default_factory=list)
    has_diverged: bool = False

    def to_table(self) -> Table:
        """A row for each epoch, at most 20, and a column for what was measured, at most 4."""
        numbers = [
            {name: value for name, value in epoch.items() if isinstance(value, int | float)}
            for epoch in self.epochs
        ]
        measured = [name for name in in_order(chain(*numbers)) if name not in ("epoch", "steps")]
        # What was measured in training and validation side by side, of several metrics the first.
        first = measured[: _MOST_COLUMNS // 2]
        validated = [name for name in measured if name.removeprefix("val_") in first]
        kept = list(dict.fromkeys([*validated, *measured]))[:_MOST_COLUMNS]
        chosen = [self.epochs[number - 1] for number in sorted(printed_epochs(len(self.epochs)))]
        rows = [tuple(epoch.get(name) for name in ("stage", "epoch", *kept)) for epoch in chosen]
        left_out = [name for name in measured if name not in kept]
        notes = (
            [f"{len(chosen)} of {len(self.epochs):,} epochs."]
            if len(chosen) < len(self.epochs)
            else []
        )
        notes += [f"In `epochs` also: {', '.join(left_out)}."] if left_out else []
        columns = (
            Column("stage", "text"),
            Column("epoch"),
            *(Column(name, "metric") for name in kept),
        )
        return Table("History", columns, tuple(rows), tuple(notes))

    def to_dict(self) -> dict[str, Any]:
        """The history as dictionaries and lists, for JSON."""
        return {"step_loss": self.step_loss, "epochs": self.epochs, "stages": self.stages}

    def cut(self, steps: int, stages: int) -> None:
        """Forget all after some stages.

        Args:
            steps: int, the steps of these.
            stages: int.
        """
        del self.step_loss[steps:], self.stages[stages:]
        self.epochs[:] = [epoch for epoch in self.epochs if epoch["steps"] <= steps]


class HistoryRecorder(keras.callbacks.Callback):
    """Adds to a `TrainingHistory` while a stage trains.

    Keras reports the mean loss of the epoch so far, weighted by batch size; the loss of
    one step is what it adds to that.

    Args:
        history: the `TrainingHistory` to add to.
        stage: str, the name of the stage.
        batch_sizes: sequence of int, the sizes of the batches of an epoch.
        done: int, the batches of the data that came before. Defaults to 0.

    Example:

    >>> HistoryRecorder(TrainingHistory(), "probe", [32, 32, 7]).seen
    0
    """

    def __init__(
        self, history: TrainingHistory, stage: str, batch_sizes: Sequence[int], done: int = 0
    ) -> None:
        super().__init__()
        self.history = history
        self.stage = stage
        self.before = len(history.step_loss)
        self.batch_sizes = batch_sizes
        self.done = done
        self.epoch = 0
        self.seen = 0
        self.total = 0.0
        self.skipped: list[int] = []
        self.pace = Pace()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Start a new mean."""
        self.epoch, self.seen, self.total = epoch, 0, 0.0
        self.pace.start_epoch()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:  # noqa: ARG002
        """Keep the loss of the step."""
        size = self.batch_sizes[self.done % len(self.batch_sizes)]
        self.done += 1
        self.seen += size
        self.pace.step(size)
        total = float((logs or {})["loss"]) * self.seen
        self.history.step_loss.append((total - self.total) / size)
        self._former = (self.seen - size, self.total)
        self.total = total

    def leave_out(self) -> None:
        """Takes the last step out of the mean of its epoch: it was skipped."""
        self.seen, self.total = self._former
        self.skipped.append(len(self.history.step_loss) - self.before)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Keep the numbers of the epoch."""
        self.seen = 0
        self.history.epochs.append(
            {
                "stage": self.stage,
                "epoch": epoch + 1,
                "steps": len(self.history.step_loss),
                **{name: np.asarray(value).tolist() for name, value in (logs or {}).items()},
            }
        )

    def state(self) -> dict[str, Any]:
        """Returns what `go_on` takes: where the recorder is in its stage and epoch."""
        names = ("before", "done", "epoch", "seen", "total")
        return {**{name: getattr(self, name) for name in names}, "skipped": list(self.skipped)}

    def go_on(self, state: dict[str, Any]) -> None:
        """Goes on where another recorder of the same stage was.

        Args:
            state: dictionary that its `state` has returned.
        """
        for name, value in state.items():
            setattr(self, name, value)

    def end(self, planned_steps: int, **settings: Any) -> int:
        """Keep how long the stage was, and the epoch in which it was interrupted, if it was.

        Args:
            planned_steps: int, the steps that the stage was to train.
            **settings: what else is told of the stage.

        Returns:
            int, the steps that it has trained.
        """
        if self.seen:
            self.on_epoch_end(self.epoch, {"loss": self.total / self.seen})
        trained = len(self.history.step_loss) - self.before
        self.history.stages.append(
            {
                "stage": self.stage,
                "planned_steps": planned_steps,
                "steps": trained,
                **({"skipped_steps": self.skipped} if self.skipped else {}),
                **settings,
                **self.pace.to_dict(),
            }
        )
        return trained
