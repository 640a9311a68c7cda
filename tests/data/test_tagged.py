import numpy as np
import pytest

from kerastune.data import Source, open_data, open_splits, open_tokens, tagged_tokens
from kerastune.data.tagged import with_known_tags
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

RECORDS = [
    {"tokens": ["Ada", "wrote"], "tags": ["B-PER", "O"], "id": 1},
    {"tokens": ["It", "ran"], "tags": ["O", "O"], "id": 2},
]
SENTENCES = [record["tokens"] for record in RECORDS]
TAGS = [record["tags"] for record in RECORDS]


class Records:
    """Records by position, as a Grain source has them."""

    def __len__(self):
        return len(RECORDS)

    def __getitem__(self, position):
        return RECORDS[position]


@pytest.mark.parametrize(
    "data",
    [
        (SENTENCES, TAGS),
        (np.array(SENTENCES), np.array(TAGS)),
        RECORDS,
        Records(),
        tagged_tokens(SENTENCES, TAGS),
    ],
    ids=["lists", "arrays", "records", "record source", "source"],
)
def test_every_form_of_data_gives_the_same(data):
    source = open_tokens(data)
    assert source.values == {"tokens": SENTENCES, "tags": [[0, 1], [1, 1]]}
    assert source.columns["tokens"].kind == "tokens"
    assert source.columns["tags"].class_names == ("B-PER", "O")
    assert source.targets == ("tags",)
    known = open_tokens(data, class_names=("O", "I-PER", "B-PER"))
    assert known.values["tags"] == [[2, 0], [0, 0]]
    assert known.columns["tags"].class_names == ("O", "I-PER", "B-PER")


def test_whole_numbers_are_tags_too():
    source = open_tokens(([["a", "b"], ["c"]], [[10, 9], [9]]))
    assert source.columns["tags"].class_names == ("9", "10")
    assert source.values["tags"] == [[1, 0], [0]]


def test_other_names_of_columns():
    records = [{"words": ["a"], "pos": ["X"]}, {"words": ["b"], "pos": ["Y"]}]
    source = open_tokens(records, tokens_name="words", tags_name="pos")
    assert source[1] == {"words": ["b"], "pos": [1]}
    with pytest.raises(InputError, match="'tags' in the records. Received: columns 'words', 'pos'"):
        open_tokens(records)


def test_samples_without_tokens_are_counted():
    source = tagged_tokens([["a"], [], ["b"]], [["X"], [], ["Y"]], unit="sentences")
    assert source.values["tokens"] == [["a"], ["b"]]
    assert source.values["tags"] == [[0], [1]]
    assert source.notes == ("1 of 3 sentences dropped: no tokens",)


@pytest.mark.parametrize(
    ("tokens", "tags", "message"),
    [
        ([["a", "b"]], [["X"]], "a tag for each token in sample 0. Received: 2 tokens and 1 tags"),
        ([["a"], ["b"]], [["X"]], "Received: 2 samples of tokens and 1 of tags"),
        (["a b"], [["X"]], "a list of tokens in sample 0. Received: 'a b'"),
        ([["a"]], ["X"], "a list of tags in sample 0. Received: 'X'"),
        ([["a"]], [0], "a list of tags in sample 0. Received: 0"),
        ([["a", None]], [["X", "Y"]], "text in sample 0. Received: None"),
        ([["a"]], [[0.5]], "whole numbers in sample 0. Received: 0.5"),
        ([["a", "b"]], [["X", ""]], "text or whole numbers in sample 0. Received: ''"),
        ([["a", "b"]], [["X", "X"]], "two different labels"),
        ([[]], [[]], "Expected tokens with tags in tokens. Received: none"),
    ],
)
def test_what_does_not_fit_is_refused(tokens, tags, message):
    with pytest.raises(InputError, match=message) as caught:
        tagged_tokens(tokens, tags)
    assert "\n" not in str(caught.value)


def test_an_unknown_tag_is_refused():
    with pytest.raises(InputError, match="'X' in sample 1"):
        tagged_tokens([["a"], ["b"]], [["Y"], ["X"]], class_names=("Y", "Z"))
    source = tagged_tokens(SENTENCES, TAGS)
    with pytest.raises(InputError, match="Received: 'B-PER'"):
        with_known_tags(source, ("O", "B-LOC"))


def test_data_of_another_kind_is_refused():
    texts = Source.of(["a", "b"], [0, 1], class_names=("x", "y"))
    with pytest.raises(InputError, match="an input of kind tokens"):
        open_tokens(texts)
    with pytest.raises(InputError, match="an input of kind tokens"):
        open_tokens("digits")


def test_data_with_a_name_goes_through_the_splits():
    splits = open_splits("python_source", {"test_fraction": 0.25}, open_with=open_tokens)
    named = open_data("python_source")
    assert len(splits.training) + len(splits.test) == len(named)
    assert splits.columns == named.columns
