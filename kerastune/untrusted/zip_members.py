"""The members of a ZIP archive of unknown origin, before any of them is unpacked."""

import stat
import zipfile

from kerastune.untrusted.reading import quoted

MOST_MEMBERS = 10_000
MOST_EXPANSION = 100
"""How many times its size in the archive a large member may take: text takes ten times."""

LARGE = 2**28
"""The bytes from which a member is large: 256 MiB."""

_ENCRYPTED = 1


def require_plain_members(archive: zipfile.ZipFile) -> None:
    """Raises unless all members of an archive could be unpacked into one folder.

    Args:
        archive: an open archive.

    Raises:
        ValueError: if a name leads out of the folder, is there twice, or is that of a link, or a
            member is encrypted, or takes far more memory than the archive has bytes.

    Example:

    >>> import io
    >>> with zipfile.ZipFile(io.BytesIO(), "w") as archive:
    ...     archive.writestr("../outside.txt", "")
    ...     require_plain_members(archive)
    Traceback (most recent call last):
        ...
    ValueError: its member '../outside.txt' would be outside of its folder
    """
    members = archive.infolist()
    if len(members) > MOST_MEMBERS:
        raise ValueError(f"it has {len(members):,} members")
    names: set[str] = set()
    for member in members:
        # What the name is in the file: the library changes separators of other systems.
        name = member.orig_filename
        if leaves_its_folder(name):
            raise ValueError(f"its member {quoted(name)} would be outside of its folder")
        if member.filename in names:
            raise ValueError(f"its member {quoted(name)} is there twice")
        names.add(member.filename)
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise ValueError(f"its member {quoted(name)} is a link or a device")
        if member.flag_bits & _ENCRYPTED:
            raise ValueError(f"its member {quoted(name)} is encrypted")
    for size, stored in (
        *((member.file_size, member.compress_size) for member in members),
        # Members may share their bytes.
        (sum(member.file_size for member in members), _stored_bytes(archive)),
    ):
        require_expansion(size, stored)


def require_expansion(size: int, stored: int) -> None:
    """Raises if what was compressed takes far more memory than bytes.

    Args:
        size: int, the bytes when it is decompressed, as far as they are known.
        stored: int, the bytes as it is stored.

    Raises:
        ValueError: if it is one of those files that fill a memory or a disk.

    Example:

    >>> require_expansion(10**12, 10**6)
    Traceback (most recent call last):
        ...
    ValueError: its 1,000,000 bytes would become 1,000,000,000,000 or more
    """
    if size > LARGE and size > MOST_EXPANSION * stored:
        raise ValueError(f"its {stored:,} bytes would become {size:,} or more")


def leaves_its_folder(name: str) -> bool:
    """Returns whether a relative path leads out of its folder, on any system.

    Args:
        name: str.

    Example:

    >>> [leaves_its_folder(name) for name in ("a/b", "../a", "/a", "a\\\\..\\\\b", "C:a")]
    [False, True, True, True, True]
    """
    steps = name.replace("\\", "/").split("/")
    return ".." in steps or name[:1] in ("/", "\\") or ":" in name or "\0" in name


def _stored_bytes(archive: zipfile.ZipFile) -> int:
    """Returns the length of the file of an archive."""
    if archive.fp is None:
        raise ValueError("it is closed")
    position = archive.fp.tell()
    length = archive.fp.seek(0, 2)
    archive.fp.seek(position)
    return length
