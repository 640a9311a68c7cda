"""The size of a model's file, and how fast two models answer, by turns."""

import zlib
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter

_PIECE = 1 << 20


def compressed_bytes(path: Path) -> int:
    """Returns the size that a file would have in a ZIP archive or as gzip, without writing it.

    Args:
        path: Path of the file.

    Example:

    >>> import tempfile
    >>> with tempfile.NamedTemporaryFile() as file:
    ...     _ = file.write(bytes(10_000)); file.flush()
    ...     compressed_bytes(Path(file.name)) < 100
    True
    """
    packer, size = zlib.compressobj(6), 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            size += len(packer.compress(piece))
    return size + len(packer.flush())


def speeds_by_turns(
    calls: Sequence[Callable[[], object]], samples: int, rounds: int = 5
) -> list[tuple[float, ...]]:
    """Returns how many samples a second each of several calls answers.

    Each is called once before, to compile; then by turns, so that what else the machine does
    slows all of them.

    Args:
        calls: sequence of functions, each of which answers all samples.
        samples: int, how many these are.
        rounds: int, how often each is measured. Defaults to 5.

    Returns:
        List of tuples of float, one tuple a call.

    Example:

    >>> [len(found) for found in speeds_by_turns([lambda: sum(range(99))], 99, rounds=3)]
    [3]
    """
    for call in calls:
        call()
    found: list[list[float]] = [[] for _ in calls]
    for _ in range(rounds):
        for call, speeds in zip(calls, found, strict=True):
            start = perf_counter()
            call()
            speeds.append(samples / (perf_counter() - start))
    return [tuple(speeds) for speeds in found]
