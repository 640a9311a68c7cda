"""Recipes that are a user's own: in a file anywhere, or in an installed package."""

import importlib.metadata
import importlib.util
import sys
import traceback
import zlib
from pathlib import Path
from types import ModuleType
from typing import Any

from kerastune.errors import InputError, closest, reason
from kerastune.files import with_home
from kerastune.jobs.recipe import Recipe

ENTRY_POINTS = "kerastune.recipes"


def find_recipe(text: str) -> Recipe[Any]:
    """The recipe that a text names.

    Args:
        text: str: the name of a recipe of this project or of an installed package, or
            `my_recipe.py:name`, a file and the name of a recipe in it, which may be left out
            where the file has one.

    Returns:
        A `Recipe`.

    Raises:
        InputError: if there is no such recipe, or its file cannot be imported.

    Example:

    >>> find_recipe("lenet").__name__
    'lenet'
    """
    if is_file(text):
        file, name = _file_and_name(text)
        return _recipe_in(file, name)
    names = recipe_names()
    if text not in names:
        raise InputError(
            f"Expected a recipe out of {', '.join(names)}, or my_recipe.py:name. "
            f"Received: {text!r}." + closest(text, names)
        )
    from kerastune import recipes

    if text in recipes.__all__:
        return getattr(recipes, text)
    (point, *_) = importlib.metadata.entry_points(group=ENTRY_POINTS, name=text)
    try:
        found = point.load()
    except Exception as error:  # Whatever a foreign package does when imported.
        raise InputError(
            f"Expected a recipe that can be imported. Received: {point.value}: {reason(error)}"
        ) from error
    if not isinstance(found, Recipe):
        raise InputError(
            f"Expected a recipe, a function with @kerastune.recipe. Received: {point.value}, a "
            f"{type(found).__name__}"
        )
    return found


def address_of(recipe: Recipe[Any]) -> str | None:
    """What `find_recipe` takes for a recipe, in any folder.

    Args:
        recipe: the `Recipe`.

    Returns:
        The name of a recipe of this project or of an installed package, `FILE.py:NAME`, or
        None where it is in no file.

    Example:

    >>> address_of(find_recipe("lenet"))
    'lenet'
    """
    # Code that is executed by itself is in no module.
    module, name = recipe.__module__ or "", recipe.__name__
    if module.startswith("kerastune.recipes."):
        return name
    for point in importlib.metadata.entry_points(group=ENTRY_POINTS):
        if point.value == f"{module}:{name}":
            return point.name
    file = getattr(sys.modules.get(module), "__file__", None)
    return f"{Path(file).resolve()}:{name}" if file and file.endswith(".py") else None


def is_file(text: str) -> bool:
    """Whether a text names a file, and maybe a recipe in it, rather than a recipe.

    Args:
        text: str.

    Example:

    >>> is_file("my_recipe.py"), is_file("my_recipe.py:mine"), is_file("lenet")
    (True, True, False)
    """
    return text.endswith(".py") or ".py:" in text


def _file_and_name(text: str) -> tuple[str, str]:
    """The file that a text names, and the name of a recipe in it, or an empty text."""
    file, separator, name = text.rpartition(".py:")
    return (f"{file}.py", name) if separator else (text, "")


def recipe_names() -> list[str]:
    """The names of the recipes of this project, then of those of installed packages.

    Example:

    >>> "lenet" in recipe_names()
    True
    """
    from kerastune import recipes

    installed = [point.name for point in importlib.metadata.entry_points(group=ENTRY_POINTS)]
    return list(dict.fromkeys([*recipes.__all__, *sorted(installed)]))


def import_recipe_file(path: str | Path) -> ModuleType:
    """Imports a Python file, which registers the classes that it defines.

    A file that was imported already is not run again.

    Args:
        path: str or Path.

    Returns:
        The module.

    Raises:
        InputError: if there is no such file, or it raises.

    Example:

    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "mine.py"
    >>> _ = file.write_text("answer = 42")
    >>> import_recipe_file(file).answer
    42
    """
    file = with_home(path).resolve()
    if not file.is_file():
        raise InputError(f"Expected a Python file. Received: '{path}', which is not there")
    for module in list(sys.modules.values()):
        # Not `getattr`, which makes lazily loaded modules load.
        if getattr(module, "__dict__", {}).get("__file__") == str(file):
            return module
    name = _module_name(file)
    specification = importlib.util.spec_from_file_location(name, file)
    if specification is None or specification.loader is None:
        raise InputError(f"Expected a file that ends in .py. Received: '{path}'")
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    try:
        specification.loader.exec_module(module)
    # Whatever a user's file does when it is run; it may also end the process.
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise InputError(
            f"Expected a recipe file that can be run. Received: '{path}', which raised "
            f"{type(error).__name__}: {reason(error)}{line_in(error, file)}"
        ) from error
    return module


def _module_name(file: Path) -> str:
    """A name for a file's module that hides no module which is imported by its name."""
    try:
        found = importlib.util.find_spec(file.stem)
        is_taken = found is not None and found.origin != str(file)
    except (ImportError, ValueError):
        is_taken = True
    is_taken = is_taken or file.stem in sys.modules
    return f"{file.stem}_{zlib.crc32(str(file).encode()):08x}" if is_taken else file.stem


def _recipe_in(file: str, name: str) -> Recipe[Any]:
    """The recipe of some name in a file, or its only one."""
    module = import_recipe_file(file)
    recipes = {
        key: value
        for key, value in vars(module).items()
        if isinstance(value, Recipe) and value.__module__ == module.__name__
    }
    if not name and len(recipes) == 1:
        return next(iter(recipes.values()))
    if name in recipes:
        return recipes[name]
    if not recipes:
        received = "none. Put @kerastune.recipe before the function that returns a kerastune.Job"
    else:
        received = f"{name!r}." if name else "no name."
        received += closest(name, list(recipes)) if name else f" Write {file}:{next(iter(recipes))}"
    expected = f"one of the recipes {', '.join(recipes)}" if recipes else "a recipe"
    raise InputError(f"Expected {expected} in '{file}'. Received: {received}")


def line_in(error: BaseException, text: str | Path) -> str:
    """Where in a user's file an error was raised.

    Args:
        error: the exception, caught.
        text: str or Path, the file, maybe with the name of a recipe.

    Returns:
        Text such as ` (line 12)`, or an empty one if it was raised elsewhere.

    Example:

    >>> line_in(ValueError("no"), "my_recipe.py")
    ''
    """
    file = str(with_home(_file_and_name(str(text))[0]).resolve())
    if isinstance(error, SyntaxError) and error.filename == file:
        return f" (line {error.lineno})"
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == file]
    return f" (line {lines[-1]})" if lines else ""
