"""XML of unknown origin, read within bounds: elements and their text, and nothing that expands."""

from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from kerastune.untrusted.reading import quoted, require_file

MOST_BYTES = 10**7
"""The longest file of XML that is read."""

MOST_DEPTH = 50
"""How deep elements may lie in each other."""


def read_xml(path: Path) -> Element:
    """Returns the outermost element of a file of XML.

    Args:
        path: path of a regular file.

    Returns:
        An `Element`, without its attributes.

    Raises:
        OSError: if there is no such file.
        ValueError: as in `parse_xml`, or if the file is longer than `MOST_BYTES`.
    """
    require_file(path)
    with open(path, "rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise ValueError(f"it is longer than {MOST_BYTES:,} bytes")
    return parse_xml(data)


def parse_xml(data: bytes) -> Element:
    """Returns the outermost element of a text of XML.

    A document type is refused, and with it every entity of its own: those that name each other,
    whose text grows without end, and those that name files or addresses.

    Args:
        data: bytes, the text.

    Returns:
        An `Element`, without its attributes.

    Raises:
        ValueError: if it is no XML, has a document type, or is nested too deeply.

    Example:

    >>> parse_xml(b"<box><left> 3 </left></box>").findtext("left")
    ' 3 '
    >>> parse_xml(b'<!DOCTYPE a [<!ENTITY x "ha">]><a>&x;</a>')
    Traceback (most recent call last):
        ...
    ValueError: it has a document type, 'a', which could hold entities that expand
    """
    builder = TreeBuilder()
    depth = 0

    def start(tag: str, _: Any) -> None:
        nonlocal depth
        depth += 1
        if depth > MOST_DEPTH:
            raise ValueError("its XML is nested too deeply")
        builder.start(tag, {})

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    def refuse(name: str, *_: Any) -> None:
        raise ValueError(
            f"it has a document type, {quoted(name)}, which could hold entities that expand"
        )

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise ValueError(f"it holds no XML: {error}") from error
    # An encoding that Python has, but cannot read byte by byte, or does not have.
    except (LookupError, UnicodeError) as error:
        raise ValueError(f"it holds no XML: {error}") from error
    return builder.close()
