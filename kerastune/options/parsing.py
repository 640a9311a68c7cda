"""A recipe's options on the command line, from its signature and docstring."""

import argparse
import inspect
import re
from collections.abc import Sequence
from typing import Any

import jsonargparse

from kerastune.errors import InputError
from kerastune.jobs.configuration import Configuration, configured_from, read_configuration
from kerastune.jobs.recipe import Recipe
from kerastune.options.command_form import (
    for_a_command,
    known_options,
    parser_of,
    switches_of,
    with_underscores,
)
from kerastune.options.messages import argument_in_words, described, unknown_option
from kerastune.options.own_plan import leave_to_plan
from kerastune.options.types import members

# How the parser tells of a value that is of another type than its option, and of none.
_MISFIT = re.compile(
    r'Parser key "(?P<option>\w+)":.*(?:Got|Given) value: (?P<value>.*)\Z', re.DOTALL
)
_MISSING = re.compile(r'"(?P<option>\w+)" is required')
_STRAY = re.compile(r"unrecognized arguments: (?P<word>[^-\s]\S*)")
# How a run writes what only Python can give.
_PLACEHOLDER = re.compile(r"<\w+>")


def parse_options(
    recipe: Recipe[Any], arguments: Sequence[str], command: str, verb: str = "run"
) -> dict[str, Any]:
    """Returns a recipe's options, from arguments and a configuration file.

    Args:
        recipe: the `Recipe`.
        arguments: sequence of str, what follows the recipe's name. Hyphens may stand for the
            underscores of an option.
        command: str, what the recipe was called by, for messages.
        verb: str, the command that takes the options, for messages. Defaults to `run`.

    Returns:
        Dictionary of the recipe's arguments, and `backend`, a str or None. Without the
        epochs and rates that a plan of the user's own brings, unless the arguments name them.

    Raises:
        InputError: if an option is unknown or has a value of another type, or a file cannot
            be used.

    Example:

    >>> from kerastune import recipes
    >>> options = parse_options(recipes.lenet, ["--epochs", "3", "--overwrite"], "lenet")
    >>> options["epochs"], options["overwrite"], options["backend"]
    (3, True, None)
    """
    program = f"kerastune {verb} {command}"
    function = for_a_command(recipe)
    signature = inspect.signature(function)
    spelled = with_underscores(arguments, signature)
    try:
        files = [read_configuration(file) for _, file in configured_from(spelled)]
        for file in files:
            _check(file, signature, recipe, command)
        if "--print_config" in spelled:
            print(f"recipe: {command}")  # Above the options, which the parser prints.
        try:
            options = _parsed(parser_of(function, program), spelled, files)
        except (jsonargparse.ArgumentError, argparse.ArgumentError) as error:
            raise InputError(_in_words(str(error), signature, spelled, files, command)) from error
        _check_given(options, signature, files)
        leave_to_plan(options, spelled, recipe)
    except InputError as error:
        end = "" if str(error).endswith("?") else "."
        raise InputError(f"{error}{end} See: {program} --help") from error
    return options


def _parsed(
    parser: jsonargparse.ArgumentParser, arguments: list[str], files: list[Configuration]
) -> dict[str, Any]:
    given = list(arguments)
    # From the last, so that the places of the others stay.
    for (location, _), file in reversed([*zip(configured_from(arguments), files, strict=True)]):
        given[location] = [f"--config={file.to_text()}"]
    options = parser.parse_args(given).as_dict()
    options.pop("config", None)
    return options


def _check(
    file: Configuration, signature: inspect.Signature, recipe: Recipe[Any], command: str
) -> None:
    """Raises unless a file holds options of the recipe."""
    other = file.recipe
    names = (command, recipe.__name__)
    if other and not other.endswith(".py") and other.rpartition(".py:")[2] not in names:
        raise InputError(f"Expected options of {command}. Received: '{file.file}', of {other}")
    known = [*signature.parameters, "backend"]
    for name, value in file.options.items():
        if name not in known:
            raise InputError(unknown_option(name, known, f"{command} in '{file.file}'"))
        kinds = members(signature.parameters[name].annotation) if name != "backend" else (str,)
        # The parser takes null for any type, and tells of a switch without its name.
        is_null = value is None and name != "backend" and type(None) not in kinds
        if is_null or (kinds == (bool,) and not isinstance(value, bool)):
            shown = "null" if value is None else repr(value)
            raise InputError(
                f"Expected {described(kinds)} for {name} in '{file.file}'. Received: {shown}"
            )


def _check_given(
    options: dict[str, Any], signature: inspect.Signature, files: list[Configuration]
) -> None:
    """Raises where a value has no meaning outside the process that wrote it."""
    for name in signature.parameters:
        written = [file for file in files if file.options.get(name) == options[name]]
        if written and _PLACEHOLDER.fullmatch(str(options[name])):
            raise InputError(
                f"Expected --{name} beside '{written[-1].file}'. Received: none, and the file says "
                f"only that a {str(options[name])[1:-1]} was given in Python"
            )
        if options[name] is None and type(None) not in members(
            signature.parameters[name].annotation
        ):
            raise InputError(f"Expected a value for --{name}. Received: null")


def _in_words(
    message: str,
    signature: inspect.Signature,
    arguments: list[str],
    files: list[Configuration],
    command: str,
) -> str:
    """Returns the message of the parser in one line, without the names of types."""
    if found := _MISFIT.search(message):
        option = found["option"]
        kinds = (
            members(signature.parameters[option].annotation)
            if (option in signature.parameters)
            else (str,)
        )
        location, value = _where(option, found["value"].strip(), arguments, files)
        return f"Expected {described(kinds)} for {location}. Received: {value}"
    if found := _MISSING.search(message):
        return f"Expected a value for --{found['option']}. Received: none"
    if found := _STRAY.match(message):
        before = arguments[arguments.index(found["word"]) - 1]
        if before.removeprefix("--") in switches_of(signature):
            return (
                f"Expected {before} without a value. Received: {found['word']!r}. "
                f"The other way is --no_{before.removeprefix('--')}"
            )
    return argument_in_words(message, known_options(signature), command)


def _where(
    option: str, told: str, arguments: list[str], files: list[Configuration]
) -> tuple[str, str]:
    """Returns the place of a value that does not fit, and its text there."""
    values = [
        argument.partition("=")[2] if "=" in argument else following
        for argument, following in zip(arguments, [*arguments[1:], ""], strict=True)
        if argument.partition("=")[0] == f"--{option}"
    ]
    configured = [file for file in files if option in file.options]
    in_file = configured and told in (str(configured[-1].options[option]), "")
    if configured and (in_file or not values):
        return f"{option} in '{configured[-1].file}'", repr(configured[-1].options[option])
    return f"--{option}", repr(values[-1]) if values else told
