"""The parts of a saved Keras model: its configuration, and what its weights are."""

import io
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import h5py

from kerastune.counting.files.keras_weights import read_weights
from kerastune.counting.files.reading import MOST_BYTES, parse_json, read_bounded, require_file
from kerastune.counting.files.weights_file import stored_weights
from kerastune.counting.weights import Weight

_CONFIGURATION = "config.json"
_WEIGHTS = "model.weights.h5"
_INDEX = "model.weights.json"
_LOCAL_HEADER = struct.Struct("<26xHH")


@dataclass(frozen=True)
class SavedModel:
    """A Keras model as it is saved, nothing of it built.

    Args:
        config: dictionary, the configuration.
        weights: tuple of `Weight` as they are stored, or None where there is a
            configuration alone.
        notes: tuple of str, about the weights.
    """

    config: dict[str, Any]
    weights: tuple[Weight, ...] | None = None
    notes: tuple[str, ...] = ()


def read_saved_model(path: Path) -> SavedModel:
    """Read a `.keras` archive, a directory with the same files, or a configuration in JSON.

    Args:
        path: path of one of these.

    Returns:
        A `SavedModel`.

    Raises:
        Exception: of many classes, if a file is missing, cut short or something else.
    """
    if path.is_dir():
        config = _read_config(path / _CONFIGURATION)
        beside = [path / name for name in (_WEIGHTS, _INDEX) if (path / name).exists()]
        return SavedModel(config, *stored_weights(beside[0])) if beside else SavedModel(config)
    require_file(path)
    if path.suffix == ".json":
        return SavedModel(_read_config(path))
    if not zipfile.is_zipfile(path):
        raise ValueError("it is something else or was cut short")
    with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
        for name in (_CONFIGURATION, _WEIGHTS):
            if name not in archive.namelist():
                raise ValueError(f"there is no {name} in it")
        with archive.open(_CONFIGURATION) as member:
            config = parse_json(read_bounded(member))
        with h5py.File(_seekable(file, archive), "r") as weights:
            return SavedModel(config, *read_weights(weights))


def _read_config(path: Path) -> dict[str, Any]:
    """The dictionary in a JSON file."""
    require_file(path)
    with open(path, "rb") as file:
        return parse_json(read_bounded(file))


def _seekable(file: IO[bytes], archive: zipfile.ZipFile) -> IO[bytes]:
    """The weights in an archive as a file of their own, without a copy.

    Python's own reader of a member steps through all bytes on each move.
    """
    info = archive.getinfo(_WEIGHTS)
    if info.compress_type != zipfile.ZIP_STORED:
        # Keras stores weights as they are; somebody has packed them again.
        with archive.open(info) as member:
            data = member.read(MOST_BYTES + 1)
        if len(data) > MOST_BYTES:
            raise ValueError(f"its weights are compressed and have more than {MOST_BYTES:,} bytes")
        return io.BytesIO(data)
    file.seek(info.header_offset)
    header = file.read(_LOCAL_HEADER.size)
    start = info.header_offset + len(header) + sum(_LOCAL_HEADER.unpack(header))
    return io.BufferedReader(_Window(file, start, info.file_size))


class _Window(io.RawIOBase):
    """A range of bytes of a file, as a file to read."""

    def __init__(self, file: IO[bytes], start: int, size: int) -> None:
        super().__init__()
        self._file, self._start, self._size, self._position = file, start, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        self._file.seek(self._start + self._position)
        data = self._file.read(max(0, min(len(buffer), self._size - self._position)))
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)
