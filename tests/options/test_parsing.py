"""Options on the command line, from the signature of a recipe."""

import inspect
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Optional

import pytest
import yaml

from kerastune import recipes
from kerastune.cli import main
from kerastune.data import Source
from kerastune.errors import InputError
from kerastune.jobs.recipe import recipe
from kerastune.jobs.recipe_files import find_recipe
from kerastune.jobs.run_options import PYTHON_ONLY
from kerastune.options.parsing import parse_options

pytestmark = pytest.mark.any_backend


@recipe(epochs=3, batch_size=7)
def many(
    data: str = "digits",
    *,
    kind: Literal["a", "keras"] = "a",
    file: Path = Path("x.csv"),
    names: list[str] = ("n",),  # type: ignore[assignment]
    sizes: Sequence[int] = (1, 2),
    pair: tuple[int, float] = (1, 0.5),
    weights: dict[str, float] | None = None,
    maybe: Optional[int] = None,  # noqa: UP045
    mixed: int | str = 3,
    flag: bool = True,
    off: bool = False,
    plain=0.5,
    nothing=None,
    either: str | Source = "here",
    from_python: Source | None = None,
    a_function: Any = len,
    **options: Any,
):
    """Take options of many types.

    Args:
        data: what to learn.
        flag: a switch that is on.
    """
    return


IN_TEXT = """
from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal, Optional

import kerastune as kt

"""


@pytest.fixture(scope="module")
def in_text(tmp_path_factory):
    """The same recipe, in a file whose annotations are text."""
    source = inspect.getsource(inspect.unwrap(many))
    file = tmp_path_factory.mktemp("recipes") / "in_text.py"
    source = source.replace("@recipe", "@kt.recipe").replace("Source", "kt.Source")
    file.write_text(IN_TEXT + source, encoding="utf-8")
    return find_recipe(str(file))


@pytest.fixture(params=["types", "text"])
def any_recipe(request, in_text):
    return {"types": many, "text": in_text}[request.param]


def parse(asked, *arguments):
    return parse_options(asked, arguments, "many")


@pytest.mark.parametrize(
    ("arguments", "name", "expected"),
    [
        ([], "kind", "a"),
        (["--kind", "keras"], "kind", "keras"),
        (["--file", "a/b.csv"], "file", Path("a/b.csv")),
        (["--names", "[a, b]"], "names", ["a", "b"]),
        (["--names", '["a"]'], "names", ["a"]),
        (["--sizes", "[3, 4]"], "sizes", [3, 4]),
        (["--pair", "[2, 0.25]"], "pair", (2, 0.25)),
        (["--weights", "{cat: 2}"], "weights", {"cat": 2.0}),
        (["--maybe", "4"], "maybe", 4),
        (["--maybe", "null"], "maybe", None),
        (["--mixed", "4"], "mixed", 4),
        (["--mixed", "four"], "mixed", "four"),
        (["--no_flag"], "flag", False),
        (["--off"], "off", True),
        (["--plain", "1"], "plain", 1.0),
        (["--nothing", "text"], "nothing", "text"),
        (["--either", "there"], "either", "there"),
        (["--plan", "head_only"], "plan", "head_only"),
        (["--run_dir", "runs/a"], "run_dir", "runs/a"),
        (["--epochs=9"], "epochs", 9),
        (["--batch-size", "9"], "batch_size", 9),
        (["--no-flag"], "flag", False),
        (["--backend", "torch"], "backend", "torch"),
    ],
)
def test_values_have_the_type_of_the_signature(any_recipe, arguments, name, expected):
    found = parse(any_recipe, *arguments)[name]
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--kind", "c"], "Expected a or keras for --kind. Received: 'c'"),
        (["--names", "3"], r"Expected a list such as \[a,b\] for --names. Received: '3'"),
        (["--sizes", "[a]"], r"\[1,2\] for --sizes. Received: '\[a\]'"),
        (["--weights", "{a: b}"], "a dictionary such as {a: 1} or null for --weights. Received"),
        (["--maybe", "x"], "Expected a whole number or null for --maybe. Received: 'x'"),
        (["--flag", "false"], "Expected --flag without a value. .* The other way is --no_flag"),
        (["--off=yes"], "Expected --off without a value. Received: 'yes'"),
        (["--epoch", "3"], "of many. Received: --epoch. Did you mean '--epochs'?"),
        (["--lr", "3"], "Did you mean '--learning_rate'?"),
        (["--seed", "1.5"], "Expected a whole number for --seed. Received: '1.5'"),
        (["--epochs=1e3"], "Expected a whole number for --epochs. Received: '1e3'"),
        (["--epochs"], "Expected a value for --epochs. Received: none"),
        (["--epochs", "3", "4"], "Received: '4', which belongs to none"),
        (
            ["--learning_rate", "fast"],
            "a number or auto or null for --learning_rate. Received: 'fast'",
        ),
        (["--callbacks", "[]"], "--callbacks"),
        (["--from_python", "x"], "--from_python"),
        (["--a_function", "x"], "--a_function"),
        (["--batch-siz", "3"], "Did you mean '--batch_size'?"),
        (["--config", "no.yaml"], "configuration file. Received: 'no.yaml', No such file"),
    ],
)
def test_what_does_not_fit_is_refused(any_recipe, arguments, message):
    with pytest.raises(InputError, match=message) as caught:
        parse(any_recipe, *arguments)
    assert re.search(r"[^.?][.?] See: kerastune run many --help$", str(caught.value))
    assert "\n" not in str(caught.value)


