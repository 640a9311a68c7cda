"""A page for each recipe, made from its docstring, its signature and its code, and one for all."""

import inspect
import re
from typing import Any

from docstring_parser import DocstringStyle, parse
from docstring_parser.common import Docstring

from kerastune import recipes
from kerastune.jobs.recipe import Recipe

SOURCE = "https://github.com/kerastune/kerastune/blob/main/recipes"

# How a docstring names a guide.
GUIDE = re.compile(r"\bdocs/([\w-]+)\.md\b")


def recipe_pages() -> dict[str, str]:
    """The text of each page, by its path among the docs."""
    pages = {"recipes/index.md": gallery()}
    for name in recipes.__all__:
        pages[f"recipes/{name}.md"] = recipe_page(getattr(recipes, name))
    return pages


def gallery() -> str:
    """The page of all recipes: a table of what each does, on which data, and how well."""
    lines = [
        "# Recipes",
        "",
        "Each is a function and a command. They take the same [options](../running.md), and "
        "[your data](../data.md) as they are.",
        "",
        recipe_table("{name}.md"),
        "",
        "How it was measured: [results](../results.md).",
    ]
    return "\n".join(lines) + "\n"


def recipe_table(link: str) -> str:
    """A table of all recipes: what each does, and what was measured, in its docstring's words.

    The text of a link holds `{name}` for the recipe's name.
    """
    lines = ["| recipe | what it does | measured |", "|---|---|---|"]
    for name in recipes.__all__:
        documented = read(getattr(recipes, name))
        summary = cell(documented.short_description)
        numbers = cell(measured(documented)).removeprefix("Measured ")
        lines.append(f"| [`{name}`]({link.format(name=name)}) | {summary} | {numbers} |")
    return "\n".join(lines)


def recipe_page(recipe: Recipe[Any]) -> str:
    """The page of one recipe."""
    name = recipe.__name__
    documented = read(recipe)
    own = {parameter.name for parameter in recipe.own}
    rows = {one.arg_name: one.description for one in documented.params}
    text = f"""# `{name}`

{documented.short_description}

{documented.long_description}

```sh
kerastune run {name}
kerastune run {name} --help
```

```python
from kerastune import recipes

result = recipes.{name}()
```

Returns: {documented.returns.description if documented.returns else ""}

## Arguments

{table(recipe, {argument: rows[argument] for argument in rows if argument in own})}

## Options of every run

With the defaults of this recipe; [Running a recipe](../running.md) explains them.

{table(recipe, {argument: rows[argument] for argument in rows if argument not in own})}

## Code

All of it, [`recipes/{name}.py`]({SOURCE}/{name}.py):

```python
{inspect.getsource(inspect.getmodule(recipe.__wrapped__)).rstrip()}
```
"""
    return GUIDE.sub(r"[\1](../\1.md)", text)


def read(recipe: Recipe[Any]) -> Docstring:
    """A recipe's docstring in its parts."""
    return parse(recipe.__doc__ or "", DocstringStyle.GOOGLE)


def measured(documented: Docstring) -> str:
    """The paragraph of a docstring that tells what was measured."""
    paragraphs = (documented.long_description or "").split("\n\n")
    return next((one for one in paragraphs if one.startswith("Measured")), "")


def table(recipe: Recipe[Any], rows: dict[str, str | None]) -> str:
    """A table of arguments with their defaults."""
    lines = ["| argument | default | meaning |", "|---|---|---|"]
    lines += [
        f"| `{argument}` | {default(recipe, argument)} | {cell(text)} |"
        for argument, text in rows.items()
    ]
    return "\n".join(lines)


def default(recipe: Recipe[Any], argument: str) -> str:
    """The default of an argument as a person would write it; nothing where it is None."""
    value = inspect.signature(recipe).parameters[argument].default
    return "" if value is None else f"`{value}`"


def cell(text: str | None) -> str:
    """Text on one line, as a cell of a table takes it."""
    return " ".join((text or "").split()).replace("|", "\\|")
