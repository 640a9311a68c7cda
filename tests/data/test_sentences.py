import inspect
import re

import numpy as np
import pytest

from kerastune.data import docstring_sentences
from kerastune.data.docstring_prose import as_prose
from kerastune.data.sentences import PACKAGES, _sentences

pytestmark = pytest.mark.any_backend


@pytest.fixture(scope="module")
def source():
    return docstring_sentences()


def test_each_topic_has_many_sentences_and_none_has_too_many(source):
    assert source.columns["label"].class_names == tuple(PACKAGES)
    counts = np.bincount(source.values["label"], minlength=len(PACKAGES))
    assert 2000 <= len(source) <= 3000
    assert counts.min() >= 50
    assert counts.max() <= 300


def test_sentences_are_unique_and_of_the_promised_length(source):
    assert len(set(source.values["text"])) == len(source)
    assert all(40 <= len(sentence) <= 300 for sentence in source.values["text"])


def test_no_sentence_names_its_package(source):
    names = {path.partition(".")[2] for path in PACKAGES.values()} | {"scipy", "numpy"}
    words = {word for text in source.values["text"] for word in re.findall(r"\w+", text.lower())}
    assert not words & names


def test_same_sentences_in_the_same_order_again(source):
    again = docstring_sentences()
    assert again.values["text"] == source.values["text"]
    assert np.array_equal(again.values["label"], source.values["label"])


def test_labels_are_shuffled(source):
    assert len(set(source.values["label"][:50])) > 5


def test_sentences_come_from_the_opening_and_the_notes():
    docstring = inspect.cleandoc(
        """Compute the thing for the given array of samples.

        Parameters
        ----------
        x : array_like
            The input whose description must not come out of it.

        Notes
        -----
        It asks scipy.signal.fft for the spectrum of the
        samples. Here f(x) = x + 1 is not a sentence of words (3.14).

        >>> This is code which must not come out of it.

        References
        ----------
        Some Author wrote a paper with a very long title in it.
        """
    )
    assert list(_sentences(docstring)) == [
        "Compute the thing for the given array of samples.",
        "It asks library for the spectrum of the samples.",
    ]


def test_prose_drops_markup():
    assert as_prose("See :func:`~scipy.stats.norm` and ``x`` [1]_\nfor *more*.") == (
        "See scipy.stats.norm and x for more."
    )
