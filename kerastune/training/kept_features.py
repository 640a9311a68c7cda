"""Features in a directory that stays, for later runs with the same frozen part and samples."""

import hashlib
import math
import os
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import keras
import numpy as np

from kerastune.display.output import console
from kerastune.errors import InputError
from kerastune.files import write_json
from kerastune.training.feature_store import PREFIX, FeatureStore, type_named
from kerastune.training.feeding import Samples
from kerastune.training.frozen_part import FrozenPart, add_values, joined
from kerastune.untrusted.reading import parse_json, require_file

MOST_BYTES = 20 * 2**30
"""The most that the features in a directory take together."""

_ABOUT = "about.json"
_FORMAT = 2
_MOST_ABOUT = 100_000  # Bytes.
_TYPES = ("float32", "float16", "bfloat16", "float64", "int32", "int64", "uint8", "int8", "bool")
_A_DAY = 86_400  # Seconds.


class KeptFeatures:
    """A directory of features, each kind in a folder named after its fingerprint.

    Together they take at most 20 GiB: those go that have not been used for longest.

    Args:
        directory: Path; it is made if it is not there.

    Raises:
        InputError: if there is a file in its place.

    Example:

    >>> import tempfile
    >>> KeptFeatures(Path(tempfile.mkdtemp())).find("0" * 32, 5, [(3,)]) is None
    True
    """

    def __init__(self, directory: Path) -> None:
        if directory.exists() and not directory.is_dir():
            raise InputError(
                f"Expected a directory as `cache_directory`. Received: {str(directory)!r}, a file"
            )
        directory.mkdir(parents=True, exist_ok=True)
        self.directory = directory

    def find(
        self, key: str, rows: int, shapes: Sequence[tuple[int | None, ...]]
    ) -> FeatureStore | None:
        """Returns the features of a fingerprint; None where there are none that can be used.

        Those that are damaged, or not what they are said to be, are removed, with a message.

        Args:
            key: str, what `fingerprint` gave.
            rows: int, how many there have to be.
            shapes: sequence of tuples, the shape of a sample in each array, None for a side that
                is not known.
        """
        folder = self._folder(key)
        if not folder.is_dir():
            return None
        try:
            store = _read(folder)
            _require(store, rows, shapes)
        except (OSError, ValueError, KeyError, TypeError) as error:
            console().print(
                f"Features in {folder} cannot be used, and are computed anew: {error}",
                soft_wrap=True,
                highlight=False,
                markup=False,
            )
            shutil.rmtree(folder, ignore_errors=True)
            return None
        with suppress(OSError):
            os.utime(folder)  # Another user's files may be read, too.
        store.is_read = True
        return store

    def keep(self, store: FeatureStore, key: str) -> FeatureStore:
        """Returns the features as they stay in the directory.

        Args:
            store: `FeatureStore` of files in the directory, full.
            key: str, their fingerprint.
        """
        if store.bytes > MOST_BYTES or not _can_be_kept(store):
            return store
        arrays = [
            {"shape": list(array.shape), "kept_as": array.dtype.name, "given_as": dtype.name}
            for array, dtype in zip(store.arrays, store.given_as, strict=True)
        ]
        unfinished = store.release()
        checked = [
            {**array, "sha256": _checksum(unfinished / str(number))}
            for number, array in enumerate(arrays)
        ]
        write_json(unfinished / _ABOUT, {"format": _FORMAT, "arrays": checked})
        folder = self._folder(key)
        try:
            unfinished.rename(folder)
        except OSError:
            # Something is in the way, such as what another process has just computed.
            return _read(unfinished).removed_at_end()
        with suppress(FileNotFoundError):  # Another process may make room too.
            self._make_room(folder)
        return _read(folder)

    def _folder(self, key: str) -> Path:
        return self.directory / f"{PREFIX}{key}"

    def _make_room(self, newest: Path) -> None:
        """Remove what has not been used for longest, and what a killed process left."""
        found = {
            folder: folder.stat().st_mtime
            for folder in self.directory.glob(f"{PREFIX}*")
            if folder.is_dir() and not folder.is_symlink()
        }
        unfinished = {folder for folder in found if "unfinished" in folder.name}
        for folder in unfinished:
            if found[folder] < time.time() - _A_DAY:
                shutil.rmtree(folder, ignore_errors=True)
        others = sorted(found.keys() - unfinished - {newest}, key=lambda folder: -found[folder])
        taken = _size(newest)
        for folder in others:
            taken += _size(folder)
            if taken > MOST_BYTES:
                shutil.rmtree(folder, ignore_errors=True)


