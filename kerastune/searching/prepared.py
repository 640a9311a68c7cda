"""What is settled before the first trial: the space, the goal, and that the recipe can be run."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kerastune.data.fingerprint import fingerprint
from kerastune.errors import InputError
from kerastune.jobs.engine import check, settled
from kerastune.jobs.plain_values import plain
from kerastune.jobs.rate_search import with_searched_rate
from kerastune.jobs.validating import evaluate_on_validation
from kerastune.searching.checked_space import asked_space, checked_space
from kerastune.searching.goal import Goal, asked_goal, known_goal
from kerastune.searching.space import Parts, Space, Suggesting
from kerastune.searching.space_text import as_part
from kerastune.searching.usual_space import own_settings, usual_space

if TYPE_CHECKING:
    from optuna.study import Study

    from kerastune.jobs.job import Job
    from kerastune.jobs.recipe import Recipe

_VALIDATION_FRACTION = 0.2
_SPACE = "space"
_OF_A_TRIAL = {
    "run_dir": "each trial has its own directory; study_dir is where they are",
    "overwrite": "each trial has its own directory; remove the study_dir to begin anew",
    "resume": "the same command goes on with a study",
    "distribution": "a trial is trained on one device; distribute the best one",
    "repeats": "a trial is one run; repeat the best one with the settings that are found",
}
_NOT_OF_THE_STUDY = ("data", "test_data", "verbose", "callbacks")


@dataclass(frozen=True)
class Prepared:
    """What is settled before the first trial.

    Args:
        options: dictionary of the options that are the same for all trials.
        callbacks: tuple of Keras callbacks that the user gave.
        space: the `Space`.
        goal: the `Goal`.
        identity: dictionary of what tells the study from others.
        own: dictionary of the recipe's own settings that are in the space, as Optuna holds them.
        seed: int.
    """

    options: Mapping[str, Any]
    callbacks: tuple[Any, ...]
    space: Space
    goal: Goal
    identity: Mapping[str, Any]
    own: Mapping[str, Any]
    seed: int

    def settled_in(self, study: "Study") -> Space:
        """Returns the space of a study; a new one gets it, and the recipe's own settings first.

        What is usual may depend on what was measured, such as by the rate finder, and so is
        measured once.

        Args:
            study: the `Study` of Optuna.
        """
        known = study.user_attrs.get(_SPACE)
        if known is None:
            study.set_user_attr(_SPACE, self.space.to_dict())
            if self.own:
                study.enqueue_trial(dict(self.own))
            return self.space
        if isinstance(self.space, Suggesting):
            return self.space
        return Parts({name: as_part(name, value) for name, value in known.items()})  # type: ignore[misc]


def prepared_search(
    recipe: "Recipe[Any]", space: Any, goal: Any, options: Mapping[str, Any]
) -> Prepared:
    """Returns what a search needs, having built, checked and measured the untrained job.

    What is wrong with the data, the recipe or its options is found here, before any trial.

    Args:
        recipe: the `Recipe`.
        space: as for `kerastune.tune`.
        goal: as for `kerastune.tune`.
        options: dictionary of the options that were given.

    Returns:
        A `Prepared`.

    Raises:
        InputError: if something given cannot be used.
    """
    for name, why in _OF_A_TRIAL.items():
        if options.get(name) not in (None, False, 1):
            raise InputError(
                f"Expected no {name} for a search. Received: {name}={options[name]!r}; {why}"
            )
    wanted = asked_goal(goal)
    asked = asked_space(space, recipe)
    kept = {name: value for name, value in options.items() if name not in (*_OF_A_TRIAL, "verbose")}
    callbacks = tuple(kept.pop("callbacks", ()))
    _, chosen = recipe.bind(**kept)
    if not chosen["validation_fraction"]:
        kept["validation_fraction"] = _VALIDATION_FRACTION
    job = recipe.build(**kept, verbose=0)
    check(job)
    with settled(job):
        found_goal = known_goal(wanted, evaluate_on_validation(job))
    given = dict(kept)
    if kept.get("learning_rate") == "auto" and _is_usual("learning_rate", asked):
        job = with_searched_rate(job)
        del kept["learning_rate"], given["learning_rate"]
    found_space = checked_space(asked, recipe, given, usual=lambda: usual_space(recipe, job, given))
    return Prepared(
        kept,
        callbacks,
        found_space,
        found_goal,
        _identity(recipe, job, asked, found_goal, options),
        found_space.own_settings(own_settings(job)),
        chosen["seed"],
    )


def _is_usual(name: str, asked: Any) -> bool:
    """Whether an option is searched in its usual range."""
    return asked is None or (isinstance(asked, Mapping) and asked.get(name, ...) is None)


def _identity(
    recipe: "Recipe[Any]", job: "Job", asked: Any, goal: Goal, options: Mapping[str, Any]
) -> dict[str, Any]:
    """What tells a study from others, as JSON holds it."""
    if isinstance(asked, Suggesting):
        space: Any = asked.to_dict()
    else:
        parts = (asked or {}).items()
        space = {name: part.to_dict() if part else "usual" for name, part in parts} or "usual"
    validation = job.splits.validation
    assert validation is not None
    kept = {name: value for name, value in options.items() if name not in _NOT_OF_THE_STUDY}
    return {
        "recipe": recipe.address() or recipe.__name__,
        # Not of the test samples, which are not looked at yet.
        "training samples": fingerprint(job.splits.training),
        "validation samples": fingerprint(validation),
        "metric": goal.metric,
        "space": space,
        "options": plain(kept),
    }
