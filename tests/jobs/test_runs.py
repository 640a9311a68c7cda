"""Run directories: what is written when, and what is never lost."""

import contextlib
import json
import os
import random
from datetime import datetime
from pathlib import Path

import keras
import numpy as np
import pytest
import yaml

from kerastune import backends
from kerastune.backends.random import random_state, set_random_state
from kerastune.data import Source
from kerastune.errors import InputError
from kerastune.jobs.run_directories import require_free
from kerastune.jobs.runs import new_run
from kerastune.jobs.seeding import seeded
from kerastune.tuning import full

pytestmark = pytest.mark.any_backend


def new(run_dir, overwrite=False, **configuration):
    return new_run("mine", configuration, run_dir=run_dir, overwrite=overwrite)


def write_run(run_dir, **configuration):
    """A finished run, with a report."""
    with new(run_dir, **configuration) as run:
        run.begin()
        run.path("report.html").write_text("whole")
        run.finish()


@contextlib.contextmanager
def killed(run_dir, **options):
    """A run whose process ends at once: nobody marks it as stopped."""
    manager = new(run_dir, **options)
    with pytest.MonkeyPatch.context() as patch:
        run = manager.__enter__()
        yield run
        patch.setattr(run, "stop", lambda: None)
        manager.gen.close()


def manifest(directory):
    return json.loads((directory / "run.json").read_text())


def test_before_it_begins_nothing_is_written(tmp_path):
    with new(tmp_path / "run"):
        assert list(tmp_path.iterdir()) == []
    assert list(tmp_path.iterdir()) == []


def test_beginning_writes_how_it_was_started(tmp_path):
    given = {"epochs": 3, "data": Path("a.csv"), "rates": (0.1, 0.2), "name": None}
    with new(tmp_path / "run", **given) as run:
        run.begin()
        configuration = yaml.safe_load((tmp_path / "run" / "config.yaml").read_text())
        assert configuration == {
            "epochs": 3,
            "data": "a.csv",
            "rates": [0.1, 0.2],
            "name": None,
        }
        environment = json.loads((tmp_path / "run" / "environment.json").read_text())
        assert {"backend", "devices", "precision", "python", "versions"} <= set(environment)
        assert manifest(tmp_path / "run")["status"] == "running"
        run.finish()
    assert manifest(tmp_path / "run")["status"] == "finished"


def test_objects_are_described(tmp_path):
    source = Source.of([[1.0]], [0.0], name="mine")
    with new(tmp_path / "run", plan=full(2, 0.5), data=source) as run:
        assert run.configuration["plan"]["stages"][0]["epochs"] == 2
        assert "Source" in run.configuration["data"]


def test_arguments_are_written_as_yaml_can_hold_them(tmp_path):
    given = {
        "rate": np.float64(0.5),
        "seed": np.int32(3),
        "name": np.str_("a"),
        "wide": np.bool_(True),
        "widths": (np.int64(8), None),
        "weights": {"angle": np.float32(0.5), "at": Path("a")},
        "table": {"age": np.arange(3)},
        "rows": [{"age": object()}],
    }
    with new(tmp_path / "run", **given) as run:
        run.begin()
    assert yaml.safe_load((tmp_path / "run" / "config.yaml").read_text()) == {
        "rate": 0.5,
        "seed": 3,
        "name": "a",
        "wide": True,
        "widths": [8, None],
        "weights": {"angle": 0.5, "at": "a"},
        "table": "<dict>",
        "rows": "<list>",
    }


def test_a_run_lists_its_files_before_they_are_written(tmp_path):
    with new(tmp_path / "run") as run:
        run.begin()
        run.path("model.keras")
        assert manifest(run.folder)["files"] == ["config.yaml", "environment.json", "model.keras"]
        run.path("model.keras")
        run.path("attention.png")
        run.finish()
    written = manifest(tmp_path / "run")
    assert written["files"] == ["attention.png", "config.yaml", "environment.json", "model.keras"]
    assert (written["recipe"], written["status"]) == ("mine", "finished")
    assert datetime.fromisoformat(written["started"]).tzinfo is not None
    assert 0 <= written["seconds"] < 60


def test_the_default_directory_is_new_each_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with new(None) as first, new(None) as same:
        first.begin()
        with new(None) as second:
            assert first.directory.parent == Path("runs")
            assert second.directory != first.directory
        # One that another process made meanwhile is not taken for this run's.
        same.directory = first.directory
        with pytest.raises(InputError, match="holds a run"):
            same.begin()


