"""The parts of the memory of training add up, and show what they are."""

import re
from dataclasses import fields
from pathlib import Path

import keras
import pytest

from kerastune.counting import compare_memory, count_model
from kerastune.counting.memory.training import PARTS, ROUGH, Memory

pytestmark = pytest.mark.any_backend


def test_the_parts_add_up():
    assert Memory(400, 0, 400, 800, 0, 0, 300, 100).total == 2000


def test_what_was_not_asked_for_is_in_no_part():
    assert Memory(400, 0, 400, 800, 0, 0, None, None).total == 1600


def test_the_parts_of_a_memory_have_headings_and_are_in_a_table():
    assert list(PARTS) == [field.name for field in fields(Memory) if field.name != "notes"]
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)], name="small")
    table = compare_memory([count_model(model)])
    (row,) = table.to_dict()["rows"]
    assert row["total"] == sum(size for part, size in row.items() if part in PARTS.values())
    assert ROUGH in table.notes


def test_the_range_that_tables_name_is_the_measured_one():
    guide = Path(__file__).parents[3] / "docs/counting.md"
    measured = guide.read_text(encoding="utf-8").partition("| model, batch |")[2]
    rows = measured.partition("\n\n")[0].splitlines()[2:]
    ratios = {"lenet" in row: [] for row in rows}
    for row in rows:
        ratios["lenet" in row] += map(float, re.findall(r"(?<=\| )[\d.]+(?= \|)", row))
    for of_kind in ratios.values():
        assert f"{min(of_kind):.2f} to {max(of_kind)} times" in ROUGH