def test_what_only_python_can_give_is_left_out_and_has_its_default(any_recipe):
    found = parse(any_recipe)
    assert {"callbacks", "from_python", "a_function"}.isdisjoint(found)
    assert set(PYTHON_ONLY) == {"callbacks"}


def test_what_has_no_default_and_only_python_can_give():
    def needs(data: Source, **options: Any) -> None:
        """Need a source."""

    with pytest.raises(InputError, match="'data' can be given from Python only. Give it a default"):
        parse(recipe(needs))


def test_what_has_no_default_and_no_type_is_text():
    def needs(data, **options: Any) -> None:
        """Need data."""

    assert parse(recipe(needs), "--data", "a.csv")["data"] == "a.csv"
    with pytest.raises(InputError, match="data"):
        parse(recipe(needs))


@pytest.mark.parametrize("name", recipes.__all__)
def test_every_option_shows_its_effective_default_everywhere(name, capsys):
    """In the signature, the parsed options, `--print_config` and the help."""
    asked = getattr(recipes, name)
    parameters = inspect.signature(asked).parameters
    defaults = {key: p.default for key, p in parameters.items() if key not in PYTHON_ONLY}
    assert parse(asked) == {"backend": None, **defaults}
    with pytest.raises(SystemExit):
        main(["run", name, "--print_config"])
    printed = yaml.safe_load(capsys.readouterr().out)
    assert printed == {"recipe": name, "backend": None, **json.loads(json.dumps(defaults))}
    with pytest.raises(SystemExit):
        main(["run", name, "--help"])
    _, _, shown = " ".join(capsys.readouterr().out.split()).partition(" options: ")
    entries = re.findall(r"--(\w+)[ ,].*?\(type: [^)]*default: (\(.*?\)|.*?)\)", shown)
    expected = {key: "null" if value is None else str(value) for key, value in defaults.items()}
    assert {key: value for key, value in entries if key in expected} == expected
    assert "--callbacks" not in shown


def test_a_run_writes_every_option_with_its_effective_value(tmp_path):
    result = recipes.linear_regression(epochs=1, seed=3, run_dir=tmp_path / "run")
    configuration = yaml.safe_load((tmp_path / "run" / "config.yaml").read_text())
    parameters = inspect.signature(recipes.linear_regression).parameters
    expected = {name: parameter.default for name, parameter in parameters.items()}
    expected |= {"epochs": 1, "seed": 3}
    for name in ("overwrite", "callbacks", "resume", "run_dir", "verbose"):
        del expected[name]
    assert configuration.pop("recipe") == result.recipe
    backend = configuration.pop("backend")
    assert configuration == expected
    asked = parse(recipes.linear_regression, "--config", str(tmp_path / "run" / "config.yaml"))
    told_elsewhere = {"backend": backend, "overwrite": False, "resume": None}
    told_elsewhere |= {"run_dir": None, "verbose": 1}
    assert asked == {**told_elsewhere, **expected}
