"""XML is read within bounds, and nothing in it expands or is fetched."""

import pytest

from kerastune.untrusted.xml_text import MOST_BYTES, parse_xml, read_xml

pytestmark = pytest.mark.any_backend

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f'<!DOCTYPE a [<!ENTITY l0 "ha">{LAUGHS}]><a>&l9;</a>', "document type, 'a'"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "document type"),
        ('<!DOCTYPE a SYSTEM "http://example.org/a.dtd"><a/>', "document type"),
        ('<!DOCTYPE a [<!ENTITY % x SYSTEM "file:///etc/passwd"> %x;]><a/>', "document type"),
        ("<a>&x;</a>", "no XML: undefined entity"),
        ("<a>" * 100 + "</a>" * 100, "nested too deeply"),
        ("<a><b></a></b>", "no XML: mismatched tag"),
        ("", "no XML"),
        ("\0", "no XML"),
        ('<?xml version="1.0" encoding="no such"?><a/>', "no XML"),
        ('<?xml version="1.0" encoding="utf-7"?><a/>', "encodings are not supported"),
    ],
)
def test_what_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        parse_xml(text.encode())


def test_a_long_file_is_refused(tmp_path):
    path = tmp_path / "long.xml"
    path.write_bytes(b"<a>" + b" " * MOST_BYTES + b"</a>")
    with pytest.raises(ValueError, match="longer than"):
        read_xml(path)


def test_elements_and_their_text():
    root = parse_xml("<?xml version='1.0'?><a n='1'>x<b> ä &lt; </b><b/></a>".encode())
    assert [one.text for one in root.findall("b")] == [" ä < ", None]
    assert root.attrib == {}
