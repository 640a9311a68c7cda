"""Recipes and openers from outside: in files, and in packages that are installed."""

import re
import sys

import pytest

from kerastune import data
from kerastune.cli import main
from kerastune.errors import InputError
from kerastune.jobs.recipe_files import find_recipe, import_recipe_file, recipe_names

pytestmark = pytest.mark.any_backend

HEADER = "import kerastune as kt\n\n\n"
RECIPE = '''@kt.recipe
def {name}(data=None, **options):
    """Do nothing well."""
    {body}


'''


def write(folder, *bodies, header=HEADER, file="mine.py"):
    """A file with a recipe for each body: `one`, `two`, …"""
    names = ["one", "two", "three"]
    text = header + "".join(
        RECIPE.format(name=name, body=body) for name, body in zip(names, bodies, strict=False)
    )
    (folder / file).write_text(text, encoding="utf-8")
    return str(folder / file)


def refused(capsys, *arguments):
    """The one line with which the command refuses."""
    assert main([str(argument) for argument in arguments]) == 2
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    return lines[0]


class TestFiles:
    def test_the_only_recipe_needs_no_name(self, tmp_path):
        file = write(tmp_path, "return 1")
        assert find_recipe(file).__name__ == find_recipe(f"{file}:one").__name__ == "one"

    def test_one_of_two_is_named(self, tmp_path):
        file = write(tmp_path, "return 1", "return 2")
        assert find_recipe(f"{file}:two").__name__ == "two"
        with pytest.raises(InputError, match=f"recipes one, two in .*no name. Write {file}:one"):
            find_recipe(file)
        with pytest.raises(InputError, match="Received: 'tow'. Did you mean 'two'"):
            find_recipe(f"{file}:tow")

    def test_a_file_without_one(self, tmp_path):
        file = write(tmp_path, header="def plain():\n    return 1\n")
        for text in (file, f"{file}:plain"):
            with pytest.raises(InputError, match="Received: none. Put @kerastune.recipe before"):
                find_recipe(text)

    def test_a_recipe_that_is_imported_is_not_the_files(self, tmp_path):
        header = HEADER + "from kerastune.recipes import lenet\n\n"
        file = write(tmp_path, "return 1", header=header)
        assert find_recipe(file).__name__ == "one"

    def test_no_such_file(self, tmp_path):
        with pytest.raises(InputError, match=r"a Python file. Received: '.*none\.py'"):
            find_recipe(f"{tmp_path}/none.py:one")

    @pytest.mark.parametrize(
        ("header", "raised", "line"),
        [
            ("\n\nraise RuntimeError('not today')\n", "RuntimeError: not today", 3),
            ("import kerastune as kt\nfrom none import such\n", "ModuleNotFoundError", 2),
            ("a = 1\nb = (\n", "SyntaxError", 2),
            ("import kerastune as kt\n\n@kt.recipe\ndef f(data): ...\n", "InputError", 3),
        ],
    )
    def test_one_that_raises_when_it_is_imported(self, capsys, tmp_path, header, raised, line):
        file = write(tmp_path, header=header, file="raises.py")
        with pytest.raises(InputError, match=raised) as caught:
            import_recipe_file(file)
        assert str(caught.value).endswith(f"(line {line})")
        assert raised in refused(capsys, "run", file)
        assert "raises" not in sys.modules

    def test_one_that_raises_when_it_is_called(self, capsys, tmp_path):
        file = write(tmp_path, "return {}['epochs']")
        message = refused(capsys, "run", file, "--run_dir", tmp_path / "run")
        assert message == (
            f"kerastune: Expected a recipe that runs. Received: {file}, which raised KeyError: "
            "'epochs' (line 7)"
        )
        assert not (tmp_path / "run").exists()

    def test_one_that_returns_no_job(self, capsys, tmp_path):
        file = write(tmp_path, "return options")
        message = refused(capsys, "run", file, "--run_dir", tmp_path / "run")
        assert "Expected a recipe that returns a kerastune.Job. Received: one, which" in message
        assert "returned dict" in message

    def test_it_is_imported_once(self, tmp_path):
        file = write(tmp_path, header="import random\n\nnumber = random.random()\n")
        assert import_recipe_file(file).number == import_recipe_file(file).number

    @pytest.mark.parametrize("name", ["keras.py", "colorsys.py", "two words.py", "a.b.py"])
    def test_it_hides_no_module_of_that_name(self, tmp_path, name):
        """Imported already, not imported yet, and of no name that could be imported."""
        module = import_recipe_file(write(tmp_path, "return 1", file=name))
        assert module.one.__name__ == "one"
        import colorsys

        import keras

        assert hasattr(colorsys, "rgb_to_hsv")
        assert hasattr(keras, "Model")

    def test_it_may_be_on_the_path(self, tmp_path, monkeypatch):
        monkeypatch.syspath_prepend(tmp_path)
        module = import_recipe_file(write(tmp_path, "return 1", file="on_the_path.py"))
        import on_the_path

        assert on_the_path is module


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Installs modules with entry points, until the test ends."""

    def installed(entry_points, **modules):
        for name, text in modules.items():
            (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
            monkeypatch.delitem(sys.modules, name, raising=False)
        information = tmp_path / "outside-1.0.dist-info"
        information.mkdir()
        (information / "METADATA").write_text(
            "Metadata-Version: 2.1\nName: outside\nVersion: 1.0\n"
        )
        (information / "entry_points.txt").write_text(entry_points)
        monkeypatch.syspath_prepend(tmp_path)

    return installed


class TestInstalledRecipes:
    def test_they_are_found_by_their_names(self, install, capsys):
        install(
            "[kerastune.recipes]\nflowers = outside_recipes:one\n",
            outside_recipes=HEADER + RECIPE.format(name="one", body="return 1"),
        )
        assert recipe_names()[-1] == "flowers"
        assert find_recipe("flowers").__doc__.startswith("Do nothing well.")
        assert main(["recipes"]) == 0
        assert re.search(r"^flowers +Do nothing well\.$", capsys.readouterr().out, re.MULTILINE)
        with pytest.raises(InputError, match="Did you mean 'flowers'"):
            find_recipe("flower")

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("import none_such\n", "that can be imported. Received: outside_broken:one: No module"),
            ("one = 3\n", "@kerastune.recipe. Received: outside_broken:one, a int"),
            ("two = 3\n", "that can be imported. Received: outside_broken:one"),
        ],
    )
    def test_broken_ones_do_not_break_the_others(self, install, capsys, text, message):
        install("[kerastune.recipes]\nbroken = outside_broken:one\n", outside_broken=text)
        with pytest.raises(InputError, match=message):
            find_recipe("broken")
        assert find_recipe("lenet").__name__ == "lenet"
        assert main(["recipes"]) == 0
        out = capsys.readouterr().out
        assert message in out
        assert "lenet " in out


class TestInstalledOpeners:
    def test_they_are_found_by_their_schemes(self, install):
        opener = "def count(text):\n    return kt.Source.of(list(text), range(len(text)))\n"
        install(
            "[kerastune.openers]\nspelled = outside_openers:count\n",
            outside_openers=HEADER + opener,
        )
        source = data.open_data("spelled:abc")
        assert source.values["text"] == ["a", "b", "c"]
        with pytest.raises(InputError, match="spelled:NAME"):
            data.open_data("no/such/data")

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("import none_such\n", "an opener for 'torn' that can be imported"),
            ("def count(text):\n    return text\n", "an opener that gives a Source. Received: str"),
        ],
    )
    def test_broken_ones(self, install, monkeypatch, text, message):
        install("[kerastune.openers]\ntorn = outside_torn:count\n", outside_torn=text)
        monkeypatch.delitem(data.openers._openers, "torn", raising=False)
        with pytest.raises(InputError, match=message):
            data.open_data("torn:abc")
