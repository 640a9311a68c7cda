"""The sweep of a rate finder: which rate comes next, what the loss was, when to stop."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kerastune.display import AsTable, Column, Table
from kerastune.errors import InputError
from kerastune.tuning.finder.suggestions import FEWEST_POINTS, suggest_rates

if TYPE_CHECKING:
    import keras

_LAST_DROPPED = 5
MEANINGS = {
    "valley": "middle of the longest fall of the loss: start here",
    "steep": "where the loss falls fastest",
    "minimum": "a tenth of where the loss is lowest",
    "slide": "before the loss turns up",
}
"""What each suggestion is."""


@dataclass(frozen=True, repr=False)
class RateSearch(AsTable):
    """The losses at growing learning rates, and the rates that they suggest.

    Draw it with `kerastune.evaluation.rate_search_picture(search.to_dict())`.

    Args:
        learning_rates: tuple of float, growing, one a step.
        losses: tuple of float, the loss of each step, finite.
        smoothed_losses: tuple of float, their exponential mean.
        suggestions: dictionary from `"valley"`, `"steep"`, `"minimum"` and `"slide"` to a
            learning rate, see `suggest_rates`.

    Example:

    >>> search = RateSearch((0.1, 0.2), (3.0, 2.0), (3.0, 2.5), {"valley": 0.1})
    >>> search.suggestion
    0.1
    """

    learning_rates: tuple[float, ...]
    losses: tuple[float, ...]
    smoothed_losses: tuple[float, ...]
    suggestions: dict[str, float]

    def to_table(self) -> Table:
        """Returns the suggestions, and what each of them is."""
        rates = self.learning_rates
        return Table(
            "Learning rates that the loss suggests",
            (
                Column("suggestion", "text"),
                Column("learning rate", "rate"),
                Column("meaning", "text"),
            ),
            tuple((name, rate, MEANINGS.get(name)) for name, rate in self.suggestions.items()),
            (f"{len(rates)} rates from {rates[0]:.3g} to {rates[-1]:.3g} were tried.",),
        )

    @property
    def suggestion(self) -> float:
        """The learning rate to start with: the valley."""
        return self.suggestions["valley"]

    def to_dict(self) -> dict[str, Any]:
        """Returns the search as plain data, which JSON can hold.

        Returns:
            Dictionary with the names of the attributes; the tuples are lists.

        Example:

        >>> RateSearch((0.1,), (3.0,), (3.0,), {"valley": 0.1}).to_dict()["losses"]
        [3.0]
        """
        return {
            "learning_rates": list(self.learning_rates),
            "losses": list(self.losses),
            "smoothed_losses": list(self.smoothed_losses),
            "suggestions": dict(self.suggestions),
        }


class RateSweep:
    """The losses at each rate so far, and whether to go on."""

    def __init__(self, rates: list[float], smoothing: float, divergence: float) -> None:
        self.rates = rates
        self.smoothing = smoothing
        self.divergence = divergence
        self.losses: list[float] = []
        self.smoothed: list[float] = []
        self._mean = 0.0

    def add(self, loss: float) -> bool:
        """Takes the loss at the rate of this step; whether the search is over."""
        if not math.isfinite(loss):
            if not self.losses:
                raise InputError(
                    f"Expected a finite loss at the first rate, {self.rates[0]:g}. "
                    f"Received: {loss}. Check the data, the loss and the weights"
                )
            return True
        self.losses.append(loss)
        self._mean = self.smoothing * self._mean + (1 - self.smoothing) * loss
        # Without the correction, the first means would lean to zero.
        self.smoothed.append(self._mean / (1 - self.smoothing ** len(self.losses)))
        lowest = min(self.smoothed)
        # The same as `divergence * lowest`, and right for losses below zero too.
        limit = lowest + (self.divergence - 1) * abs(lowest)
        return len(self.losses) == len(self.rates) or self.smoothed[-1] > limit

    def result(self) -> RateSearch:
        """Returns the search, with the rates and losses so far."""
        done = len(self.losses)
        kept = slice(len(self.rates) // 10, max(done - _LAST_DROPPED, 0))
        if len(self.rates[kept]) < FEWEST_POINTS:
            raise InputError(
                f"Expected a loss that does not diverge at once. Received: it did at the rate "
                f"{self.rates[done - 1]:g}, step {done} of {len(self.rates)}. Start lower than "
                f"{self.rates[0]:g}"
            )
        return RateSearch(
            learning_rates=tuple(self.rates[:done]),
            losses=tuple(self.losses),
            smoothed_losses=tuple(self.smoothed),
            suggestions=suggest_rates(self.rates[kept], self.smoothed[kept]),
        )


def sweep_callback(sweep: RateSweep, batches: int) -> "keras.callbacks.Callback":
    """Sets the rate of each step, and takes its loss, over so many batches a step."""
    import keras

    class Follower(keras.callbacks.Callback):
        done = 0

        # Asking for `self.model` makes Keras on JAX read and write back its state.
        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
            if self.done % batches == 0:
                self.model.optimizer.learning_rate = sweep.rates[len(sweep.losses)]
                self.model.reset_metrics()  # The loss in the logs is a mean since then.

        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
            self.done += 1
            if not logs or "loss" not in logs:
                raise InputError(
                    "Expected a model whose `train_step` reports the loss as `loss`. "
                    f"Received: {sorted(logs or {})}"
                )
            if self.done % batches == 0:
                self.model.stop_training = sweep.add(float(logs["loss"]))

    return Follower()
