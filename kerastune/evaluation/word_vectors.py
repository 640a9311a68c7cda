"""Texts as counts of their words, for baselines."""

from typing import TYPE_CHECKING, Any

from kerastune.errors import InputError

if TYPE_CHECKING:
    from kerastune.data import Source


class WordVectors:
    """A vectorizer of scikit-learn, fitted to the texts of some samples.

    Args:
        samples: `Source` with one input of kind `text`.
        vectorizer: a `CountVectorizer` or `TfidfVectorizer`, not fitted.

    Raises:
        InputError: if the texts hold no words.

    Example:

    >>> from sklearn.feature_extraction.text import CountVectorizer
    >>> from kerastune.data import Source
    >>> samples = Source.of(["a fine film", "fine"], [1.0, 2.0])
    >>> WordVectors(samples, CountVectorizer()).of(samples).toarray().tolist()
    [[1, 1], [0, 1]]
    """

    def __init__(self, samples: "Source", vectorizer: Any) -> None:
        self._column = samples.input("text")
        self._vectorizer = vectorizer
        try:
            vectorizer.fit(list(samples.values[self._column]))
        except ValueError as error:
            raise InputError(
                f"Expected training texts with words. Received: {error}. Look at the text column"
            ) from error

    def of(self, part: "Source") -> Any:
        """Returns a sparse array of shape `(samples, words)`.

        Args:
            part: `Source` with the same column of texts.
        """
        return self._vectorizer.transform(list(part.values[self._column]))
