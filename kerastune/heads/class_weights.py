"""Weights of classes in a loss: by name, or balanced."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.utils.class_weight import compute_class_weight

from kerastune.data import Source
from kerastune.errors import InputError, closest


def weights_by_name(
    class_weights: Mapping[Any, Any], class_names: tuple[str, ...]
) -> tuple[float, ...]:
    """Returns the weight of each class, out of those that are named.

    Args:
        class_weights: dictionary from the name of a class, or a number that is one, to its
            weight.
        class_names: tuple of str.

    Returns:
        Tuple of floats, 1 for a class that is not named.

    Raises:
        InputError: if there is no such class, or a weight is no number.

    Example:

    >>> weights_by_name({"few": 5}, ("many", "few"))
    (1.0, 5.0)
    """
    named = {str(name): weight for name, weight in class_weights.items()}
    for name, weight in named.items():
        if name not in class_names:
            raise InputError(
                f"Expected class weights for classes out of {', '.join(class_names)}. Received: "
                f"{name!r}." + closest(name, list(class_names))
            )
        if isinstance(weight, Mapping | str):
            raise InputError(
                f"Expected a number as the class weight of {name!r}. Received: {weight!r}. Weights "
                "by column are for several targets"
            )
    return tuple(float(named.get(name, 1.0)) for name in class_names)


def balanced_weights(labels: np.ndarray, class_names: tuple[str, ...]) -> tuple[float, ...]:
    """Returns weights that make every class count as much as every other.

    Args:
        labels: int array of positions in `class_names`.
        class_names: tuple of str.

    Returns:
        Tuple of floats, `labels / (classes * labels of the class)` for each class.

    Raises:
        InputError: if a class has no labels.

    Example:

    >>> [round(weight, 3) for weight in balanced_weights(np.array([0, 0, 0, 1]), ("a", "b"))]
    [0.667, 2.0]
    """
    absent = sorted(set(range(len(class_names))) - set(labels.tolist()))
    if absent:
        raise InputError(
            "Expected samples of every class to balance them. "
            f"Received: none of {[class_names[index] for index in absent]}"
        )
    classes = np.arange(len(class_names))
    return tuple(compute_class_weight("balanced", classes=classes, y=labels).tolist())


def balanced_class_weights(source: Source, column: str | None = None) -> tuple[float, ...]:
    """Returns weights that make every class count as much as every other.

    Args:
        source: a `Source`.
        column: str, the target column. Defaults to the only one of kind `class`.

    Returns:
        Tuple of floats, `samples / (classes * samples of the class)` for each class.

    Raises:
        InputError: if a class has no samples.

    Example:

    >>> source = Source.of(list("abcd"), [0, 0, 0, 1], class_names=("many", "few"))
    >>> [round(weight, 3) for weight in balanced_class_weights(source)]
    [0.667, 2.0]
    """
    column = column or source.target("class")
    names = source.columns[column].class_names or ()
    return balanced_weights(np.asarray(source.values[column]), names)


def balanced_positive_weights(source: Source, column: str | None = None) -> tuple[float, ...]:
    """Returns weights with which samples that have a label count as much as those without it.

    Args:
        source: a `Source`.
        column: str, the target column. Defaults to the only one of kind `multilabel`.

    Returns:
        Tuple of floats, `samples without the label / samples with it` for each label.

    Raises:
        InputError: if a label holds for no sample.

    Example:

    >>> from kerastune.data import Column
    >>> labels = np.array([[1, 0], [1, 0], [1, 0], [0, 1]])
    >>> columns = {"text": Column("text"), "tags": Column("multilabel", class_names=("a", "b"))}
    >>> source = Source({"text": list("wxyz"), "tags": labels}, columns, ("tags",))
    >>> [round(weight, 3) for weight in balanced_positive_weights(source)]
    [0.333, 3.0]
    """
    column = column or source.target("multilabel")
    names = source.columns[column].class_names or ()
    holds = np.stack([np.asarray(row) for row in source.values[column]]) == 1
    counts = holds.sum(axis=0)
    if not counts.all():
        raise InputError(
            "Expected samples with every label to balance them. "
            f"Received: none with {[names[place] for place in np.flatnonzero(counts == 0)]}"
        )
    return tuple(((len(holds) - counts) / counts).tolist())
