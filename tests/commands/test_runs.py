"""`kerastune runs` and `kerastune report`, which start no framework."""

import subprocess
import sys
import webbrowser

import pytest

from kerastune.cli import main
from tests.made_runs import make_run

pytestmark = pytest.mark.any_backend


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """A folder with two runs in `runs`, and a terminal of 80 columns."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    make_run(tmp_path / "runs" / "first")
    make_run(
        tmp_path / "runs" / "text_classification-20261128-000618",
        run={
            "recipe": "text_classification",
            "status": "interrupted",
            "started": "2026-04-01T10:00:00+00:00",
        },
        plan={"name": "linear_probe_then_fine_tune"},
        metrics=None,
        report=None,
    )
    return tmp_path / "runs"


def test_the_list(runs, capsys):
    assert main(["runs"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    rows = [" ".join(line.split()) for line in lines[3:]]
    assert rows == [
        "text_classification-20261128-000618 interrupted 2026-04-01",
        "text_classification, jax, 1 min 15 s",
        "linear_probe_then_fine_tune",
        "first accuracy 0.7500 2026-03-01",
        "lenet, jax, full linear 0.5000 1 min 15 s",
    ]


def test_what_is_no_run_is_told_in_a_line(runs, capsys):
    (runs / "broken").mkdir()
    (runs / "broken" / "run.json").write_text("{")
    (runs / "notes\x1b[2J").mkdir()
    assert main(["runs", "runs"]) == 0
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert "runs/broken', whose run.json cannot be read" in told[0]
    assert told[1] == r"kerastune: no runs, left out: runs/notes\x1b[2J"


def test_a_folder_without_runs(tmp_path, capsys):
    assert main(["runs", str(tmp_path)]) == 0
    assert "No runs in" in capsys.readouterr().out
    assert main(["runs", str(tmp_path / "no")]) == 2


def test_from_within_a_run(runs, capsys, monkeypatch):
    monkeypatch.chdir(runs / "first")
    assert main(["runs", "."]) == 0
    assert "first" in capsys.readouterr().out
    assert main(["report", "."]) == 0
    assert "Report: report.html" in capsys.readouterr().out


def test_two_runs_compared(runs, capsys):
    make_run(
        runs / "second",
        config={"epochs": 5},
        metrics={"metrics": {"accuracy": 0.5, "loss": 0.25}},
    )
    assert main(["runs", "--compare", "first", "second", "--output", "curves.png"]) == 0
    out = capsys.readouterr().out
    assert max(map(len, out.splitlines())) <= 80
    rows = [" ".join(line.split()) for line in out.splitlines()]
    assert "epochs 2 5" in rows
    assert "accuracy ↑ * 0.7500 0.5000 -0.2500" in rows
    assert "loss ↓ 0.5000 * 0.2500 -0.2500" in rows
    assert (runs.parent / "curves.png").stat().st_size > 5_000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["runs", "--output", "a.png"], "Expected --output with --compare A B"),
        (["runs", "--compare", "first", "frist"], "Did you mean 'first'?"),
        (["runs", "--compare", "first", "runs/first"], "Expected two runs to compare"),
        (["runs", "--compare", "first", "first", "--output", "a.jpg"], "ends in .png"),
        (["report", "frist"], "Did you mean 'first'?"),
        (["report", "text_classification-20261128-000618", "--open"], "with a report.html"),
    ],
)
def test_what_cannot_be_done(runs, capsys, arguments, message):
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_the_result_again(runs, capsys):
    assert main(["report", "runs/first"]) == 0
    out = capsys.readouterr().out
    rows = [" ".join(line.split()) for line in out.splitlines()]
    assert rows[0].startswith("lenet on jax, plan full: finished, started 2026-03-01")
    for expected in (
        "training: 90 samples of digits",
        "one head 11 11 1",
        "accuracy ↑ * 0.7500 0.2500 0.5000",
        "loss ↓ 0.5000 – –",
        "Accuracy 0.7500 beats linear (0.5000) by 0.2500.",
        "Report: runs/first/report.html",
    ):
        assert expected in rows


def test_a_run_without_a_report_says_how_to_get_one(runs, capsys):
    name = "text_classification-20261128-000618"
    assert main(["report", name]) == 0
    captured = capsys.readouterr()
    assert "Last epoch: stage head, epoch 2, steps 4, loss 0.5" in captured.out
    assert f"kerastune run --config runs/{name}/config.yaml" in captured.err


@pytest.mark.parametrize("opens", [True, False])
def test_the_report_in_the_browser(runs, capsys, monkeypatch, opens):
    asked = []
    monkeypatch.setattr(webbrowser, "open", lambda page: asked.append(page) or opens)
    assert main(["report", "first", "--open"]) == (0 if opens else 2)
    assert asked == [(runs / "first" / "report.html").as_uri()]


def test_neither_loads_a_framework_nor_what_draws(runs):
    code = (
        "import sys\nfrom kerastune.cli import main\n"
        "other = 'text_classification-20261128-000618'\n"
        "main(['runs']), main(['runs', '--compare', 'first', other]), main(['report', other])\n"
        "heavy = {'keras', 'tensorflow', 'jax', 'torch', 'numpy', 'matplotlib', 'sklearn', 'scipy',"
        " 'polars', 'grain', 'jsonargparse'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