class TestOverwriting:
    def test_a_run_is_replaced_only_when_asked_and_only_at_the_end(self, tmp_path):
        directory, coming = tmp_path / "run", tmp_path / ".run.new"
        write_run(directory, seed=1)
        with pytest.raises(InputError, match="--overwrite"), new(directory):
            pass
        with new(directory, overwrite=True, seed=2) as run:
            run.begin()
            assert (directory / "report.html").read_text() == "whole"
            assert "seed: 1" in (directory / "config.yaml").read_text()
            assert run.folder == coming
            assert "seed: 2" in (coming / "config.yaml").read_text()
            run.finish()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]
        assert "seed: 2" in (directory / "config.yaml").read_text()
        assert not (directory / "report.html").exists()
        assert run.folder == directory

    @pytest.mark.parametrize("begun", [False, True])
    @pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
    def test_a_run_that_fails_costs_nothing(self, tmp_path, error, begun):
        write_run(tmp_path / "run", seed=1)
        before = manifest(tmp_path / "run")

        def fail():
            with new(tmp_path / "run", overwrite=True, seed=2) as run:
                if begun:
                    run.begin()
                raise error

        with pytest.raises(error):
            fail()
        assert [path.name for path in tmp_path.iterdir()] == ["run"]
        assert manifest(tmp_path / "run") == before
        assert (tmp_path / "run" / "report.html").read_text() == "whole"

    def test_a_run_that_is_killed_costs_nothing(self, tmp_path):
        directory = tmp_path / "run"
        write_run(directory, seed=1)
        with killed(directory, overwrite=True, seed=2) as run:
            run.begin()
            run.path("model.keras").write_text("half")
        assert (directory / "report.html").read_text() == "whole"
        with new(directory, overwrite=True, seed=3) as run:
            run.begin()
            assert not (run.folder / "model.keras").exists()
            assert (directory / "report.html").read_text() == "whole"
            run.finish()
        assert [path.name for path in tmp_path.iterdir()] == ["run"]
        assert "seed: 3" in (directory / "config.yaml").read_text()

    def test_a_process_killed_between_two_names_leaves_a_run(self, tmp_path):
        """Both moments: before the new run has its name, and after it."""
        directory, going = tmp_path / "run", tmp_path / ".run.old"
        write_run(directory, seed=1)
        directory.rename(going)
        with pytest.raises(InputError, match="--overwrite"):
            require_free(directory, overwrite=False)
        assert "seed: 1" in (directory / "config.yaml").read_text()
        write_run(going, seed=0)
        with new(directory, overwrite=True, seed=2) as run:
            run.begin()
            run.finish()
        assert [path.name for path in tmp_path.iterdir()] == ["run"]
        assert "seed: 2" in (directory / "config.yaml").read_text()

    def test_what_a_callback_wrote_meanwhile_is_kept(self, tmp_path):
        write_run(tmp_path / "run")
        with new(tmp_path / "run", overwrite=True) as run:
            run.begin()
            (tmp_path / "run" / "best.keras").write_text("from a callback")
            run.finish()
        assert (tmp_path / "run" / "best.keras").read_text() == "from a callback"
        assert not (tmp_path / "run" / "report.html").exists()

    def test_a_run_that_cannot_be_put_in_place_is_not_lost(self, tmp_path, monkeypatch):
        write_run(tmp_path / "run")

        def refuse(path, target):
            raise PermissionError(f"cannot rename {path}")

        def finish():
            with new(tmp_path / "run", overwrite=True) as run:
                run.begin()
                run.path("model.keras").write_text("trained for days")
                monkeypatch.setattr("pathlib.Path.rename", refuse)
                run.finish()

        with pytest.raises(PermissionError):
            finish()
        assert (tmp_path / ".run.new" / "model.keras").read_text() == "trained for days"

    def test_what_was_trained_before_an_error_is_kept_beside(self, tmp_path):
        write_run(tmp_path / "run")

        def fail():
            with new(tmp_path / "run", overwrite=True) as run:
                run.begin()
                run.path("result.json").write_text("{}")
                raise ValueError("a picture that cannot be drawn")

        with pytest.raises(ValueError, match="picture") as raised:
            fail()
        assert sorted(path.name for path in tmp_path.iterdir()) == ["run", "run-stopped"]
        assert raised.value.__notes__ == [
            f"The model was trained before, and is kept in '{tmp_path / 'run-stopped'}'"
        ]
        assert '"status": "stopped"' in (tmp_path / "run-stopped" / "run.json").read_text()

    def test_a_run_from_before_files_were_listed(self, tmp_path):
        write_run(tmp_path / "run")
        (tmp_path / "run" / "run.json").write_text('{"recipe": "lenet", "status": "running"}')
        with new(tmp_path / "run", overwrite=True) as run:
            run.begin()
            run.finish()
        assert "report.html" not in os.listdir(tmp_path / "run")

    def test_an_unfinished_run_can_be_replaced(self, tmp_path):
        with killed(tmp_path / "run") as run:
            run.begin()
            run.path("a_head's_picture.png").write_text("half")
        with new(tmp_path / "run", overwrite=True) as run:
            run.begin()
            run.finish()
        assert os.listdir(tmp_path / "run") == os.listdir(run.folder)
        assert "a_head's_picture.png" not in os.listdir(tmp_path / "run")

    @pytest.mark.parametrize("overwrite", [False, True])
    @pytest.mark.parametrize(
        "marker",
        [
            "{}",
            "[]",
            "",
            '{"status": "finished", "files": "thesis.txt"}',
            '{"status": "finished", "files": ["model.keras"]}',
        ],
    )
    def test_what_is_no_run_is_never_replaced(self, tmp_path, overwrite, marker):
        (tmp_path / "thesis.txt").write_text("years of work")
        with (
            pytest.raises(InputError, match=r"something else, 'thesis\.txt'"),
            new(tmp_path, overwrite=overwrite),
        ):
            pass
        with pytest.raises(InputError, match="is a directory"):
            require_free(tmp_path / "thesis.txt", overwrite=overwrite)
        (tmp_path / "run.json").write_text(marker)
        with pytest.raises(InputError, match=r"something else, 'thesis\.txt'"):
            require_free(tmp_path, overwrite=overwrite)

    def test_what_came_before_it_began_is_not_replaced(self, tmp_path):
        def begin():
            with new(tmp_path / "run", overwrite=True) as run:
                (tmp_path / "run").mkdir()
                (tmp_path / "run" / "thesis.txt").write_text("years of work")
                run.begin()

        with pytest.raises(InputError, match="something else"):
            begin()
        assert (tmp_path / "run" / "thesis.txt").read_text() == "years of work"
        assert os.listdir(tmp_path) == ["run"]

    def test_a_link_to_a_run_is_the_run(self, tmp_path):
        write_run(tmp_path / "run", seed=1)
        (tmp_path / "link").symlink_to(tmp_path / "run")
        with new(tmp_path / "link", overwrite=True, seed=2) as run:
            run.begin()
            run.finish()
        assert "seed: 2" in (tmp_path / "run" / "config.yaml").read_text()
        assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("error", [InputError, KeyboardInterrupt])
