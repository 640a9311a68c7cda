"""Baselines for pairs of texts."""

from typing import TYPE_CHECKING, Any

import numpy as np
import sklearn  # Which imports its parts when they are first used.

from kerastune.evaluation.evaluation import Evaluation
from kerastune.evaluation.few_samples import in_pieces, on_few_samples
from kerastune.evaluation.translations import evaluate_translations

if TYPE_CHECKING:
    from kerastune.data import Source, Splits


@on_few_samples
def nearest_source(splits: "Splits") -> dict[str, Evaluation]:
    """Evaluates answering with the target of the nearest training source.

    The nearest has the highest cosine similarity of TF-IDF of runs of one to four characters.

    Args:
        splits: `Splits` with one input and one target of kind `text`.

    Returns:
        Dictionary with `"nearest source"`.

    Raises:
        MissingExtraError: if sacrebleu is not installed.

    Example:

    >>> from kerastune.data import Column, Source, Splits
    >>> text = Column("text")
    >>> values = {"source": ["one", "two"], "target": ["eins", "zwei"]}
    >>> samples = Source(values, {"source": text, "target": text}, ("target",))
    >>> nearest_source(Splits(samples, samples))["nearest source"]["exact_match"]
    1.0
    """
    known = splits.without_test
    source, target = known.input("text"), known.target("text")
    vectors = sklearn.feature_extraction.text.TfidfVectorizer(
        analyzer="char", ngram_range=(1, 4), lowercase=False, sublinear_tf=True
    )
    rows = vectors.fit_transform(list(known.values[source]))
    search = sklearn.neighbors.NearestNeighbors(n_neighbors=1, metric="cosine").fit(rows)

    def nearest(part: "Source") -> Any:
        return search.kneighbors(
            vectors.transform(list(part.values[source])), return_distance=False
        )[:, 0]

    places = np.asarray(in_pieces(nearest, splits.test))
    answers = [known.values[target][place] for place in places]
    return {"nearest source": evaluate_translations(list(splits.test.values[target]), answers)}
