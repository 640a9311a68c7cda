"""Rows of numbers, of arrays and of tables."""

import numpy as np
import polars
import pytest

from kerastune import recipes
from kerastune.data import Source, open_table
from kerastune.errors import InputError
from kerastune.preprocessing import NumberRows

pytestmark = pytest.mark.any_backend

TABLE = {"age": [20, 40, 30], "size": [1.5, 1.8, 1.7], "pay": [1.5, 2.5, 2.0]}


def test_an_array_stays_as_it_is():
    rows = np.arange(6.0).reshape(3, 2)
    preprocessor = NumberRows().fit(Source.of(rows, [0.5, 1.5, 2.5]))
    assert preprocessor(rows) is rows


def test_columns_in_any_order_and_form():
    preprocessor = NumberRows().fit(open_table(TABLE, target="pay"))
    expected = [[50.0, 1.0]]
    for inputs in (
        [{"size": 1.0, "age": 50}],
        polars.DataFrame({"size": [1.0], "age": [50], "name": ["Ann"]}),
        [[50, 1.0]],
        np.array([[50, 1.0]]),
    ):
        assert preprocessor(inputs).tolist() == expected
    again = NumberRows.from_config(preprocessor.get_config())
    assert again([{"size": 1.0, "age": 50}]).tolist() == expected


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ({**TABLE, "age": [20, 40, None]}, "Received: nan in row 3, and 1 of 3 rows"),
        (
            {**TABLE, "age": ["a", "b", "c"]},
            "inputs 'age' of kind category. Leave them out by `--drop`",
        ),
    ],
)
def test_what_is_no_number_is_named(table, expected):
    with pytest.raises(InputError, match=expected):
        NumberRows().fit(open_table(table, target="pay"))


def test_rows_of_another_width():
    preprocessor = NumberRows().fit(open_table(TABLE, target="pay"))
    with pytest.raises(InputError, match=r"2 numbers: age, size\. Received: shape \(1, 3\)"):
        preprocessor(np.ones((1, 3)))


def test_a_table_is_fitted_and_predicted_by_name(tmp_path):
    generator = np.random.default_rng(0)
    x = generator.normal(size=(60, 2))
    frame = polars.DataFrame({"a": x[:, 0], "b": x[:, 1], "y": x @ [2.0, -1.0] + 3})
    frame.write_csv(tmp_path / "a.csv")
    result = recipes.linear_regression(
        tmp_path / "a.csv", target="y", epochs=30, run_dir=tmp_path / "run"
    )
    assert result.metrics["r2"] > 0.5
    by_name = result.predict([{"b": 1.0, "a": 1.0}])
    by_column = result.predict(polars.DataFrame({"a": [1.0], "b": [1.0]}))
    np.testing.assert_allclose(by_name, by_column, rtol=1e-6)
