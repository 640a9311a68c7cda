"""One kind of target for another, where the labels allow it."""

from typing import Any

import numpy as np

from kerastune.data.columns import Column
from kerastune.data.labels import encode_labels
from kerastune.data.source import Source


def as_kind(source: Source, kind: str) -> Source:
    """Returns the source with its only target as another kind, if it can be read so.

    Whole numbers are taken for classes, and numbers with fractions for quantities, until a
    head tells what it learns. Classes whose names are numbers become quantities, such as
    ages, and quantities without fractions become classes where each comes back often: where
    there are at most as many as the square root of the samples. Such are the 0.0 and 1.0 that
    a table makes of a column with gaps, and not the years of people.

    Args:
        source: `Source`.
        kind: str, `"class"` or `"quantity"`.

    Returns:
        A `Source`: the same where its target is of that kind already, or cannot be.

    Raises:
        InputError: if there would be one class only.

    Example:

    >>> ages = Source.of(["a", "b"], [0, 1], class_names=("18", "80"))
    >>> as_kind(ages, "quantity").values["label"].tolist()
    [18.0, 80.0]
    """
    if len(source.targets) != 1:
        return source
    (name,) = source.targets
    found, values = source.columns[name], source.values[name]
    if (found.kind, kind) == ("class", "quantity"):
        numbers = _numbers(found.class_names or ())
        if numbers is None:
            return source
        return source.with_column(name, numbers[np.asarray(values)], Column("quantity"))
    if (found.kind, kind) == ("quantity", "class"):
        labels = _whole_numbers(values)
        if labels is None or len(set(labels)) ** 2 > len(labels):
            return source
        codes, names = encode_labels(labels)
        return source.with_column(name, codes, Column("class", class_names=names))
    return source


def require_known_classes(source: Source, class_names: tuple[str, ...]) -> Source:
    """Returns the source with the classes of the training data, in their order.

    Args:
        source: `Source` with one target of kind `class`, or of quantities without fractions.
        class_names: tuple of str, the classes that are known.

    Returns:
        A `Source`.

    Raises:
        InputError: if it has another class, or no such target.

    Example:

    >>> source = Source.of(["a", "b"], [0, 1], class_names=("no", "yes"))
    >>> require_known_classes(source, ("yes", "no", "maybe")).values["label"].tolist()
    [1, 0]
    """
    labels: list[Any] | None = None
    if len(source.targets) == 1 and source.columns[source.targets[0]].kind == "quantity":
        labels = _whole_numbers(source.values[source.targets[0]])
    name = source.targets[0] if labels is not None else source.target("class")
    names = source.columns[name].class_names or ()
    if names == class_names:
        return source
    codes, known = encode_labels(
        [names[code] for code in source.values[name]] if labels is None else labels,
        class_names,
        where=lambda position: f"sample {position} of {source.name}",
    )
    return source.with_column(name, codes, Column("class", class_names=known))


def _whole_numbers(values: Any) -> list[int] | None:
    """Returns quantities, one a sample, as whole numbers, or None if one has a fraction."""
    array = np.asarray(values)
    flat = array.reshape(len(array), -1)
    is_whole = flat.shape[1] == 1 and np.isfinite(flat).all() and (flat == np.round(flat)).all()
    return flat[:, 0].astype(int).tolist() if is_whole else None


def _numbers(names: tuple[str, ...]) -> np.ndarray | None:
    """Returns the numbers that class names are, or None if one is something else."""
    try:
        numbers = np.array([float(name) for name in names], "float64")
    except ValueError:
        return None
    return numbers if np.isfinite(numbers).all() else None
