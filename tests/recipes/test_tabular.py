"""The recipes for tables, on this backend: what they train, and what they accept."""

from datetime import datetime, timedelta

import numpy as np
import polars
import pytest

import kerastune
from kerastune import recipes
from kerastune.errors import InputError
from kerastune.params.sources.recipes import count_recipe

ROWS = 64


def table():
    """Flats whose price a number, a category and a month decide, and ids that decide nothing."""
    generator = np.random.default_rng(0)
    size = generator.uniform(20, 120, ROWS)
    city = generator.choice(["Bonn", "Rome"], ROWS)
    month = generator.integers(0, 12, ROWS)
    price = size + 60 * (city == "Rome") + 20 * (month > 5)
    return polars.DataFrame(
        {
            "id": [f"flat {row}" for row in range(ROWS)],
            "size": [None if row % 9 == 0 else float(value) for row, value in enumerate(size)],
            "city": [None if row % 11 == 0 else str(name) for row, name in enumerate(city)],
            "sold": [datetime(2024, 1, 15) + timedelta(days=30.4 * m) for m in month.tolist()],
            "price": price,
            "dear": ["yes" if value > 110 else "no" for value in price],
        }
    )


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("tables") / "flats.csv"
    table().write_csv(path)
    return str(path)


def settings(run_dir, **more):
    # The batch size divides the training samples, so that every step is compiled once.
    return {
        "widths": (16,),
        "dropout": 0.0,
        "epochs": 15,
        "batch_size": 16,
        "learning_rate": 3e-2,
        "run_dir": run_dir,
        **more,
    }


@pytest.mark.quick_on_tensorflow
def test_classification_learns_reports_and_loads(file, tmp_path):
    result = recipes.tabular_classification(
        file, target="dear", drop=["id", "price"], **settings(tmp_path / "run")
    )
    flats = [
        {"size": 119, "city": "Rome", "sold": "2024-12-15"},
        {"size": 21, "city": "Bonn", "sold": "2024-01-15"},
        {"size": None, "city": "Lima", "sold": None},
    ]
    assert result.predict(flats)[:2] == ["yes", "no"]
    loaded = kerastune.load(tmp_path / "run")
    np.testing.assert_array_equal(loaded.outputs(flats), result.outputs(flats))
    assert loaded.evaluate(file)["accuracy"] >= 0.85
    with pytest.raises(InputError, match="Expected a column 'size' in the records"):
        loaded.predict([{"city": "Rome", "sold": None}])
    with pytest.raises(InputError, match="column 'size'. Received: 'big' in row 2"):
        loaded.predict([flats[0], {**flats[1], "size": "big"}])
    report = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    for text in ("boosted trees", "logistic regression", "majority class", "missing values"):
        assert text in report


@pytest.mark.first_backend
def test_regression_learns(file, tmp_path):
    result = recipes.tabular_regression(
        file, target="price", drop=["id", "dear"], **settings(tmp_path / "run")
    )
    assert result.metrics["r2"] > 0.6
    with pytest.warns(UserWarning, match="lacks them: 'id', 'dear'"):
        assert result.predict(table()).shape == (ROWS, 1)


@pytest.mark.parametrize(
    ("recipe", "data"),
    [
        (recipes.tabular_classification, "breast_cancer"),
        (recipes.tabular_classification, "wine"),
        (recipes.tabular_regression, "autompg"),
        (recipes.tabular_regression, "diabetes_table"),
    ],
)
def test_what_is_counted_is_what_is_built(recipe, data):
    job = recipe.build(data)
    assert job.model.count_params() == count_recipe(f"recipe:{job.name}(data='{data}')").parameters


@pytest.mark.any_backend
def test_options_reach_the_job(file):
    job = recipes.tabular_classification.build(
        file,
        target="dear",
        drop=["id"],
        scaling="robust",
        min_category_count=100,
        balance_classes=True,
        label_smoothing=0.1,
        test_data=file,
    )
    assert len(job.splits.test) == ROWS
    assert "price" in job.preprocessor.columns
    assert job.preprocessor.category_sizes == (2,)
    assert job.preprocessor.scaling == "robust"
    assert job.head.label_smoothing == 0.1
    assert job.head.class_weights is not None
    assert any("share a code: 'city'" in note for note in job.splits.training.notes)


@pytest.mark.any_backend
@pytest.mark.parametrize(
    ("recipe", "options", "expected"),
    [
        ("tabular_classification", {}, "Expected `target`"),
        ("tabular_classification", {"target": "dea"}, "Did you mean 'dear'?"),
        ("tabular_classification", {"target": "price"}, "regression"),
        ("tabular_classification", {"target": "dear", "widths": ()}, "at least one block"),
        ("tabular_classification", {"target": "dear", "scaling": "log"}, "standard, robust"),
        ("tabular_regression", {"target": "dear"}, "a recipe for classification"),
        ("tabular_regression", {"target": "price", "head": "linear"}, "Expected a head"),
        ("tabular_regression", {"target": "price", "drop": ["idd"]}, "Did you mean 'id'?"),
        ("tabular_regression", {"target": "price", "test_data": "no.csv"}, "not a file"),
    ],
)
def test_bad_input_is_refused_in_one_line(file, recipe, options, expected):
    with pytest.raises(InputError) as caught:
        getattr(recipes, recipe).build(file, **options)
    assert expected in str(caught.value)
    assert "Received: " in str(caught.value)
    assert "\n" not in str(caught.value)
