"""What labels the losses of Keras take, and how to map others to them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from kerastune.heads.losses import TokenCrossentropy


@dataclass(frozen=True)
class LabelRule:
    """The labels that a loss takes.

    Args:
        loss: str, the loss, for messages.
        kind: str: `"classes"` are numbers of classes, one less axis than the output; `"one-hot"`,
            `"binary"`, `"signs"`, `"counts"` and `"numbers"` have the shape of the output.
        lowest: float, or None for any.
        highest: float, or None for any; of classes the output tells it.
        ignored: int, the label of a class that does not count, or None.

    Example:

    >>> LabelRule("poisson", "counts", 0).lowest
    0
    """

    loss: str
    kind: str
    lowest: float | None = None
    highest: float | None = None
    ignored: int | None = None


_RULES: dict[str, tuple[tuple[str, ...], float | None, float | None]] = {
    "classes": (("SparseCategoricalCrossentropy",), 0, None),
    "one-hot": (
        (
            "CategoricalCrossentropy",
            "CategoricalFocalCrossentropy",
            "CategoricalHinge",
            "KLDivergence",
        ),
        0,
        1,
    ),
    "binary": (("BinaryCrossentropy", "BinaryFocalCrossentropy", "Dice", "Tversky"), 0, 1),
    "signs": (("Hinge", "SquaredHinge"), -1, 1),
    "counts": (("Poisson", "MeanSquaredLogarithmicError"), 0, None),
    "numbers": (
        (
            "MeanSquaredError",
            "MeanAbsoluteError",
            "MeanAbsolutePercentageError",
            "Huber",
            "LogCosh",
            "CosineSimilarity",
        ),
        None,
        None,
    ),
}


def label_rule(loss: Any, labels: np.ndarray, output: tuple[int | None, ...] | None) -> Any:
    """The rule of a loss, if it is one of Keras whose labels are known.

    Args:
        loss: what `model.compile` takes for one output.
        labels: array, by which Keras chooses what `"crossentropy"` is.
        output: tuple, the shape of the output, or None where it is not known.

    Returns:
        A `LabelRule`, or None: losses of one's own may mean anything by any label.

    Example:

    >>> label_rule("mse", np.zeros(3), (None, 1)).kind
    'numbers'
    """
    if isinstance(loss, str) and loss.lower() in ("crossentropy", "ce"):
        loss = _crossentropy(labels, output)
    try:
        found = keras.losses.get(loss)
    except ValueError:
        return None  # Keras says it.
    own = type(found)
    if own is TokenCrossentropy:
        own = keras.losses.SparseCategoricalCrossentropy
    for kind, (names, lowest, highest) in _RULES.items():
        for name in names:
            known = getattr(keras.losses, name)
            if own is known or found is keras.losses.get(_snake(name)):
                if kind == "classes" and getattr(found, "axis", -1) != -1:
                    return None  # The classes are on another axis than the last.
                ignored = getattr(found, "ignore_class", None)
                return LabelRule(_snake(name), kind, lowest, highest, ignored)
    return None


def mapping(rule: LabelRule, labels: np.ndarray, classes: int | None) -> str:
    """How to make labels fit that do not.

    Args:
        rule: the `LabelRule`.
        labels: array of finite numbers.
        classes: int, the units of the output, or None where that is not known.

    Returns:
        A sentence for the end of a message.

    Example:

    >>> mapping(LabelRule("binary_crossentropy", "binary", 0, 1), np.array([-1, 1]), 1)
    'Map -1 and 1 by (labels + 1) / 2'
    """
    return _MAPPINGS.get(rule.kind, _of_numbers)(np.unique(labels), classes)


def _of_classes(found: np.ndarray, classes: int | None) -> str:
    """How to number classes."""
    if set(found) == {-1, 1}:
        return "Map -1 and 1 by (labels + 1) // 2"
    if found.min() == 1 and classes is not None and found.max() <= classes:
        return "They count from 1: give labels - 1"
    if classes is None or len(found) <= classes:
        return "Number the classes: numpy.unique(labels, return_inverse=True)[1]"
    return f"There are {len(found)} different labels: give the output a unit for each class"


def _of_binary(found: np.ndarray, classes: int | None) -> str:  # noqa: ARG001
    """How to make zeros and ones."""
    if set(found) == {-1, 1}:
        return "Map -1 and 1 by (labels + 1) / 2"
    if set(found) == {1, 2}:
        return "They count from 1: give labels - 1"
    if len(found) <= 2:
        return f"Map them by labels == {found[-1]:g}"
    if found.min() >= 0 and found.max() <= 255 and (found.max() > 100 or not _whole(found)):
        return f"Scale them: labels / {255 if found.max() > 100 else found.max():g}"
    if _whole(found):
        return (
            f"For {len(found)} classes, give the output a unit for each, and the loss "
            "'sparse_categorical_crossentropy'"
        )
    return "Map them to that range, or choose a loss for quantities such as 'mse'"


def _of_one_hot(found: np.ndarray, classes: int | None) -> str:
    """How to make rows with a one."""
    if _whole(found) and classes is not None:
        return (
            f"Make rows of classes by keras.utils.to_categorical(labels, {classes}), or choose "
            "the loss 'sparse_categorical_crossentropy'"
        )
    return "Divide each row by its sum"


def _of_signs(found: np.ndarray, classes: int | None) -> str:  # noqa: ARG001
    """How to make minus one and one."""
    if len(found) == 2:
        return f"Map them by numpy.where(labels == {found[-1]:g}, 1, -1)"
    return "Choose a loss for more than two classes"


def _of_numbers(found: np.ndarray, classes: int | None) -> str:  # noqa: ARG001
    """What to do with quantities out of range."""
    return "Leave such samples out, or choose a loss for any numbers such as 'mse'"


_MAPPINGS: dict[str, Callable[[np.ndarray, int | None], str]] = {
    "classes": _of_classes,
    "binary": _of_binary,
    "one-hot": _of_one_hot,
    "signs": _of_signs,
}


def _whole(numbers: np.ndarray) -> bool:
    """Whether all numbers are whole."""
    return bool((numbers == np.round(numbers)).all())


def _crossentropy(labels: np.ndarray, output: tuple[int | None, ...] | None) -> str:
    """Which of Keras' cross-entropies the word means, by the same rule as in Keras."""
    if output is None:
        return "unknown"
    if output[-1] == 1:
        return "binary_crossentropy"
    if labels.ndim < len(output) or labels.shape[-1] == 1:
        return "sparse_categorical_crossentropy"
    return "categorical_crossentropy"


def _snake(name: str) -> str:
    """The name of the function of a loss: `mean_squared_error` of `MeanSquaredError`."""
    if name == "KLDivergence":
        return "kl_divergence"
    letters = [f"_{letter.lower()}" if letter.isupper() else letter for letter in name]
    return "".join(letters).removeprefix("_")
