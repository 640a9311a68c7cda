"""The plan table with a column a stage."""

import pytest

from kerastune.tuning import PlanRow, PlanTable

pytestmark = pytest.mark.any_backend


def row(stage, group, trainable, rate=None, slowest=None, parameters=1000):
    return PlanRow(
        stage,
        group,
        parameters,
        0,
        trainable,
        rate,
        slowest,
        0.0,
        None,
        multiplier=rate,
        lowest_multiplier=slowest,
    )


def test_each_stage_is_a_column_and_the_last_row_sums_up():
    table = PlanTable(
        "Plan: p",
        {"probe": "1 epoch", "all": ""},
        (
            row("probe", "body", 0),
            row("probe", "head", 20, 0.1, 0.1, parameters=20),
            row("all", "body", 1000, 0.01, 0.001),
            row("all", "head", 10, 0.1, 0.1, parameters=20),
        ),
    )
    found = table.to_table()
    assert [column.name for column in found.columns] == [
        "layer group",
        "parameters",
        "probe",
        "all",
    ]
    assert [column.details for column in found.columns[2:]] == ["1 epoch", ""]
    assert found.rows == (
        ("body", 1000, "frozen", "0.001 to 0.01"),
        ("head", 20, "0.1", "0.1\nof 10"),
    )
    assert found.total == ("trainable", 1020, "20", "1,010")
    with pytest.warns(DeprecationWarning, match="is now PlanTable.to_table"):
        earlier = table.by_stage()
    assert earlier[0] == {
        "layer group": "body",
        "parameters": 1000,
        "probe\n1 epoch": "frozen",
        "all": "0.001 to 0.01",
    }
    assert earlier[-1]["all"] == "1,010"


def test_a_stage_may_be_called_like_a_column():
    table = PlanTable("p", {"parameters": ""}, (row("parameters", "head", 20, 0.1),)).to_table()
    assert table.to_dict()["rows"] == [
        {"layer group": "head", "parameters": 1000, "parameters (2)": "0.1\nof 20"}
    ]


def test_what_a_range_of_rates_means_is_told_where_there_is_one():
    one = PlanTable("p", {"a": ""}, (row("a", "head", 20, 0.1, 0.1),), notes=("A note.",))
    assert one.explanations == ("A note.",)
    several = PlanTable("p", {"a": ""}, (row("a", "head", 20, 0.1, 0.01),))
    (told,) = several.explanations
    assert told.startswith("Rates are the highest of the schedule, from the slowest weights")
