"""The outputs of commands, recorded and compared: what is equal, and what a change shows."""

import importlib
from pathlib import Path

import pytest

import kerastune

pytestmark = [
    pytest.mark.any_backend,
    # As in the command itself, which shows the warnings of Keras.
    pytest.mark.filterwarnings("default"),
]

TOOLS = Path(kerastune.__file__).parents[1] / "tools"
TWO = ["--only", "by_layer", "--only", "bad_out*"]


@pytest.fixture
def tool(monkeypatch):
    """The tool as a module."""
    monkeypatch.syspath_prepend(TOOLS)
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    return importlib.import_module("compare_outputs")


@pytest.mark.slow
def test_two_calls_before_and_after(tool, tmp_path, capsys):
    assert tool.main(["record", str(tmp_path), *TWO]) == 0
    good, bad = (tmp_path / "torch" / f"{name}.txt" for name in ("by_layer", "bad_outputs"))
    stored = good.read_text()
    assert stored.startswith("$ kerastune params adapted.keras int8.keras --by layer\n")
    assert "exit status 0" in stored
    assert "inner/wide          15         15       0" in stored
    assert bad.read_text().count("exit status 2") == 4
    assert "ends in .html or .htm for --html. Received: 'small.keras'" in bad.read_text()

    assert tool.main(["compare", str(tmp_path), *TWO]) == 0
    assert "2 outputs equal, 0 different" in capsys.readouterr().out

    good.write_text(stored.replace("inner/wide", "inner/narrow"))
    bad.unlink()
    assert tool.main(["compare", str(tmp_path), *TWO]) == 1
    told = capsys.readouterr().out.splitlines()
    assert "0 outputs equal, 2 different" in told
    removed, added = ([line for line in told if line.startswith(f"{sign}inner/")] for sign in "-+")
    assert [line.replace("narrow", "wide")[1:] for line in removed] == [line[1:] for line in added]
    assert len(added) == 2
    assert "+$ kerastune params lenet --json out/t.txt" in told


def test_a_name_that_is_none(tool, tmp_path, capsys):
    with pytest.raises(SystemExit):
        tool.main(["record", str(tmp_path), "--only", "by_leyer"])
    assert "Received: by_leyer" in capsys.readouterr().err


@pytest.fixture
def normalising(tool):
    """What is left out."""
    return importlib.import_module("outputs.normalising")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("all 1/2: loss 0.5313, r2 -1.2e-05; 12 s, about 20 s left\n", "all 1/2: loss #, r2 #\n"),
        ("│ head │ 1,290 │ 0.003 │ 1,234.5678 │\n", "│ head │ 1,290 │ 0.003 │ ########## │\n"),
        ("h2: Plan\nhead | 0.003\nh2: Other\n0.003\n", "h2: Plan\nhead | 0.003\nh2: Other\n#\n"),
        ("h2: Predictions\ntr: | 1,471 | a 7 | 5", "h2: Predictions\ntr: | # | a 7 | #"),
        ("tr: | 3 | DATE | 0.01 | 3.1e+04", "tr: | 3 | DATE | # | #"),
        ("training | 36 | 12e6df6f2045d278", "training | 36 | 12e6df6f2045d278"),
    ],
)
def test_what_training_decides_is_hidden(normalising, text, left):
    assert normalising.measured_hidden(text) == left


def test_where_and_when_are_hidden(normalising, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = f"{Path.cwd()}/a.py:3: UserWarning at 2026-03-01 10:00:00, Keras 3.15.1, 1,234 and 0.25"
    hidden = normalising.without_machine(text)
    assert hidden == "FOLDER/a.py: UserWarning at DATE, Keras VERSION, 1,234 and 0.25"


def test_a_page_is_told_by_its_words(tool):
    pages = importlib.import_module("outputs.pages")
    page = """<title>A</title><style>p {}</style><h2>B <b>C</b></h2>
        <table><tr><th>d</th><td>1<img alt="e" src="data:image/png;base64,AAAA"></td></tr></table>
        <img alt="f" src="data:image/png;base64,AAAB">g"""
    expected = "title: A\nh2: B C\ntr: | d | 1 [e]\npicture: [f]\ntext: g\n"
    assert pages.page_outline(page, drawn=False) == expected
    first, second = (
        [line for line in pages.page_outline(given, drawn=True).splitlines() if "f, " in line]
        for given in (page, page.replace("AAAB", "AAAC"))
    )
    assert len(first) == 1
    assert first != second
