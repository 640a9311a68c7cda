"""Batches as they are divided among processes and devices.

How many samples a batch has goes with it, as the second axis of an array without any numbers:
shapes are known where a step is compiled.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from kerastune.distribution.read_batches import ReadBatches
from kerastune.errors import InputError


def divided(rows: int, parts: int) -> list[int]:
    """Returns how many rows each part has, which differ by one at most, the first having more.

    Args:
        rows: int.
        parts: int.

    Example:

    >>> divided(10, 4)
    [3, 3, 2, 2]
    """
    return [rows // parts + (part < rows % parts) for part in range(parts)]


def marker(rows: int) -> np.ndarray:
    """Returns an array without numbers whose shape tells the rows of a batch.

    Args:
        rows: int.

    Example:

    >>> marker(30).shape
    (0, 30)
    """
    return np.zeros((0, rows), "float32")


def is_marker(shape: Sequence[int | None]) -> bool:
    """Returns whether a shape is that of a `marker`.

    Args:
        shape: sequence of int.

    Example:

    >>> is_marker((0, 30)), is_marker((8, 30))
    (True, False)
    """
    return len(shape) == 2 and shape[0] == 0


def part_of(rank: int, parts: int) -> Callable[[int], np.ndarray]:
    """Returns a function from the rows of a batch to those of one process.

    Where there are fewer samples than processes, those without one have a copy of the first, which
    the step leaves out.

    Args:
        rank: int, the number of the process.
        parts: int, how many there are.

    Example:

    >>> part_of(1, 2)(5).tolist(), part_of(1, 2)(1).tolist()
    ([3, 4], [0])
    """

    def part(rows: int) -> np.ndarray:
        counts = divided(rows, parts)
        start = sum(counts[:rank]) if counts[rank] else 0
        return np.arange(start, start + max(counts[rank], 1))

    return part


def block_of(rows_of_mesh: Sequence[int], blocks: int) -> Callable[[int], np.ndarray]:
    """Returns a function from the rows of a batch to those of a process, alike for each device.

    A batch that does not divide is filled up with its first sample. The step takes these rows away
    again before it computes anything.

    Args:
        rows_of_mesh: sequence of int, the rows of the mesh in which the process has devices.
        blocks: int, the rows of the mesh.

    Example:

    >>> block_of([1], 2)(5).tolist(), block_of([0, 1], 2)(3).tolist()
    ([3, 4, 0], [0, 1, 2, 0])
    """

    def part(rows: int) -> np.ndarray:
        size = -(-rows // blocks)
        places = np.concatenate([np.arange(row * size, (row + 1) * size) for row in rows_of_mesh])
        return np.where(places < rows, places, 0)

    return part


def taken(part: Callable[[int], np.ndarray]) -> Callable[[Any], tuple[Any, ...]]:
    """Returns a function from a whole batch to the rows of one process, and a `marker`.

    Args:
        part: function from the rows of a batch to those of the process.

    Example:

    >>> x, y, told = taken(part_of(1, 2))((np.arange(5.0), np.arange(5.0)))
    >>> x.tolist(), y.tolist(), told.shape
    ([3.0, 4.0], [3.0, 4.0], (0, 5))
    """

    def chosen(batch: Any) -> tuple[Any, ...]:
        given = _parts(batch)
        rows = _rows(given[0])
        places = part(rows)
        is_whole = len(places) == rows and (places == np.arange(rows)).all()
        own = given if is_whole else _each(lambda array: np.asarray(array)[places], given)
        return (*own, marker(rows))

    return chosen


def shared_arguments(
    arguments: dict[str, Any], part: Callable[[int], np.ndarray]
) -> dict[str, Any]:
    """Returns arguments of `model.fit` for one process, whose batches end with a `marker`.

    Samples that are read one by one are read by one process each. Otherwise each reads whole
    batches, so that what a preprocessor draws, and how long it pads, do not depend on the number
    of processes, and takes its rows of them.

    Args:
        arguments: dictionary with `x`, batches of Grain or `ReadBatches`, and perhaps
            `validation_data`.
        part: function from the rows of a batch to those of the process.

    Raises:
        InputError: if the data are something else.

    Example:

    >>> import grain
    >>> batches = grain.MapDataset.source([(np.ones(2), np.ones(2))]).to_iter_dataset()
    >>> [x.shape for x, y, told in shared_arguments({"x": batches}, part_of(0, 2))["x"]]
    [(1,)]
    """
    shared = dict(arguments)
    for name in ("x", "validation_data"):
        if arguments.get(name) is not None:
            shared[name] = _shared(arguments[name], part)
    return shared


def _shared(data: Any, part: Callable[[int], np.ndarray]) -> Any:
    """Batches of which a process has its rows."""

    def read(positions: Any) -> tuple[Any, ...]:
        places = part(len(positions))
        return (*_parts(data.read(np.asarray(positions)[places])), marker(len(positions)))

    if isinstance(data, ReadBatches) and data.is_by_sample:
        return replace(data, read=read).dataset()
    return _batches(data).map(taken(part))


def first_batch(arguments: dict[str, Any]) -> Any:
    """Returns the first batch of arguments of `model.fit`, whole.

    Args:
        arguments: as for `shared_arguments`.

    Example:

    >>> import grain
    >>> batches = grain.MapDataset.source([(np.ones(2), np.ones(2))]).to_iter_dataset()
    >>> len(first_batch({"x": batches}))
    2
    """
    return next(iter(_batches(arguments["x"])))


def _batches(data: Any) -> Any:
    """Data that are batches of Grain; raises for others."""
    if isinstance(data, ReadBatches):
        return data.dataset()
    # Imported here, as wherever batches are made.
    import grain

    if not isinstance(data, grain.IterDataset):
        raise InputError(
            "Expected arrays, or a dataset of Grain, as data of a distributed training. Received: "
            f"{type(data).__name__}, which makes its own batches. Give arrays, or leave "
            "distribution out"
        )
    return data


def _parts(batch: Any) -> tuple[Any, ...]:
    return tuple(batch) if isinstance(batch, tuple | list) else (batch,)


def _each(change: Callable[[Any], Any], values: Any) -> Any:
    """A structure with each of its arrays changed."""
    import keras

    def changed(value: Any) -> Any:
        return None if value is None else change(value)

    return keras.tree.map_structure(changed, values, none_is_leaf=True)


def _rows(x: Any) -> int:
    import keras

    return int(next(one for one in keras.tree.flatten(x) if one is not None).shape[0])
