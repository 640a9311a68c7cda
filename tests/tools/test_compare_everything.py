"""The table of many comparisons: what is the same, what rounding explains, what cannot be run."""

import importlib
import json
from pathlib import Path

import pytest

import kerastune
from kerastune.comparison import Comparison, Tolerances
from kerastune.comparison.judging.differences import Difference
from kerastune.comparison.trial import Trial
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

TOOLS = Path(kerastune.__file__).parents[1] / "tools"


@pytest.fixture
def tool(monkeypatch):
    """The tool as a module."""
    monkeypatch.syspath_prepend(TOOLS)
    return importlib.import_module("compare_everything")


def difference(stage, relative, limit, status="same", form="", absolute=0.0):
    return Difference(stage, "a", "jax", absolute, relative, limit, status, form)


def comparison(*differences, **settings):
    return Comparison(
        "a", (Trial("as it is", ("torch", "jax"), differences),), Tolerances(), **settings
    )


def cells(tool, monkeypatch, folder, answer):
    """The row of a comparison that ends as a test says."""

    def compare(what, *, output, **options):
        assert (what, options["reference"], options["steps"]) == ("lenet", "torch", 20)
        assert options["data"] == "digits"
        if isinstance(answer, Exception):
            raise answer
        answer.save(output)
        return answer

    monkeypatch.setattr(kerastune, "compare", compare)
    monkeypatch.setattr(Comparison, "save", stored)
    tool.compare("lenet", tool.recipes()["lenet"], folder, "torch,jax")
    return tool.row("lenet", folder)


def stored(self, directory):
    """The plain data alone; the page with its pictures takes seconds."""
    directory.mkdir(parents=True)
    (directory / "comparison.json").write_text(json.dumps(self.to_dict()))


def test_differences_within_the_tolerances_are_told(tool, monkeypatch, tmp_path):
    found = comparison(
        difference("layer", 2e-7, 1e-4, form="training"),
        # Nearer to its own tolerance than the output above, though larger.
        difference("layer", 1e-4, 1e-3, form="inputs"),
        difference("forward", 3e-7, 1e-4),
        difference("gradient", 4e-7, 1e-3),
        difference("gradient", 9.0, 1e-3, "listed"),
        difference("training", 1e-5, 1e-3, absolute=1e-5),
    )
    row = cells(tool, monkeypatch, tmp_path, found)
    assert row == ("lenet", "same", "1.0e-04", "3.0e-07", "4.0e-07", "5.0e-06")


def test_what_is_beyond_a_tolerance_is_told_with_what_rounding_allows(tool, monkeypatch, tmp_path):
    found = comparison(
        difference("gradient", 5e-3, 8e-3),
        difference("training", 0.3, 0.1, "listed", absolute=0.3),
        failures={"tensorflow": "no"},
    )
    row = cells(tool, monkeypatch, tmp_path, found)
    assert row[1:] == (
        "same; tensorflow cannot run it",
        "",
        "",
        "5.0e-03, rounding allows 8.0e-03",
        "1.5e-01, not judged",
    )


def test_a_difference_and_what_cannot_be_compared_stand_out(tool, monkeypatch, tmp_path):
    found = comparison(difference("layer", 0.1, 1e-4, "off", "inference"))
    assert cells(tool, monkeypatch, tmp_path / "off", found)[1] == "**not the same**"
    row = cells(tool, monkeypatch, tmp_path / "none", InputError("Expected two. Received: one"))
    assert row[1] == "Expected two. Received: one"
    assert tool.row("other", tmp_path)[1] == "not compared"
    lines = tool.table(["lenet", "other"], tmp_path / "none").split("\n")
    assert len(lines) == 4
    assert {line.count("|") for line in lines} == {7}


def test_every_recipe_is_compared_on_options_that_it_has(tool):
    chosen = tool.recipes()
    assert set(tool.RECIPES) <= set(chosen)
    assert {"lenet", "text_classification"} <= set(chosen)
    assert tool.networks(["VGG16"])["VGG16"].what.endswith("tests/comparison/zoo.py:VGG16")
