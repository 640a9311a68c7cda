"""Options of a command that a user's own plan takes the place of."""

import sys
from collections.abc import Sequence
from typing import Any

from kerastune.jobs.recipe import Recipe
from kerastune.own_plans import OF_NAMED_PLANS, is_own_plan


def leave_to_plan(options: dict[str, Any], arguments: Sequence[str], recipe: Recipe[Any]) -> None:
    """Takes out what a plan of the user's own brings, where the command does not name it.

    A configuration file that an older version wrote has the recipe's defaults beside it. What
    the command names stays, and is refused with the plan.

    Args:
        options: dictionary of the recipe's arguments, which is changed.
        arguments: sequence of str, those of the command, spelled with underscores.
        recipe: the `Recipe`.

    Example:

    >>> from kerastune import recipes
    >>> options = {"plan": "mine.yaml", "epochs": 20, "learning_rate": 3e-3}
    >>> leave_to_plan(options, ["--plan", "mine.yaml", "--epochs", "20"], recipes.lenet)
    >>> options
    {'plan': 'mine.yaml', 'epochs': 20}
    """
    if not is_own_plan(options.get("plan", recipe.defaults["plan"])):
        return
    for name in OF_NAMED_PLANS:
        if name not in options or any(
            one == f"--{name}" or one.startswith(f"--{name}=") for one in arguments
        ):
            continue
        value = options.pop(name)
        if value != recipe.defaults[name]:  # type: ignore[literal-required]
            print(
                f"kerastune: {name}: {value!r} of the configuration file is not used, because the "
                "plan brings its own",
                file=sys.stderr,
            )
