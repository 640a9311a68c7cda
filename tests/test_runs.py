"""Run directories: what is written when, and what is never lost."""

import json
from pathlib import Path

import pytest
import yaml

from kerastune import backends
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
    assert configuration == {
        "backend": "tensorflow",
        "epochs": 3,
        "data": "a.csv",
        "rates": [0.1, 0.2],
        "name": None,
    }
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


def test_a_run_is_replaced_only_when_asked_and_only_at_the_end(tmp_path):
    directory, aside = tmp_path / "run", tmp_path / ".run.replaced"
    prepare(directory, seed=1).begin()
    (directory / "report.html").write_text("old")
    with pytest.raises(InputError, match="--overwrite"):
        prepare(directory)
    run = prepare(directory, overwrite=True, seed=2)
    assert (directory / "report.html").exists()
    run.begin()
    assert (aside / "report.html").read_text() == "old"
    # The second run is interrupted here; a third one still keeps the first until its end.
    third = prepare(directory, overwrite=True, seed=3)
    third.begin()
    assert (aside / "report.html").read_text() == "old"
    third.finish()
    assert not aside.exists()
    assert "seed: 3" in (directory / "config.yaml").read_text()


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_is_no_run_is_never_replaced(tmp_path, overwrite):
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="something else, 'thesis.txt'"):
        prepare(tmp_path, overwrite=overwrite)
    with pytest.raises(InputError, match="is a directory"):
        prepare(tmp_path / "thesis.txt", overwrite=overwrite)
    (tmp_path / "run.json").write_text("{}")
    with pytest.raises(InputError, match="something else, 'thesis.txt'"):
        prepare(tmp_path, overwrite=overwrite)


def test_a_link_to_a_run_is_the_run(tmp_path):
    prepare(tmp_path / "run", seed=1).begin()
    (tmp_path / "link").symlink_to(tmp_path / "run")
    run = prepare(tmp_path / "link", overwrite=True, seed=2)
    run.begin()
    run.finish()
    assert "seed: 2" in (tmp_path / "run" / "config.yaml").read_text()
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("name", ["file/below", "x" * 300])
def test_a_directory_that_cannot_be_made(tmp_path, name):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="run_dir"):
        prepare(tmp_path / name).begin()


def test_the_precision_is_set_back(tmp_path):
    run = prepare_run(
        "mine", {}, run_dir=tmp_path, overwrite=False, seed=0, precision="mixed_bfloat16"
    )
    assert backends.precision() == "mixed_bfloat16"
    run.begin()
    run.finish()
    assert backends.precision() == "float32"


def test_a_run_is_relative_to_where_it_began(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    prepare("deep/er/run").begin()
    assert (tmp_path / "deep" / "er" / "run" / "run.json").is_file()


def test_batch_size_is_checked_before_anything_is_replaced(tmp_path):
    with pytest.raises(InputError, match="batch_size"):
        prepare(tmp_path, batch_size=0)
