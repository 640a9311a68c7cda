"""Run directories: what is written when, and what is never lost."""

import json
from pathlib import Path

import pytest
import yaml

from kerastune.data import Source
from kerastune.errors import InputError
from kerastune.runs import prepare_run
from kerastune.tuning import full

pytestmark = pytest.mark.any_backend


def prepare(run_dir, overwrite=False, **arguments):
    return prepare_run(
        "mine", arguments, run_dir=run_dir, overwrite=overwrite, seed=0, precision="float32"
    )


def test_preparing_writes_nothing(tmp_path):
    prepare(tmp_path / "run")
    assert list(tmp_path.iterdir()) == []


def test_beginning_writes_how_it_was_started(tmp_path):
    run = prepare(tmp_path / "run", epochs=3, data=Path("a.csv"), rates=(0.1, 0.2), name=None)
    run.begin()
    configuration = yaml.safe_load((tmp_path / "run" / "config.yaml").read_text())
    assert configuration == {"epochs": 3, "data": "a.csv", "rates": [0.1, 0.2], "name": None}
    environment = json.loads((tmp_path / "run" / "environment.json").read_text())
    assert {"backend", "devices", "precision", "python", "versions"} <= set(environment)
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "running"
    run.finish()
    assert json.loads((tmp_path / "run" / "run.json").read_text())["status"] == "finished"


def test_objects_are_described(tmp_path):
    run = prepare(tmp_path / "run", plan=full(2, 0.5), data=Source([1], [0], name="mine"))
    assert run.configuration["plan"]["stages"][0]["epochs"] == 2
    assert "Source" in run.configuration["data"]


def test_the_default_directory_is_new_each_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    first = prepare(None)
    first.begin()
    second = prepare(None)
    assert first.directory.parent == Path("runs")
    assert second.directory != first.directory


def test_a_run_is_replaced_only_when_asked(tmp_path):
    prepare(tmp_path, seed=1).begin()
    with pytest.raises(InputError, match="--overwrite"):
        prepare(tmp_path)
    (tmp_path / "old.txt").write_text("old")
    run = prepare(tmp_path, overwrite=True, seed=2)
    assert (tmp_path / "old.txt").exists()
    run.begin()
    assert not (tmp_path / "old.txt").exists()


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_no_run_is_never_replaced(tmp_path, overwrite):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="something else"):
        prepare(tmp_path, overwrite=overwrite)
    with pytest.raises(InputError, match="something else"):
        prepare(tmp_path / "thesis.txt", overwrite=overwrite)


def test_a_run_is_relative_to_where_it_began(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    prepare("deep/er/run").begin()
    assert (tmp_path / "deep" / "er" / "run" / "run.json").is_file()


def test_batch_size_is_checked_before_anything_is_replaced(tmp_path):
    with pytest.raises(InputError, match="batch_size"):
        prepare(tmp_path, batch_size=0)
