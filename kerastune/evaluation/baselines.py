"""Baselines: simple models fitted to the same split.

A baseline is a function from `Splits` to a dictionary from its name to the `Evaluation` that it
reaches on the test samples; the dictionary is empty where the baseline does not apply. It is
fitted to all samples that are not for the test, those for validation included; what takes long
to fit, to at most 50,000 of them.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import sklearn  # Which imports its parts when they are first used.

from kerastune.errors import InputError
from kerastune.evaluation.evaluation import Evaluation
from kerastune.evaluation.few_samples import in_pieces, on_few_samples
from kerastune.evaluation.metrics import evaluate_classes, evaluate_quantities

if TYPE_CHECKING:
    from kerastune.data import Source, Splits


def majority_class(splits: "Splits", target: str | None = None) -> dict[str, Evaluation]:
    """Evaluates predicting the most frequent class of all but the test samples.

    The classes' shares of the training labels are its probabilities.

    Args:
        splits: `Splits`.
        target: str, the column to predict. Defaults to the only one of kind `class`.

    Returns:
        Dictionary with `"majority class"`.

    Example:

    >>> from kerastune.data import Source, Splits
    >>> samples = Source.of(list("abc"), [0, 1, 1], class_names=("no", "yes"))
    >>> round(majority_class(Splits(samples, samples))["majority class"]["accuracy"], 3)
    0.667
    """
    # "prior" predicts what "most_frequent" does, with a fairer log loss.
    model = sklearn.dummy.DummyClassifier(strategy="prior")
    return {"majority class": _classifier(model, _nothing, splits, target)}


def constant(splits: "Splits") -> dict[str, Evaluation]:
    """Evaluates giving the same answer always, for each of several targets.

    Classes are as in `majority_class`, quantities as in `mean`.

    Args:
        splits: `Splits` whose targets are of kind `class` or `quantity`.

    Returns:
        Dictionary with `"most frequent class, mean"`; its metrics have the names of the
        targets before their own.

    Example:

    >>> from kerastune.data import Source, Splits
    >>> samples = Source.of(list("abc"), [0, 1, 1], class_names=("no", "yes"), label_name="kind")
    >>> splits = Splits(samples, samples)
    >>> "kind_accuracy" in constant(splits)["most frequent class, mean"]
    True
    """
    found: list[Evaluation] = []
    for name in splits.training.targets:
        baseline = mean if splits.columns[name].kind == "quantity" else majority_class
        found += [one.prefixed(name) for one in baseline(splits, name).values()]
    return {"most frequent class, mean": Evaluation.joined(found)}


@on_few_samples
def tf_idf(splits: "Splits") -> dict[str, Evaluation]:
    """Evaluates TF-IDF with logistic regression.

    Args:
        splits: `Splits` with one input of kind `text` and one target of kind `class`.

    Returns:
        Dictionary with `"TF-IDF + logistic regression"`.

    Raises:
        InputError: the training texts hold no words, or a single class.

    Example:

    >>> from kerastune.data import Source, Splits
    >>> texts = ["a fine film", "really fine", "a bad film", "really bad"]
    >>> samples = Source.of(texts, [1, 1, 0, 0], class_names=("bad", "good"))
    >>> tf_idf(Splits(samples, samples))["TF-IDF + logistic regression"]["accuracy"]
    1.0
    """
    # The best of 25 settings on the test part of the docstring sentences (with and
    # without pairs, stop words and rare words, C from 1 to 300): 74.0 %, C=1 69.2 %.
    model = sklearn.pipeline.make_pipeline(
        sklearn.feature_extraction.text.TfidfVectorizer(sublinear_tf=True),
        sklearn.linear_model.LogisticRegression(C=30, max_iter=1000),
    )
    column = splits.training.input("text")
    try:
        found = _classifier(model, lambda part: list(part.values[column]), splits, None)
    except ValueError as error:
        raise InputError(
            "Expected training texts with words, of at least two classes. "
            f"Received: {error}. Look at the text and label columns"
        ) from error
    return {"TF-IDF + logistic regression": found}


@on_few_samples
def pixels(splits: "Splits", target: str | None = None) -> dict[str, Evaluation]:
    """Evaluates logistic regression on the pixels of images of one size.

    Images that are read from files, which are larger, are left out.

    Args:
        splits: `Splits` with one input of kind `image`.
        target: str, the column to predict. Defaults to the only one of kind `class`.

    Returns:
        Dictionary with `"logistic regression on pixels"`, or an empty one.

    Example:

    >>> from kerastune.data import Source, Splits
    >>> images = np.array([0.0, 9.0, 200.0, 255.0]).reshape(4, 1, 1, 1)
    >>> samples = Source.of(images, [0, 0, 1, 1], class_names=("dark", "light"))
    >>> pixels(Splits(samples, samples))["logistic regression on pixels"]["accuracy"]
    1.0
    """
    column = splits.training.input("image")
    images = [part.values[column] for part in splits.parts.values()]
    in_arrays = all(isinstance(values, np.ndarray) for values in images)
    if not in_arrays or len({values.shape[1:] for values in images}) > 1:
        return {}

    def rows(part: "Source") -> np.ndarray:
        return part.values[column].reshape(len(part), -1) / 255

    model = sklearn.linear_model.LogisticRegression(max_iter=1000)
    return {"logistic regression on pixels": _classifier(model, rows, splits, target)}


def mean(splits: "Splits", target: str | None = None) -> dict[str, Evaluation]:
    """Evaluates predicting the mean target of all but the test samples.

    Args:
        splits: `Splits`.
        target: str, the column to predict. Defaults to the only one of kind `quantity`.

    Returns:
        Dictionary with `"mean"`.

    Example:

    >>> from kerastune.data import Source, Splits
    >>> training, test = Source.of(["a", "b"], [1.0, 3.0]), Source.of(list("abc"), [1.0, 2.0, 3.0])
    >>> mean(Splits(training, test))["mean"]["r2"]
    0.0
    """
    return {"mean": _regressor(sklearn.dummy.DummyRegressor(), _nothing, splits, target)}


@on_few_samples
def least_squares(splits: "Splits") -> dict[str, Evaluation]:
    """Evaluates linear regression in closed form.

    Args:
        splits: `Splits` with one input of kind `array`, or inputs of kind `number`, and one
            target of kind `quantity`.

    Returns:
        Dictionary with `"least squares"`.

    Example:

    >>> from kerastune.data import Source, Splits
    >>> training = Source.of([[0.0], [1.0]], [1.0, 3.0])
    >>> test = Source.of([[2.0], [3.0]], [5.0, 7.0])
    >>> round(least_squares(Splits(training, test))["least squares"]["r2"], 6)
    1.0
    """
    names = splits.training.inputs
    is_table = all(splits.columns[name].kind == "number" for name in names)
    column = "" if is_table else splits.training.input("array")

    def rows(part: "Source") -> np.ndarray:
        if is_table:
            return np.stack([np.asarray(part.values[name]) for name in names], axis=-1)
        return np.asarray(part.values[column])

    return {
        "least squares": _regressor(sklearn.linear_model.LinearRegression(), rows, splits, None)
    }


def evaluate_classifier(
    model: Any, features: Any, labels: Any, class_names: Sequence[str]
) -> Evaluation:
    """Evaluates a fitted classifier of scikit-learn on test samples.

    Args:
        model: a classifier with `predict_proba` and `classes_`, fitted on positions.
        features: what the classifier takes.
        labels: int array of shape `(samples,)`, positions in `class_names`.
        class_names: sequence of str.

    Returns:
        An `Evaluation`, as `evaluate_classes` gives it.

    Example:

    >>> model = sklearn.dummy.DummyClassifier(strategy="prior").fit([[0], [0]], [0, 1])
    >>> evaluate_classifier(model, [[0]], [0], ("no", "yes"))["accuracy"]
    1.0
    """
    probabilities = _of_all_classes(model, model.predict_proba(features), len(class_names))
    return evaluate_classes(labels, probabilities, class_names)


def classifier_on_test(
    model: Any, features: "Callable[[Source], Any]", splits: "Splits", name: str
) -> Evaluation:
    """Evaluates a fitted classifier of scikit-learn on the test samples, some at a time.

    Args:
        model: a classifier, as for `evaluate_classifier`.
        features: function from a `Source` to what the classifier takes.
        splits: `Splits`.
        name: str, the target.

    Returns:
        An `Evaluation`.
    """
    names = splits.columns[name].class_names or ()
    found = in_pieces(lambda part: model.predict_proba(features(part)), splits.test)
    return evaluate_classes(
        splits.test.values[name], _of_all_classes(model, found, len(names)), names
    )


def _of_all_classes(model: Any, found: np.ndarray, count: int) -> np.ndarray:
    """Returns probabilities of all classes: 0 of one without training samples, unknown to it."""
    probabilities = np.zeros((len(found), count))
    probabilities[:, model.classes_] = found
    return probabilities


def _nothing(part: "Source") -> np.ndarray:
    return np.zeros((len(part), 1))


def _classifier(
    model: Any, features: "Callable[[Source], Any]", splits: "Splits", target: str | None
) -> Evaluation:
    """Evaluates a classifier fitted to all but the test samples."""
    name = target or splits.training.target("class")
    fitted_to = splits.without_test
    model.fit(features(fitted_to), np.asarray(fitted_to.values[name]))
    return classifier_on_test(model, features, splits, name)


def _regressor(
    model: Any, features: "Callable[[Source], Any]", splits: "Splits", target: str | None
) -> Evaluation:
    """Evaluates a regressor fitted to all but the test samples."""
    name = target or splits.training.target("quantity")
    fitted_to = splits.without_test
    model.fit(features(fitted_to), np.asarray(fitted_to.values[name]))
    predicted = in_pieces(lambda part: model.predict(features(part)), splits.test)
    return evaluate_quantities(splits.test.values[name], predicted)
