"""Configuration files: what they say wrong, and those of runs, from any folder."""

import json
import os

import pytest

from kerastune import recipes
from kerastune.cli import main
from kerastune.errors import InputError
from kerastune.jobs.configuration import read_configuration
from kerastune.jobs.recipe_files import find_recipe
from kerastune.options.parsing import parse_options
from tests.made_runs import make_run

pytestmark = pytest.mark.any_backend

OWN_RECIPE = """
import kerastune


@kerastune.recipe
def own(data=None, *, words: list[str] = (), **options):
    '''Learn nothing.'''
    raise kerastune.InputError(f"Received: {data}, {words}, {options['plan']}")
"""


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("epochs: two", "Expected a whole number for epochs in '{file}'. Received: 'two'"),
        ("epochs: 1.5", "Expected a whole number for epochs in '{file}'. Received: 1.5"),
        ("epochs: null", "Expected a whole number for epochs in '{file}'. Received: null"),
        ("learning_rate: fast", "Expected a number or auto or null for learning_rate in '{file}'"),
        ("overwrite: maybe", "Expected true or false for overwrite in '{file}'. Received: 'maybe'"),
        ("overwrite: 1", "Expected true or false for overwrite in '{file}'. Received: 1"),
        ("run_dir: 3", "Expected text or a path or null for run_dir in '{file}'. Received: 3"),
        ("epoch: 3", "an option of lenet in '{file}'. Received: epoch. Did you mean 'epochs'?"),
        ("callbacks: []", "an option of lenet in '{file}'. Received: callbacks"),
        ("config: a.yaml", "an option of lenet in '{file}'. Received: config"),
        ("epochs: 3\nepochs: 4", "'epochs' is there twice"),
        ("- epochs", "with lines such as `epochs: 3`. Received: '{file}', which holds a list"),
        ("epochs 3", "which holds text"),
        ("", "which is empty"),
        ("epochs: [", "which is no YAML: "),
        ("recipe: own", "Expected options of lenet. Received: '{file}', of own"),
        ("data: <ndarray>", "Expected --data beside '{file}'. Received: none, and the file says"),
    ],
)
def test_what_a_file_says_wrong(tmp_path, content, message):
    file = tmp_path / "run.yaml"
    file.write_text(content)
    with pytest.raises(InputError) as caught:
        parse_options(recipes.lenet, ["--config", str(file)], "lenet")
    assert message.replace("{file}", str(file)) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_numbers_are_those_of_yaml_1_2(tmp_path):
    file = tmp_path / "run.yaml"
    file.write_text("dropout: 1e-3\ndata: '1e-3'\nseed: '7'\nplan: {name: a, rate: 2e5}\n")
    options = parse_options(recipes.lenet, [f"--config={file}"], "lenet")
    assert options["dropout"] == 0.001
    assert (options["data"], options["seed"]) == ("1e-3", 7)
    assert options["plan"] == {"name": "a", "rate": 2e5}


def test_the_command_line_that_follows_wins_and_names_itself_in_errors(tmp_path):
    file = tmp_path / "run.yaml"
    file.write_text("epochs: 3\nseed: 1\n")
    options = parse_options(recipes.lenet, ["--config", str(file), "--epochs", "5"], "lenet")
    assert (options["epochs"], options["seed"]) == (5, 1)
    with pytest.raises(InputError, match="for --epochs. Received: 'two'"):
        parse_options(recipes.lenet, ["--config", str(file), "--epochs", "two"], "lenet")


