"""Arrays of features, one row a sample, in memory or in files."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kerastune.errors import InputError

PLACES = ("auto", "memory", "disk", "off")
PRECISIONS = ("float32", "float16", "bfloat16")

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
        self.bytes = 0
        self._precision = precision
        self._directory = directory
        self._files: tempfile.TemporaryDirectory[str] | None = None
        self._arrays: list[Any] = []
        self._given_as: list[np.dtype] = []
        self._written = 0

    @property
    def is_full(self) -> bool:
        """bool, whether there is a row for each sample."""
        return self._written == self.samples

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """list of tuples of int, the shape of a sample in each array."""
        return [array.shape[1:] for array in self._arrays]

    def write(self, batch: Sequence[np.ndarray]) -> None:
        """Add rows to each array.

        Args:
            batch: sequence of arrays, as many each time.

        Raises:
            InputError: if there is no room for the features.
            ValueError: if their shapes differ from those before, or there are too many.
        """
        if not self._arrays:
            self._make(batch)
        end = self._written + len(batch[0])
        for array, rows in zip(self._arrays, batch, strict=True):
            # A shape that differs in a side of one would be spread over the row.
            if rows.shape[1:] != array.shape[1:] or end > self.samples:
                raise ValueError(f"{rows.shape} does not fit into {array.shape}")
            array[self._written : end] = rows
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
            for array, dtype in zip(self._arrays, self._given_as, strict=True)
        ]

    def close(self) -> None:
        """Give back the memory, and remove the files."""
        self._arrays = []
        if self._files is not None:
            self._files.cleanup()

    def _make(self, batch: Sequence[np.ndarray]) -> None:
        """Arrays for rows like those of a batch."""
        self._given_as = [
            np.dtype("float32") if rows.dtype.name == "bfloat16" else rows.dtype for rows in batch
        ]
        kinds = [self._kept_as(rows.dtype) for rows in batch]
        shapes = [(self.samples, *rows.shape[1:]) for rows in batch]
        sizes = [kind.itemsize * int(np.prod(s)) for kind, s in zip(kinds, shapes, strict=True)]
        self.bytes = sum(sizes)
        if self.place == "auto":
            self.place = "memory" if self.bytes <= _MOST_IN_MEMORY else "disk"
        if self.place == "memory":
            self._arrays = [np.empty(s, kind) for s, kind in zip(shapes, kinds, strict=True)]
            return
        directory = self._directory or Path(tempfile.gettempdir())
        free = shutil.disk_usage(directory).free
        if self.bytes > free:
            raise InputError(
                f"Expected {self.bytes:,} bytes of free disk for features of {self.samples:,} "
                f"samples. Received: {free:,} in {str(directory)!r}. Make room, or give "
                "cache_features='off'"
            )
        self._files = tempfile.TemporaryDirectory(prefix="features-", dir=directory)
        folder = Path(self._files.name)
        self._arrays = [
            np.memmap(folder / str(number), dtype=kind, mode="w+", shape=shape)
            for number, (shape, kind) in enumerate(zip(shapes, kinds, strict=True))
        ]

    def _kept_as(self, dtype: np.dtype) -> np.dtype:
        """The type in which features of a type are kept."""
        # NumPy has no kind for bfloat16.
        if self._precision is None or not (dtype.kind == "f" or dtype.name == "bfloat16"):
            return dtype
        import ml_dtypes

        names = {"bfloat16": ml_dtypes.bfloat16}
        return np.dtype(names.get(self._precision, self._precision))
