import sysconfig

import pytest

from kerastune.data import described_only, open_tokens, python_source, split
from kerastune.data.python_names import NAME_TAGS, tagged_lines
from kerastune.data.python_source import _chosen_lines
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

CODE = """
import os.path as p, re; import json
from .a.b import (c, d as e)
from ... import *
class Café(abc.ABC, metaclass=Meta):  # a comment
    "§" ; é = self.é(x.y, z=1)
    def f(self, a: int = 1, *args, b, **more) -> "Café":
        return self.data[0].get(lambda q: q, **more)
    async def g(): yield from h(w)
\x0c
@wraps(f)
def k(x=(f(1)),
      y=2): pass
try: import x
except (OSError, http.client.HTTPException) as error: raise A.B(error) from error
f"{f(x)}"; f(x)
rb"{not_formatted}".strip()
"""


def marked(words, tags):
    return " ".join(
        word if tag == "O" else f"{word}/{tag}" for word, tag in zip(words, tags, strict=True)
    )


def test_the_names_in_a_module():
    assert [marked(*line) for line in tagged_lines(CODE)] == [
        "import os/B-import ./I-import path/I-import as p/B-import , re/B-import",
        "import json/B-import",
        "from . a/B-import ./I-import b/I-import import ( c/B-import , d/B-import as e/B-import )",
        "from ... import *",
        "class Café/B-class ( abc/B-class ./I-class ABC/I-class , metaclass/B-keyword = Meta ) :",
        '"§"',
        "é = self/B-call ./I-call é/I-call ( x . y , z/B-keyword = 1 )",
        "def f/B-function ( self/B-parameter , a/B-parameter : int = 1 , * args/B-parameter , "
        'b/B-parameter , ** more/B-parameter ) -> "Café" :',
        "return self . data [ 0 ] . get ( lambda q/B-parameter : q , ** more )",
        "async def g/B-function ( ) : yield from h/B-call ( w )",
        "@ wraps/B-call ( f )",
        "def k/B-function ( x/B-parameter = ( f/B-call ( 1 ) ) , y/B-parameter = 2 ) : pass",
        "try : import x/B-import",
        "except ( OSError/B-class , http/B-class ./I-class client/I-class ./I-class "
        "HTTPException/I-class ) as error : raise A/B-call ./I-call B/I-call ( error ) from error",
        "f/B-call ( x )",
        'rb"{not_formatted}" . strip ( )',
    ]


@pytest.fixture(scope="module")
def source():
    return python_source()


def test_the_data_set(source):
    assert 1500 <= len(source) <= 4000
    assert source.columns["tags"].class_names == NAME_TAGS
    assert {code for codes in source.values["tags"] for code in codes} == set(range(len(NAME_TAGS)))
    assert all(6 <= len(tokens) <= 20 for tokens in source.values["tokens"])
    assert source.notes == ()


def test_it_is_the_same_every_time(source):
    first = dict(source.values)
    _chosen_lines.cache_clear()
    again = python_source()
    assert again.values == first
    # What a caller does to the lists changes nothing for the next.
    again.values["tokens"][0].clear()
    assert python_source().values == first


def test_no_line_is_in_both_parts_of_a_split(source):
    training, test = split(source, 0.25, seed=0)
    lines = {tuple(tokens) for tokens in training.values["tokens"]}
    assert lines.isdisjoint(tuple(tokens) for tokens in test.values["tokens"])
    assert len(lines) == len(training)


def test_its_columns_are_published():
    with described_only():
        described = open_tokens("python_source")
    assert described.columns == python_source().columns
    assert described.notes == ("made-up samples stand for the real ones",)


@pytest.fixture
def standard_library(tmp_path, monkeypatch):
    """An empty folder in place of the standard library."""
    monkeypatch.setattr(sysconfig, "get_path", {"stdlib": str(tmp_path)}.get)
    _chosen_lines.cache_clear()
    yield tmp_path
    _chosen_lines.cache_clear()


def test_modules_that_are_missing_are_told(standard_library):
    (standard_library / "enum.py").write_text(
        "import os, re, sys\nif a: f(b)\nf(a)\nx = y + 1 + 2\n"
    )
    source = python_source()
    assert sorted(" ".join(tokens) for tokens in source.values["tokens"]) == [
        "if a : f ( b )",
        "import os , re , sys",
    ]
    (note,) = source.notes
    assert note.startswith("modules that this Python lacks: argparse, ast, ")
    assert "enum" not in note


def test_without_the_source_of_the_standard_library(standard_library):
    with pytest.raises(InputError, match="Received: none of 24 modules in "):
        python_source()
