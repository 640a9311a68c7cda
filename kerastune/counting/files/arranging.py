"""The weights of a file as a table shows them: in the order of their names, each once."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from kerastune.counting.weights import Weight


def arranged(weights: Iterable[Weight]) -> tuple[Weight, ...]:
    """Sort weights by path, with `layer_2` before `layer_10`, and make the paths distinct.

    Files do not say in which order a model uses its layers.

    Args:
        weights: iterable of `Weight`.

    Returns:
        Tuple of `Weight`. What has the path of another gets a number after it.

    Example:

    >>> bias = Weight("dense_10/bias", (1,), "float32", "unknown", 1, 4)
    >>> [w.path for w in arranged([bias, replace(bias, path="dense_2/bias"), bias])]
    ['dense_2/bias', 'dense_10/bias', 'dense_10/bias:2']
    """
    made: dict[str, Weight] = {}
    times: Counter[str] = Counter()
    for weight in sorted(weights, key=lambda weight: _natural(weight.path)):
        path = weight.path
        while path in made:
            times[weight.path] += 1
            path = f"{weight.path}:{times[weight.path] + 1}"
        made[path] = replace(weight, path=path)
    return tuple(made.values())


def _natural(path: str) -> list[tuple[int, int, str]]:
    """A key that sorts digits as the numbers they write, of any length."""
    pieces = re.findall(r"([0-9]+)|([^0-9]+)", path)
    return [
        (0, len(digits.lstrip("0")), digits.lstrip("0")) if digits else (1, 0, text)
        for digits, text in pieces
    ]
