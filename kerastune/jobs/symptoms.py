"""What answers and losses show of a training that went wrong, and what to try."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerastune.evaluation import Evaluation
    from kerastune.training import TrainingHistory

_FALLS_BY = 0.02  # Of a loss, from one epoch to the next, to be still falling.
_RISES_BY = 0.05  # Of a validation loss, over its lowest, to have risen.
_BALANCE = "try --class_weights balanced, or another --learning_rate."


def one_sided_answers(evaluation: "Evaluation", test_samples: int) -> list[str]:
    """Says so if a model answers the same for every sample.

    Args:
        evaluation: the `Evaluation` of one target.
        test_samples: int, how many test samples there are.

    Returns:
        List of str, a sentence or none.

    Example:

    >>> from kerastune.evaluation import evaluate_classes
    >>> measured = evaluate_classes([0, 1], [[0.9, 0.1], [0.8, 0.2]], ("no", "yes"))
    >>> one_sided_answers(measured, 2)[0][:37]
    "It answers 'no' for every sample: try"
    """
    only = _only_class(evaluation)
    if only is not None:
        return [f"It answers {only!r} for every sample: {_BALANCE}"]
    if _answers_no_label(evaluation, test_samples):
        return [f"It answers no label for any sample: {_BALANCE}"]
    if evaluation.to_dict().get("span_f1") == 0:
        return ["It finds no span that is right: try more --epochs, or another --learning_rate."]
    return []


def symptoms_of_losses(history: "TrainingHistory") -> list[str]:
    """What the losses of the last stage show.

    Args:
        history: the `TrainingHistory` of a training.

    Returns:
        List of str, a sentence or none.

    Example:

    >>> from kerastune.training import TrainingHistory
    >>> losses = [{"stage": "all", "epoch": n, "loss": 1 / n} for n in (1, 2, 3)]
    >>> symptoms_of_losses(TrainingHistory(epochs=losses))
    ['The loss was still falling when training ended: try more --epochs.']
    """
    stage = history.epochs[-1]["stage"] if history.epochs else None
    epochs = [epoch for epoch in history.epochs if epoch["stage"] == stage]
    measured = [
        (epoch["epoch"], epoch["val_loss"]) for epoch in epochs if _is_finite(epoch, "val_loss")
    ]
    losses = [loss for _, loss in measured]
    if losses and losses[-1] - min(losses) > _RISES_BY * _scale(losses):
        best = measured[losses.index(min(losses))][0]
        return [
            f"The validation loss rose after epoch {best}: try {_fewer(history)}a --plan that "
            "moves less, such as head_only or layer_decay."
        ]
    losses = losses or [epoch["loss"] for epoch in epochs if _is_finite(epoch, "loss")]
    if len(losses) > 1 and losses[-2] - losses[-1] > _FALLS_BY * _scale(losses[-2:]):
        return ["The loss was still falling when training ended: try more --epochs."]
    return []


def _fewer(history: "TrainingHistory") -> str:
    """Advice to train for less long, unless training ended early by itself."""
    last = history.stages[-1] if history.stages else {}
    ended_early = last.get("steps", 0) < last.get("planned_steps", 0)
    return "" if ended_early else "fewer --epochs, or "


def _scale(losses: Sequence[float]) -> float:
    """What a change of a loss is measured by.

    A loss that may be below zero, such as a log density, has no zero to measure it from.
    """
    lowest = min(losses)
    return lowest if lowest > 0 else max(abs(lowest), max(losses) - lowest)


def _is_finite(epoch: dict[str, Any], name: str) -> bool:
    """Whether an epoch has a number of that name."""
    return isinstance(epoch.get(name), int | float) and math.isfinite(epoch[name])


def _only_class(evaluation: "Evaluation") -> str | None:
    """The class that is answered for all samples, if one is and should not be."""
    confusion: Any = evaluation.details.get("confusion")
    names = list(evaluation.tables.get("per_class", ()))
    if not confusion or len(names) != len(confusion):
        return None
    if sum(any(row) for row in confusion) < 2:
        return None  # There are samples of one class only.
    answers = [name for name, *column in zip(names, *confusion, strict=True) if any(column)]
    return answers[0] if len(answers) == 1 else None


def _answers_no_label(evaluation: "Evaluation", test_samples: int) -> bool:
    """Whether no label is answered: all that hold, and only these, are wrong."""
    rows: Any = evaluation.tables.get("per_label")
    wrong = evaluation.to_dict().get("hamming_loss")
    if not rows or wrong is None or any(row.get("recall") for row in rows.values()):
        return False
    missed = sum(row["support"] for row in rows.values())
    return missed > 0 and math.isclose(wrong * test_samples * len(rows), missed, rel_tol=1e-6)
