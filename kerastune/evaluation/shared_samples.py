"""Samples to measure on that are also, or nearly, among those to train on."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from PIL import Image

from kerastune.data import Source, Splits

MOST_TRAINING, MOST_HELD_OUT = 50_000, 10_000
"""The most samples that are compared for being the same."""

NEAR_TRAINING, NEAR_HELD_OUT = 10_000, 2_000
"""The most samples that are compared for being nearly the same."""

NEAR_TEXTS, NEAR_IMAGES = 0.9, 0.995
"""From which cosine two samples are nearly the same: of the counts of runs of five characters, and
of grey values, less their mean, on 16 x 16 pixels. Of the pairs of different digits in MNIST and
scikit-learn none is as near."""

_GRAM, _FEATURES = 5, 2**18
_SIDE = 16
_AT_ONCE = 256


def shared_notes(splits: Splits) -> tuple[str, ...]:
    """Returns notes on samples that are held out and, or nearly, also among those to train on.

    All inputs of a sample count. Nearly the same are texts, and images in memory, see
    `NEAR_TEXTS` and `NEAR_IMAGES`; images in files are compared for being the same where there
    are few, as each has to be read. Of many samples some, at equal distances, are compared.

    Args:
        splits: `Splits`.

    Returns:
        Tuple of str, a line for each part that shares samples with the training samples.

    Reference:
        Lee et al., 2022, "Deduplicating Training Data Makes Language Models Better", section 4,
        count the share of a test that is in the training data;
        https://arxiv.org/abs/2107.06499

    Example:

    >>> training = Source.of(["a joy", "a bore"], [1, 0], class_names=("no", "yes"))
    >>> test = Source.of(["a bore", "a marvel"], [0, 1], class_names=("no", "yes"))
    >>> shared_notes(Splits(training, test))
    ("test: 1 of 2 samples is also among those to train on, such as 'a bore'",)
    """
    held_out = {use: part for use, part in splits.parts.items() if use != "training"}
    notes = (_note(use, part, splits.training) for use, part in held_out.items())
    return tuple(note for note in notes if note)


def _note(use: str, held_out: Source, training: Source) -> str:
    """Returns a line on a part, or an empty text if it shares no samples."""
    columns = [name for name in training.inputs if name in held_out.values]
    slow = any(_is_read_each_time(held_out.values[name]) for name in columns)
    fewer = 10 if slow else 1
    ours = _spread(held_out, MOST_HELD_OUT // fewer)
    theirs = _spread(training, MOST_TRAINING // fewer)
    known = set(_digests(theirs, columns))
    same = np.array([digest in known for digest in _digests(ours, columns)])
    found = []
    if same.any():
        found.append(f"{_count(same)} also among those to train on{_such_as(ours, columns, same)}")
    if len(columns) == 1 and not slow:
        ours, theirs = _spread(held_out, NEAR_HELD_OUT), _spread(training, NEAR_TRAINING)
        near = _near(ours, theirs, columns[0])
        if near.any():
            found.append(
                f"{_count(near)} nearly like one to train on{_such_as(ours, columns, near)}"
            )
    if not found:
        return ""
    return f"{use}: {'; '.join(found)}"


def _count(found: np.ndarray) -> str:
    """Returns how many samples something is true of, up to the verb."""
    count = int(found.sum())
    return f"{count} of {len(found)} samples {'is' if count == 1 else 'are'}"


def _such_as(source: Source, columns: list[str], found: np.ndarray) -> str:
    """Returns an example, where a line can show it."""
    first = source.values[columns[0]][int(np.flatnonzero(found)[0])]
    if not isinstance(first, str):
        return ""
    return f", such as {first if len(first) <= 60 else f'{first[:60]}…'!r}"


def _spread(source: Source, most: int) -> Source:
    """Returns at most so many samples, at equal distances."""
    if len(source) <= most:
        return source
    return source.select(np.linspace(0, len(source) - 1, most).astype(int))


def _is_read_each_time(values: Any) -> bool:
    """Returns whether values are neither an array nor a list, such as images in files."""
    return not isinstance(values, np.ndarray | list) and isinstance(values[0], np.ndarray)


def _digests(source: Source, columns: list[str]) -> Iterator[bytes]:
    """Yields 128 bits for each sample that are the same for the same inputs alone."""
    for at in range(len(source)):
        digest = hashlib.blake2b(digest_size=16)
        for name in columns:
            value = source.values[name][at]
            if isinstance(value, np.ndarray):
                digest.update(f"{value.shape}{value.dtype}".encode())
                digest.update(np.ascontiguousarray(value).tobytes())
            else:
                digest.update(repr(value).encode("utf-8", "surrogatepass") + b"\0")
        yield digest.digest()


def _near(ours: Source, theirs: Source, column: str) -> np.ndarray:
    """Returns whether each sample is nearly, but not quite, one of the others."""
    kind = ours.columns[column].kind
    rule = _NEAR.get(kind)
    # A preprocessor may have packed the texts to train on.
    if rule is None or theirs.columns[column].kind != kind:
        return np.zeros(len(ours), bool)
    features, threshold = rule
    these, those = features(ours.values[column]), features(theirs.values[column])
    known = set(_digests(theirs, [column]))
    near = np.zeros(len(ours), bool)
    for start in range(0, len(ours), _AT_ONCE):
        cosines = these[start : start + _AT_ONCE] @ those.T
        highest = cosines.max(axis=1)
        dense = highest if isinstance(highest, np.ndarray) else highest.toarray().ravel()
        near[start : start + _AT_ONCE] = dense >= threshold
    return near & [digest not in known for digest in _digests(ours, [column])]


def _grams(texts: Any) -> Any:
    """Returns the counts of runs of five characters of each text, a sparse array of length 1."""
    # Recipes that read no texts do not load it.
    from sklearn.feature_extraction.text import HashingVectorizer

    vectorizer = HashingVectorizer(
        analyzer="char_wb",
        ngram_range=(_GRAM, _GRAM),
        n_features=_FEATURES,
        alternate_sign=False,
    )
    return vectorizer.transform(texts[at] for at in range(len(texts)))


def _small_greys(images: Any) -> np.ndarray:
    """Returns the grey values of each image on few pixels, less their mean, of length 1."""
    return np.stack([_small_grey(np.asarray(images[at])) for at in range(len(images))])


def _small_grey(image: np.ndarray) -> np.ndarray:
    channels = image[..., 0] if image.shape[-1] < 3 else image[..., :3]
    pixels = np.clip(np.nan_to_num(channels.astype("float32")), 0, 255).astype("uint8")
    small = Image.fromarray(pixels).convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    greys = np.asarray(small, "float32").ravel()
    greys -= greys.mean()
    length = float(np.linalg.norm(greys))
    # An image of one colour is like no other.
    return greys / length if length > 1 else np.zeros_like(greys)


_NEAR: dict[str, tuple[Callable[[Any], Any], float]] = {
    "text": (_grams, NEAR_TEXTS),
    "image": (_small_greys, NEAR_IMAGES),
}
