"""Baselines for recommendation: means of items and users, and linear models of all fields."""

from collections.abc import Callable
from typing import Any

import numpy as np
import sklearn

from kerastune.data import Source, Splits
from kerastune.data.coded import MISSING, coded
from kerastune.evaluation.catalogue import Catalogue
from kerastune.evaluation.evaluation import Evaluation
from kerastune.evaluation.metrics import evaluate_classes, evaluate_quantities
from kerastune.evaluation.ranking import evaluate_ranking

Baseline = Callable[[Splits], dict[str, Evaluation]]

_SHRINKAGE = 5.0
_STRENGTHS = (3.0, 10.0, 30.0)
_EDGE = 1e-3


def of_interactions(
    catalogue: Catalogue | None,
    one_hot: Callable[[Source], Any],
    *,
    user_column: str,
    item_column: str,
) -> Baseline:
    """Returns all baselines of this file at once.

    Args:
        catalogue: the `Catalogue`, to rank all items, or None.
        one_hot: see `linear_fields`.
        user_column: str, the column of users.
        item_column: str, the column of items.

    Returns:
        A function from `Splits` to what `interaction_means`, `popularity` and `linear_fields`
        give.

    Example:

    >>> from kerastune.data import open_interaction_splits
    >>> from kerastune.preprocessing import FieldPreprocessor
    >>> table = {"user_id": [1, 2, 3, 3], "item_id": [5, 5, 6, 5], "rating": [4, 5, 5, 4]}
    >>> splits = open_interaction_splits(table, target="rating", split_in="order")
    >>> fields = FieldPreprocessor().fit(splits.training)
    >>> columns = {"user_column": "user_id", "item_column": "item_id"}
    >>> list(of_interactions(None, fields.one_hot, **columns)(splits))
    ['item means', 'item and user means', 'ridge regression']
    """
    baselines = (
        interaction_means(item_column, user_column, catalogue),
        popularity(catalogue),
        linear_fields(one_hot),
    )

    def all_of_them(splits: Splits) -> dict[str, Evaluation]:
        return {name: found for baseline in baselines for name, found in baseline(splits).items()}

    return all_of_them


def interaction_means(
    item_column: str, user_column: str, catalogue: Catalogue | None = None
) -> Baseline:
    """Returns baselines: the mean of an item, and that with the mean deviation of a user.

    Means are over all but the test samples, of ratings or of whether an item is liked, shrunk
    towards the mean of all as if there were five more samples of it. Items and users without a
    sample have that mean. They do not apply where a column is not there.

    Args:
        item_column: str, the column of items.
        user_column: str, the column of users.
        catalogue: the `Catalogue`, to rank all items, or None. Defaults to None.

    Returns:
        A function from `Splits` to a dictionary with `"item means"` and `"item and user means"`.

    Example:

    >>> from kerastune.data import open_interaction_splits
    >>> table = {"user_id": [1, 2, 1, 2], "item_id": [5, 6, 6, 5], "rating": [4, 1, 2, 5]}
    >>> splits = open_interaction_splits(
    ...     table, {"test_fraction": 0.5}, target="rating", split_in="order"
    ... )
    >>> found = interaction_means("item_id", "user_id")(splits)
    >>> round(found["item means"]["mean_absolute_error"], 3)  # Of 2.25 for 2 and 2.75 for 5.
    1.25
    """

    def baseline(splits: Splits) -> dict[str, Evaluation]:
        fitted_to = splits.without_test
        if item_column not in fitted_to.inputs:
            return {}
        values = np.asarray(fitted_to.target_values, "float64")
        overall = float(values.mean())
        items = _Means(fitted_to.values[item_column], values - overall)
        by_item = overall + items(splits.test.values[item_column])
        means = _evaluated(splits, by_item)
        if catalogue is not None:
            scores = np.tile(items(catalogue.items.values[item_column]), (len(catalogue.users), 1))
            ranked = evaluate_ranking(catalogue.relevant, scores, catalogue.candidates)
            means = Evaluation.joined([means, ranked])
        found = {"item means": means}
        if user_column in fitted_to.inputs:
            rest = values - overall - items(fitted_to.values[item_column])
            users = _Means(fitted_to.values[user_column], rest)
            # A user's deviation does not change the order of the items.
            by_both = by_item + users(splits.test.values[user_column])
            found["item and user means"] = _evaluated(splits, by_both)
        return found

    return baseline


