import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LinearRegression

from kerastune.baselines import boosted_trees, linear_model
from kerastune.data import Source, Splits, open_table, open_table_splits, split

pytestmark = pytest.mark.any_backend


def mixed_table(rows=120):
    """A table with missing values whose target a category, a number and a month decide."""
    generator = np.random.default_rng(0)
    city = generator.choice(["Bonn", "Rome", "Oslo"], rows)
    size = generator.normal(size=rows)
    month = generator.integers(1, 13, rows)
    price = size + 10 * (city == "Rome") + 5 * (month > 6)
    # A category that the training samples lack is no error.
    city[-1] = "Lima"
    return {
        "city": [None if row % 10 == 0 else str(name) for row, name in enumerate(city)],
        "size": [None if row % 7 == 0 else float(value) for row, value in enumerate(size)],
        "day": [f"2024-{value:02}-15" for value in month],
        "price": price.tolist(),
        "dear": (price > 5).tolist(),
    }


def splits_of(target, drop):
    source = open_table(mixed_table(), target=target, drop=[drop])
    return Splits(source.select(range(90)), source.select(range(90, 120)))


def test_boosted_trees_take_numbers_as_they_are():
    splits = open_table_splits("breast_cancer", target_kind="class")
    rows = [
        np.stack([part.values[name] for name in part.inputs], axis=1)
        for part in (splits.training, splits.test)
    ]
    model = HistGradientBoostingClassifier(random_state=0)
    model.fit(rows[0], splits.training.target_values)
    expected = model.score(rows[1], splits.test.target_values)
    assert boosted_trees(splits)["boosted trees"]["accuracy"] == expected


def test_both_learn_from_categories_dates_and_missing_values():
    for_classes = splits_of("dear", "price")
    assert boosted_trees(for_classes)["boosted trees"]["accuracy"] > 0.8
    assert linear_model(for_classes)["logistic regression"]["accuracy"] > 0.8
    for_quantities = splits_of("price", "dear")
    assert boosted_trees(for_quantities)["boosted trees"]["r2"] > 0.5
    assert linear_model(for_quantities)["ridge regression"]["r2"] > 0.5


def test_an_array_is_a_column_for_each_of_its_numbers():
    table = open_table_splits("wine", target_kind="class")
    as_rows = [
        Source.of(
            np.stack([part.values[name] for name in part.inputs], axis=1),
            part.target_values,
            class_names=table.class_names,
        )
        for part in (table.training, table.test)
    ]
    found, expected = linear_model(Splits(*as_rows)), linear_model(table)
    assert found["logistic regression"].to_dict() == expected["logistic regression"].to_dict()


def test_ridge_regression_is_near_least_squares_where_there_is_no_noise():
    x = np.arange(40.0)
    source = open_table({"x": x, "y": 3 * x + 0.5}, target="y")
    splits = Splits(*split(source, 0.25, seed=0))
    exact = LinearRegression().fit(x[:, None], 3 * x + 0.5)
    assert exact.score(x[:, None], 3 * x + 0.5) == 1
    assert linear_model(splits)["ridge regression"]["r2"] == pytest.approx(1, abs=1e-6)


def test_more_categories_than_boosting_takes():
    names = ["Bonn", "Rome"] * 300 + [f"city {row}" for row in range(400)]
    targets = [name == "Bonn" for name in names]
    source = open_table({"city": names, "y": targets}, target="y")
    assert boosted_trees(Splits(source, source))["boosted trees"]["accuracy"] == 1


@pytest.mark.parametrize(("target", "drop"), [("dear", "price"), ("price", "dear")])
@pytest.mark.parametrize("baseline", [boosted_trees, linear_model])
def test_samples_for_validation_are_learned_from_too(baseline, target, drop):
    source = open_table(mixed_table(), target=target, drop=[drop])
    seen, test = source.select(range(90)), source.select(range(90, 120))
    validated = Splits(seen.select(range(60)), test, seen.select(range(60, 90)))
    assert baseline(validated) == baseline(Splits(seen, test))
    assert baseline(validated) != baseline(Splits(validated.training, test))
