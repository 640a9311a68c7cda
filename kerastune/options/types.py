"""Types of annotations that a command line can hold."""

import ast
import inspect
import types
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from kerastune.jobs.recipe import Recipe
from kerastune.jobs.run_options import DEFAULTS

NO_TYPE = object()
"""What `simple_type` gives where there is no such type."""

COLLECTIONS = (list, tuple, dict)
_SIMPLE_TYPES = (str, int, float, bool, dict, type(None), Path)


def simple_type(parameter: inspect.Parameter, recipe: Recipe[Any]) -> Any:
    """Returns the members of a parameter's type that a command line can hold.

    Args:
        parameter: a parameter of the recipe.
        recipe: the `Recipe`, in whose file the names of an annotation are looked up.

    Returns:
        A type, or `NO_TYPE`.

    Example:

    >>> from kerastune import recipes
    >>> simple_type(inspect.signature(recipes.lenet).parameters["epochs"], recipes.lenet)
    <class 'int'>
    """
    annotation = parameter.annotation
    if annotation is parameter.empty:
        # As type checkers do, the default tells.
        known = type(parameter.default)
        if parameter.default is parameter.empty or parameter.default is None:
            return str if parameter.default is parameter.empty else str | None
        return known if known in _SIMPLE_TYPES else NO_TYPE
    if isinstance(annotation, str):
        # The options of every run are written in words of this library, not of the file.
        own = parameter.name not in DEFAULTS
        names = inspect.unwrap(recipe).__globals__ if own else {}
        found = _members_of_text(annotation, names)
    else:
        found = members(annotation)
    kept = [member for member in found if _is_simple(member)]
    # With None alone there is nothing to choose.
    return Union[tuple(kept)] if set(kept) - {type(None)} else NO_TYPE  # noqa: UP007


def members(annotation: Any) -> tuple[Any, ...]:
    """Returns the members of a union, or the one type that an annotation is.

    Args:
        annotation: a type.

    Returns:
        A tuple of types.

    Example:

    >>> members(int | None)
    (<class 'int'>, <class 'NoneType'>)
    """
    if get_origin(annotation) in (Union, types.UnionType):
        return get_args(annotation)
    return (annotation,)


def _members_of_text(annotation: str, names: dict[str, Any]) -> tuple[Any, ...]:
    """Returns the members of a union in quotes, those left out that only this package can name.

    Evaluating those would import a framework.
    """
    parts: list[ast.expr] = []
    left: list[ast.expr] = [ast.parse(annotation, mode="eval").body]
    while left:
        node = left.pop(0)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
            left = [node.left, node.right, *left]
        else:
            parts.append(node)
    found: list[Any] = []
    for node in parts:
        if _names_a_class_of_keras(node, names):
            continue
        try:
            value = eval(ast.unparse(node), _scope(names))
        except Exception:  # A name that only a type checker knows.
            continue
        found.extend(members(type(None) if value is None else value))
    return tuple(found)


def _names_a_class_of_keras(node: ast.expr, names: dict[str, Any]) -> bool:
    """Returns whether an annotation looks something up in this package or in Keras."""
    modules = [names.get(part.id) for part in ast.walk(node) if isinstance(part, ast.Name)]
    return any(
        isinstance(module, types.ModuleType) and module.__name__.startswith("keras")
        for module in modules
    )


def _scope(names: dict[str, Any]) -> dict[str, Any]:
    """Returns the namespace of an annotation."""
    return {"Any": Any, "Literal": Literal, "Path": Path, **names}


def _is_simple(member: Any) -> bool:
    if member in _SIMPLE_TYPES or get_origin(member) is Literal:
        return True
    if member in COLLECTIONS or get_origin(member) in (*COLLECTIONS, Sequence):
        arguments = [part for part in get_args(member) if part is not Ellipsis]
        return all(part is Any or any(map(_is_simple, members(part))) for part in arguments)
    return False
