"""What is said when a loss is not finite any more."""

from math import isfinite

from kerastune.errors import InputError
from kerastune.training.history import TrainingHistory

ON_NAN = ("raise", "stop")


class DivergedError(InputError):
    """The loss of a plan is not finite any more, so that the plan has ended.

    Args:
        message: str, which names the stage and the step.
        history: the `TrainingHistory` up to there.

    Example:

    >>> raise DivergedError("Expected a finite loss. Received: nan", TrainingHistory())
    Traceback (most recent call last):
        ...
    kerastune.training.diverging.DivergedError: Expected a finite loss. Received: nan
    """

    def __init__(self, message: str, history: TrainingHistory) -> None:
        super().__init__(message)
        self.history = history


def diverged_message(history: TrainingHistory) -> str:
    """Where the loss of a plan was not finite for the first time, and what to do.

    Args:
        history: a `TrainingHistory` whose last stage has diverged.

    Returns:
        One line.

    Example:

    >>> stage = {"stage": "all", "planned_steps": 9, "steps": 2}
    >>> diverged_message(TrainingHistory([0.5, float("nan")], stages=[stage]))
    "Expected a loss that stays finite. Received: nan at step 2 of the stage 'all', ..."
    """
    stage = history.stages[-1]
    before = len(history.step_loss) - stage["steps"]
    losses = history.step_loss[before:]
    step = next(index for index, loss in enumerate(losses) if not isfinite(loss))
    if before + step == 0:
        advice = "Look for values that are not finite in the data, the loss and the weights"
    else:
        advice = "Lower the learning rate, or look for values that are not finite in the data"
    return (
        f"Expected a loss that stays finite. Received: {losses[step]} at step {step + 1} of the "
        f"stage {stage['stage']!r}, step {before + step + 1} of the plan, which ends there. "
        f"{advice}"
    )
