from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kerastune.data import are_span_tags, standard_tags
from kerastune.data.span_tags import standard_names
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

TYPES = st.sampled_from(["X", "Y", "Y-Z"])
IOB = st.one_of(st.just("O"), st.builds("{}-{}".format, st.sampled_from("BI"), TYPES))
SENTENCES = st.lists(st.lists(IOB, max_size=8), max_size=4)


def seqeval_spans(sentence):
    from seqeval.metrics.sequence_labeling import get_entities

    return get_entities(list(sentence))


@given(SENTENCES)
def test_the_spans_stay_those_that_seqeval_finds(sentences):
    standard, notes = standard_tags(sentences)
    assert [seqeval_spans(s) for s in standard] == [seqeval_spans(s) for s in sentences]
    before, after = (list(chain.from_iterable(tags)) for tags in (sentences, standard))
    changed = sum(old != new for old, new in zip(before, after, strict=True))
    assert notes == ((f"{changed} tags I- that begin a span became B-",) if changed else ())


@given(SENTENCES)
def test_every_span_begins_with_b(sentences):
    for sentence in standard_tags(sentences)[0]:
        for before, tag in zip(["O", *sentence], sentence, strict=False):
            assert tag[0] != "I" or before in (f"B{tag[1:]}", tag)


@given(SENTENCES)
def test_tags_are_among_the_standard_names(sentences):
    names = sorted({tag for sentence in sentences for tag in sentence})
    found = {tag for sentence in standard_tags(sentences)[0] for tag in sentence}
    assert found <= set(standard_names(names))
    assert standard_names(names)[: len(names)] == tuple(names)


def test_iob1_as_its_authors_write_it():
    # "In [early trading] in [Hong Kong] [Monday] , [gold] was quoted at [$ 366.50]
    # [an ounce] ." in the columns IOB1 and IOB2 of Tjong Kim Sang and Veenstra, 1999, table 1.
    iob1 = ["O", "I", "I", "O", "I", "I", "B", "O", "I", "O", "O", "O", "I", "I", "B", "I", "O"]
    iob2 = ["O", "B", "I", "O", "B", "I", "B", "O", "B", "O", "O", "O", "B", "I", "B", "I", "O"]
    assert standard_tags([iob1])[0] == [iob2]


def test_bilou_becomes_iobes():
    standard, notes = standard_tags([["B-X", "I-X", "L-X", "O", "U-X"]])
    assert standard == [["B-X", "I-X", "E-X", "O", "S-X"]]
    assert notes == ("tags L and U of the scheme BILOU became E and S",)


@pytest.mark.parametrize("tags", [["B-X", "E-X", "I-X"], ["NOUN", "VERB"], ["O", "O"], ["S", "NP"]])
def test_other_tags_stay(tags):
    assert standard_tags([tags]) == ([tags], ())


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["O", "B-X"], True),
        (["B", "I", "O"], True),
        (["S-X"], True),
        (["O"], False),
        (["B-", "O"], False),
        (["b-X", "O"], False),
        (["NOUN"], False),
        ([], False),
    ],
)
def test_which_tags_mark_spans(names, expected):
    assert are_span_tags(names) is expected


def test_spans_among_other_tags_are_refused():
    with pytest.raises(InputError, match="Received: 'B-X' and 'o'. Rename one"):
        standard_tags([["B-X", "o"]])
