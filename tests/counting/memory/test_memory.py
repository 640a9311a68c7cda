"""The parts of the memory of training add up, and show what they are."""

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
