"""A recipe's options on the command line, from its signature and docstring."""

import argparse
import ast
import inspect
import re
import sys
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import docstring_parser
import jsonargparse

from kerastune.errors import InputError
from kerastune.jobs.recipe import Recipe
from kerastune.jobs.run_options import DEFAULTS, PYTHON_ONLY
from kerastune.own_plans import OF_NAMED_PLANS, is_own_plan

_NO_TYPE = object()
# How the parser tells of a value that is of another type than its option.
_MISFIT = re.compile(
    r'Parser key "(?P<option>\w+)":.*(?:Got|Given) value: (?P<value>.*)\Z', re.DOTALL
)
_WORDS = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bool: "true or false",
    Path: "a path",
    type(None): "null",
}
_SIMPLE_TYPES = (str, int, float, bool, dict, type(None), Path)
_COLLECTIONS = (list, tuple, dict)


def parse_options(recipe: Recipe[Any], arguments: Sequence[str], command: str) -> dict[str, Any]:
    """A recipe's options, from arguments and a configuration file.

    Args:
        recipe: the `Recipe`.
        arguments: sequence of str, what follows the recipe's name.
        command: str, what the recipe was called by, for messages.

    Returns:
        Dictionary of the recipe's arguments, and `backend`, a str or None. Without the
        epochs and rates that a plan of the user's own brings, unless the arguments name them.

    Raises:
        InputError: if an option is unknown or has a value of another type.

    Example:

    >>> from kerastune import recipes
    >>> options = parse_options(recipes.lenet, ["--epochs", "3", "--overwrite"], "lenet")
    >>> options["epochs"], options["overwrite"], options["backend"]
    (3, True, None)
    """
    function = _for_a_command(recipe)
    try:
        options = _parser(function, command).parse_args(list(arguments)).as_dict()
    except (jsonargparse.ArgumentError, argparse.ArgumentError, UnicodeError) as error:
        told = _in_words(str(error), inspect.signature(function))
        raise InputError(f"{told}. See: kerastune run {command} --help") from error
    options.pop("config", None)
    _leave_to_plan(options, arguments, recipe)
    for option, declared in inspect.signature(function).parameters.items():
        # A configuration file can hold null, which the parser takes for any type.
        if options.get(option, ...) is None and type(None) not in _members(declared.annotation):
            raise InputError(f"Expected a value of {option}. Received: null")
    return options


def _parser(function: Callable[..., Any], command: str) -> jsonargparse.ArgumentParser:
    """The parser of a recipe's options."""
    parser = jsonargparse.ArgumentParser(
        prog=f"kerastune run {command}", exit_on_error=False, allow_abbrev=False
    )
    parser.add_argument("--config", action="config", help="a YAML file with these options")
    parser.add_argument(
        "--backend",
        type=str | None,
        default=None,
        help="tensorflow, jax or torch (default: KERAS_BACKEND, else the Keras configuration "
        "file, else the first that is installed)",
    )
    parameters = inspect.signature(function).parameters
    switches: set[str | int] = {
        name for name, parameter in parameters.items() if parameter.annotation is bool
    }
    parser.add_function_arguments(function, skip=switches)
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


