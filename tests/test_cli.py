"""The command as a person types it: what it prints, and how it refuses."""

import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from kerastune import recipes
from kerastune.backends import BACKENDS
from kerastune.cli import main
from tests.tiny import tiny_bert_preset

pytestmark = pytest.mark.any_backend


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    return tiny_bert_preset(tmp_path_factory.mktemp("tiny") / "preset")


@pytest.fixture
def table(tmp_path):
    """A small table of reviews that can be learned."""
    generator = np.random.default_rng(0)
    words = {"good": ["great", "fine", "good"], "bad": ["bad", "poor", "error"]}
    rows = [
        f"the {' '.join(generator.choice(words[label], 3))} film {number},{label}"
        for number in range(30)
        for label in words
    ]
    path = tmp_path / "reviews.csv"
    path.write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


def refused(capsys, *arguments):
    """The one line with which the command refuses."""
    assert main([str(argument) for argument in arguments]) == 2
    captured = capsys.readouterr()
    lines = captured.err.strip().splitlines()
    assert len(lines) == 1, captured.err
    assert "Traceback" not in captured.err
    return lines[0]


def run_text(preset, data, folder, *more):
    return [
        "run",
        "text_classification",
        *("--data", data, "--backbone", preset, "--run_dir", folder / "run"),
        *("--sequence_length", "12", "--epochs", "1", "--batch_size", "20"),
        *("--plan", "head_only", *more),
    ]


def run_numbers(folder, *more):
    """A run that takes no time."""
    return [
        *("run", "linear_regression", "--epochs", "2", "--run_dir", str(folder / "run")),
        *map(str, more),
    ]


def test_help_starts_no_framework():
    code = (
        "import sys\nfrom kerastune.cli import main\n"
        "try:\n    main(['--help'])\nexcept SystemExit:\n    pass\n"
        "heavy = {'keras', 'tensorflow', 'jax', 'torch', 'numpy', 'jsonargparse'}\n"
        "sys.exit(str(heavy & set(sys.modules)) if heavy & set(sys.modules) else 0)"
    )
    finished = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    assert "recipes" in finished.stdout


@pytest.mark.parametrize("option", ["--text_column", "--text-column"])
def test_options_are_spelled_with_hyphens_or_underscores(option, tmp_path, capsys):
    assert main(["predict", str(tmp_path), "new.csv", f"{option}=review"]) == 2
    assert "Expected the directory of a finished run" in capsys.readouterr().err


def test_recipes_are_listed_with_their_first_line(capsys):
    assert main(["recipes"]) == 0
    out = capsys.readouterr().out
    assert re.search("^text_classification +Fine-tune a pretrained text encoder", out, re.MULTILINE)
    assert [line.split()[0] for line in out.splitlines()] == recipes.__all__


def test_help_of_a_recipe_comes_from_its_docstring(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["run", "lenet", "--help"])
    assert stopped.value.code == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "images a step, or `auto`" in out
    assert "default: 32" in out
    assert "--overwrite" in out


def test_a_run_and_its_files(capsys, preset, table, tmp_path):
    assert main([str(part) for part in run_text(preset, table, tmp_path, "--seed", "3")]) == 0
    out = capsys.readouterr().out
    for expected in ("head_only", "frozen", "accuracy", "TF-IDF", "majority", "kerastune predict"):
        assert expected in out
    assert str(tmp_path / "run") in out.replace("\n", "")
    names = {path.name for path in (tmp_path / "run").iterdir()}
    assert names == {
        "calibration.png",
        "config.yaml",
        "confusion.png",
        "environment.json",
        "history.json",
        "learning_curves.png",
        "learning_rates.png",
        "metrics.json",
        "model.keras",
        "plan.yaml",
        "plan_table.json",
        "preprocessor",
        "report.html",
        "result.json",
        "run.json",
        "samples.json",
    }


def test_print_config_and_config(capsys, tmp_path):
    with pytest.raises(SystemExit):
        main([*run_numbers(tmp_path), "--print_config"])
    (tmp_path / "run.yaml").write_text(capsys.readouterr().out, encoding="utf-8")
    assert main(["run", "linear_regression", "--config", str(tmp_path / "run.yaml")]) == 0
    # What a run wrote starts the same run again.
    again = ["--config", str(tmp_path / "run" / "config.yaml"), "--run_dir", str(tmp_path / "b")]
    assert main(["run", "linear_regression", *again]) == 0
    first, second = (
        json.loads((tmp_path / name / "history.json").read_text(encoding="utf-8"))
        for name in ("run", "b")
    )
    # The times of the stages differ.
    assert (first["step_loss"], first["epochs"]) == (second["step_loss"], second["epochs"])


OWN_RECIPE = """
import keras

import kerastune


@kerastune.recipe
def own(data=None, **options):
    raise kerastune.InputError(f"Received: {keras.config.backend()}")
"""


@pytest.mark.parametrize("how", ["--config", pytest.param("--backend", marks=pytest.mark.slow)])
@pytest.mark.slow
def test_a_file_that_imports_keras_runs_on_the_backend_that_is_asked_for(tmp_path, how):
    (tmp_path / "own.py").write_text(OWN_RECIPE)
    (tmp_path / "config.yaml").write_text("backend: torch\nepochs: 1\n")
    asked = {"--backend": "torch", "--config": "config.yaml"}[how]
    finished = subprocess.run(
        [sys.executable, "-m", "kerastune", "run", "own.py", how, asked],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "KERAS_BACKEND": "jax"},
    )
    assert finished.stderr == "kerastune: Received: torch\n"
    assert finished.returncode == 2


