"""What prints as a table."""

import keras
import pytest

from kerastune import freeze
from kerastune.cli import main
from kerastune.display import AsTable, Column, Table
from kerastune.evaluation import Evaluation, Metric
from kerastune.recipes import linear_regression
from kerastune.training import TrainingHistory
from kerastune.tuning.finder.sweep import RateSearch

pytestmark = pytest.mark.any_backend


def epoch(number, **measured):
    return {"stage": "all", "epoch": number, "steps": number, "loss": 0.5, **measured}


def objects():
    body = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="body")])
    model = keras.Sequential([body, keras.layers.Dense(1, name="logits")])
    long = {f"val_metric_{number}": 0.1 for number in range(9)}
    return {
        "frozen": freeze(model, "backbone"),
        "evaluation": Evaluation([Metric("f1_of_[red]", 0.25)], {"per_class": {}}),
        "search": RateSearch((0.1, 0.2), (3.0, 2.0), (3.0, 2.5), {"valley": 0.1}),
        "history": TrainingHistory(epochs=[epoch(number, **long) for number in range(1, 101)]),
        "empty": TrainingHistory(),
    }


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("frozen", ["What trains in", "body", "frozen", "trainable"]),
        ("evaluation", ["F1 of [red]", "0.2500", "By name also: per_class."]),
        ("search", ["valley", "0.1", "2 rates from 0.1 to 0.2 were tried."]),
        ("history", ["0.5000", "of 100 epochs.", "val_metric_8"]),
        ("empty", ["History"]),
    ],
)
def test_it_fits_80_columns_and_is_the_same_at_a_prompt(name, parts):
    shown = objects()[name]
    text = str(shown)
    assert repr(shown) == text
    assert max(map(len, text.splitlines())) <= 80
    for part in parts:
        assert part in " ".join(text.split())
    html = shown._repr_html_()
    assert html.startswith("<p><b>")
    assert html.count("<tr>") <= 22


def test_every_text_is_escaped_in_a_notebook():
    class Named(AsTable):
        def to_table(self):
            cell = (("<script>&\n[bold]",),)
            return Table("<i>", (Column("<b>", "lines"),), cell, ("<u>",))

    html = Named()._repr_html_()
    for tag in ("<i>", "<script>", "<u>"):
        assert tag not in html
    assert "&lt;b&gt;" in html
    assert "&lt;script&gt;&amp;\n[bold]" in html


def test_a_quiet_run_writes_all_and_its_result_is_a_table(tmp_path, capsys):
    result = linear_regression(epochs=1, run_dir=tmp_path / "run", verbose=0)
    assert capsys.readouterr() == ("", "")
    assert (tmp_path / "run" / "report.html").exists()
    text = str(result)
    assert "linear_regression on the test samples" in text
    assert "1 epochs" not in text
    assert f"{result.metrics['r2']:.4f}" in text
    assert max(map(len, text.splitlines())) <= 80
    assert "verbose" not in (tmp_path / "run" / "config.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(("option", "count"), [("--quiet", 0), ("--verbose", 25)])
def test_the_command_has_a_word_for_each(tmp_path, capsys, option, count):
    arguments = ["run", "linear_regression", option, "--run_dir", str(tmp_path / "run")]
    assert main([*arguments, "--epochs", "25"]) == 0
    out = capsys.readouterr().out
    assert sum(line.startswith("gradient descent ") for line in out.splitlines()) == count
    assert bool(out) == bool(count)
    assert (tmp_path / "run" / "report.html").exists()
