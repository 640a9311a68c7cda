"""Arrays of features, one row a sample, in memory or in files."""

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from weakref import finalize

import numpy as np

from kerastune.errors import InputError, reason

PLACES = ("auto", "memory", "disk", "off")
PRECISIONS = ("float32", "float16", "bfloat16")

PREFIX = "features-"
"""What the names of folders with features begin with."""

_MOST_IN_MEMORY = 2**30  # Bytes.


class FeatureStore:
    """Arrays of features, one row a sample, in memory or memory-mapped files.

    Args:
        samples: int, the number of rows.
        place: str, `"memory"`, `"disk"`, or `"auto"`: in memory up to 1 GiB.
        precision: str out of `"float32"`, `"float16"` and `"bfloat16"`, in which features that
            are fractions are kept; or None for that in which they come. Defaults to None.
        directory: Path of a folder for the files, or None for the usual one for temporary
            files. Defaults to None.

    Example:

    >>> store = FeatureStore(3, "memory")
    >>> store.write([np.array([[1.0], [2.0]])])
    >>> store.write([np.array([[3.0]])])
    >>> store.at(np.array([2, 0]))[0].tolist()
    [[3.0], [1.0]]
    >>> store.is_full, store.bytes
    (True, 24)
    """

    def __init__(
        self,
        samples: int,
        place: str,
        *,
        precision: str | None = None,
        directory: Path | None = None,
    ) -> None:
        self.samples = samples
        self.place = place
        self.folder: Path | None = None
        self.arrays: list[Any] = []
        self.given_as: list[np.dtype] = []
        self._precision = precision
        self._directory = directory
        self._remove: Any = None
        self._written = 0
        self.is_read = False

    @classmethod
    def of_files(
        cls, folder: Path, arrays: Sequence[np.ndarray], given_as: Sequence[np.dtype]
    ) -> "FeatureStore":
        """Returns features that are in files already, which stay.

        Args:
            folder: Path, where they are.
            arrays: sequence of memory-mapped arrays of as many rows each.
            given_as: sequence of types, of the features as they came.
        """
        store = cls(len(arrays[0]), "disk")
        store.folder, store.arrays, store.given_as = folder, list(arrays), list(given_as)
        store._written = store.samples
        return store

    @property
    def bytes(self) -> int:
        """int, the size of the features."""
        return sum(array.nbytes for array in self.arrays)

    @property
    def is_full(self) -> bool:
        """bool, whether there is a row for each sample."""
        return self._written == self.samples

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """list of tuples of int, the shape of a sample in each array."""
        return [array.shape[1:] for array in self.arrays]

    def write(self, batch: Sequence[np.ndarray], at: np.ndarray | None = None) -> None:
        """Add rows to each array.

        Args:
            batch: sequence of arrays, as many each time.
            at: int array, the position of each row, none of which is written twice; or None for
                those behind the rows before. Defaults to None.

        Raises:
            InputError: if there is no room for the features.
            ValueError: if their shapes differ from those before, or there are too many.
        """
        if not self.arrays:
            self._make(batch)
        end = self._written + len(batch[0])
        for array, rows in zip(self.arrays, batch, strict=True):
            # A shape that differs in a side of one would be spread over the row.
            if rows.shape[1:] != array.shape[1:] or end > self.samples:
                raise ValueError(f"{rows.shape} does not fit into {array.shape}")
            array[slice(self._written, end) if at is None else at] = rows
        self._written = end

    def at(self, positions: np.ndarray) -> list[np.ndarray]:
        """The features of samples, as they came.

        Args:
            positions: int array.

        Returns:
            List of arrays of as many rows as there are positions. What came as bfloat16, which
            PyTorch does not take from NumPy, is float32.
        """
        return [
            array[positions].astype(dtype, copy=False)
            for array, dtype in zip(self.arrays, self.given_as, strict=True)
        ]

    def close(self) -> None:
        """Give back the memory, and remove the files, unless they are to stay."""
        self.arrays = []
        if self._remove is not None:
            self._remove()

    def removed_at_end(self) -> "FeatureStore":
        """Let the files go with `close`, or at the end of the process; returns itself."""
        assert self.folder is not None
        self._remove = finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        return self

    def release(self) -> Path:
        """Write the files to the end, and leave them to whoever asks.

        Returns:
            Path of their folder.
        """
        assert self.folder is not None
        for array in self.arrays:
            array.flush()
        self.arrays = []
        self._remove.detach()
        return self.folder

    def _make(self, batch: Sequence[np.ndarray]) -> None:
        """Arrays for rows like those of a batch."""
        self.given_as = [
            np.dtype("float32") if rows.dtype.name == "bfloat16" else rows.dtype for rows in batch
        ]
        kinds = [self._kept_as(rows.dtype) for rows in batch]
        shapes = [(self.samples, *rows.shape[1:]) for rows in batch]
        sizes = [kind.itemsize * int(np.prod(s)) for kind, s in zip(kinds, shapes, strict=True)]
        if self.place == "auto":
            self.place = "memory" if sum(sizes) <= _MOST_IN_MEMORY else "disk"
        if self.place == "memory":
            self.arrays = [np.empty(s, kind) for s, kind in zip(shapes, kinds, strict=True)]
            return
        directory = self._directory or Path(tempfile.gettempdir())
        free = shutil.disk_usage(directory).free
        if sum(sizes) > free:
            raise InputError(
                f"Expected {sum(sizes):,} bytes of free disk for features of {self.samples:,} "
                f"samples. Received: {free:,} in {str(directory)!r}. Make room, or give "
                "cache_features='off'"
            )
        self.folder = Path(tempfile.mkdtemp(prefix=f"{PREFIX}unfinished-", dir=directory))
        self.removed_at_end()
        self.arrays = [
            _mapped(self.folder / str(number), kind, shape)
            for number, (shape, kind) in enumerate(zip(shapes, kinds, strict=True))
        ]

    def _kept_as(self, dtype: np.dtype) -> np.dtype:
        """The type in which features of a type are kept."""
        # NumPy has no kind for bfloat16.
        if self._precision is None or not (dtype.kind == "f" or dtype.name == "bfloat16"):
            return dtype
        return type_named(self._precision)


def _mapped(file: Path, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    """A file as an array, whose room on the disk is taken now.

    Without it, a disk that is full later ends the process by a signal and without a word.
    """
    try:
        mapped = np.memmap(file, dtype=dtype, mode="w+", shape=shape)
        if hasattr(os, "posix_fallocate"):
            with file.open("r+b") as opened:
                os.posix_fallocate(opened.fileno(), 0, max(mapped.nbytes, 1))
    except OSError as error:
        raise InputError(
            f"Expected room on the disk for features of {shape[0]:,} samples. Received: "
            f"{reason(error)}. Make room, or give cache_features='off'"
        ) from error
    return mapped


def type_named(name: str) -> np.dtype:
    """Returns a type of numbers by its name, bfloat16 too, which NumPy does not know.

    Args:
        name: str.

    Example:

    >>> type_named("bfloat16").itemsize
    2
    """
    import ml_dtypes

    return np.dtype({"bfloat16": ml_dtypes.bfloat16}.get(name, name))
