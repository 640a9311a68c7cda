"""Batches of arrays by name, in files of NumPy that hold no objects."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

Arrays = dict[str, np.ndarray]


def write_batches(path: Path, batches: Sequence[Arrays]) -> None:
    """Writes batches to a file.

    Args:
        path: Path of the `.npz` file.
        batches: sequence of dictionaries from names to arrays.

    Example:

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "batches.npz"
    >>> write_batches(path, [{"x": np.ones(2)}, {"x": np.ones(1)}])
    >>> [batch["x"].shape for batch in read_batches(path)]
    [(2,), (1,)]
    """
    arrays = {
        f"{place}/{name}": np.asarray(array)
        for place, batch in enumerate(batches)
        for name, array in batch.items()
    }
    with path.open("wb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]


def read_batches(path: Path) -> list[Arrays]:
    """Returns the batches in a file.

    Args:
        path: Path of the `.npz` file.

    Example:

    See `write_batches`.
    """
    found: dict[int, Arrays] = {}
    with np.load(path, allow_pickle=False) as held:
        for key in held.files:
            place, _, name = key.partition("/")
            found.setdefault(int(place), {})[name] = held[key]
    return [found[place] for place in sorted(found)]


def largest_difference(found: Sequence[Arrays], expected: Sequence[Arrays]) -> tuple[float, float]:
    """Returns how far outputs are from those that are expected.

    Args:
        found: sequence of dictionaries from the names of outputs to arrays.
        expected: sequence of such.

    Returns:
        A tuple of the largest difference, and of the largest value that is expected, both by
        size. The difference is infinite where something is not finite in one of both alone.

    Raises:
        ValueError: if the outputs have other names or shapes.

    Example:

    >>> largest_difference([{"y": np.array([1.0, 2.0])}], [{"y": np.array([1.0, -4.0])}])
    (6.0, 4.0)
    """
    differences, sizes = [0.0], [0.0]
    for given, wanted in zip(found, expected, strict=True):
        if given.keys() != wanted.keys():
            raise ValueError(
                f"its outputs are called {', '.join(given)}, and those of Keras {', '.join(wanted)}"
            )
        for name, right in wanted.items():
            left = given[name]
            if left.shape != right.shape:
                raise ValueError(
                    f"its output {name} has the shape {left.shape}, and that of Keras {right.shape}"
                )
            left, right = np.asarray(left, "float64"), np.asarray(right, "float64")
            is_finite = np.isfinite(left) & np.isfinite(right)
            alike = is_finite | (left == right) | (np.isnan(left) & np.isnan(right))
            differences += [float("inf")] if not alike.all() else []
            if is_finite.any():
                differences.append(float(np.abs(left[is_finite] - right[is_finite]).max()))
                sizes.append(float(np.abs(right[is_finite]).max()))
    return max(differences), max(sizes)
