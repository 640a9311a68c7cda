"""The pages of the site that are made from the code."""

import importlib
import inspect
from pathlib import Path

import numpy as np
import pytest

import kerastune
from kerastune import recipes

pytestmark = pytest.mark.any_backend

TOOLS = Path(kerastune.__file__).parents[1] / "tools" / "docs_site"


@pytest.fixture
def module(monkeypatch):
    """A module of the tool, by its name."""
    monkeypatch.syspath_prepend(TOOLS)
    return importlib.import_module


def test_each_recipe_has_a_page_with_all_it_takes(module):
    pages = module("recipe_pages").recipe_pages()
    assert set(pages) == {f"recipes/{name}.md" for name in (*recipes.__all__, "index")}
    for name in recipes.__all__:
        page = pages[f"recipes/{name}.md"]
        assert f"| [`{name}`]({name}.md) | " in pages["recipes/index.md"]
        recipe = getattr(recipes, name)
        for argument in inspect.signature(recipe).parameters:
            assert page.count(f"| `{argument}` | ") == 1, argument
        assert f"def {name}(" in page
    assert "| `epochs` | `20` |" in pages["recipes/lenet.md"]
    assert "[results](../results.md)" in pages["recipes/text_classification.md"]


def test_each_recipe_says_what_was_measured(module):
    tool = module("recipe_pages")
    for name in recipes.__all__:
        assert tool.measured(tool.read(getattr(recipes, name))), name


def test_the_table_of_the_readme_is_that_of_the_docstrings(module, monkeypatch):
    monkeypatch.syspath_prepend(TOOLS.parent)
    tool = module("write_recipe_table")
    text = tool.README.read_text(encoding="utf-8")
    assert tool.with_table(text) == text, "run python tools/write_recipe_table.py"
    of_lenet = "| [`lenet`](recipes/lenet.py) | "
    assert of_lenet in text
    assert tool.with_table(text.replace(of_lenet, "| lenet | ")) == text
    with pytest.raises(SystemExit, match="Expected the lines"):
        tool.with_table(text.replace(tool.END, ""))


def test_the_gallery_is_that_of_the_runs_that_are_kept(module, monkeypatch):
    monkeypatch.syspath_prepend(TOOLS.parent)
    tool = module("write_gallery")
    assert tool.PAGE.read_text(encoding="utf-8") == tool.page(), "run python tools/write_gallery.py"
    kept = {path.stem for path in tool.FOLDER.glob("*.json")}
    assert kept == {path.stem for path in tool.FOLDER.glob("*.png")}
    assert kept <= set(recipes.__all__)
    assert all(f"](gallery/{name}.png)" in tool.page() for name in kept)


def test_a_run_is_added_to_the_gallery_by_its_command(module, monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(TOOLS.parent)
    tool = module("write_gallery")
    monkeypatch.setattr(tool, "FOLDER", tmp_path / "gallery")
    given = {"epochs": 2, "verbose": 0, "run_dir": tmp_path / "run"}
    recipes.linear_regression(**given)
    assert tool.add(tmp_path / "run") == "linear_regression"
    page = tool.page()
    assert "kerastune run linear_regression --backend torch --seed 0 --epochs 2\n" in page
    assert "; least squares 45.36" in page
    assert "Without a run here yet: `causal_language_model`" in page
    changed = {"epochs": 1, "learning_rate": 0.3, "jit_compile": False, "overwrite": True}
    recipes.linear_regression(**{**given, **changed})
    tool.add(tmp_path / "run")
    words = set(tool.page().replace("\n", " --").split(" --"))
    assert {"epochs 1", "learning_rate 0.3", "no_jit_compile"} <= words
    other = recipes.linear_regression(
        (np.eye(12), np.arange(12.0)), **{**given, "run_dir": tmp_path / "other"}
    )
    with pytest.raises(SystemExit, match="data by name"):
        tool.add(other.run_dir)


def test_every_public_name_is_in_the_reference(module):
    pages = module("reference_pages").reference_pages()
    package = pages.pop("reference/kerastune.md")
    for name in set(kerastune.__all__) - set(kerastune._ROOMS):
        assert f"[`kerastune.{name}`]" in package or f"::: kerastune.{name}\n" in package, name
    for room in set(kerastune._ROOMS) - {"recipes"}:
        assert f"::: kerastune.{room}\n" in pages[f"reference/{room}.md"]


def test_the_menu_has_every_page():
    menu = (TOOLS.parents[1] / "mkdocs.yml").read_text(encoding="utf-8")
    pages = {page.name for page in (TOOLS.parents[1] / "docs").glob("*.md")}
    assert not {page for page in pages if f": {page}\n" not in menu}


def test_links_of_the_readme_lead_to_pages_of_the_site(module):
    text = "[a](docs/data.md#x) [b](recipes/lenet.py) [c](CONTRIBUTING.md) ![d](docs/curves.png)"
    assert module("top_pages").with_links_of_the_site(text) == (
        "[a](data.md#x) [b](recipes/lenet.md) [c](contributing.md) ![d](curves.png)"
    )


def test_what_is_loaded_from_elsewhere(module):
    loaded = module("outside_loads").loaded_from_elsewhere
    assert loaded("""
        <script defer src="https://a.example/x.js"></script><img alt="" src='//b.example/x.png'>
        <link href="https://c.example/x.css" rel="stylesheet"><link rel=preconnect href=//d.example>
    """) == [
        "https://a.example/x.js",
        "//b.example/x.png",
        "https://c.example/x.css",
        "//d.example",
    ]
    assert not loaded("""
        <a href="https://a.example">a</a><link rel="canonical" href="https://a.example/x.html">
        <script src="assets/x.js"></script><img src="x.png" data-from="https://a.example">
    """)


def test_an_example_becomes_a_section(module):
    with_examples = module("docstring_examples").with_examples
    assert with_examples("One.\n\nExample:\n\n>>> 1\n1\n\n>>> 2\n2\n") == (
        "One.\n\nExamples:\n    >>> 1\n    1\n\n    >>> 2\n    2\n\n"
    )
    between = with_examples("One.\n\nExample:\n\n>>> 1\n1\n\nReference:\n    A paper.\n")
    assert between == "One.\n\nExamples:\n    >>> 1\n    1\n\nReference:\n    A paper.\n"
