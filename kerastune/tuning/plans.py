"""Plans by name: ready-made lists of stages for an amount of training and a rate."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from kerastune.errors import InputError, closest, reason
from kerastune.tuning.plan import Plan, Stage

# Only the head learns in a frozen stage, from a fixed starting point, so its rate does
# not depend on how gently the pretrained weights have to be treated.
HEAD_LEARNING_RATE = 1e-2


def full(epochs: int, learning_rate: float) -> Plan:
    """Train everything, with warm-up and a cosine.

    Args:
        epochs: int, epochs to train.
        learning_rate: float, the highest rate.

    Returns:
        A `Plan` of one stage.

    Example:

    >>> full(epochs=3, learning_rate=1e-4).stages[0].trainable
    'all'
    """
    return Plan("full", (_everything(epochs, learning_rate),))


def head_only(epochs: int, learning_rate: float) -> Plan:
    """Train the head on a backbone that stays frozen.

    Args:
        epochs: int, epochs to train.
        learning_rate: float, the highest rate.

    Returns:
        A `Plan` of one stage.

    Example:

    >>> head_only(epochs=3, learning_rate=1e-2).stages[0].trainable
    'head'
    """
    return Plan("head_only", (Stage("head", epochs, learning_rate, "head", "cosine"),))


def linear_probe_then_fine_tune(epochs: int, learning_rate: float, frozen_epochs: int = 1) -> Plan:
    """Train the head on the frozen backbone first, then everything.

    A head that starts from nothing sends large, random gradients into the pretrained
    weights; trained first, it leaves them closer to where they were.

    Args:
        epochs: int, epochs in which everything trains.
        learning_rate: float, the highest rate while everything trains.
        frozen_epochs: int, epochs before them in which only the head trains, at a
            rate of 0.01. Defaults to 1.

    Returns:
        A `Plan` of two stages, `frozen_epochs + epochs` epochs long.

    Reference:
        Kumar et al., 2022, "Fine-Tuning can Distort Pretrained Features and
        Underperform Out-of-Distribution", https://arxiv.org/abs/2202.10054

    Example:

    >>> plan = linear_probe_then_fine_tune(epochs=3, learning_rate=1e-4)
    >>> [(stage.trainable, stage.epochs) for stage in plan.stages]
    [('head', 1), ('all', 3)]
    """
    probe = Stage("linear probe", frozen_epochs, HEAD_LEARNING_RATE, "head")
    return Plan("linear_probe_then_fine_tune", (probe, _everything(epochs, learning_rate)))


def gradient_descent(epochs: int, learning_rate: float) -> Plan:
    """Train everything by plain gradient descent, for models that start from nothing.

    Stochastic gradient descent with momentum 0.9 and a cosine, without weight decay or
    clipping, so that a linear model ends at its least-squares solution.

    Args:
        epochs: int, epochs to train.
        learning_rate: float, the highest rate.

    Returns:
        A `Plan` of one stage.

    Example:

    >>> gradient_descent(epochs=3, learning_rate=0.1).stages[0].optimizer
    'sgd'
    """
    stage = Stage(
        "gradient descent",
        epochs,
        learning_rate,
        schedule="cosine",
        optimizer="sgd",
        weight_decay=0.0,
        clip_norm=None,
    )
    return Plan("gradient_descent", (stage,))


def _everything(epochs: int, learning_rate: float) -> Stage:
    """The stage in which all variables train."""
    return Stage("fine-tune", epochs, learning_rate, "all", "cosine", warmup=0.1)


PLANS: dict[str, Callable[[int, float], Plan]] = {
    plan.__name__: plan for plan in (full, head_only, linear_probe_then_fine_tune, gradient_descent)
}


def named_plan(plan: str | dict[str, Any] | Plan, *, epochs: int, learning_rate: float) -> Plan:
    """The plan that a recipe was asked for.

    Args:
        plan: str, a key of `PLANS` or the path of a YAML file; or a dictionary as
            `Plan.to_dict` gives; or a `Plan`. All but the first bring their own epochs
            and rates.
        epochs: int, epochs for a plan given by name.
        learning_rate: float, the highest rate for a plan given by name.

    Returns:
        A `Plan`.

    Raises:
        InputError: if there is no plan of that name, or the file or dictionary holds
            none.

    Example:

    >>> named_plan("full", epochs=3, learning_rate=1e-4).epochs
    3
    """
    if isinstance(plan, Plan):
        return plan
    if isinstance(plan, dict):
        return Plan.from_dict(plan)
    if plan in PLANS:
        return PLANS[plan](epochs, learning_rate)
    if plan.endswith((".yaml", ".yml")):
        try:
            return Plan.from_yaml(Path(plan).read_text(encoding="utf-8"))
        except (OSError, UnicodeError) as error:
            raise InputError(f"Expected a plan in '{plan}'. Received: {reason(error)}") from error
    raise InputError(
        f"Expected a plan out of {', '.join(PLANS)}, or a YAML file. Received: {plan!r}."
        + closest(plan, list(PLANS))
    )