def test_what_stops_a_run_is_told_by_it(tmp_path, error):
    def fail():
        with new(tmp_path / "run") as run:
            run.begin()
            run.path("model.keras")
            raise error

    with pytest.raises(error):
        fail()
    assert manifest(tmp_path / "run")["status"] == "stopped"
    assert "model.keras" in manifest(tmp_path / "run")["files"]


@pytest.mark.parametrize("name", ["file/below", "x" * 300])
def test_a_directory_that_cannot_be_made(tmp_path, name):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="run_dir"), new(tmp_path / name) as run:
        run.begin()


def test_a_name_that_is_too_long_for_the_run_beside_it_is_told_at_the_start(tmp_path):
    directory = tmp_path / ("x" * 253)
    write_run(directory)
    with pytest.raises(InputError, match="run_dir"), new(directory, overwrite=True) as run:
        run.begin()
    assert (directory / "report.html").read_text() == "whole"


def test_a_run_is_relative_to_where_it_began(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with new("deep/er/run") as run:
        run.begin()
        assert run.directory == tmp_path / "deep" / "er" / "run"
    assert (tmp_path / "deep" / "er" / "run" / "run.json").is_file()


class TestSeeded:
    def draws(self):
        numbers = [random.random(), float(np.random.random())]
        return numbers + keras.ops.convert_to_numpy(keras.random.normal((2,))).tolist()

    def test_the_seed_decides_what_is_drawn(self):
        drawn = []
        for seed in (1, 1, 2):
            with seeded(seed, "float32"):
                drawn.append(self.draws())
        assert drawn[0] == drawn[1]
        assert all(one != other for one, other in zip(drawn[0], drawn[2], strict=True))

    @pytest.mark.parametrize("error", [None, RuntimeError, KeyboardInterrupt])
    def test_both_are_set_back_whatever_happens(self, error):
        keras.utils.set_random_seed(7)
        self.draws()
        state = random_state()
        expected = self.draws()
        set_random_state(state)
        with contextlib.suppress(RuntimeError, KeyboardInterrupt), seeded(1, "mixed_bfloat16"):
            assert backends.precision() == "mixed_bfloat16"
            assert keras.layers.Dense(1).compute_dtype == "bfloat16"
            self.draws()
            if error is not None:
                raise error
        assert backends.precision() == "float32"
        assert self.draws() == expected

    @pytest.mark.parametrize(
        ("seed", "precision", "message"),
        [(-1, "float32", "seed=-1"), (2**32, "float32", "seed="), (0, "float31", "'float31'")],
    )
    def test_what_is_refused_changes_nothing(self, seed, precision, message):
        state = random_state()["python"]
        with pytest.raises(InputError, match=message), seeded(seed, precision):
            pass
        assert backends.precision() == "float32"
        assert random_state()["python"] == state
