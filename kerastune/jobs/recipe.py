"""A recipe: a function that builds a job; called, it runs it."""

import inspect
import keyword
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import update_wrapper
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, overload

from kerastune.errors import InputError, closest, reason
from kerastune.jobs.recipe_docs import with_option_docs
from kerastune.jobs.run_options import BATCH_SIZE, DEFAULTS, RunOptions, with_defaults
from kerastune.own_plans import refuse_beside_own_plan

if TYPE_CHECKING:
    from typing import Unpack

    from kerastune.jobs.job import Job
    from kerastune.jobs.result import Result

Parameters = ParamSpec("Parameters")

# A user can give these without their names, after `data`.
_POSITIONAL = ("test_data",)
# What the command takes besides the options of a recipe.
_OF_THE_COMMAND = ("backend", "config", "help", "print_config", "quiet", "recipe")


@overload
def recipe(function: "Callable[Parameters, Job]", /) -> "Recipe[Parameters]": ...


@overload
def recipe(
    **defaults: "Unpack[RunOptions]",
) -> "Callable[[Callable[Parameters, Job]], Recipe[Parameters]]": ...


def recipe(function: Any = None, /, **defaults: Any) -> Any:
    """A decorator that makes a recipe of a function that builds a job.

    The function takes `data`, arguments of its own by name, and
    `**options: Unpack[kerastune.RunOptions]`; it gets every option, with its default where
    it was not given, and returns a `Job`.

    Args:
        function: the function, where the decorator is written without parentheses.
        **defaults: `RunOptions` whose defaults differ from the usual ones in this recipe.

    Returns:
        A `Recipe`; or, where options are given, a decorator that returns one.

    Raises:
        InputError: if an option is unknown, or the function does not take options.

    Example:

    >>> @recipe(epochs=3)
    ... def fit_a_line(data="diabetes", **options):
    ...     "Fit a line to numbers."
    >>> str(inspect.signature(fit_a_line))[:52]
    "(data='diabetes', test_data: 'str | Source | None' ="
    >>> fit_a_line.defaults["epochs"]
    3
    """
    if function is not None:
        return Recipe(function)
    return lambda decorated: Recipe(decorated, defaults)