def _leave_to_plan(options: dict[str, Any], arguments: Sequence[str], recipe: Recipe[Any]) -> None:
    """Take out what a plan of the user's own brings, where the command does not name it.

    A configuration file that an older version wrote has the recipe's defaults beside it.
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


def _in_words(message: str, signature: inspect.Signature) -> str:
    """What the parser says of a value, in one line and without the names of types."""
    found = _MISFIT.search(message)
    if found is None or found["option"] not in signature.parameters:
        return " ".join(message.split())
    members = _members(signature.parameters[found["option"]].annotation)
    expected = " or ".join(dict.fromkeys(map(_described, members)))
    return f"Expected {expected} as {found['option']}. Received: {found['value'].strip()}"


def _described(member: Any) -> str:
    """The values that a type takes, for a message."""
    if get_origin(member) is Literal:
        return " or ".join(map(str, get_args(member)))
    if member in _COLLECTIONS or get_origin(member) in (*_COLLECTIONS, Sequence):
        if dict in (member, get_origin(member)):
            return "a dictionary such as {a: 1}"
        return f"a list such as {'[1,2]' if {int, float} & set(get_args(member)) else '[a,b]'}"
    return _WORDS.get(member, str(member))


def _for_a_command(recipe: Recipe[Any]) -> Callable[..., Any]:
    """The recipe as a command sees it: without what only Python can give."""

    def command(**options: Any) -> Any:
        return recipe(**options)

    parameters = []
    for parameter in inspect.signature(recipe).parameters.values():
        if parameter.name in PYTHON_ONLY:
            continue
        found = _simple_type(parameter, recipe)
        if found is not _NO_TYPE:
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


def _simple_type(parameter: inspect.Parameter, recipe: Recipe[Any]) -> Any:
    """The members of a parameter's type that a command line can hold."""
    annotation = parameter.annotation
    if annotation is parameter.empty:
        # As type checkers do, the default tells.
        known = type(parameter.default)
        if parameter.default is parameter.empty or parameter.default is None:
            return str if parameter.default is parameter.empty else str | None
        return known if known in _SIMPLE_TYPES else _NO_TYPE
    if isinstance(annotation, str):
        # The options of every run are written in words of this library, not of the file.
        own = parameter.name not in DEFAULTS
        names = inspect.unwrap(recipe).__globals__ if own else {}
        members = _members_of_text(annotation, names)
    else:
        members = _members(annotation)
    kept = [member for member in members if _is_simple(member)]
    # With None alone there is nothing to choose.
    return Union[tuple(kept)] if set(kept) - {type(None)} else _NO_TYPE  # noqa: UP007


def _members(annotation: Any) -> tuple[Any, ...]:
    """The members of a union, or the one type that an annotation is."""
    if get_origin(annotation) in (Union, types.UnionType):
        return get_args(annotation)
    return (annotation,)


def _members_of_text(annotation: str, names: dict[str, Any]) -> tuple[Any, ...]:
    """The members of a union in quotes, those left out that only this package can name.

    Evaluating those would import a framework.
    """
    members: list[ast.expr] = []
    left: list[ast.expr] = [ast.parse(annotation, mode="eval").body]
    while left:
        node = left.pop(0)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            left = [node.left, node.right, *left]
        else:
            members.append(node)
    found: list[Any] = []
    for node in members:
        if _names_a_class_of_keras(node, names):
            continue
        try:
            value = eval(ast.unparse(node), _scope(names))
        except Exception:  # A name that only a type checker knows.
            continue
        found.extend(_members(type(None) if value is None else value))
    return tuple(found)


def _names_a_class_of_keras(node: ast.expr, names: dict[str, Any]) -> bool:
    """Whether an annotation looks something up in this package or in Keras."""
    modules = [names.get(part.id) for part in ast.walk(node) if isinstance(part, ast.Name)]
    return any(
        isinstance(module, types.ModuleType) and module.__name__.startswith("keras")
        for module in modules
    )


def _scope(names: dict[str, Any]) -> dict[str, Any]:
    """Where the names in an annotation are looked up."""
    return {"Any": Any, "Literal": Literal, "Path": Path, **names}


def _is_simple(member: Any) -> bool:
    """Whether a command line can hold values of a type."""
    if member in _SIMPLE_TYPES or get_origin(member) is Literal:
        return True
    if member in _COLLECTIONS or get_origin(member) in (*_COLLECTIONS, Sequence):
        arguments = [part for part in get_args(member) if part is not Ellipsis]
        return all(part is Any or any(map(_is_simple, _members(part))) for part in arguments)
    return False
