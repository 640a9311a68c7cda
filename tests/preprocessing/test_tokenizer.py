"""Tokenizers trained on texts: the same twice, back and forth, from hostile files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kerastune.errors import InputError
from kerastune.preprocessing import Tokenizer
from kerastune.preprocessing.tokenizer import SPECIAL_TOKENS, UNKNOWN

pytestmark = pytest.mark.any_backend

TEXTS = ["Good morning, World!", "good evening; zebra zebra", "été – ½ 日本\n[END] and [PAD]"]
BYTES = Tokenizer.of_byte_pairs(TEXTS, size=280)
CHARACTERS = Tokenizer.of_characters(TEXTS)
KINDS = ("of_words", "of_byte_pairs", "of_characters")


@given(st.text())
def test_byte_pairs_give_each_text_back(text):
    assert BYTES.detokenize(BYTES.tokenize([text])) == [text]
    assert all(token >= len(SPECIAL_TOKENS) for token in BYTES.tokenize([text])[0])


@given(st.text(alphabet="".join(sorted({*"".join(TEXTS)}))))
def test_characters_that_are_known_come_back(text):
    assert CHARACTERS.detokenize(CHARACTERS.tokenize([text])) == [text]
    assert len(CHARACTERS.tokenize([text])[0]) == len(text)


def test_the_most_frequent_words_are_the_vocabulary():
    tokenizer = Tokenizer.of_words(TEXTS, size=6)
    assert tokenizer.tokens(range(4)) == list(SPECIAL_TOKENS)
    assert {*tokenizer.tokens([4, 5])} < {"good", "zebra", "[", "]"}
    assert tokenizer.tokenize(["morning [END]"])[0][0] == UNKNOWN


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_texts_give_the_same_vocabulary(kind, tmp_path):
    # Each call counts in maps of another random order, as another process would.
    for name in ("one.json", "other.json"):
        getattr(Tokenizer, kind)(TEXTS, size=300).save(tmp_path / name)
    assert (tmp_path / "one.json").read_text() == (tmp_path / "other.json").read_text()
    loaded = Tokenizer.load(tmp_path / "one.json")
    assert loaded.tokenize(TEXTS) == getattr(Tokenizer, kind)(TEXTS, size=300).tokenize(TEXTS)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Tokenizer.of_words([], size=9), "at least one word"),
        (lambda: Tokenizer.of_words([" ", ""], size=9), "at least one word"),
        (lambda: Tokenizer.of_words(TEXTS, size=4), "at least 5 tokens"),
        (lambda: Tokenizer.of_byte_pairs(TEXTS, size=259), "at least 260 tokens"),
    ],
)
def test_what_makes_no_vocabulary_is_refused(make, message):
    with pytest.raises(InputError, match=message):
        make()


@pytest.mark.parametrize("content", ["", "{}", "[" * 5000, '{"model": 3}', "\ud800"])
def test_a_file_that_holds_no_tokenizer_is_refused(content, tmp_path):
    path = tmp_path / "tokenizer.json"
    path.write_bytes(content.encode("utf-8", "surrogatepass"))
    with pytest.raises(InputError, match="Expected a file of a tokenizer"):
        Tokenizer.load(path)
    with pytest.raises(InputError, match="there is no such file"):
        Tokenizer.load(tmp_path / "none.json")


def test_a_tokenizer_with_other_special_tokens_is_refused(tmp_path):
    BYTES.save(tmp_path / "tokenizer.json")
    content = (tmp_path / "tokenizer.json").read_text().replace("[PAD]", "[CLS]")
    (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(InputError, match="its first tokens"):
        Tokenizer.load(tmp_path / "tokenizer.json")