def test_data_given_in_python_can_be_given_anew(tmp_path):
    file = tmp_path / "run.yaml"
    file.write_text("data: <ndarray>\n")
    options = parse_options(recipes.lenet, ["--config", str(file), "--data", "digits"], "lenet")
    assert options["data"] == "digits"


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A run that was started in one folder, and a process in another."""
    project = tmp_path / "project"
    (project / "pictures").mkdir(parents=True)
    (project / "digits").mkdir()
    (project / "full").mkdir()
    for name in ("my.csv", "pictures/a.png", "slow.yaml"):
        (project / name).touch()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")

    def run(**options):
        config = {"recipe": "lenet", "run_dir": "runs/a", **options}
        environment = {"working_directory": str(project)}
        make_run(project / "runs" / "a", config=config, environment=environment)
        return read_configuration(project / "runs" / "a" / "config.yaml")

    return run, project


@pytest.mark.parametrize(
    ("option", "value", "is_placed"),
    [
        ("data", "my.csv", True),
        ("data", "pictures", True),
        ("test_data", "pictures/", True),
        ("plan", "slow.yaml", True),
        ("classes_file", "my.csv", True),
        ("data", "digits", False),  # A data set has the name, and goes before.
        ("data", "gone.csv", False),
        ("data", "tfds:mnist", False),
        ("plan", "full", False),
        ("label_column", "pictures", False),
        ("data", None, False),
    ],
)
def test_paths_of_a_run_start_where_it_was_started(project, option, value, is_placed):
    run, folder = project
    found = run(**{option: value}).options[option]
    assert found == (str(folder / value) if is_placed else value)


def test_lists_of_paths_and_absolute_ones(project):
    run, folder = project
    configuration = run(files=["my.csv", "gone.csv"], data=str(folder / "my.csv"))
    assert configuration.options["files"] == [str(folder / "my.csv"), "gone.csv"]
    assert configuration.options["data"] == str(folder / "my.csv")
    assert configuration.recipe == "lenet"
    assert "run_dir" not in configuration.options


def test_a_file_of_ones_own_keeps_its_directory_and_its_paths(tmp_path):
    (tmp_path / "run.yaml").write_text("recipe: lenet\nrun_dir: runs/a\ndata: my.csv\n")
    configuration = read_configuration(tmp_path / "run.yaml")
    assert configuration.options == {"run_dir": "runs/a", "data": "my.csv"}
    assert configuration.recipe == "lenet"


def test_runs_that_did_not_write_their_recipe_into_the_file(tmp_path):
    run = make_run(tmp_path / "a", run={"recipe": "linear_regression"})
    assert read_configuration(run / "config.yaml").recipe == "linear_regression"


def test_a_run_starts_again_from_any_folder(tmp_path, monkeypatch, capsys):
    """Without the recipe's name, without a clash, into a directory of its own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "first").mkdir()
    arguments = ["run", "linear_regression", "--epochs", "1", "--run_dir", "first/run"]
    assert main(arguments) == 0
    (tmp_path / "second").mkdir()
    monkeypatch.chdir(tmp_path / "second")
    assert main(["run", "--config", "../first/run/config.yaml"]) == 0
    (again,) = (tmp_path / "second" / "runs").iterdir()
    first = tmp_path / "first" / "run"
    assert (again / "config.yaml").read_text() == (first / "config.yaml").read_text()
    losses = [json.loads((run / "history.json").read_text())["step_loss"] for run in (again, first)]
    assert losses[0] == losses[1]
    environment = json.loads((again / "environment.json").read_text())
    assert environment["working_directory"] == os.getcwd()


def test_a_recipe_in_a_file_is_found_from_any_folder(tmp_path, monkeypatch, capsys):
    (tmp_path / "own.py").write_text(OWN_RECIPE)
    (tmp_path / "my.csv").touch()
    monkeypatch.chdir(tmp_path)
    address = find_recipe("own.py").address()
    assert address == f"{tmp_path / 'own.py'}:own"
    config = {"recipe": address, "data": "my.csv", "backend": None}
    environment = {"working_directory": str(tmp_path)}
    make_run(tmp_path / "run", config=config, environment=environment)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert main(["run", "--config", "../run/config.yaml", "--words", "[a]"]) == 2
    assert f"Received: {tmp_path / 'my.csv'}, ['a'], full" in capsys.readouterr().err


def test_a_file_without_a_recipe_cannot_start_one(tmp_path, capsys):
    (tmp_path / "run.yaml").write_text("epochs: 3\n")
    assert main(["run", "--config", str(tmp_path / "run.yaml")]) == 2
    assert "a line such as `recipe: lenet`" in capsys.readouterr().err