class TestBadInput:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ([], "COMMAND"),
            (["ran"], "Did you mean 'run'?"),
            (["recipes", "--all"], "--all"),
            (["run"], "recipe"),
            (["run", "lenett"], "Did you mean 'lenet'?"),
            (["run", "no_such.py"], "no_such.py"),
            (["new"], "FILE"),
            (["new", "my-recipe.py"], "my-recipe.py"),
            (["run", "lenet", "--epoch", "3"], "--epoch"),
            (["run", "lenet", "--epochs", "three"], "epochs"),
            (["run", "lenet", "--backend", "theano"], "theano"),
            (["run", "lenet", "--backend", "pytorch"], "pytorch"),
            (["run", "lenet", "--data", "digits", "--precision", "float31"], "float31"),
            (["run", "lenet", "--data", "digits", "--seed", "-1"], "seed=-1"),
            (["run", "lenet", "--data", "digits", "--plan", "fulll"], "Did you mean 'full'?"),
            (["run", "lenet", "--data", "digits", "--epochs", "0"], "`epochs`"),
            (["run", "lenet", "--data", "digits", "--batch_size", "0"], "batch_size"),
            (["run", "lenet", "--data", "diabetes"], "Expected an input of kind image in diabetes"),
            (
                ["run", "linear_regression", "--data", "digits"],
                "Expected an input of kind array",
            ),
            (["run", "lenet", "--config", "no/such.yaml"], "no/such.yaml"),
        ],
    )
    def test_arguments(self, capsys, monkeypatch, tmp_path, arguments, message):
        monkeypatch.chdir(tmp_path)
        assert message in refused(capsys, *arguments)
        assert list(tmp_path.rglob("*.keras")) == []

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"batch_size: null\n", "batch_size"),
            (b"epochs: three\n", "epochs"),
            (b"epoch: 3\n", "epoch"),
            (b"plan: {name: x}\n", "stages"),
            (b"a: [\n", "no YAML"),
            (b"\xff\xfe\x00", "utf-8"),
        ],
    )
    def test_configuration_files(self, capsys, tmp_path, content, message):
        (tmp_path / "run.yaml").write_bytes(content)
        run_dir = ["--run_dir", tmp_path / "run", "--data", "digits"]
        line = refused(capsys, "run", "lenet", "--config", tmp_path / "run.yaml", *run_dir)
        assert message in line
        assert not (tmp_path / "run").exists()

    @pytest.mark.parametrize(
        "backend",
        [
            # TensorFlow logs most when it starts.
            name if name == "tensorflow" else pytest.param(name, marks=pytest.mark.slow)
            for name in BACKENDS
        ],
    )
    def test_a_refusal_is_one_line_on_a_terminal_too(self, tmp_path, backend):
        """Also of what frameworks log from C++, which `capsys` does not see."""
        command = ["run", "text_classification", "--data", "none.csv", "--backend", backend]
        finished = subprocess.run(
            [sys.executable, "-m", "kerastune", *command],
            capture_output=True,
            text=True,
            cwd=tmp_path,
        )
        assert finished.returncode == 2
        assert len(finished.stderr.splitlines()) == 1, finished.stderr
        assert "none.csv" in finished.stderr

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (None, "no such file"),
            (b"", "empty"),
            (b"text,label\n", "Received: "),
            (b"sentence,label\na good film,good\n", "text"),
            (b"text,label\ngood,yes\nfine,yes\n", "yes"),
            (b"text,label\ngood,yes\nbad,no,why\n", "line 3"),
        ],
    )
    def test_tables(self, capsys, preset, tmp_path, content, message):
        path = tmp_path / "data.csv"
        if content is not None:
            path.write_bytes(content)
        assert message in refused(capsys, *run_text(preset, path, tmp_path))
        assert not (tmp_path / "run").exists()

    def test_a_label_that_training_never_saw(self, capsys, preset, table, tmp_path):
        test = tmp_path / "test.csv"
        test.write_text("text,label\nfine film,good\nodd film,odd\n", encoding="utf-8")
        line = refused(capsys, *run_text(preset, table, tmp_path, "--test_data", test))
        assert "odd" in line
        assert not (tmp_path / "run").exists()

    def test_a_preset_that_cannot_be_found(self, capsys, table, tmp_path):
        line = refused(capsys, *run_text("bert_tiny_en_uncasd", table, tmp_path))
        assert "bert_tiny_en_uncased" in line
        assert not (tmp_path / "run").exists()

    def test_a_directory_with_a_run_needs_overwrite(self, capsys, tmp_path):
        arguments = run_numbers(tmp_path)
        assert main(arguments) == 0
        before = (tmp_path / "run" / "metrics.json").read_bytes()
        assert "--overwrite" in refused(capsys, *arguments)
        # Bad input never costs the run that is there, not even with --overwrite.
        wrong = [*arguments, "--overwrite", "--data", "rating"]
        assert "rating" in refused(capsys, *wrong)
        assert (tmp_path / "run" / "metrics.json").read_bytes() == before
        assert main([*arguments, "--overwrite", "--seed", "5"]) == 0
        assert "seed: 5" in (tmp_path / "run" / "config.yaml").read_text(encoding="utf-8")

    def test_a_directory_with_something_else_is_never_touched(
        self, capsys, preset, table, tmp_path
    ):
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / "thesis.txt").write_text("years of work", encoding="utf-8")
        arguments = run_text(preset, table, tmp_path, "--overwrite")
        assert "something else" in refused(capsys, *arguments)
        assert (tmp_path / "run" / "thesis.txt").read_text(encoding="utf-8") == "years of work"
