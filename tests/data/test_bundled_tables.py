import numpy as np
import pytest
from mlxtend.data import autompg_data
from sklearn import datasets

from kerastune.data import (
    NAMED,
    Column,
    autompg,
    described_only,
    open_data,
    open_table,
    open_table_splits,
    stand_ins,
)
from kerastune.data.bundled_tables import NAMED_TABLES
from kerastune.errors import MissingExtraError

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize("name", NAMED_TABLES)
def test_what_is_published_is_what_is_read(name):
    source = open_data(name)
    assert dict(source.columns) == dict(NAMED[name].columns)
    assert source.targets == NAMED[name].targets
    assert source.name == name
    for column, described in source.columns.items():
        values = source.values[column]
        if described.kind == "category":
            assert set(values) == set(described.class_names)
        elif described.kind == "class":
            assert set(values) == set(range(len(described.class_names)))
        else:
            assert values.dtype == "float64"
            assert np.isfinite(values).all()


@pytest.mark.parametrize("name", NAMED_TABLES)
def test_no_column_is_left_out_and_stand_ins_have_the_same(name):
    source = open_table(name)
    assert list(source.columns) == list(NAMED[name].columns)
    with described_only():
        made_up = open_table(name)
    assert dict(made_up.columns) == dict(source.columns)


@pytest.mark.parametrize(
    ("name", "load"),
    [
        ("breast_cancer", datasets.load_breast_cancer),
        ("wine", datasets.load_wine),
        ("diabetes_table", lambda: datasets.load_diabetes(scaled=False)),
    ],
)
def test_columns_are_named_as_scikit_learn_names_them(name, load):
    source, published = open_data(name), load()
    assert source.inputs == tuple(published.feature_names)
    numbers = np.stack([np.asarray(source.values[column], "float64") for column in source.inputs])
    np.testing.assert_array_equal(numbers.T, published.data)
    np.testing.assert_array_equal(source.target_values, published.target)


def test_cars_are_those_of_mlxtend():
    features, consumption = autompg_data()
    source = autompg()
    numbers = np.stack([source.values[name] for name in source.inputs[:6]], axis=1)
    np.testing.assert_array_equal(numbers, features[:, :6])
    np.testing.assert_array_equal(source.values["mpg"], consumption)
    origins = np.array(["USA", "Europe", "Japan"])[features[:, 6].astype(int) - 1]
    assert source.values["origin"] == origins.tolist()


def test_without_mlxtend(monkeypatch):
    monkeypatch.setattr("kerastune.data.mlxtend_files.package_folder", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"'autompg' needs .*\[tables\]'"):
        open_table("autompg")


def test_stand_ins_for_dates_are_dates_that_vary():
    columns = {"day": Column("date"), "won": Column("class", class_names=("no", "yes"))}
    source = open_table(stand_ins(columns, ("won",), "games"))
    assert source.columns["day"].kind == "date"
    assert len(set(source.values["day"])) == len(source)


def test_splits_of_a_table_and_another_for_the_test(tmp_path):
    path = tmp_path / "cars.csv"
    path.write_text("size,make,price\n1.5,4,10\n2,5,20\n2.5,x,30\n3,y,40\n")
    test = tmp_path / "test.csv"
    test.write_text("make,size,price\n4,9,15\n4,9,15.5\n")
    splits = open_table_splits(
        path,
        {"test_data": test, "validation_fraction": 0.5},
        target="price",
        target_kind="quantity",
    )
    assert {use: len(part) for use, part in splits.parts.items()} == {
        "training": 2,
        "validation": 2,
        "test": 2,
    }
    assert splits.test.values["make"] == ["4", "4"]
    assert splits.test.values["price"].tolist() == [15, 15.5]
    assert splits.columns["size"].kind == "number"


def test_classes_of_test_data_are_those_of_the_training_data(tmp_path):
    path, test = tmp_path / "games.csv", tmp_path / "test.csv"
    path.write_text("score,won\n1,yes\n2,no\n3,yes\n4,no\n")
    test.write_text("score,won\n1,yes\n2,yes\n")
    splits = open_table_splits(
        path, {"test_data": test}, target="won", target_kind="class", categories=["score"]
    )
    assert splits.class_names == ("no", "yes")
    assert splits.test.values["won"].tolist() == [1, 1]
    assert splits.columns["score"].kind == "category"
