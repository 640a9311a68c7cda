"""Baselines for texts with quantities or with several labels: linear models on TF-IDF."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import sklearn  # Which imports its parts when they are first used.

from kerastune.evaluation.evaluation import Evaluation
from kerastune.evaluation.few_samples import (
    in_pieces,
    limits_itself,
    on_few_samples,
    with_few_samples,
)
from kerastune.evaluation.metrics import evaluate_quantities
from kerastune.evaluation.multilabel import best_thresholds, evaluate_labels
from kerastune.evaluation.word_vectors import WordVectors

if TYPE_CHECKING:
    from kerastune.data import Source, Splits

_STRENGTHS = (0.1, 0.3, 1.0, 3.0, 10.0, 30.0)


@on_few_samples
def tf_idf_ridge(splits: "Splits") -> dict[str, Evaluation]:
    """Evaluates TF-IDF with ridge regression, whose strength is chosen by cross-validation.

    Args:
        splits: `Splits` with one input of kind `text` and one target of kind `quantity`.

    Returns:
        Dictionary with `"TF-IDF + ridge regression"`.

    Raises:
        InputError: if the texts to fit it to hold no words.

    Example:

    >>> from kerastune.data import Source, Splits
    >>> samples = Source.of(["a fine film", "fine", "a bad film", "bad"] * 5, [4.0, 5, 2, 1] * 5)
    >>> tf_idf_ridge(Splits(samples, samples))["TF-IDF + ridge regression"]["r2"] > 0.9
    True
    """
    name = splits.training.target("quantity")
    fitted_to = splits.without_test
    words = _tf_idf_of(fitted_to)
    search = sklearn.model_selection.GridSearchCV(
        sklearn.linear_model.Ridge(solver="sparse_cg"),
        {"alpha": _STRENGTHS},
        scoring="neg_mean_squared_error",
        cv=min(5, len(fitted_to)),
    )
    search.fit(words.of(fitted_to), np.asarray(fitted_to.values[name]))
    predicted = in_pieces(lambda part: search.predict(words.of(part)), splits.test)
    found = evaluate_quantities(splits.test.values[name], predicted)
    return {"TF-IDF + ridge regression": found}


def label_shares(splits: "Splits") -> dict[str, Evaluation]:
    """Evaluates giving each label the share of samples for which it holds, whatever the sample.

    The thresholds are those at which the F1 on the validation samples is highest; with one
    probability for all samples, a label is then predicted for all of them. Without validation
    samples they are 0.5.

    Args:
        splits: `Splits` with one target of kind `multilabel`.

    Returns:
        Dictionary with `"label shares"`.

    Example:

    >>> from kerastune.data import Column, Source, Splits
    >>> columns = {"text": Column("text"), "tags": Column("multilabel", class_names=("a", "b"))}
    >>> values = {"text": ["x", "y", "z"], "tags": np.array([[1, 0], [1, 0], [1, 1]])}
    >>> samples = Source(values, columns, ("tags",))
    >>> label_shares(Splits(samples, samples))["label shares"]["micro_f1"]
    0.8571428571428571
    """
    labels = _labels(splits.without_test)
    shares = labels.mean(axis=0)

    def probabilities(part: "Source") -> np.ndarray:
        return np.broadcast_to(shares, (len(part), len(shares)))

    return {"label shares": _labels_on_test(splits, probabilities, _tuned(splits, probabilities))}


@limits_itself
def tf_idf_labels(splits: "Splits") -> dict[str, Evaluation]:
    """Evaluates TF-IDF with a logistic regression for each label.

    The thresholds are those at which the F1 on the validation samples is highest, for a model
    that was fitted without them, or 0.5 if there are none.

    Args:
        splits: `Splits` with one input of kind `text` and one target of kind `multilabel`.

    Returns:
        Dictionary with `"TF-IDF + logistic regression"`.

    Raises:
        InputError: if the texts to fit it to hold no words.

    Example:

    >>> from kerastune.data import Column, Source, Splits
    >>> columns = {"text": Column("text"), "tags": Column("multilabel", class_names=("a", "b"))}
    >>> values = {"text": ["x", "xx yy", "yy"] * 4, "tags": np.array([[0, 0], [1, 1], [0, 1]] * 4)}
    >>> samples = Source(values, columns, ("tags",))
    >>> tf_idf_labels(Splits(samples, samples))["TF-IDF + logistic regression"]["micro_f1"]
    1.0
    """
    without_validation = with_few_samples(replace(splits, validation=None)).training
    thresholds = _tuned(splits, _OneVersusRest(without_validation).probabilities)
    model = _OneVersusRest(with_few_samples(splits).without_test)
    return {
        "TF-IDF + logistic regression": _labels_on_test(splits, model.probabilities, thresholds)
    }


class _OneVersusRest:
    """A logistic regression on TF-IDF for each label; one that never varies keeps its share."""

    def __init__(self, samples: "Source") -> None:
        self._words = _tf_idf_of(samples)
        labels = _labels(samples)
        self._shares = labels.mean(axis=0)
        rows = self._words.of(samples)
        self._models = {
            at: sklearn.linear_model.LogisticRegression(C=30, max_iter=1000).fit(
                rows, labels[:, at]
            )
            for at in np.flatnonzero((self._shares > 0) & (self._shares < 1))
        }

    def probabilities(self, part: "Source") -> np.ndarray:
        rows = self._words.of(part)
        found = np.tile(self._shares, (len(part), 1))
        for at, model in self._models.items():
            found[:, at] = model.predict_proba(rows)[:, 1]
        return found


def _tf_idf_of(samples: "Source") -> WordVectors:
    """Returns TF-IDF of the words in some texts."""
    return WordVectors(samples, sklearn.feature_extraction.text.TfidfVectorizer(sublinear_tf=True))


def _labels(samples: "Source") -> np.ndarray:
    return np.asarray(samples.values[samples.target("multilabel")])


def _tuned(splits: "Splits", probabilities: Any) -> tuple[float, ...] | None:
    """Returns the best thresholds for the validation samples, or None if there are none."""
    if splits.validation is None:
        return None
    return best_thresholds(_labels(splits.validation), in_pieces(probabilities, splits.validation))


def _labels_on_test(
    splits: "Splits", probabilities: Any, thresholds: tuple[float, ...] | None
) -> Evaluation:
    names = splits.columns[splits.training.target("multilabel")].class_names or ()
    found = in_pieces(probabilities, splits.test)
    return evaluate_labels(_labels(splits.test), found, names, thresholds)
