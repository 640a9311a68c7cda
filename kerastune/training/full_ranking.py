"""A model's ranking of all items for each user of the test."""

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from kerastune.evaluation import Evaluation
from kerastune.evaluation.catalogue import Catalogue
from kerastune.evaluation.ranking import evaluate_ranking
from kerastune.heads import Head
from kerastune.preprocessing import FieldPreprocessor

_ROWS = 16_384


def full_ranking(
    catalogue: Catalogue | None, preprocessor: FieldPreprocessor, head: Head
) -> Callable[[keras.Model], Evaluation]:
    """Returns a measure of a job: how well its model ranks all items for each user of the test.

    Args:
        catalogue: the `Catalogue`, or None, for which nothing is measured.
        preprocessor: the `FieldPreprocessor`, fitted.
        head: a `Head` with one output, the higher the more a user will like an item.

    Returns:
        A function from a model to an `Evaluation` of `ndcg_at_10` and `recall_at_10`, see
        `kerastune.evaluation.evaluate_ranking`.

    Example:

    >>> from kerastune.data import open_interaction_splits
    >>> from kerastune.heads import Regression, attach
    >>> from kerastune.models import deep_fm
    >>> table = {"user_id": [1, 2, 3, 3], "item_id": [5, 5, 6, 5], "rating": [4, 5, 5, 4]}
    >>> splits = open_interaction_splits(table, target="rating", split_in="order")
    >>> fields = FieldPreprocessor().fit(splits.training)
    >>> catalogue = Catalogue.of_splits(splits, "user_id", "item_id", fields.columns)
    >>> head = Regression.for_samples(splits.training)
    >>> model = attach(deep_fm(fields.sizes), head)
    >>> full_ranking(catalogue, fields, head)(model)["ndcg_at_10"]
    1.0
    """

    def measure(model: keras.Model) -> Evaluation:
        if catalogue is None:
            return Evaluation([])
        outputs = head.predict(model, *_batches(catalogue, preprocessor))
        scores = np.asarray(outputs, "float64").reshape(len(catalogue.users), -1)
        return evaluate_ranking(catalogue.relevant, scores, catalogue.candidates)

    return measure


def _batches(catalogue: Catalogue, preprocessor: FieldPreprocessor) -> tuple[Iterator[Any], int]:
    """Every user with every item, some users at a time, and how many batches there are."""
    users, items = (_prepared(part, preprocessor) for part in (catalogue.users, catalogue.items))
    count = len(catalogue.items)
    at_once = max(1, _ROWS // count)
    starts = range(0, len(catalogue.users), at_once)

    def batches() -> Iterator[Any]:
        for start in starts:
            chosen = np.arange(start, min(start + at_once, len(catalogue.users)))
            of_user, of_item = np.repeat(chosen, count), np.tile(np.arange(count), len(chosen))
            rows = {name: users[name][of_user] for name in catalogue.user_columns}
            yield ({**rows, **{name: items[name][of_item] for name in catalogue.item_columns}},)

    return batches(), len(starts)


def _prepared(samples: Any, preprocessor: FieldPreprocessor) -> dict[str, np.ndarray]:
    return preprocessor.prepare({name: samples.values[name] for name in preprocessor.columns})
