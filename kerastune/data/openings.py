"""How texts begin, for a language model to go on from."""

import re

import numpy as np

from kerastune.data.columns import Column
from kerastune.data.source import Source
from kerastune.errors import InputError


def openings(samples: Source, count: int = 3, words: int = 6) -> Source:
    """Returns the first words of some texts, each once, spread evenly over those that have more.

    Args:
        samples: `Source` with one input of kind `text`.
        count: int, how many, from 1; fewer where there are fewer texts. Defaults to 3.
        words: int, the words of each, from 1. Defaults to 6.

    Returns:
        A `Source` with the same column of texts, and no other; of all texts, whole, where none has
        more words.

    Raises:
        InputError: if there is no such input, or a number is too small.

    Example:

    >>> samples = Source({"text": ["one two three", "one"]}, {"text": Column("text")})
    >>> openings(samples, words=2).values["text"]
    ['one two']
    """
    if min(count, words) < 1:
        raise InputError(
            f"Expected a count and words of at least 1. Received: count={count}, words={words}"
        )
    name = samples.input("text")
    beginning = re.compile(rf"(\S+\s+){{{words - 1}}}\S+(?=\s)")
    found = [match[0] for text in samples.values[name] if (match := beginning.match(text))]
    texts = list(dict.fromkeys(found or samples.values[name]))
    places = np.linspace(0, len(texts) - 1, min(count, len(texts))).round().astype(int)
    chosen = [texts[place] for place in places]
    return Source({name: chosen}, {name: Column("text")}, (), samples.name)