def fingerprint(frozen: FrozenPart, samples: Samples, precision: str | None) -> tuple[str, Any]:
    """Returns a fingerprint of features, and what comes beside the inputs of the samples.

    It is made of the frozen part, see `FrozenPart.fingerprint`, of what the preprocessor makes of
    each sample, and of the precision in which features are kept.

    Args:
        frozen: the `FrozenPart`.
        samples: the `Samples`.
        precision: str, or None.

    Returns:
        A tuple of str, and what comes beside the inputs, arrays with a row for each sample; or
        None where its shapes differ from batch to batch.
    """
    # Inputs by place, type and shape, so that it does not matter how they are batched.
    digests: dict[str, Any] = {}
    others = []
    for inputs, *rest in samples.in_order():
        for path, leaf in keras.tree.flatten_with_path(inputs):
            rows = np.asarray(leaf)
            place = f"{path} {rows.dtype.name} {rows.shape[1:]}"
            add_values(digests.setdefault(place, hashlib.sha256()), rows)
        others.append(rest)
    parts = [f"{_FORMAT} {precision} {frozen.fingerprint()}"]
    parts += [f"{place} {digest.hexdigest()}" for place, digest in sorted(digests.items())]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32], joined(others)


def _read(folder: Path) -> FeatureStore:
    """The features in a folder; raises where the files are not what they are said to be."""
    require_file(folder / _ABOUT)
    with open(folder / _ABOUT, "rb") as file:
        about = parse_json(file.read(_MOST_ABOUT))
    if about["format"] != _FORMAT:
        raise ValueError(f"they are of format {about['format']!r}")
    arrays, given_as = [], []
    for number, array in enumerate(about["arrays"]):
        names, shape = (array["kept_as"], array["given_as"]), array["shape"]
        if not set(names) <= set(_TYPES):
            raise ValueError(f"a type is not known: {names}")
        if not shape or not all(type(side) is int and side >= 0 for side in shape):
            raise ValueError(f"{shape!r} is not a shape")
        kept = type_named(names[0])
        path = folder / str(number)
        require_file(path)
        wanted = kept.itemsize * math.prod(shape)
        if path.stat().st_size != wanted or _checksum(path) != array["sha256"]:
            raise ValueError("the files have changed")
        arrays.append(np.memmap(path, dtype=kept, mode="r", shape=tuple(shape)))
        given_as.append(type_named(names[1]))
    if not arrays or len({len(array) for array in arrays}) != 1:
        raise ValueError("the arrays differ in length")
    return FeatureStore.of_files(folder, arrays, given_as)


def _require(store: FeatureStore, rows: int, shapes: Sequence[tuple[int | None, ...]]) -> None:
    """Raises a ValueError where features are not of the number and the shapes that are needed."""
    fits = len(store.shapes) == len(shapes) and all(
        len(found) == len(wanted)
        and all(side in (None, other) for side, other in zip(wanted, found, strict=True))
        for found, wanted in zip(store.shapes, shapes, strict=True)
    )
    if store.samples != rows or not fits:
        raise ValueError(f"they are {store.samples} of the shapes {store.shapes}")


def _can_be_kept(store: FeatureStore) -> bool:
    """Whether features are of types and sizes that can be read back."""
    names = {kind.name for kind in [*(array.dtype for array in store.arrays), *store.given_as]}
    return names <= set(_TYPES) and store.bytes > 0


def _checksum(path: Path) -> str:
    """The SHA-256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size(folder: Path) -> int:
    """The bytes of the files in a folder."""
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
