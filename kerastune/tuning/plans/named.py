"""The plan that somebody asks for, by name or otherwise."""

import re
from collections.abc import Callable
from pathlib import Path, PurePath
from typing import Any

from kerastune.errors import InputError, closest, reason
from kerastune.tuning.plans import by_name, compressed, probed, with_adapters
from kerastune.tuning.plans.plan import Plan
from kerastune.untrusted.reading import read_bounded

PLANS: dict[str, Callable[[int, float], Plan]] = {
    plan.__name__: plan
    for plan in (
        by_name.full,
        by_name.head_only,
        probed.linear_probe_then_fine_tune,
        probed.linear_probe_then_last,
        by_name.gradual_unfreezing,
        by_name.layer_decay,
        by_name.discriminative_rates,
        by_name.norms_only,
        by_name.biases_only,
        by_name.gradient_descent,
        with_adapters.lora,
        with_adapters.linear_probe_then_lora,
        with_adapters.lora_plus,
        with_adapters.dora,
        with_adapters.ia3,
        with_adapters.miss,
        with_adapters.bottleneck,
        with_adapters.prefix_tuning,
        compressed.pruned,
        compressed.quantization_aware,
    )
}

_WITH_NUMBER = re.compile(r"(\w+)\(\s*(\d*\.?\d+)\s*\)")
TAKE_A_NUMBER: dict[str, tuple[Callable[..., Plan], Callable[[str], float]]] = {
    "pruned": (compressed.pruned, float),
    "linear_probe_then_last": (probed.linear_probe_then_last, int),
}
"""The plans whose name may be followed by a number in parentheses, and what kind it is of."""


def named_plan(plan: str | dict[str, Any] | Plan, *, epochs: int, learning_rate: float) -> Plan:
    """Returns the plan that a recipe was asked for.

    Args:
        plan: str, a key of `PLANS`, two of them also with a number, as `pruned(0.9)` and
            `linear_probe_then_last(3)`, or the path of a YAML file; or a dictionary as
            `Plan.to_dict` gives; or a `Plan`. All but names bring their own epochs and rates.
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
    if isinstance(plan, PurePath):
        plan = str(plan)
    if not isinstance(plan, str):
        raise InputError(
            "Expected a plan: a name, a YAML file, a dictionary or a `Plan`. Received: "
            f"{plan!r}. Put stages into `Plan(name, stages)`"
        )
    if plan in PLANS:
        return PLANS[plan](epochs, learning_rate)
    if (found := _WITH_NUMBER.fullmatch(plan)) and found[1] in TAKE_A_NUMBER:
        return _with_number(found[1], found[2], epochs, learning_rate)
    if plan.endswith((".yaml", ".yml")):
        try:
            with Path(plan).open("rb") as opened:
                text = read_bounded(opened).decode()
        except (OSError, ValueError) as error:
            raise InputError(f"Expected a plan in '{plan}'. Received: {reason(error)}") from error
        return Plan.from_yaml(text)
    raise InputError(
        f"Expected a plan out of {', '.join(PLANS)}, or a YAML file. Received: {plan!r}."
        + closest(plan, list(PLANS))
    )


def _with_number(name: str, number: str, epochs: int, learning_rate: float) -> Plan:
    """A plan by name with the one number that it takes."""
    plan, kind = TAKE_A_NUMBER[name]
    if kind is int and not number.isdigit():
        raise InputError(f"Expected a whole number of layer groups. Received: {name}({number})")
    return plan(epochs, learning_rate, kind(number))
