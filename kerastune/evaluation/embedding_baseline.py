"""The baseline of texts as the mean of trained word embeddings."""

import warnings
from typing import TYPE_CHECKING

import numpy as np
import sklearn  # Which imports its parts when they are first used.

from kerastune.evaluation.evaluation import Evaluation
from kerastune.evaluation.few_samples import in_pieces, on_few_samples
from kerastune.evaluation.metrics import evaluate_classes
from kerastune.evaluation.word_vectors import WordVectors

if TYPE_CHECKING:
    from kerastune.data import Source, Splits

_WIDTH = 64
_EPOCHS = 30


@on_few_samples
def bag_of_embeddings(splits: "Splits") -> dict[str, Evaluation]:
    """Evaluates a classifier on the mean of the embeddings of a text's words, both trained.

    It is scikit-learn's multilayer perceptron with one layer of 64 units and no activation on
    the shares of words: the first weights are the embeddings. Adam at a rate of 0.01 goes 30
    times through the samples in batches of 32. The order of words is lost.

    Args:
        splits: `Splits` with one input of kind `text` and one target of kind `class`.

    Returns:
        Dictionary with `"bag of embeddings"`.

    Raises:
        InputError: if the texts to fit it to hold no words.

    Reference:
        Joulin et al., 2016, "Bag of Tricks for Efficient Text Classification", section 2,
        https://arxiv.org/abs/1607.01759

    Example:

    >>> from kerastune.data import Source, Splits
    >>> texts, labels = ["a fine film", "a bad film"] * 20, [1, 0] * 20
    >>> samples = Source.of(texts, labels, class_names=("no", "yes"))
    >>> bag_of_embeddings(Splits(samples, samples))["bag of embeddings"]["accuracy"]
    1.0
    """
    fitted_to = splits.without_test
    target = fitted_to.target("class")
    # Single letters are words too, as they are for the networks.
    counted = sklearn.feature_extraction.text.CountVectorizer(token_pattern=r"\w+|[^\w\s]")
    words = WordVectors(fitted_to, counted)
    model = sklearn.neural_network.MLPClassifier(
        (_WIDTH,),
        activation="identity",
        batch_size=min(32, len(fitted_to)),
        learning_rate_init=0.01,
        max_iter=_EPOCHS,
        random_state=0,
    )

    def shares(part: "Source") -> np.ndarray:
        return sklearn.preprocessing.normalize(words.of(part), norm="l1")

    with warnings.catch_warnings():
        # The number of epochs is chosen, and not found by waiting for the loss to settle.
        warnings.simplefilter("ignore", sklearn.exceptions.ConvergenceWarning)
        model.fit(shares(fitted_to), np.asarray(fitted_to.values[target]))
    names = splits.class_names
    found = np.zeros((len(splits.test), len(names)))
    found[:, model.classes_] = in_pieces(
        lambda part: model.predict_proba(shares(part)), splits.test
    )
    return {"bag of embeddings": evaluate_classes(splits.test.values[target], found, names)}
