"""Inputs to predict in the tables that training reads: shards, tokens of CSV, no labels."""

import polars
import pytest

from kerastune.data import Column
from kerastune.data.given_inputs import given_inputs
from kerastune.data.rows_in_pieces import ROWS
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

TOKENS = {"Word": Column("tokens")}
TEXT = {"text": Column("text")}


def values_of(data, columns):
    (name,) = columns
    return [value for piece in given_inputs(data, columns).pieces for value in piece.cells[name]]


def csv(path, text):
    path.write_text(text)
    return path


@pytest.mark.parametrize(
    "text",
    [
        "Sentence #,Word,POS\nSentence: 1,Ada,N\n,ran,V\nSentence: 2,No,X\n",
        "sentence_id,Word\n1,Ada\n1,ran\n2,No\n",
        "id,Word\n1,\"['Ada', 'ran']\"\n2,['No']\n",
        "id,Word\n1,Ada ran\n2,No\n",
        "id,token,sent_id\n1,Ada,x\n2,ran,x\n3,No,y\n",
    ],
)
def test_tokens_in_the_forms_that_training_reads(tmp_path, text):
    assert values_of(csv(tmp_path / "a.csv", text), TOKENS) == [["Ada", "ran"], ["No"]]


def test_sentences_go_on_in_the_next_rows_that_are_read(tmp_path):
    count = ROWS + 10
    rows = "".join(f"{n // 4},w{n}\n" for n in range(count))
    found = values_of(csv(tmp_path / "a.csv", "sentence_id,Word\n" + rows), TOKENS)
    assert [len(words) for words in found] == [4] * (count // 4) + [2]
    assert [word for words in found for word in words] == [f"w{n}" for n in range(count)]


def test_a_list_that_is_none_is_named_by_its_row(tmp_path):
    path = csv(tmp_path / "a.csv", "Word\n['a']\n['b' 'c']\n")
    with pytest.raises(InputError, match=r"Expected a list such as .*in row 2 of .*a.csv"):
        values_of(path, TOKENS)


class TestShards:
    @pytest.fixture
    def folder(self, tmp_path):
        for number in range(2):
            frame = polars.DataFrame({"text": [f"{number}{n}" for n in range(3)]})
            frame.write_csv(tmp_path / f"test-0000{number}-of-00002.csv")
        return tmp_path

    def test_a_pattern_and_a_folder(self, folder):
        expected = ["00", "01", "02", "10", "11", "12"]
        assert values_of(folder / "test-*.csv", TEXT) == expected
        assert values_of(folder, TEXT) == expected

    def test_what_is_not_there(self, folder):
        with pytest.raises(InputError, match="which does not exist"):
            values_of(folder / "train-*.csv", TEXT)
        (folder / "test-00000-of-00002.csv").unlink()
        with pytest.raises(InputError, match=r"Expected 2 files, .* without number 0"):
            values_of(folder, TEXT)
