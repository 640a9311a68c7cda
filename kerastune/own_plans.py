"""Plans that bring their own epochs and rates, beside which none can be given."""

from collections.abc import Mapping
from typing import Any

from kerastune.errors import InputError

OF_NAMED_PLANS = ("epochs", "learning_rate")
"""What a plan by name is made with, and any other brings."""


def is_own_plan(plan: Any) -> bool:
    """Returns whether a plan is a file or an object, and not a name.

    Args:
        plan: as `kerastune.tuning.named_plan` takes it, or None for no plan.

    Example:

    >>> is_own_plan("full"), is_own_plan("mine.yaml"), is_own_plan({"name": "mine"})
    (False, True, True)
    """
    if isinstance(plan, str):
        return plan.endswith((".yaml", ".yml"))
    return plan is not None


def refuse_beside_own_plan(plan: Any, options: Mapping[str, Any]) -> None:
    """Raises if something is given that a plan brings itself.

    Args:
        plan: as for `is_own_plan`.
        options: dictionary of what a caller has given, by name.

    Raises:
        InputError: with what to do.

    Example:

    >>> refuse_beside_own_plan("mine.yaml", {"epochs": 7})
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected no epochs beside a plan that brings its own...
    """
    given = {name: options[name] for name in OF_NAMED_PLANS if options.get(name) is not None}
    if given and is_own_plan(plan):
        shown = plan if isinstance(plan, str) else type(plan).__name__
        raise InputError(
            f"Expected no {' and no '.join(given)} beside a plan that brings its own. Received: "
            f"{' and '.join(f'{name}={value!r}' for name, value in given.items())} beside the plan "
            f"{shown}. Set them in the stages of the plan"
        )
