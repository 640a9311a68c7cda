"""Whether a run was worth it: the model beside its baselines, and what to try next."""

import math
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerastune.evaluation import Evaluation, Metric
    from kerastune.training import History

# Shares of right answers, each sample right or wrong: their error follows from their number.
_SHARES = ("accuracy", "exact_match")
_TWO_SIDED_95_PERCENT = 1.96
_FALLS_BY = 0.02  # Of a loss, from one epoch to the next, to be still falling.
_RISES_BY = 0.05  # Of a validation loss, over its lowest, to have risen.


@dataclass(frozen=True)
class Verdict:
    """What a run's numbers say.

    Args:
        beats_baselines: bool, whether the model's first metric is better than that of every
            baseline, or None without a baseline to compare with.
        lines: tuple of str, sentences for a person.

    Example:

    >>> Verdict(True, ("Accuracy 0.80 beats ...",)).beats_baselines
    True
    """

    beats_baselines: bool | None
    lines: tuple[str, ...]


def judge(
    evaluation: "Evaluation",
    baselines: "Mapping[str, Evaluation]",
    history: "History",
    test_samples: int,
) -> Verdict:
    """Compares a model with its baselines, and says what may be wrong.

    Args:
        evaluation: the `Evaluation` of the model on the test samples.
        baselines: dictionary from the name of a baseline to its `Evaluation` on them.
        history: the `History` of the training.
        test_samples: int, how many test samples there are.

    Returns:
        A `Verdict`.

    Example:

    >>> from kerastune.evaluation import Evaluation, Metric
    >>> from kerastune.training import History
    >>> model, simple = (Evaluation([Metric("accuracy", value)]) for value in (0.9, 0.6))
    >>> for line in judge(model, {"majority class": simple}, History(), 100).lines:
    ...     print(line)
    Accuracy 0.9000 beats majority class (0.6000) by 0.3000. Of 100 test samples, differences
    below 0.1126 may be chance.
    """
    if not evaluation.metrics:
        return Verdict(None, tuple(_symptoms(evaluation, history)))
    metric = evaluation.metrics[0]
    rivals = {
        name: one.to_dict()[metric.name]
        for name, one in baselines.items()
        if isinstance(one.to_dict().get(metric.name), float)
    }
    if not rivals or metric.higher_is_better is None or math.isnan(metric.value):
        return Verdict(None, tuple(_symptoms(evaluation, history)))
    sign = 1 if metric.higher_is_better else -1
    best = max(rivals, key=lambda name: sign * rivals[name])
    ahead = sign * (metric.value - rivals[best])
    told = _compared(metric, best, rivals[best], ahead, test_samples)
    # Advice for a model that is good already would be noise.
    unsure = ahead <= (_chance(metric, rivals[best], test_samples) or 0)
    advice = _symptoms(evaluation, history) if unsure else []
    return Verdict(ahead > 0, (told, *advice))


def next_steps(run_dir: Path) -> list[str]:
    """The commands to go on with after a run.

    Args:
        run_dir: Path of the run directory.

    Returns:
        List of str, a command each.

    Example:

    >>> next_steps(Path("runs/my run"))
    ["kerastune predict 'runs/my run' FILE", "kerastune report 'runs/my run' --open"]
    """
    shown = shlex.quote(str(run_dir))
    return [f"kerastune predict {shown} FILE", f"kerastune report {shown} --open"]


def _compared(metric: "Metric", best: str, reached: float, ahead: float, test_samples: int) -> str:
    """The model beside the best baseline, in a sentence or two."""
    name = metric.name.replace("_", " ")
    verb = "beats" if ahead > 0 else "does not beat"
    by = f" by {ahead:.4f}" if ahead > 0 else ""
    told = f"{name[0].upper()}{name[1:]} {metric.value:.4f} {verb} {best} ({reached:.4f}){by}."
    chance = _chance(metric, reached, test_samples)
    if chance is None:
        return f"{told} On {test_samples:,} test samples; other seeds tell how much is chance."
    return f"{told} Of {test_samples:,} test samples, differences below {chance:.4f} may be chance."


def _chance(metric: "Metric", reached: float, test_samples: int) -> float | None:
    """The difference of two shares of so many samples that chance explains, at 95 %.

    That of two independent samples, which is at least that of two models on the same one.
    """
    if metric.name not in _SHARES or not test_samples:
        return None
    variance = sum(share * (1 - share) for share in (metric.value, reached)) / test_samples
    return _TWO_SIDED_95_PERCENT * math.sqrt(variance)


def _symptoms(evaluation: "Evaluation", history: "History") -> list[str]:
    """What the answers and the losses show, and what to try."""
    lines = []
    only = _only_answer(evaluation)
    if only is not None:
        lines.append(
            f"It answers {only!r} for every sample: try --class_weights balanced, or another "
            "--learning_rate."
        )
    stage = history.epochs[-1]["stage"] if history.epochs else None
    epochs = [epoch for epoch in history.epochs if epoch["stage"] == stage]
    losses = [epoch["val_loss"] for epoch in epochs if "val_loss" in epoch]
    best = min(range(len(losses)), key=losses.__getitem__) if losses else 0
    if losses and losses[-1] > losses[best] * (1 + _RISES_BY):
        lines.append(
            f"The validation loss rose after epoch {epochs[best]['epoch']}: try fewer --epochs, or "
            "a --plan that moves less, such as head_only or layer_decay."
        )
    elif _still_falls(losses or [epoch["loss"] for epoch in epochs if "loss" in epoch]):
        lines.append("The loss was still falling when training ended: try more --epochs.")
    return lines


def _still_falls(losses: Sequence[float]) -> bool:
    """Whether the last step of a sequence went down."""
    return len(losses) > 1 and losses[-1] < losses[-2] * (1 - _FALLS_BY)


def _only_answer(evaluation: "Evaluation") -> str | None:
    """The class that is given for all samples, if one is."""
    confusion: Any = evaluation.details.get("confusion")
    names = list(evaluation.tables.get("per_class", ()))
    if not confusion or len(names) != len(confusion):
        return None
    answers = [name for name, *column in zip(names, *confusion, strict=True) if any(column)]
    return answers[0] if len(answers) == 1 else None
