"""What is searched of a recipe unless somebody says otherwise."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from kerastune.errors import InputError
from kerastune.own_plans import is_own_plan
from kerastune.searching.space import Choices, Part, Range
from kerastune.tuning import named_plan, plan_table
from kerastune.tuning.rates.usual import usual_rate

if TYPE_CHECKING:
    from kerastune.jobs.job import Job
    from kerastune.jobs.recipe import Recipe

# Of a pretrained backbone: all of it, its head first, lower groups slower or later, or never.
_PLANS = ("full", "linear_probe_then_fine_tune", "layer_decay", "gradual_unfreezing", "head_only")
_WITHOUT_FREEZING = ("full", "gradient_descent")
_REGULARISATION: dict[str, Part] = {
    "dropout": Range(0.0, 0.5),
    "label_smoothing": Range(0.0, 0.2),
    "l1": Choices((0.0, 1e-6, 1e-5, 1e-4, 1e-3)),
    "l2": Choices((0.0, 1e-5, 1e-4, 1e-3, 1e-2)),
}
_WEIGHT_DECAYS = (0.0, 1e-3, 1e-2, 1e-1)


def usual_space(recipe: "Recipe[Any]", job: "Job", given: Collection[str] = ()) -> dict[str, Part]:
    """Returns what is usually searched of a recipe.

    - `learning_rate`, from a tenth to ten times that of the recipe or, with
      `learning_rate="auto"`, of the rate finder; where it follows the plan, and plans are
      searched, from a third of the lowest of theirs to three times the highest;
    - `plan`, of a recipe with a pretrained backbone: those that can be resolved for the model;
    - `epochs`, from half to twice as many;
    - `batch_size`: half, the same, twice as much;
    - `dropout`, `label_smoothing`, `l1` and `l2`, where the recipe takes them; and `weight_decay`
      where it takes no `l2`, but not with `gradient_descent`.

    Args:
        recipe: the `Recipe`.
        job: a `Job` of it, with the options that are not searched.
        given: names of options that are not searched. Defaults to none.

    Returns:
        Dictionary from the name of an option to a `Range` or `Choices`.

    Example:

    >>> from kerastune import recipes
    >>> space = usual_space(recipes.linear_regression, recipes.linear_regression.build())
    >>> {name: part.to_text() for name, part in space.items()}
    {'learning_rate': '0.02..2.0:log', 'epochs': '100..400'}
    """
    is_named = not is_own_plan(job.asked_plan)
    plans = _plans(recipe, job) if is_named and "plan" not in given else [job.asked_plan]
    found: dict[str, Part] = {}
    if is_named:
        found["learning_rate"] = _rates(job, plans)
        if len(plans) > 1:
            found["plan"] = Choices(tuple(plans))
        epochs = job.options["epochs"]
        found["epochs"] = Range(max(1, epochs // 2), 2 * epochs)
    size = job.options["batch_size"]
    if isinstance(size, int):
        most = len(job.splits.training)
        sizes = sorted({one for one in (size // 2, size, 2 * size) if 1 <= one <= most})
        found |= {"batch_size": Choices(tuple(sizes))} if len(sizes) > 1 else {}
    found |= _regularisation(recipe, job)
    return {name: part for name, part in found.items() if name not in given}


def own_settings(job: "Job") -> dict[str, Any]:
    """Returns the settings of a job, with numbers where they are left to the plan.

    Args:
        job: the `Job`.

    Returns:
        Dictionary by option.

    Example:

    >>> from kerastune import recipes
    >>> own_settings(recipes.linear_regression.build())["learning_rate"]
    0.2
    """
    settings: dict[str, Any] = {**job.arguments, **job.options}
    if job.rate is not None:
        settings["learning_rate"] = job.rate.learning_rate
    if settings["weight_decay"] is None:
        settings["weight_decay"] = job.chosen_plan.stages[-1].weight_decay
    return settings


def _plans(recipe: "Recipe[Any]", job: "Job") -> list[Any]:
    """The plans that fit a recipe, its own first."""
    own = job.asked_plan
    takes_backbone = any(parameter.name == "backbone" for parameter in recipe.own)
    if own == "gradient_descent" or (own in _WITHOUT_FREEZING and not takes_backbone):
        return [own]
    return [own, *(plan for plan in _PLANS if plan != own and _is_resolved(job, plan))]


def _is_resolved(job: "Job", plan: str) -> bool:
    try:
        plan_table(job.model, named_plan(plan, epochs=job.options["epochs"], learning_rate=1e-3))
    except InputError:
        return False
    return True


def _rates(job: "Job", plans: list[Any]) -> Range:
    """Rates around what suits the plans."""
    given = job.options["learning_rate"]
    if given == "auto":
        from kerastune.jobs.rate_search import search_rate

        rates = [search_rate(job).suggestions["valley"]]
    else:
        rates = [given] if given else [usual_rate(job.model, plan).learning_rate for plan in plans]
    times = 10 if len(rates) == 1 else 3
    return Range(_rounded(min(rates) / times), _rounded(max(rates) * times), log=True)


def _rounded(rate: float) -> float:
    """A rate with three digits."""
    return float(f"{rate:.3g}")


def _regularisation(recipe: "Recipe[Any]", job: "Job") -> dict[str, Part]:
    own = {parameter.name for parameter in recipe.own}
    found = {name: part for name, part in _REGULARISATION.items() if name in own}
    if "l2" not in own and job.asked_plan != "gradient_descent":
        decay = job.chosen_plan.stages[-1].weight_decay
        values = sorted({*_WEIGHT_DECAYS, *([decay] if decay is not None else [])})
        found["weight_decay"] = Choices(tuple(values))
    return found
