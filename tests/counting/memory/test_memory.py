"""The parts of the memory of training add up, and show what they are."""

import re
from pathlib import Path

import pytest

from kerastune.counting.memory import ROUGH, Memory

pytestmark = pytest.mark.any_backend

SMALL = Memory("training small", 400, 0, 400, 800, 0, 0, 300, 100, notes=("a note",))


def test_the_parts_add_up():
    assert SMALL.total == 2000
    assert sum(SMALL.parts().values()) == SMALL.total


def test_what_was_not_asked_for_is_in_no_part():
    without = Memory("training small", 400, 0, 400, 800, 0, 0, None, None)
    assert without.total == 1600
    assert "activations" not in without.parts()


def test_the_table_has_what_takes_memory():
    table = SMALL.table()
    assert table.title == "Memory of training small"
    assert [row[:2] for row in table.rows] == [
        ("weights", 400),
        ("gradients", 400),
        ("optimizer slots", 800),
        ("activations", 300),
        ("working memory", 100),
    ]
    assert sum(row[2] for row in table.rows) == pytest.approx(1)
    assert table.total == ("total", 2000, 1.0)
    assert table.notes == ("a note", ROUGH)


def test_a_model_without_weights_has_an_empty_table():
    assert Memory("training nothing", 0, 0, 0, 0, 0, 0, None, None).table().rows == ()


def test_the_range_that_tables_name_is_the_measured_one():
    guide = Path(__file__).parents[3] / "docs/counting.md"
    measured = guide.read_text(encoding="utf-8").partition("| model, batch |")[2]
    rows = measured.partition("\n\n")[0].splitlines()[2:]
    ratios = {"lenet" in row: [] for row in rows}
    for row in rows:
        ratios["lenet" in row] += map(float, re.findall(r"(?<=\| )[\d.]+(?= \|)", row))
    for of_kind in ratios.values():
        assert f"{min(of_kind):.2f} to {max(of_kind)} times" in ROUGH
