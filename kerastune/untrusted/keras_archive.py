"""A `.keras` archive of unknown origin: its configuration, and its weights without a copy."""

import io
import struct
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import h5py

from kerastune.untrusted import reading
from kerastune.untrusted.zip_members import require_plain_members

CONFIGURATION = "config.json"
WEIGHTS = "model.weights.h5"
_LOCAL_HEADER = struct.Struct("<26xHH")


@contextmanager
def open_keras_archive(path: Path) -> Iterator[tuple[dict[str, Any], h5py.File]]:
    """Opens the parts of a `.keras` archive.

    Args:
        path: path of the archive.

    Yields:
        The configuration, a dictionary, and the weights, an open HDF5 file.

    Raises:
        OSError: if there is no such file.
        ValueError: if it is no archive, lacks a part, one is larger than is read, or has a name
            that leads out of the archive. The readers of ZIP and HDF5 raise errors of other
            classes too.

    Example:

    >>> import keras, tempfile
    >>> file = Path(tempfile.mkdtemp(), "model.keras")
    >>> keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)]).save(file)
    >>> with open_keras_archive(file) as (config, weights):
    ...     config["class_name"], weights["layers/dense/vars/0"].shape
    ('Sequential', (4, 3))
    """
    reading.require_file(path)
    if not zipfile.is_zipfile(path):
        raise ValueError("it is something else or was cut short")
    with open(path, "rb") as file, zipfile.ZipFile(file) as archive:
        require_plain_members(archive)
        for name in (CONFIGURATION, WEIGHTS):
            if name not in archive.namelist():
                raise ValueError(f"there is no {name} in it")
        with archive.open(CONFIGURATION) as member:
            config = reading.parse_json(reading.read_bounded(member))
        with h5py.File(_seekable(file, archive), "r") as weights:
            yield config, weights


def _seekable(file: IO[bytes], archive: zipfile.ZipFile) -> IO[bytes]:
    """Returns the weights as a file of their own.

    Before Python 3.13, `zipfile` reads all bytes that a move steps over.
    """
    info = archive.getinfo(WEIGHTS)
    if info.compress_type != zipfile.ZIP_STORED:
        # Keras stores weights as they are; somebody has packed them again.
        with archive.open(info) as member:
            data = member.read(reading.MOST_BYTES + 1)
        if len(data) > reading.MOST_BYTES:
            raise ValueError(
                f"its weights are compressed and have more than {reading.MOST_BYTES:,} bytes"
            )
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
