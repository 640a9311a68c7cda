"""Baselines for tables: boosted trees, and a linear model."""

from typing import Any

import numpy as np
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from kerastune.data import Source, Splits, as_categories, as_numbers, calendar, days
from kerastune.evaluation.baselines import classifier_on_test
from kerastune.evaluation.evaluation import Evaluation
from kerastune.evaluation.few_samples import in_pieces, on_few_samples
from kerastune.evaluation.metrics import evaluate_quantities

# What scikit-learn's boosting takes, less one for categories that share a code.
_MOST_CATEGORIES = 254


@on_few_samples
def boosted_trees(splits: Splits) -> dict[str, Evaluation]:
    """Evaluates gradient-boosted trees, which take categories and missing values.

    scikit-learn's `HistGradientBoostingClassifier` or `HistGradientBoostingRegressor` with its
    default settings, after those of LightGBM. Dates are days, months, weekdays and hours.

    Args:
        splits: `Splits` with inputs of kind `number`, `category` and `date`, and one target of
            kind `class` or `quantity`.

    Returns:
        Dictionary with `"boosted trees"`.

    Example:

    >>> from kerastune.data import open_table_splits
    >>> splits = open_table_splits("wine", target_kind="class")
    >>> boosted_trees(splits)["boosted trees"]["accuracy"] > 0.9
    True
    """
    numbers, categories = _columns_by_kind(splits.training)
    codes = OrdinalEncoder(
        handle_unknown="use_encoded_value", unknown_value=np.nan, max_categories=_MOST_CATEGORIES
    )
    encode = ColumnTransformer([("codes", codes, categories), ("numbers", "passthrough", numbers)])
    settings: dict[str, Any] = {
        "categorical_features": list(range(len(categories))),
        "random_state": 0,
    }
    kind = (
        HistGradientBoostingClassifier
        if _is_classification(splits)
        else HistGradientBoostingRegressor
    )
    return {"boosted trees": _reached(make_pipeline(encode, kind(**settings)), splits)}


@on_few_samples
def linear_model(splits: Splits) -> dict[str, Evaluation]:
    """Evaluates a linear model: logistic regression, or ridge regression.

    Numbers are standardised, missing ones become the mean and are marked, categories one
    column each. The strength of ridge regression is chosen by leave-one-out validation.

    Args:
        splits: `Splits`, as for `boosted_trees`; inputs may be of kind `array` too.

    Returns:
        Dictionary with `"logistic regression"` or `"ridge regression"`.

    Example:

    >>> from kerastune.data import open_table_splits
    >>> splits = open_table_splits("diabetes_table", target_kind="quantity")
    >>> list(linear_model(splits))
    ['ridge regression']
    """
    numbers, categories = _columns_by_kind(splits.training)
    scaled = make_pipeline(SimpleImputer(add_indicator=True), StandardScaler())
    encode = ColumnTransformer(
        [
            ("numbers", scaled, numbers),
            ("categories", OneHotEncoder(handle_unknown="ignore"), categories),
        ]
    )
    if _is_classification(splits):
        model = make_pipeline(encode, LogisticRegression(max_iter=5000))
        return {"logistic regression": _reached(model, splits)}
    model = make_pipeline(encode, RidgeCV(alphas=np.logspace(-3, 3, 13)))
    return {"ridge regression": _reached(model, splits)}


def _reached(model: Any, splits: Splits) -> Evaluation:
    """Evaluates a model on the test samples that is fitted to all others."""
    name = splits.training.targets[0]
    fitted_to = splits.without_test
    model.fit(_rows(fitted_to), np.asarray(fitted_to.values[name]))
    if _is_classification(splits):
        return classifier_on_test(model, _rows, splits, name)
    predicted = in_pieces(lambda part: model.predict(_rows(part)), splits.test)
    return evaluate_quantities(splits.test.values[name], predicted)


def _is_classification(splits: Splits) -> bool:
    return splits.columns[splits.training.target("class", "quantity")].kind == "class"


def _rows(samples: Source) -> np.ndarray:
    """Returns the inputs as an array of objects: numbers, and text or None."""
    return np.stack([column for _, column in _columns(samples)], axis=1)


def _columns_by_kind(samples: Source) -> tuple[list[int], list[int]]:
    """Returns the positions of the columns of numbers, and of those of categories."""
    kinds = [is_category for is_category, _ in _columns(samples)]
    return (
        [index for index, is_category in enumerate(kinds) if not is_category],
        [index for index, is_category in enumerate(kinds) if is_category],
    )


def _columns(samples: Source) -> list[tuple[bool, np.ndarray]]:
    """Returns whether each column holds categories, and its values.

    A date is several columns, and so is an array.
    """
    columns: list[tuple[bool, np.ndarray]] = []
    for name in samples.inputs:
        kind, values = samples.columns[name].kind, samples.values[name]
        if kind == "category":
            columns.append((True, np.array(as_categories(values, name), object)))
        elif kind == "date":
            parts = [days(values), *calendar(values).values()]
            columns += [(False, part.astype(object)) for part in parts]
        elif kind == "array":
            rows = np.asarray(values)
            columns += [(False, part.astype(object)) for part in rows.reshape(len(rows), -1).T]
        else:
            columns.append((False, as_numbers(values, name).astype(object)))
    return columns
