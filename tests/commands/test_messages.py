"""What the command says of a slip of the hand."""

import re

import pytest

from kerastune.cli import main
from kerastune.commands import COMMANDS

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["reprot", "a"], "Received: 'reprot'. Did you mean 'report'? See: kerastune --help"),
        (["lenet", "--epochs", "3"], "Received: 'lenet'. Did you mean 'run lenet'?"),
        (["mine.py"], "Did you mean 'run mine.py'?"),
        (["--verson"], "Expected an option of kerastune. Received: --verson."),
        (["report"], "Expected RUN. Received: none. See: kerastune report --help"),
        (["report", "a", "--opne"], "Received: --opne. Did you mean '--open'?"),
        (["recipes", "all"], "Expected options of kerastune recipes. Received: 'all'"),
        (["params", "--by"], "Expected a value for --by. Received: none"),
        (["params", "a", "--by", "grou"], "Received: 'grou'. Did you mean 'group'?"),
        (["params", "a", "--depth", "x"], "of at least 1 for --depth. Received: 'x'"),
        (["params", "a", "--flops=3"], "Expected --flops without a value. Received: '3'"),
        (["runs", "--compare", "a"], "Expected 2 values for --compare. Received: fewer"),
        (["run"], "Expected a recipe. Received: none"),
        (["run", "--epochs", "3", "lenet"], "Expected a recipe. Received: --epochs in its place"),
    ],
)
def test_a_slip_is_told_in_one_line(capsys, arguments, message):
    assert main(arguments) == 2
    line = capsys.readouterr().err
    assert message in line
    assert len(line.splitlines()) == 1


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    out = capsys.readouterr().out
    assert re.findall(r"^ {4}([\w-]+)\s", out, re.MULTILINE) == [one.name for one in COMMANDS]
    assert main(["run", "--help"]) == 0
    assert "linear_regression" in capsys.readouterr().out