def popularity(catalogue: Catalogue | None) -> Baseline:
    """Returns a baseline that ranks items by how many samples but the test's like them.

    Args:
        catalogue: the `Catalogue`, or None, for which there is no baseline.

    Returns:
        A function from `Splits` to a dictionary with `"popularity"`.

    Example:

    >>> from kerastune.data import open_interaction_splits
    >>> table = {"user_id": [1, 2, 3, 3], "item_id": [5, 5, 6, 5], "rating": [4, 5, 5, 4]}
    >>> splits = open_interaction_splits(table, target="rating", split_in="order")
    >>> catalogue = Catalogue.of_splits(splits, "user_id", "item_id", ("user_id", "item_id"))
    >>> popularity(catalogue)(splits)["popularity"]["recall_at_10"]
    1.0
    """

    def baseline(splits: Splits) -> dict[str, Evaluation]:
        if catalogue is None:
            return {}
        fitted_to = splits.without_test
        codes = catalogue.item_codes(fitted_to)[catalogue.liked(fitted_to)]
        counts = np.bincount(codes[codes >= 0], minlength=len(catalogue.items))
        scores = np.tile(counts.astype(float), (len(catalogue.users), 1))
        found = evaluate_ranking(catalogue.relevant, scores, catalogue.candidates)
        return {"popularity": found}

    return baseline


def linear_fields(one_hot: Callable[[Source], Any]) -> Baseline:
    """Returns a baseline: a linear model of the same fields as a network's, a weight a code.

    Ridge regression of ratings, logistic regression of clicks. Its strength is the best of three
    on the validation samples, where there are any, else 10; it is fitted to these samples too.

    Args:
        one_hot: function from a `Source` to a sparse array, such as `FieldPreprocessor.one_hot`.

    Returns:
        A function from `Splits` to a dictionary with `"ridge regression"` or
        `"logistic regression"`.

    Example:

    >>> from kerastune.data import open_interaction_splits
    >>> from kerastune.preprocessing import FieldPreprocessor
    >>> table = {"user_id": [1, 2] * 4, "item_id": [5, 6, 6, 5] * 2, "rating": [4, 1, 2, 5] * 2}
    >>> splits = open_interaction_splits(table, target="rating", split_in="order")
    >>> fields = FieldPreprocessor().fit(splits.training)
    >>> list(linear_fields(fields.one_hot)(splits))
    ['ridge regression']
    """

    def baseline(splits: Splits) -> dict[str, Evaluation]:
        classify = _is_classification(splits)
        strength = _strength(splits, one_hot, classify=classify)
        model = _fitted(splits.without_test, one_hot, strength, classify=classify)
        found = _evaluated(splits, _predicted(model, one_hot(splits.test)))
        return {"logistic regression" if classify else "ridge regression": found}

    return baseline


class _Means:
    """The mean of values by category, shrunk towards 0, which categories without any have."""

    def __init__(self, categories: Any, values: np.ndarray) -> None:
        found = coded(categories)
        is_there = found.codes != MISSING
        count = len(found.values)
        sums = np.bincount(found.codes[is_there], values[is_there], minlength=count)
        sizes = np.bincount(found.codes[is_there], minlength=count)
        self._by_category = dict(zip(found.values, sums / (sizes + _SHRINKAGE), strict=True))

    def __call__(self, categories: Any) -> np.ndarray:
        return np.array([self._by_category.get(category, 0.0) for category in categories])


def _strength(splits: Splits, one_hot: Callable[[Source], Any], *, classify: bool) -> float:
    validation = splits.validation
    if validation is None:
        return _STRENGTHS[1]
    rows, truth = one_hot(validation), np.asarray(validation.target_values, "float64")
    errors = []
    for strength in _STRENGTHS:
        model = _fitted(splits.training, one_hot, strength, classify=classify)
        errors.append(float(np.square(_predicted(model, rows) - truth).mean()))
    return _STRENGTHS[int(np.argmin(errors))]


def _fitted(
    samples: Source, one_hot: Callable[[Source], Any], strength: float, *, classify: bool
) -> Any:
    model: Any = (
        sklearn.linear_model.LogisticRegression(C=1 / strength, max_iter=1000)
        if classify
        else sklearn.linear_model.Ridge(alpha=strength, solver="sparse_cg")
    )
    return model.fit(one_hot(samples), np.asarray(samples.target_values))


def _predicted(model: Any, rows: Any) -> np.ndarray:
    """Returns predicted ratings, or the probability of a click."""
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(rows)[:, 1])
    return np.asarray(model.predict(rows))


def _is_classification(splits: Splits) -> bool:
    return splits.columns[splits.training.target("class", "quantity")].kind == "class"


def _evaluated(splits: Splits, predicted: np.ndarray) -> Evaluation:
    targets: Any = splits.test.target_values
    if not _is_classification(splits):
        return evaluate_quantities(targets, predicted)
    likely = np.clip(predicted, _EDGE, 1 - _EDGE)
    return evaluate_classes(targets, np.stack([1 - likely, likely], axis=1), splits.class_names)
