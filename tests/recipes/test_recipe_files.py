"""A recipe is one file of one screen, and has the options of all recipes."""

import ast
import inspect
from pathlib import Path

import pytest

from kerastune import recipes
from kerastune.jobs.recipe import Recipe
from kerastune.jobs.run_options import DEFAULTS

pytestmark = pytest.mark.any_backend

MOST_LINES = 40
DOCUMENTED = (ast.Module, ast.FunctionDef, ast.ClassDef)


def code_lines(text: str) -> int:
    """The lines of a file that are neither blank, comments, docstrings, nor lists of options."""
    left_out: set[int] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            first = node.body[0]
            left_out |= set(range(first.lineno, (first.end_lineno or 0) + 1))
        if isinstance(node, ast.arg):
            left_out.add(node.lineno)
    lines = enumerate(text.splitlines(), start=1)
    return sum(
        number not in left_out and bool(line.strip()) and not line.strip().startswith("#")
        for number, line in lines
    )


@pytest.mark.parametrize("name", recipes.__all__)
def test_a_recipe_is_one_screen(name):
    file = Path(recipes.__path__[0]) / f"{name}.py"
    assert code_lines(file.read_text(encoding="utf-8")) <= MOST_LINES


@pytest.mark.parametrize("name", recipes.__all__)
def test_every_option_has_a_default_and_is_documented(name):
    recipe = getattr(recipes, name)
    assert isinstance(recipe, Recipe)
    parameters = inspect.signature(recipe).parameters
    assert set(DEFAULTS) <= set(parameters)
    assert list(parameters)[:2] == ["data", "test_data"]
    for parameter in parameters.values():
        assert parameter.default is not parameter.empty
        assert f"\n    {parameter.name}: " in recipe.__doc__


def test_what_counts_as_code():
    text = '"""Doc."""\n\n# Why.\nx = 1\n\n\ndef f():\n    """Two\n    lines."""\n    return x\n'
    assert code_lines(text) == 3
