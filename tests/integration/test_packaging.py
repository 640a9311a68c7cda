"""`kerastune.recipes` is the folder `recipes`, once, however kerastune is installed."""

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections import Counter
from pathlib import Path

import pytest

pytestmark = pytest.mark.any_backend

ROOT = Path(__file__).parents[2]
PACKAGED = ("kerastune", "recipes")
READ_BY_THE_BUILD = ("LICENSE", "README.md", "pyproject.toml")


def python(*arguments, folder, program=sys.executable, **environment):
    """What Python prints in a folder, which comes first on its path."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    finished = subprocess.run(
        [str(program), *map(str, arguments)],
        cwd=folder,
        env=inherited | environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return finished.stdout


def build(target, checkout, folder):
    """Build a wheel, an editable wheel or an sdist from a folder of source code."""
    # The path of this process: hatchling need not lie where its Python does.
    path = os.pathsep.join(filter(None, sys.path))
    arguments = ("-m", "hatchling", "build", "--target", target, "--directory", folder)
    python(*arguments, folder=checkout, PYTHONPATH=path)
    (built,) = folder.iterdir()
    return built


def make_environment(wheel, folder):
    """The Python of a new environment that holds this wheel and nothing else."""
    python("-m", "venv", "--without-pip", folder, folder=folder.parent)
    program = folder / "bin" / "python"
    pip = ("-m", "pip", "--python", program, "--disable-pip-version-check", "--quiet")
    python(*pip, "install", "--no-index", "--no-deps", wheel, folder=folder)
    return program


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of what the packages are built from, the link kept as a link."""
    folder = tmp_path_factory.mktemp("checkout")
    ignored = shutil.ignore_patterns("__pycache__")
    for name in PACKAGED:
        shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=ignored)
    for name in READ_BY_THE_BUILD:
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.fixture(scope="module")
def wheel(checkout, tmp_path_factory):
    return build("wheel", checkout, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def environments(checkout, wheel, tmp_path_factory):
    """The Python of an environment for each way to install."""
    editable = build("wheel:editable", checkout, tmp_path_factory.mktemp("editable"))
    folder = tmp_path_factory.mktemp("environments")
    return {
        "wheel": make_environment(wheel, folder / "wheel"),
        "editable": make_environment(editable, folder / "editable"),
    }


def test_the_wheel_holds_each_file_once(checkout, wheel):
    with zipfile.ZipFile(wheel) as archive:
        counted = Counter(archive.namelist())
    packaged = Counter({name: n for name, n in counted.items() if ".dist-info/" not in name})
    files = {file for file in (checkout / "kerastune").rglob("*") if file.is_file()}
    expected = {file.relative_to(checkout).as_posix() for file in files}
    recipes = {f"kerastune/recipes/{file.name}" for file in (checkout / "recipes").iterdir()}
    assert "kerastune/recipes/lenet.py" in recipes
    assert packaged == Counter(expected | recipes)


def test_the_sdist_builds_the_same_wheel(checkout, wheel, tmp_path):
    for name in ("sdist", "source", "wheel"):
        (tmp_path / name).mkdir()
    with tarfile.open(build("sdist", checkout, tmp_path / "sdist")) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    rebuilt = build("wheel", source, tmp_path / "wheel")
    checksums = []
    for path in (wheel, rebuilt):
        with zipfile.ZipFile(path) as archive:
            checksums.append([(file.filename, file.CRC) for file in archive.infolist()])
    assert checksums[0] == checksums[1]


@pytest.mark.parametrize("installed", ["wheel", "editable"])
def test_a_folder_of_your_own_hides_nothing(environments, installed, tmp_path):
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "__init__.py").write_text("lenet = 'mine'\n", encoding="utf-8")
    code = (
        "import recipes as own\n"
        "from kerastune import recipes\n"
        "print(own.lenet, recipes.__name__, recipes.lenet.__module__)"
    )
    printed = python("-c", code, folder=tmp_path, program=environments[installed])
    assert printed.split() == ["mine", "kerastune.recipes", "kerastune.recipes.lenet"]


def test_a_folder_of_your_own_does_not_hide_what_the_command_lists(tmp_path):
    (tmp_path / "recipes").mkdir()
    (tmp_path / "recipes" / "__init__.py").write_text("__all__ = []\n", encoding="utf-8")
    path = os.pathsep.join([str(ROOT), *filter(None, sys.path)])
    printed = python("-m", "kerastune", "recipes", folder=tmp_path, PYTHONPATH=path)
    assert "\nlenet " in printed


def test_the_wheel_installs_nothing_called_recipes(environments, tmp_path):
    code = "import importlib.util; print(importlib.util.find_spec('recipes'))"
    assert python("-c", code, folder=tmp_path, program=environments["wheel"]) == "None\n"


def test_an_edited_recipe_is_seen_at_once(checkout, environments, tmp_path):
    recipe = checkout / "recipes" / "lenet.py"
    before = recipe.read_text(encoding="utf-8")
    code = "from kerastune import recipes; print(recipes.lenet.__doc__.splitlines()[0])"
    seen = {"folder": tmp_path, "program": environments["editable"]}
    first_line = python("-c", code, **seen).strip()
    try:
        recipe.write_text(before.replace(first_line, "Train what I changed."), encoding="utf-8")
        assert python("-c", code, **seen).strip() == "Train what I changed."
    finally:
        recipe.write_text(before, encoding="utf-8")


OLD_NAME = """
import sys, warnings

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    {statement}
    import recipes
    {statement}

import kerastune

assert [(entry.category, entry.filename) for entry in caught] == [(DeprecationWarning, "<string>")]
assert "from kerastune import recipes" in str(caught[0].message)
assert recipes is kerastune.recipes
for name in recipes.__all__:
    assert getattr(recipes, name).__module__ == f"kerastune.recipes.{{name}}"
    assert sys.modules[f"recipes.{{name}}"] is sys.modules[f"kerastune.recipes.{{name}}"]
if "lenet" in globals():
    assert lenet is recipes.lenet
"""


@pytest.mark.parametrize(
    "statement",
    [
        "import recipes",
        "import recipes.lenet",
        "from recipes import lenet",
        "from recipes.lenet import lenet",
        "from kerastune.recipes import lenet",
    ],
)
def test_the_old_name_warns_and_is_the_same_package(statement):
    python("-c", OLD_NAME.format(statement=statement), folder=ROOT)
