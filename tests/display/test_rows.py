"""Tables of dictionaries and of metrics, whatever is in them."""

import pytest

from kerastune.display import metrics_table, table_of
from kerastune.display.table import distinct

pytestmark = pytest.mark.any_backend


def test_the_unit_of_a_column_follows_its_values() -> None:
    rows = [
        {"n": 1, "x": 0.5, "lost": float("nan"), "mixed": 1, "is_best": True, "png": b"PNG"},
        {"n": 2, "x": 3, "lost": 0.5, "mixed": "a", "is_best": None},
    ]
    table = table_of("t", rows, fractions="number")
    assert {column.name: column.unit for column in table.columns} == {
        "n": "count",
        "x": "number",
        "lost": "metric",
        "mixed": "lines",
        "is best": "lines",
        "png": "image",
    }
    assert [row[:5] for row in table.texts()] == [
        ["1", "0.5", "nan", "1", "yes"],
        ["2", "3", "0.5000", "a", "–"],
    ]


def test_keys_with_the_same_words_stay_apart() -> None:
    table = table_of("t", [{"val_loss": 1, "val loss": 2}])
    assert table.to_dict()["rows"] == [{"val_loss": 1, "val loss": 2}]


def test_no_rows_make_an_empty_table() -> None:
    assert table_of("t", []).rows == ()


def test_a_model_may_be_called_like_the_column_of_metrics() -> None:
    table = metrics_table("t", {"metric": {"a": 1.0}, "b": {"a": 2.0}}, {"a": True})
    assert [column.name for column in table.columns] == ["metric", "metric (2)", "b"]
    assert table.marks == {(0, 2): "best"}


@pytest.mark.parametrize(
    ("values", "best"),
    [
        ([0.5, 0.5], []),
        ([0.5, None], []),
        ([0.5, float("nan")], []),
        ([0.5, 0.25, 0.25], [2, 3]),
        (["text", 0.5, 0.75], [2]),
    ],
)
def test_the_best_is_marked_where_there_is_one(values: list, best: list[int]) -> None:
    columns = {str(place): {"error": value} for place, value in enumerate(values)}
    table = metrics_table("t", columns, {"error": False})
    assert sorted(table.marks) == [(0, place) for place in best]
    assert ("* is the best." in table.notes[0]) == bool(best)


def test_names_that_come_again_get_numbers() -> None:
    assert distinct(["a", "a (2)", "a", "a"]) == ["a", "a (2)", "a (3)", "a (4)"]
