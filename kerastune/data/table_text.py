"""The text of a file as it was saved: compressed or not, in which encoding."""

import codecs
import gzip
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from kerastune.errors import InputError, reason
from kerastune.untrusted.zip_members import require_expansion

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# NotImplementedError, of a compression that is not known, is a RuntimeError.
_BROKEN = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError)
_READ_AT_ONCE = 2**20  # bytes
_ZIP = b"PK\x03\x04"
_LOOKED_AT = 4096  # bytes
_WESTERN = "cp1252"
_LETTER = r"[^\W\d_]"
# In Western European text at most two accented letters follow one another, at most four such
# signs of different kinds, and no sign such as "³" stands between letters. Cyrillic, Greek, Polish
# and Japanese bytes read so break that.
_NOT_WESTERN = re.compile(
    rf"(?:(?![\x00-\x7f]){_LETTER}){{3}}|(?!(.)\1{{4}})[^\x00-\x7f\s]{{5}}|"
    rf"(?<={_LETTER})[¡-©«¬®-´¶¸¹»-¿×÷](?={_LETTER})"
)
_FOREIGN_WORD = re.compile(r"\w*[^\x00-\x7f]\w*")


def read_text(path: Path) -> tuple[str, tuple[str, ...]]:
    """Returns the text of a file, and a note if its encoding was not certain.

    Files whose names end in `.gz` or `.zip` are decompressed. The text is UTF-8, or UTF-16 or
    UTF-32 with a byte order mark. What is not UTF-8 is read as Windows-1252, the encoding of
    Western European spreadsheets, if it reads like a text then.

    Args:
        path: Path of the file.

    Returns:
        A tuple of the text, without the mark, and notes: none, or that it was read as
        Windows-1252, with the first word by which to tell whether that is right.

    Raises:
        InputError: if it cannot be decompressed, or is text of no encoding that is known.
        OSError: if it cannot be read.

    Example:

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "menu.csv"
    >>> _ = path.write_bytes("dish\\ncafé".encode("cp1252"))
    >>> read_text(path)
    ('dish\\ncafé', ("read as Windows-1252, as it is not UTF-8: check 'café' in line 2",))
    """
    content = decompressed(path)
    if (text := _marked(content, path)) is not None:
        return text, ()
    if content.startswith(_ZIP) or 5 * content[:_LOOKED_AT].count(0) > len(content[:_LOOKED_AT]):
        raise InputError(
            f"Expected text. Received: {path}, which is a spreadsheet (.xlsx), an archive or "
            "UTF-16 without a byte order mark. Save it as CSV in UTF-8"
        )
    try:
        return content.decode(), ()
    except UnicodeDecodeError as error:
        return _western(content, path, error)


def read_unicode(path: Path) -> str:
    """Returns the text of a file of a format that is Unicode by definition, such as JSON.

    Args:
        path: Path of the file, which may be compressed, as for `read_text`.

    Returns:
        The text, without a byte order mark.

    Raises:
        InputError: if it cannot be decompressed, or is not UTF-8 and has no mark of another.
        OSError: if it cannot be read.

    Example:

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "menu.json"
    >>> _ = path.write_text("[]", encoding="utf-16")
    >>> read_unicode(path)
    '[]'
    """
    content = decompressed(path)
    text = _marked(content, path)
    return _decoded(content, "utf-8", path) if text is None else text


def decompressed(path: Path) -> bytes:
    """Returns the bytes of a file, decompressed if its name ends in `.gz` or `.zip`.

    Args:
        path: Path of the file.

    Raises:
        InputError: if it cannot be decompressed, or an archive holds several files.
        OSError: if it cannot be read.
    """
    expand = _EXPAND.get(path.suffix.lower())
    if expand is None:
        return path.read_bytes()
    try:
        return expand(path)
    except _BROKEN as error:
        raise InputError(
            f"Expected a whole {path.suffix} file. Received: {path}: {reason(error)}"
        ) from error