class Recipe(Generic[Parameters]):
    """A function that builds a job, with the options of every run; called, it runs the job.

    Args:
        function: the function, see `recipe`.
        defaults: dictionary of the options whose defaults differ.

    Example:

    >>> from kerastune import recipes
    >>> recipes.lenet.defaults["epochs"], recipes.lenet.__name__
    (20, 'lenet')
    """

    __name__: str

    def __init__(
        self, function: "Callable[Parameters, Job]", defaults: Mapping[str, Any] | None = None
    ) -> None:
        self.defaults = with_defaults(defaults or {})
        parameters = inspect.signature(function).parameters.values()
        self.own = tuple(p for p in parameters if p.kind is not p.VAR_KEYWORD)
        _check_parameters(function.__name__, tuple(parameters), self.own)
        update_wrapper(self, function)
        self.__signature__ = _signature(self.own, self.defaults)
        self.__doc__ = with_option_docs(function.__doc__ or "", RunOptions.__doc__ or "")

    def __call__(self, *arguments: Any, **options: Any) -> "Result":
        """Builds the job and runs it.

        Args:
            *arguments: `data` and `test_data`.
            **options: the recipe's own arguments and `RunOptions`, by name.

        Returns:
            A `Result`.

        Raises:
            InputError: if an argument, a file or the data cannot be used.
        """
        from kerastune.jobs.calling import call

        return call(self, arguments, options)

    def build(self, *arguments: Any, **options: Any) -> "Job":
        """The untrained job: to look at its plan table, to count it, to train it by hand.

        Args:
            *arguments: `data` and `test_data`.
            **options: the recipe's own arguments and `RunOptions`, by name.

        Returns:
            A `Job`.

        Raises:
            InputError: if an argument, a file or the data cannot be used, or the function
                returns something else.
        """
        from kerastune.backends import chosen_precision
        from kerastune.jobs.job import Job
        from kerastune.jobs.seeding import seeded

        own, chosen = self.bind(*arguments, **options)
        # As chosen here it is written down, so that the same again is the same elsewhere.
        chosen["precision"] = chosen_precision(chosen["precision"])
        with seeded(chosen["seed"], chosen["precision"], chosen["random"]):
            job: Any = self.__wrapped__(**own, **chosen)  # type: ignore[attr-defined]
        if not isinstance(job, Job):
            raise InputError(
                f"Expected a recipe that returns a kerastune.Job. Received: {self.__name__}, which "
                f"returned {type(job).__name__}. End it with `return kerastune.Job(...)`"
            )
        if job.plan is not None and self.defaults["plan"] is not None:
            raise InputError(
                f"Expected a recipe without a default plan where its job brings one. Received: "
                f"{self.__name__}, whose default is {self.defaults['plan']!r}. Write "
                "@kerastune.recipe(plan=None)"
            )
        default = self.defaults["batch_size"]
        job = replace(
            job,
            name=self.__name__,
            options=chosen,
            arguments=own,
            address=self.address(),
            rate_reason=self._rate_reason(chosen["learning_rate"]),
            default_batch_size=BATCH_SIZE if default == "auto" else default,
        )
        # The command gives every option; what is the default says nothing.
        refuse_beside_own_plan(
            job.asked_plan,
            {name: value for name, value in options.items() if value != self.defaults.get(name)},
        )
        return job

    def _rate_reason(self, learning_rate: Any) -> str:
        """Where a learning rate that is a number is from."""
        is_default = learning_rate == self.defaults["learning_rate"]
        return f"the default of {self.__name__}" if is_default else "as given"

    def address(self) -> str | None:
        """What the command finds the recipe by, from any folder.

        Returns:
            The name of a recipe of this project or of an installed package, `FILE.py:NAME`,
            or None for one that was made in a notebook or a terminal.
        """
        from kerastune.jobs.recipe_files import address_of

        return address_of(self)

    def bind(self, *arguments: Any, **options: Any) -> tuple[dict[str, Any], RunOptions]:
        """The recipe's own arguments, and the options of the run, both with their defaults.

        Args:
            *arguments: as for a call.
            **options: as for a call.

        Returns:
            A tuple of a dictionary and `RunOptions`.

        Raises:
            InputError: if an argument is unknown, missing or given twice.
        """
        known = list(self.__signature__.parameters)
        unknown = [name for name in options if name not in known]
        if unknown:
            raise InputError(
                f"Expected arguments out of {', '.join(known)} for {self.__name__}. "
                f"Received: {unknown[0]!r}." + closest(unknown[0], known)
            )
        try:
            bound = self.__signature__.bind(*arguments, **options)
        except TypeError as error:
            raise InputError(
                f"Expected the arguments of {self.__name__}{self.__signature__}. "
                f"Received: {reason(error)}"
            ) from error
        bound.apply_defaults()
        names = [parameter.name for parameter in self.own]
        own = {name: bound.arguments[name] for name in names}
        chosen = {name: bound.arguments[name] for name in bound.arguments if name not in own}
        if own.get("data", ...) is None and chosen["test_data"] is not None:
            raise InputError(
                f"Expected `data` with `test_data`. Received: test_data={chosen['test_data']!r}"
            )
        if own.get("balance_classes") and chosen["class_weights"] is not None:
            raise InputError(
                "Expected `balance_classes` or `class_weights`, of which the first is the second's "
                f"'balanced'. Received: class_weights={chosen['class_weights']!r} beside it"
            )
        refuse_beside_own_plan(chosen["plan"], options)
        return own, with_defaults(chosen)


def _check_parameters(
    name: str, given: tuple[inspect.Parameter, ...], own: tuple[inspect.Parameter, ...]
) -> None:
    """Raise unless a function can be a recipe."""
    if len(given) == len(own):
        raise InputError(
            "Expected a recipe that takes `**options: Unpack[kerastune.RunOptions]`. "
            f"Received: {name}, which does not. Add it as the last parameter"
        )
    taken = [parameter.name for parameter in own if parameter.name in (*DEFAULTS, *_OF_THE_COMMAND)]
    unusable = [
        parameter.name
        for parameter in own
        if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL)
        or keyword.iskeyword(parameter.name)
    ]
    if taken or unusable:
        raise InputError(
            "Expected a recipe whose own parameters can be given by name and are none of the "
            f"options of every run. Received: {name} with {(taken + unusable)[0]!r}. The defaults "
            "of options go with the decorator: @kerastune.recipe(epochs=3)"
        )


def _signature(own: tuple[inspect.Parameter, ...], defaults: RunOptions) -> inspect.Signature:
    """The recipe's own parameters and the options of every run, each with its default."""
    options = [
        inspect.Parameter(
            name,
            inspect.Parameter.POSITIONAL_OR_KEYWORD
            if name in _POSITIONAL
            else inspect.Parameter.KEYWORD_ONLY,
            default=default,
            annotation=_ANNOTATIONS[name],
        )
        for name, default in defaults.items()
    ]
    positional = [p for p in own if p.kind is not p.KEYWORD_ONLY]
    by_name = [p for p in own if p.kind is p.KEYWORD_ONLY]
    return inspect.Signature(
        [
            *positional,
            *(p for p in options if p.name in _POSITIONAL),
            *by_name,
            *(p for p in options if p.name not in _POSITIONAL),
        ]
    )


_ANNOTATIONS: dict[str, Any] = {
    name: getattr(annotation, "__forward_arg__", annotation)
    for name, annotation in RunOptions.__annotations__.items()
}
