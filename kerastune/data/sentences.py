"""Sentences from the docstrings of SciPy and NumPy: real text that is always at hand.

The task they make: tell from one sentence which scientific topic it is about.
"""

import importlib
import inspect
import re
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from kerastune.data.columns import Column
from kerastune.data.described import reads_nothing, stand_ins
from kerastune.data.docstring_prose import SECTION, SENTENCE_END, as_prose, paragraphs
from kerastune.data.openers import opener
from kerastune.data.source import Source
from kerastune.errors import InputError

PACKAGES = {
    "statistics": "scipy.stats",
    "signal processing": "scipy.signal",
    "linear algebra": "scipy.linalg",
    "optimization": "scipy.optimize",
    "special functions": "scipy.special",
    "image processing": "scipy.ndimage",
    "integration": "scipy.integrate",
    "interpolation": "scipy.interpolate",
    "masked arrays": "numpy.ma",
    "random numbers": "numpy.random",
}

MASK = "library"
_SHORTEST, _LONGEST = 40, 300
_MOST_PER_CLASS = 300
_SHUFFLE_SEED = 0

# The package names would give the class away, so every one of them is masked, also
# where it is an ordinary English word ("signal", "special").
_SUBPACKAGES = sorted({path.partition(".")[2] for path in PACKAGES.values()})
_NAMES = re.compile(
    r"\b(?:(?:numpy|scipy|np|sp)(?:\.\w+)*|(?:" + "|".join(_SUBPACKAGES) + r")(?:\.\w+)*)\b",
    re.IGNORECASE,
)


def docstring_sentences() -> Source:
    """Returns sentences about ten scientific topics, taken from installed docstrings.

    English sentences of 40 to 300 characters from the docstrings of the public
    objects of ten SciPy and NumPy subpackages. Package names are masked, sentences
    that occur twice are kept once, those that occur under two topics are dropped,
    and at most 300 are kept for each topic, chosen and ordered by a fixed shuffle.
    The sentences depend on the installed versions of SciPy and NumPy.

    Returns:
        A `Source` of about 2,800 sentences, the input `text`, with the target `label` of ten
        classes.

    Example:

    >>> source = docstring_sentences()
    >>> len(source.columns["label"].class_names)
    10
    """
    by_label, generator = _by_label(), np.random.default_rng(_SHUFFLE_SEED)
    kept = [
        (sentences[position], label)
        for label, sentences in by_label.items()
        for position in generator.permutation(len(sentences))[:_MOST_PER_CLASS]
    ]
    order = generator.permutation(len(kept))
    return Source.of(
        [kept[position][0] for position in order],
        [kept[position][1] for position in order],
        class_names=tuple(PACKAGES),
        name="docstring sentences",
    )


def unlabelled_docstring_sentences() -> Source:
    """Returns the sentences of the same docstrings that `docstring_sentences` leaves out.

    They are those of the topics that have more than 300, without their labels, for what learns
    from texts alone. `open_data` and `open_texts` take them as `docstrings:unlabelled`.

    Returns:
        A `Source` of about 2,700 sentences, the input `text`, without targets.

    Example:

    >>> source = unlabelled_docstring_sentences()
    >>> source.targets, set(source.values["text"]) & set(docstring_sentences().values["text"])
    ((), set())
    """
    kept = set(docstring_sentences().values["text"])
    texts = [text for texts in _by_label().values() for text in texts if text not in kept]
    return Source({"text": texts}, {"text": Column("text")}, (), "docstrings:unlabelled")


@opener("docstrings")
def _open_part(part: str) -> Source:
    if part != "unlabelled":
        raise InputError(f"Expected docstrings:unlabelled. Received: 'docstrings:{part}'")
    if reads_nothing():
        return stand_ins({"text": Column("text")}, (), "docstrings:unlabelled")
    return unlabelled_docstring_sentences()


# Reading takes a second or two, and the sentences are needed with labels and without.
@lru_cache(maxsize=1)
def _by_label() -> dict[int, list[str]]:
    """Returns the sentences that come under one topic only, by topic."""
    topics: dict[str, set[int]] = {}
    for label, path in enumerate(PACKAGES.values()):
        for docstring in _docstrings(path):
            for sentence in _sentences(docstring):
                topics.setdefault(sentence, set()).add(label)
    by_label: dict[int, list[str]] = {label: [] for label in range(len(PACKAGES))}
    for sentence, labels in sorted(topics.items()):
        if len(labels) == 1:
            by_label[next(iter(labels))].append(sentence)
    return by_label


def _docstrings(path: str) -> Iterator[str]:
    """Yields the docstrings of a package's public objects and of their public methods."""
    package = importlib.import_module(path)
    for name in sorted(set(package.__all__)):
        member = getattr(package, name, None)
        if member is None or inspect.ismodule(member):
            continue
        yield inspect.getdoc(member) or ""
        if inspect.isclass(member):
            for method_name, method in sorted(vars(member).items()):
                if not method_name.startswith("_"):
                    yield inspect.getdoc(method) or ""


def _sentences(docstring: str) -> Iterator[str]:
    """Yields the masked English sentences of one docstring in numpydoc format.

    Prose is what stands before the first section and in "Notes"; the others list parameters,
    references and code.
    """
    opening, *sections = SECTION.split(docstring)
    notes = [
        body for title, body in zip(sections[::2], sections[1::2], strict=True) if title == "Notes"
    ]
    for paragraph in paragraphs("\n\n".join([opening, *notes])):
        for sentence in SENTENCE_END.split(as_prose(paragraph)):
            if _is_english(sentence):
                masked = re.sub(rf"{MASK}(?: {MASK})+", MASK, _NAMES.sub(MASK, sentence))
                if _SHORTEST <= len(masked) <= _LONGEST:
                    yield masked


def _is_english(sentence: str) -> bool:
    """Returns whether the text is a sentence of words, rather than a formula or a fragment."""
    words = sentence.split()
    letters = sum(character.isalpha() or character == " " for character in sentence)
    return (
        len(words) >= 6
        and sentence[0].isupper()
        and sentence.endswith((".", "!", "?"))
        and letters / len(sentence) >= 0.85
    )
