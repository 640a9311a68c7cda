"""The notebooks hold no outputs, open in Colab, and run as they stand."""

import json
import re
from pathlib import Path

import pytest

import kerastune

ROOT = Path(kerastune.__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
COLAB = "https://colab.research.google.com/github/kerastune/kerastune/blob/main/"


def cells(file):
    """The cells of a notebook, with their text in one piece."""
    read = json.loads(file.read_text(encoding="utf-8"))["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in read]


def code(file):
    """The text of each cell of code but those that install what is needed."""
    return [
        cell["source"]
        for cell in cells(file)
        if cell["cell_type"] == "code" and "install" not in cell["metadata"].get("tags", [])
    ]


def run(name):
    """The names that a notebook leaves behind."""
    names: dict = {}
    for text in code(ROOT / "notebooks" / name):
        exec(compile(text, name, "exec"), names)
    return names


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    """Runs of notebooks are written elsewhere."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.any_backend
@pytest.mark.parametrize("file", NOTEBOOKS, ids=lambda file: file.stem)
def test_what_is_stored(file):
    title, *_ = found = cells(file)
    assert re.match(r"# .*\n\n\[Open in Colab\]\((.*)\)\n", title["source"])[1] == (
        f"{COLAB}notebooks/{file.name}"
    )
    assert len({cell["id"] for cell in found}) == len(found)
    stored = [cell for cell in found if cell["cell_type"] == "code"]
    assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in stored)
    assert len(code(file)) == len(stored) - 1
    for text in code(file):
        assert not re.search(r"^\s*[%!]", text, re.MULTILINE)
        compile(text, file.name, "exec")


@pytest.mark.any_backend
def test_each_is_run_here():
    assert [file.stem for file in NOTEBOOKS] == ["compare_backends", "first_run", "your_own_model"]


@pytest.mark.slow
def test_a_first_run():
    names = run("first_run.ipynb")
    assert names["result"].metrics["accuracy"] > 0.5  # Of ten topics.
    assert len(names["result"].predict(names["sentences"])) == 2


@pytest.mark.slow
def test_your_own_model():
    names = run("your_own_model.ipynb")
    assert names["tuned"] > 0.6  # Of five digits, from five images of each.


@pytest.mark.slow
@pytest.mark.any_backend
def test_compare_backends():
    names = run("compare_backends.ipynb")
    assert names["differences"]["jax"] == 0
    assert max(names["differences"].values()) < 1e-4