def is_plain_utf8(path: Path) -> bool:
    """Returns whether a file is UTF-8, not compressed, and has lines: it can be read line by line.

    Args:
        path: Path of the file.

    Raises:
        OSError: if it cannot be read.

    Example:

    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "menu.csv"
    >>> _ = path.write_bytes("dish\\ncafé".encode("cp1252"))
    >>> is_plain_utf8(path)
    False
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    has_lines = False
    with path.open("rb") as file:
        while True:
            part = file.read(2**20)
            if b"\0" in part:
                return False
            has_lines = has_lines or b"\n" in part
            try:
                decoder.decode(part, final=not part)
            except UnicodeDecodeError:
                return False
            if not part:
                break
    return has_lines and path.suffix.lower() not in COMPRESSED


def inner_suffix(path: Path) -> str:
    """Returns the suffix of a file in lower case, without that of its compression.

    Args:
        path: Path.

    Example:

    >>> inner_suffix(Path("reviews.CSV.gz"))
    '.csv'
    """
    suffix = path.suffix.lower()
    if suffix not in COMPRESSED:
        return suffix
    return Path(path.stem).suffix.lower()


def _unzipped(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        # No member is unpacked to the disk, so that their names do not matter.
        names = [
            name
            for name in archive.namelist()
            if not name.endswith("/") and not name.startswith("__MACOSX/")
        ]
        if len(names) != 1:
            raise InputError(
                f"Expected an archive with one file. Received: {path} with {len(names)}. Unpack it"
            )
        with archive.open(names[0]) as file:
            return _bounded(file.read, path)


def _ungzipped(path: Path) -> bytes:
    with gzip.open(path) as file:
        return _bounded(file.read, path)


def _bounded(read: Callable[[int], bytes], path: Path) -> bytes:
    """Returns what a compressed file holds, unless it was made to fill the memory."""
    stored, parts, size = path.stat().st_size, [], 0
    while part := read(_READ_AT_ONCE):
        parts.append(part)
        size += len(part)
        try:
            require_expansion(size, stored)
        except ValueError as error:
            raise InputError(
                f"Expected a compressed text. Received: {path}: {error}. Unpack it, if you trust it"
            ) from error
    return b"".join(parts)


_EXPAND: dict[str, Callable[[Path], bytes]] = {".gz": _ungzipped, ".zip": _unzipped}
COMPRESSED = tuple(_EXPAND)
"""The suffixes of files that are decompressed."""


def _marked(content: bytes, path: Path) -> str | None:
    """Returns the text of a file with a byte order mark, or None if it has none."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return _decoded(content, encoding, path)
    return None


def _decoded(content: bytes, encoding: str, path: Path) -> str:
    """Returns the text of a file in an encoding that is known."""
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        raise _not_text(content, path, error) from error


def _western(content: bytes, path: Path, error: UnicodeDecodeError) -> tuple[str, tuple[str, ...]]:
    """Returns the text read as Windows-1252, and the note that says so."""
    try:
        text = content.decode(_WESTERN)
    except UnicodeDecodeError:
        raise _not_text(content, path, error) from error
    if _NOT_WESTERN.search(text):
        raise _not_text(content, path, error) from error
    word = _FOREIGN_WORD.search(text)
    shown = word[0] if word else ""
    line = text.count("\n", 0, word.start() if word else 0) + 1
    return text, (f"read as Windows-1252, as it is not UTF-8: check {shown!r} in line {line}",)


def _not_text(content: bytes, path: Path, error: UnicodeDecodeError) -> InputError:
    """Returns the error for bytes of an encoding that cannot be told."""
    line = content.count(b"\n", 0, error.start) + 1
    return InputError(
        f"Expected UTF-8 text. Received: {path}, where byte {error.start} (line {line}) is not "
        f"{'UTF-8' if error.encoding == 'utf-8' else error.encoding}. Save the file as UTF-8"
    )
