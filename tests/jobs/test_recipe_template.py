"""The recipe to start from runs as it is written, on this backend."""

import ast

import numpy as np
import pytest

import kerastune
from kerastune import data
from kerastune.cli import main
from kerastune.errors import InputError
from kerastune.jobs.recipe_template import write_recipe


@pytest.mark.any_backend
def test_what_new_writes_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["new", "flowers.py"]) == 0
    written = capsys.readouterr().out
    assert written == "Wrote flowers.py. Run it: kerastune run flowers.py\n"
    with pytest.raises(SystemExit):
        main(["run", "flowers.py", "--help"])
    out = capsys.readouterr().out
    assert "channels of the convolutions. (type: int, default: 32)" in out
    few = ["--data", "digits:0-1", "--width", "4", "--epochs", "1", "--run_dir", "run"]
    assert main(["run", "flowers.py", *few]) == 0
    out = capsys.readouterr().out
    for expected in ("majority", "logistic", "validation: 27 samples"):
        assert expected in out
    result = kerastune.load("run")
    assert result.recipe == "flowers"
    images = data.digits().values["image"][:3]
    assert set(result.predict(images)) <= {"0", "1"}
    assert np.isfinite(result.outputs(images)).all()


@pytest.mark.any_backend
class TestFile:
    def test_its_name_is_that_of_the_recipe(self, tmp_path):
        text = write_recipe(tmp_path / "flowers.py").read_text(encoding="utf-8")
        functions = [n.name for n in ast.parse(text).body if isinstance(n, ast.FunctionDef)]
        assert functions == ["flowers", "backbone"]
        assert "my_recipe" not in text
        assert "kerastune run flowers.py --epochs 3" in text

    @pytest.mark.parametrize("name", ["my-recipe.py", "class.py", "2.py", "recipe.txt", "recipe"])
    def test_names_that_are_none(self, tmp_path, name):
        with pytest.raises(InputError, match=f"one of a Python function.* Received: '.*{name}'"):
            write_recipe(tmp_path / name)
        assert list(tmp_path.iterdir()) == []

    def test_a_file_that_is_there_stays(self, tmp_path, capsys):
        (tmp_path / "mine.py").write_text("years of work")
        assert main(["new", str(tmp_path / "mine.py")]) == 2
        assert "Expected a new file" in capsys.readouterr().err
        assert (tmp_path / "mine.py").read_text() == "years of work"

    def test_a_folder_that_is_not_there(self, tmp_path):
        with pytest.raises(InputError, match="can be written"):
            write_recipe(tmp_path / "none" / "mine.py")
