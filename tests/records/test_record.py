"""What is read of runs, broken and foreign directories among them."""

import io
import os

import pytest
from rich.console import Console

from kerastune.errors import InputError
from kerastune.records import differences, find_record, list_records, read_record, results_beside
from kerastune.records.run_lines import run_lines
from kerastune.records.tables import result_table
from tests.made_runs import make_run

pytestmark = pytest.mark.any_backend


def test_a_run_is_read_from_its_files(tmp_path):
    record = read_record(make_run(tmp_path / "a"))
    assert (record.recipe, record.backend, record.plan) == ("lenet", "jax", "full")
    assert (record.state, record.seconds) == ("finished", 75.0)
    assert record.started.timestamp() == 1_772_359_200
    assert record.first_metric == "accuracy"
    assert record.best_baseline("accuracy") == ("linear", 0.5)
    assert record.best_baseline("loss") is None
    assert record.notes == ("training: 90 samples of digits",)
    assert record.verdict == ("Accuracy 0.7500 beats linear (0.5000) by 0.2500.",)


def test_the_best_baseline_has_the_lowest_error(tmp_path):
    metrics = {
        "metrics": {"error": 3.0},
        "baselines": {"mean": {"error": 9.0}, "trees": {"error": 2.0}, "other": {"error": None}},
        "higher_is_better": {"error": False},
    }
    assert read_record(make_run(tmp_path / "a", metrics=metrics)).best_baseline("error") == (
        "trees",
        2.0,
    )


def test_runs_that_did_not_write_times_have_those_of_their_files(tmp_path):
    run = make_run(tmp_path / "a")
    (run / "run.json").write_text('{"recipe": "lenet", "status": "finished"}')
    os.utime(run / "config.yaml", (1_000, 1_000))
    os.utime(run / "run.json", (1_060, 1_060))
    record = read_record(run)
    assert (record.started.timestamp(), record.seconds) == (1_000, 60)


@pytest.mark.parametrize(
    ("status", "state"),
    [("running", "unfinished"), ("interrupted", "interrupted"), ("stopped", "stopped")],
)
def test_what_became_of_a_run(tmp_path, status, state):
    run = make_run(tmp_path / "a", run={"status": status}, metrics=None, environment=None)
    record = read_record(run)
    assert (record.state, record.first_metric, record.backend) == (state, None, None)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("run.json", "{", "run.json cannot be read"),
        ("run.json", "[]", "run.json cannot be read: it holds a value of type list"),
        ("run.json", "{}", "hold something else"),
        ("run.json", '{"recipe": "a", "status": "b", "started": "noon"}', "hold something else"),
        ("metrics.json", '{"metrics": 3}', "hold something else"),
        ("metrics.json", "NaN", "metrics.json cannot be read: it holds a value of type float"),
        ("plan.yaml", "name: [", "plan.yaml cannot be read"),
        ("environment.json", "\udcff", "environment.json cannot be read"),
    ],
)
def test_a_broken_run_is_told_in_a_line(tmp_path, file, content, message):
    run = make_run(tmp_path / "a")
    (run / file).write_text(content, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(InputError, match=message) as caught:
        read_record(run)
    assert "\n" not in str(caught.value)
    assert [line.count(str(run)) for line in list_records(tmp_path).broken] == [1]


def test_runs_are_listed_newest_first_one_folder_deep(tmp_path):
    for name, day in (("b", 3), ("monday/c", 5), ("a", 4)):
        make_run(tmp_path / name, run={"started": f"2026-03-{day:02d}T10:00:00+00:00"})
    make_run(tmp_path / "too" / "deep" / "d")
    make_run(tmp_path / ".a.new")
    (tmp_path / "notes").mkdir()
    (tmp_path / "readme.txt").touch()
    listing = list_records(tmp_path)
    assert [record.name for record in listing.records] == ["c", "a", "b"]
    assert [path.name for path in listing.foreign] == ["notes", "too"]
    assert listing.broken == ()
    assert [record.name for record in list_records(tmp_path / "a").records] == ["a"]


def test_a_run_is_found_by_name_and_by_path(tmp_path, monkeypatch):
    make_run(tmp_path / "monday" / "first")
    assert find_record("monday/first", tmp_path).name == "first"
    assert find_record(tmp_path / "monday" / "first").name == "first"
    with pytest.raises(InputError, match=r"Did you mean 'monday/first'\?"):
        find_record("monday/frist", tmp_path)
    with pytest.raises(InputError, match=r"holds no run\.json"):
        find_record(tmp_path / "monday")


def test_a_run_with_repeats_has_means_and_the_plan_of_the_first(tmp_path):
    spread = {"mean": 0.75, "standard_deviation": 0.1, "lowest": 0.6, "highest": 0.9}
    left_out = dict.fromkeys(("plan", "plan_table", "history"))
    run = make_run(tmp_path / "a", metrics={"spread": {"accuracy": spread}}, **left_out)
    make_run(run / "repeat-1", plan={"name": "head_only"})
    make_run(run / "repeat-2")
    (record,) = list_records(tmp_path).records
    assert record.spread == {"accuracy": spread}
    assert record.plan == "head_only"
    assert [stage["name"] for stage in record.stages()] == ["one"]
    assert len(record.plan_rows()) == 1
    assert len(record.history()["epochs"]) == 2
    shown = io.StringIO()
    Console(file=shown, width=80).print(result_table(record))
    assert "0.7500 0.1000 0.6000 0.9000 0.2500 0.5000" in " ".join(shown.getvalue().split())
    lines = [" ".join(line.split()) for line in run_lines([record], tmp_path)]
    assert "a accuracy, mean 0.7500 2026-03-01" in lines


def test_settings_that_differ_and_results(tmp_path):
    first = read_record(make_run(tmp_path / "a", config={"run_dir": "a"}))
    changed = {
        "config": {"epochs": 3, "seed": 1, "run_dir": "b"},
        "environment": {"backend": "torch", "versions": {"keras": "3.16"}},
        "plan": {"stages": [{"name": "one", "learning_rate": 0.2}, {"name": "two"}]},
        "metrics": {"metrics": {"accuracy": 0.8, "f1": 0.7}},
    }
    second = read_record(make_run(tmp_path / "b", **changed))
    assert [(one.name, one.first, one.second) for one in differences(first, second)] == [
        ("backend", "jax", "torch"),
        ("epochs", 2, 3),
        ("stage 1.learning_rate", 0.1, 0.2),
        ("versions.keras", "3.15.1", "3.16"),
        ("seed", None, 1),
        ("stage 2.name", None, "two"),
    ]
    assert [(one.name, one.first, one.second) for one in results_beside(first, second)] == [
        ("accuracy", 0.75, 0.8),
        ("loss", 0.5, None),
        ("f1", None, 0.7),
    ]
    assert differences(first, first) == []
