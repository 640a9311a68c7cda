"""Baselines for images with captions."""

from typing import TYPE_CHECKING

import numpy as np
import sklearn  # Which imports its parts when they are first used.

from kerastune.evaluation.evaluation import Evaluation
from kerastune.evaluation.few_samples import in_pieces, on_few_samples
from kerastune.evaluation.retrieval import evaluate_retrieval

if TYPE_CHECKING:
    from kerastune.data import Source, Splits

_MOST_NGRAMS = 2000
# The best of 0.1 to 300 on validation names of `glyphs`.
_PENALTY = 0.1


@on_few_samples
def ridge_captions(splits: "Splits") -> dict[str, Evaluation]:
    """Evaluates a linear map from the pixels of images to the n-grams of their captions.

    Ridge regression predicts TF-IDF of runs of one to four characters within words, the 2,000
    most frequent; captions are ranked by their cosine to what is predicted of an image, and
    images likewise. Images that are read from files, which are larger, are left out.

    Args:
        splits: `Splits` with one input of kind `image` and one of kind `text`.

    Returns:
        Dictionary with `"ridge regression on pixels"`, or an empty one.

    Example:

    >>> from kerastune.data import Splits, open_captions
    >>> images = np.array([0.0, 255.0]).reshape(2, 1, 1, 1)
    >>> samples = open_captions((images, ["dark", "light"]))
    >>> found = ridge_captions(Splits(samples, samples))["ridge regression on pixels"]
    >>> found["image_to_text_recall_at_1"]
    1.0
    """
    known = splits.without_test
    image, caption = known.input("image"), known.input("text")
    values = [part.values[image] for part in splits.parts.values()]
    in_arrays = all(isinstance(images, np.ndarray) for images in values)
    if not in_arrays or len({images.shape[1:] for images in values}) > 1:
        return {}
    vectors = sklearn.feature_extraction.text.TfidfVectorizer(
        analyzer="char_wb", ngram_range=(1, 4), max_features=_MOST_NGRAMS, dtype=np.float32
    )
    wanted = vectors.fit_transform(known.values[caption]).toarray()
    model = sklearn.linear_model.Ridge(alpha=_PENALTY)
    model.fit(_pixels(known, image), wanted)
    predicted = in_pieces(lambda part: model.predict(_pixels(part, image)), splits.test)
    lengths = np.linalg.norm(predicted, axis=1, keepdims=True)
    texts = vectors.transform(splits.test.values[caption]).toarray()
    found = evaluate_retrieval(
        predicted / np.maximum(lengths, 1e-12), texts, splits.test.values[caption]
    )
    return {"ridge regression on pixels": found}


def _pixels(part: "Source", column: str) -> np.ndarray:
    """Returns a row of pixels for each image, from 0 to 1."""
    return part.values[column].reshape(len(part), -1).astype("float32") / 255
