"""Files that are nearly valid: bytes that changed, and values of JSON that are something else."""

import json
from copy import deepcopy

from hypothesis import strategies as st

# What stands for something in one of the formats that are read.
_PIECES = [
    *(b"{", b"}", b"[", b"]", b"(", b")", b'"', b"'", b",", b":", b"\n", b"\r", b"\t", b" ", b";"),
    *(b"\0", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc3", b"\\", b"\\u0000", b"\\ud800"),
    *(b"null", b"true", b"NaN", b"-Infinity", b"1e999", b"-1", b"0", b"9" * 30, b"9" * 5000),
    *(
        b"..",
        b"/",
        b"../",
        b"~",
        b"*",
        b"&a ",
        b"*a",
        b"!!int ",
        b"!!python/name:os.system ",
        b"<<: ",
    ),
    *(b"---", b"...", b"|", b">", b"#", b"%", b"@", b"`", b"? ", b"- ", b"1:2:3", b"2001-99-99"),
    *(b"[" * 300, b"{a: " * 300, b'{"a":' * 300, b"(" * 300, b"- " * 300),
]

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.sampled_from([0, 1, -1, 10**30, float("nan"), float("inf"), 1e308, -0.0, "", "..", "a/b"]),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(
        ["auto", "float32", "none", "full", "Dense", "__numpy__", "function", "\ud800"]
    ),
)
VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=5,
)


@st.composite
def changed_bytes(draw, content):
    """Bytes that were cut, put in, taken out or flipped in a few places; now and then any bytes."""
    if draw(st.integers(0, 15)) == 0:
        return draw(st.binary(max_size=200))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(content)))
        length = draw(st.integers(0, 12))
        kind = draw(st.integers(0, 5))
        if kind == 0:
            content = content[:at]
        elif kind == 1:
            content = content[:at] + content[at + length :]
        elif kind == 2:
            content = content[:at] + draw(st.sampled_from(_PIECES)) + content[at:]
        elif kind == 3:
            content = content[:at] + draw(st.sampled_from(_PIECES)) + content[at + length :]
        elif kind == 4:
            content = content[:at] + content[at : at + length] * 2 + content[at + length :]
        elif at < len(content):
            flipped = content[at] ^ (1 << draw(st.integers(0, 7)))
            content = content[:at] + bytes([flipped]) + content[at + 1 :]
    return content


@st.composite
def changed_json(draw, value):
    """Plain data of which a part or two are missing, renamed, or something else."""
    value = deepcopy(value)
    for _ in range(draw(st.integers(1, 2))):
        parents = [part for part in _parts(value) if part]
        if not parents:
            break
        parent = draw(st.sampled_from(parents))
        keys = list(parent) if isinstance(parent, dict) else range(len(parent))
        key = draw(st.sampled_from(keys))
        kind = draw(st.integers(0, 6))
        if kind == 0:
            del parent[key]
        elif kind == 1 and isinstance(parent, dict):
            parent[draw(st.text(max_size=6))] = parent.pop(key)
        elif kind == 2 and isinstance(parent, list):
            parent.extend(parent[:])
        else:
            parent[key] = draw(VALUES)
    return value


def as_json(value):
    """The text of plain data, in bytes; halves of surrogate pairs are escaped."""
    return json.dumps(value).encode()


def _parts(value):
    waiting = [value]
    while waiting:
        part = waiting.pop(0)
        if isinstance(part, dict | list):
            yield part
            waiting.extend(part.values() if isinstance(part, dict) else part)
