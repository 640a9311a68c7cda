"""A recipe's options on the command line, from its signature and docstring."""

import argparse
import inspect
from collections.abc import Callable, Sequence
from typing import Any, get_args

import docstring_parser
import jsonargparse

from kerastune.errors import InputError

_SIMPLE_TYPES: dict[str, Any] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "dict": dict,
    "None": None,
}


def parse_options(recipe: Callable[..., Any], arguments: Sequence[str]) -> dict[str, Any]:
    """Read a recipe's options, from arguments and a configuration file.

    Args:
        recipe: function, with types in its signature and an `Args` section.
        arguments: sequence of str, what follows the recipe's name.

    Returns:
        Dictionary of the recipe's arguments, and `backend`, a str or None.

    Raises:
        InputError: if an option is unknown or has a value of another type.

    Example:

    >>> from kerastune import recipes
    >>> options = parse_options(recipes.lenet, ["--epochs", "3", "--overwrite"])
    >>> options["epochs"], options["overwrite"], options["backend"]
    (3, True, None)
    """
    command = _for_a_command(recipe)
    try:
        options = _parser(command).parse_args(list(arguments)).as_dict()
    except (jsonargparse.ArgumentError, argparse.ArgumentError, UnicodeError) as error:
        raise InputError(f"{error}. See: kerastune run {recipe.__name__} --help") from error
    options.pop("config", None)
    for option, declared in inspect.signature(command).parameters.items():
        # A configuration file can hold null, which the parser takes for any type.
        if options[option] is None and type(None) not in get_args(declared.annotation):
            raise InputError(f"Expected a value of {option}. Received: null")
    return options


def _parser(command: Callable[..., Any]) -> jsonargparse.ArgumentParser:
    """The parser of a recipe's options."""
    parser = jsonargparse.ArgumentParser(
        prog=f"kerastune run {command.__name__}", exit_on_error=False, allow_abbrev=False
    )
    parser.add_argument("--config", action="config", help="a YAML file with these options")
    parser.add_argument(
        "--backend",
        type=str | None,
        default=None,
        help="tensorflow, jax or torch (default: KERAS_BACKEND, else the Keras configuration "
        "file, else the first that is installed)",
    )
    switches: set[str | int] = {
        name
        for name, parameter in inspect.signature(command).parameters.items()
        if parameter.annotation is bool
    }
    parser.add_function_arguments(command, skip=switches)
    for parameter in docstring_parser.parse(command.__doc__ or "").params:
        if parameter.arg_name in switches:
            # As functions' arguments they would want a value: --overwrite true.
            parser.add_argument(
                f"--{parameter.arg_name}",
                action=jsonargparse.ActionYesNo,
                default=False,
                help=parameter.description,
            )
    return parser


def _for_a_command(recipe: Callable[..., Any]) -> Callable[..., Any]:
    """The recipe as a command sees it: without the types that only Python can give."""

    def command(**options: Any) -> Any:
        return recipe(**options)

    signature = inspect.signature(recipe)
    parameters = [
        parameter.replace(annotation=_simple_type(parameter.annotation))
        for parameter in signature.parameters.values()
    ]
    command.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    command.__doc__ = recipe.__doc__
    command.__name__ = recipe.__name__
    return command


def _simple_type(annotation: Any) -> Any:
    """The members of a union that a command line can hold."""
    if not isinstance(annotation, str):
        return annotation
    members = [member.strip() for member in annotation.split("|")]
    kept = [_SIMPLE_TYPES[member] for member in members if member in _SIMPLE_TYPES]
    union = kept[0]
    for member in kept[1:]:
        union = union | member
    return union
