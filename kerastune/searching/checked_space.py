"""Whether a recipe takes what a search may choose."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from kerastune.errors import InputError, closest
from kerastune.jobs.run_options import DEFAULTS, with_defaults
from kerastune.options.types import NO_TYPE, members, simple_type
from kerastune.own_plans import OF_NAMED_PLANS, is_own_plan
from kerastune.searching.space import Choices, Part, Parts, Range, Space, Suggesting
from kerastune.searching.space_text import as_part
from kerastune.tuning import named_plan

if TYPE_CHECKING:
    from kerastune.jobs.recipe import Recipe

SETTLED = {
    "data": "models are compared on the same samples",
    "test_data": "models are compared on the same samples",
    "test_fraction": "models are compared on the same samples",
    "validation_fraction": "models are compared on the same samples",
    "seed": "the luckiest of several seeds is no better than the others",
    "random": "where numbers are drawn from makes no model better",
    "run_dir": "each trial has its own within study_dir",
    "overwrite": "each trial has its own directory within study_dir",
    "repeats": "a trial is one run",
    "distribution": "on how many devices it is trained makes no model better",
    "checkpoints": "they change nothing of a model",
    "resume": "the same command goes on with a study",
    "verbose": "it changes nothing of a model",
    "callbacks": "they are the same for all trials",
}
"""What no search chooses, and why."""


def asked_space(space: Any, recipe: "Recipe[Any]") -> Mapping[str, Part | None] | Suggesting | None:
    """Returns the space that somebody asks for, checked by name.

    Args:
        space: a dictionary from an option to what `as_part` takes; a function from an Optuna
            trial to a dictionary of options; or None.
        recipe: the `Recipe`.

    Returns:
        Dictionary from an option to a `Range`, `Choices` or None for what is usual; a
        `Suggesting`; or None.

    Raises:
        InputError: if the recipe has no such option, or none that a search may choose, or a
            range is none.

    Example:

    >>> from kerastune import recipes
    >>> asked_space({"epochs": (1, 5), "dropout": None}, recipes.lenet)
    {'epochs': Range(low=1, high=5, log=False), 'dropout': None}
    """
    if space is None:
        return None
    if isinstance(space, Mapping):
        for name in space:
            _require_option(name, recipe)
        return {name: as_part(name, value) for name, value in space.items()}
    if callable(space):
        return Suggesting(space)
    raise InputError(
        "Expected a space: a dictionary from an option to its range or choices, or a function of "
        f"an Optuna trial. Received: {type(space).__name__}"
    )


def checked_space(
    asked: Mapping[str, Part | None] | Suggesting | None,
    recipe: "Recipe[Any]",
    given: Mapping[str, Any],
    usual: Callable[[], Mapping[str, Part]],
) -> Space:
    """Returns the space of a search, with what is usual filled in.

    Args:
        asked: what `asked_space` gives.
        recipe: the `Recipe`.
        given: dictionary of the options that are not searched.
        usual: function without arguments that gives what is usual.

    Returns:
        A `Space`.

    Raises:
        InputError: if an option is given and searched, has no usual range, or does not take what
            it may be set to; or if nothing is left to search.

    Example:

    >>> from kerastune import recipes
    >>> checked_space({"epochs": Range(1, 5)}, recipes.lenet, {"epochs": 3}, dict)
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected epochs to be given or searched. Received: ...
    """
    if isinstance(asked, Suggesting):
        return asked
    found = dict(usual()) if asked is None else _filled(asked, usual)
    if not found:
        raise InputError("Expected something to search. Received: every usual option is given")
    for name, part in found.items():
        if name in given:
            raise _given_and_searched(name, given[name], part.to_text())
    checked = {name: _fitting(name, part, recipe) for name, part in found.items()}
    searched = checked.get("plan")
    given_plan = (given.get("plan", recipe.defaults["plan"]),)
    plans = searched.values if isinstance(searched, Choices) else given_plan
    both = [name for name in OF_NAMED_PLANS if name in checked]
    if both and any(is_own_plan(plan) for plan in plans):
        raise InputError(
            f"Expected plans by name where {both[0]} is searched. Received: a plan that brings its "
            "own epochs and rates"
        )
    return Parts(checked)


def check_suggested(
    options: Mapping[str, Any], recipe: "Recipe[Any]", given: Mapping[str, Any]
) -> None:
    """Raises unless what a function suggests are options that a search may choose.

    Args:
        options: dictionary by option.
        recipe: the `Recipe`.
        given: dictionary of the options that are not searched.

    Raises:
        InputError: with the closest option.

    Example:

    >>> from kerastune import recipes
    >>> check_suggested({"epochs": 3}, recipes.lenet, {"seed": 1})
    """
    for name, value in options.items():
        _require_option(name, recipe)
        if name in given:
            raise _given_and_searched(name, given[name], value)


def _given_and_searched(name: str, given: Any, searched: Any) -> InputError:
    return InputError(
        f"Expected {name} to be given or searched. Received: both, {given!r} and {searched}"
    )


def _require_option(name: str, recipe: "Recipe[Any]") -> None:
    known = [one for one in recipe.__signature__.parameters if one not in SETTLED]
    if name in known:
        return
    why = f", but {SETTLED[name]}" if name in SETTLED else ""
    raise InputError(
        f"Expected options of {recipe.__name__} to search. Received: {name!r}{why}."
        + closest(name, known)
    )


def _filled(
    asked: Mapping[str, Part | None], usual: Callable[[], Mapping[str, Part]]
) -> dict[str, Part]:
    known = usual() if None in asked.values() else {}
    found = {}
    for name, part in asked.items():
        chosen = known.get(name) if part is None else part
        if chosen is None:
            raise InputError(
                f"Expected a range or choices for {name}, as in {name}=low..high or {name}=a,b,c. "
                f"Received: none, and only these have a usual one: {', '.join(known)}"
            )
        found[name] = chosen
    return found


def _fitting(name: str, part: Part, recipe: "Recipe[Any]") -> Part:
    """A range or choices as the option takes them, or the error."""
    if isinstance(part, Range):
        part = _fitting_range(name, part, recipe)
    values: Any = [part.low, part.high] if isinstance(part, Range) else part.values
    for value in values:
        if name in DEFAULTS:
            with_defaults({name: value})
        if name == "plan":
            named_plan(value, epochs=1, learning_rate=1e-3)
        if name == "epochs" and not (isinstance(value, int) and value >= 1):
            raise InputError(f"Expected epochs of at least 1 to search. Received: {value!r}")
    return part


def _fitting_range(name: str, part: Range, recipe: "Recipe[Any]") -> Range:
    """A range of whole numbers where the option takes no others, and of others where it does."""
    found = simple_type(recipe.__signature__.parameters[name], recipe)
    kinds = () if found is NO_TYPE else members(found)
    if float in kinds:
        return Range(float(part.low), float(part.high), part.log)
    if int in kinds and part.is_whole:
        return part
    wanted = "whole numbers" if int in kinds else "choices, a,b,c"
    raise InputError(f"Expected {wanted} for {name}. Received: the range {part.to_text()}")
