"""A recipe as a command line sees it."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

import docstring_parser
import jsonargparse

from kerastune.errors import InputError
from kerastune.jobs.recipe import Recipe
from kerastune.jobs.run_options import PYTHON_ONLY
from kerastune.options.spelling import spelled_as
from kerastune.options.types import NO_TYPE, simple_type

_OF_THE_COMMAND = ("backend", "config", "print_config", "help", "quiet")
_VERBOSE = "--verbose"


def for_a_command(recipe: Recipe[Any]) -> Callable[..., Any]:
    """Returns the recipe as a command sees it: without what only Python can give.

    Args:
        recipe: the `Recipe`.

    Returns:
        A function with the signature of the recipe, whose types a command line can hold.

    Raises:
        InputError: if something that only Python can give has no default.

    Example:

    >>> from kerastune import recipes
    >>> "callbacks" in inspect.signature(for_a_command(recipes.lenet)).parameters
    False
    """

    def command(**options: Any) -> Any:
        return recipe(**options)

    parameters = []
    for parameter in inspect.signature(recipe).parameters.values():
        if parameter.name in PYTHON_ONLY:
            continue
        found = simple_type(parameter, recipe)
        if found is not NO_TYPE:
            parameters.append(parameter.replace(annotation=found))
        elif parameter.default is parameter.empty:
            raise InputError(
                f"Expected a recipe that a command can run. Received: {recipe.__name__}, whose "
                f"{parameter.name!r} can be given from Python only. Give it a default"
            )
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__doc__ = recipe.__doc__
    command.__name__ = recipe.__name__
    return command


def parser_of(function: Callable[..., Any], program: str) -> jsonargparse.ArgumentParser:
    """Returns the parser of a recipe's options.

    Args:
        function: what `for_a_command` gives.
        program: str, the command with the recipe, for the help.

    Returns:
        A parser of jsonargparse.

    Example:

    >>> from kerastune import recipes
    >>> parser = parser_of(for_a_command(recipes.lenet), "kerastune run lenet")
    >>> parser.parse_args(["--epochs", "3"]).epochs
    3
    """
    parser = jsonargparse.ArgumentParser(prog=program, exit_on_error=False, allow_abbrev=False)
    parser.add_argument(
        "--config",
        action="config",
        help="a YAML file with these options, such as the config.yaml of a run",
    )
    parser.add_argument(
        "--backend",
        type=str | None,
        default=None,
        help="tensorflow, jax or torch (default: KERAS_BACKEND, else the Keras configuration "
        "file, else the first that is installed)",
    )
    parameters = inspect.signature(function).parameters
    switches = switches_of(inspect.signature(function))
    parser.add_function_arguments(function, skip=set(switches))
    described = {
        parameter.arg_name: parameter.description
        for parameter in docstring_parser.parse(function.__doc__ or "").params
    }
    for name in parameters:
        if name in switches:
            # As functions' arguments they would want a value: --overwrite true.
            parser.add_argument(
                f"--{name}",
                action=jsonargparse.ActionYesNo,
                default=parameters[name].default,
                help=described.get(name),
            )
    return parser


def with_underscores(arguments: Sequence[str], signature: inspect.Signature) -> list[str]:
    """Returns arguments with the options spelled as in Python.

    `--quiet` stands for `--verbose=0`, and `--verbose` without a number for `--verbose=2`.

    Args:
        arguments: sequence of str.
        signature: that of the function of `for_a_command`.

    Returns:
        List of str.

    Example:

    >>> with_underscores(["--print-config", "--quiet"], inspect.Signature())
    ['--print_config', '--verbose=0']
    """
    known = known_options(signature)
    spelled = []
    for index, argument in enumerate(arguments):
        following = next(iter(arguments[index + 1 :]), "--")
        if argument == "--quiet" or (argument == _VERBOSE and following.startswith("--")):
            spelled.append(f"{_VERBOSE}={0 if argument == '--quiet' else 2}")
            continue
        spelled.append(spelled_as(argument, known))
    return spelled


def known_options(signature: inspect.Signature) -> list[str]:
    """Returns the options of a command line.

    Args:
        signature: that of the function of `for_a_command`.

    Returns:
        List of str with their hyphens.

    Example:

    >>> known_options(inspect.Signature())[:2]
    ['--backend', '--config']
    """
    names = [*signature.parameters, *_OF_THE_COMMAND]
    return [f"--{name}" for name in (*names, *(f"no_{name}" for name in switches_of(signature)))]


def switches_of(signature: inspect.Signature) -> list[str]:
    """Returns the options that take no value on a command line.

    Args:
        signature: that of the function of `for_a_command`.

    Returns:
        List of str.

    Example:

    >>> from kerastune import recipes
    >>> "overwrite" in switches_of(inspect.signature(for_a_command(recipes.lenet)))
    True
    """
    return [name for name, value in signature.parameters.items() if value.annotation is bool]
