"""The grammar of patterns, and patterns put together in Python."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.errors import InputError
from kerastune.tuning import NoMatchError
from kerastune.tuning.patterns.grammar import Atom, Operation, parse
from kerastune.tuning.patterns.text import Pattern, first, last

pytestmark = pytest.mark.any_backend


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "at the end"),
        ("  ", "at the end"),
        ("head |", "at the end"),
        ("| head", "at character 1"),
        ("head & | norms", "at character 8"),
        ("(head | norms", "at the end"),
        ("head)", "at character 5"),
        ("head norms", "at character 6"),
        ("~", "at the end"),
        ("last(0)", "at character 1"),
        ("last(x)", "at character 5"),
        ("head | groups[a]", "at character 8"),
        ("groups[]", "at character 1"),
        ("groups[1:2:3]", "at character 1"),
        ("re:(a|b)", "at character 1"),
        ("re:", "at character 1"),
        ("re:[", "at character 1"),
        ("'head", 'open from "\'head"'),
        ('re:""', "at character 1"),
    ],
)
def test_what_is_no_pattern_is_said_with_its_place(text, place):
    with pytest.raises(InputError) as caught:
        parse(text)
    assert not isinstance(caught.value, NoMatchError)
    assert place in str(caught.value)
    assert "\n" not in str(caught.value)


def test_precedence():
    a, b, c = (Atom(name, "word", name) for name in "abc")
    assert parse("a | ~b & c") == Operation("|", (a, Operation("&", (Operation("~", (b,)), c))))
    assert parse("(a | b) & c") == Operation("&", (Operation("|", (a, b)), c))
    assert parse("a | b | c") == Operation("|", (a, b, c))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (Pattern("head") | "norms", "head | norms"),
        ("norms" | Pattern("head"), "norms | head"),
        ("a | b" & Pattern("c"), "(a | b) & c"),
        (Pattern("a & b") | "c", "a & b | c"),
        (~Pattern("a & b"), "~(a & b)"),
        (~(~Pattern("a")), "~~a"),
        (last(3) & ~first(1), "last(3) & ~first(1)"),
    ],
)
def test_parentheses_are_set_where_they_are_needed(pattern, text):
    assert pattern == text
    assert isinstance(pattern, Pattern)


def trees():
    """Patterns put together in Python, with the tree they should read back as."""
    words = st.sampled_from(["head", "a/b", "c*", "last(3)", "groups[1:]", "re:'x | y'", '"all"'])
    atoms = words.map(lambda text: (Pattern(text), parse(text)))

    def combine(parts):
        pairs = st.tuples(parts, parts)
        return st.one_of(
            pairs.map(lambda p: (p[0][0] | p[1][0], Operation("|", (p[0][1], p[1][1])))),
            pairs.map(lambda p: (p[0][0] & p[1][0], Operation("&", (p[0][1], p[1][1])))),
            parts.map(lambda p: (~p[0], Operation("~", (p[1],)))),
        )

    return st.recursive(atoms, combine, max_leaves=8)


def flattened(node):
    """A tree in which `a | (b | c)` is the same as `(a | b) | c`."""
    if isinstance(node, Atom):
        return node
    operands = []
    for operand in map(flattened, node.operands):
        is_same = isinstance(operand, tuple) and operand[0] == node.operator != "~"
        operands += operand[1:] if is_same else [operand]
    return (node.operator, *operands)


@given(trees())
@settings(max_examples=60)
def test_the_text_of_a_pattern_reads_back(pair):
    pattern, tree = pair
    assert flattened(parse(pattern)) == flattened(tree)


@given(st.text("ab|&~() '\"re:last(3)groups[1:]*", max_size=12))
@settings(max_examples=200)
def test_any_text_is_a_pattern_or_an_input_error(text):
    with contextlib.suppress(InputError):
        assert isinstance(parse(text), Atom | Operation)


@pytest.mark.parametrize("count", [0, -1, 1.5, True, "3"])
def test_a_number_of_groups_is_one(count):
    with pytest.raises(InputError, match="from 1"):
        last(count)


def test_a_pattern_that_is_none_cannot_be_combined():
    with pytest.raises(InputError, match="at the end"):
        Pattern("head |") | "norms"
