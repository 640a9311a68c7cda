"""What is said when a training is not finite any more."""

from kerastune.errors import InputError
from kerastune.training.history import TrainingHistory


class DivergedError(InputError):
    """The loss of a plan is not finite any more, so that the plan has ended.

    The model has the weights of the step before.

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


def diverged_message(history: TrainingHistory, found: str = "") -> str:
    """Where a plan was not finite, what was found there, and what to do.

    Args:
        history: a `TrainingHistory` whose last step was not finite.
        found: str, sentences about that step. Defaults to none.

    Returns:
        One line.

    Example:

    >>> stage = {"stage": "all", "planned_steps": 9, "steps": 2}
    >>> diverged_message(TrainingHistory([0.5, float("nan")], stages=[stage]))
    "Expected a loss and a gradient that stay finite. Received: loss nan at step 2 of the stage..."
    """
    stage = history.stages[-1]
    before = len(history.step_loss) - stage["steps"]
    row = f", the last of {skipped + 1} in a row" if (skipped := _in_a_row(stage)) else ""
    if before == 0 and stage["steps"] == 1 + skipped:
        advice = "Look for values that are not finite in the data, the loss and the weights"
    else:
        advice = "Lower the learning rate, or look for values that are not finite in the data"
    return (
        "Expected a loss and a gradient that stay finite. Received: loss "
        f"{history.step_loss[-1]} at step {stage['steps']} of the stage {stage['stage']!r}, step "
        f"{len(history.step_loss)} of the plan{row}, which ends there with the weights of the step "
        f"before. {found}{' ' if found else ''}{advice}"
    )


def broken_weights_message(history: TrainingHistory, names: list[str]) -> str:
    """What is said of weights that a stage leaves not finite.

    Args:
        history: the `TrainingHistory`, whose last stage it is.
        names: list of str, the paths of such weights.

    Example:

    >>> stage = {"stage": "all", "planned_steps": 9, "steps": 9}
    >>> broken_weights_message(TrainingHistory([0.5] * 9, stages=[stage]), ["dense/kernel"])
    "Expected weights that stay finite. Received: others in 'dense/kernel' at the end of..."
    """
    stage = history.stages[-1]["stage"]
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return (
        f"Expected weights that stay finite. Received: others in {names[0]!r}{more} at the end of "
        f"the stage {stage!r}, where the plan ends. Lower the learning rate"
    )


def _in_a_row(stage: dict[str, object]) -> int:
    """How many steps were skipped right before the last one."""
    skipped = stage.get("skipped_steps")
    steps, count = stage["steps"], 0
    while isinstance(skipped, list) and isinstance(steps, int) and steps - 1 - count in skipped:
        count += 1
    return count
