"""Tokens and tags in tables as they are published: one token a row, or lists spelled as text."""

import io
import json

import numpy as np
import pandas
import polars
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kerastune.data import open_splits, open_tokens, token_reader
from kerastune.data.open_as import open_as
from kerastune.data.token_cells import as_lists
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

KAGGLE = """Sentence #,Word,POS,Tag
Sentence: 1,Ada,NNP,B-per
,visited,VBD,O
,Orléans,NNP,B-geo
,.,.,O
Sentence: 2,"""


def kaggle(copies=1):
    """A table of entities as Kaggle has it, of two sentences."""
    rows = ['"""",``,O', ",It,PRP,O", ',",",",",O', ",rained,VBD,O"]
    return (
        KAGGLE
        + "\n".join(rows)
        + "\n"
        + "".join(f"Sentence: {n},Bo,NNP,B-per\n,ran,VBD,O\n" for n in range(3, 3 + copies - 1))
    )


def write(path, content, encoding="utf-8"):
    path.write_bytes(content.encode(encoding))
    return path


class TestOneTokenARow:
    def test_the_first_token_names_the_sentence(self, tmp_path):
        source = open_tokens(write(tmp_path / "ner.csv", kaggle(), "latin-1"))
        assert source.values["Word"] == [
            ["Ada", "visited", "Orléans", "."],
            ['"', "It", ",", "rained"],
        ]
        assert source.columns["Tag"].class_names == ("B-geo", "B-per", "O")
        assert source.notes == (
            "read as Windows-1252, as it is not UTF-8: check 'Orléans' in line 4",
            "left out, as it is not predicted: 'POS'",
        )

    @pytest.mark.parametrize(
        ("names", "separator", "suffix"),
        [
            (("sentence_id", "words", "labels"), ",", "csv"),
            (("SentenceID", "token", "entity"), ";", "csv"),
            (("sent_id", "TOKEN", "NER_tag"), "\t", "tsv"),
            (("sentence", "Form", "IOB"), "|", "csv"),
        ],
    )
    def test_each_row_names_the_sentence(self, tmp_path, names, separator, suffix):
        rows = [("1", "Ada", "B-per"), ("1", "ran", "O"), ("2", "No", "O")]
        for order in ((0, 1, 2), (2, 0, 1)):
            lines = [separator.join(row[at] for at in order) for row in (names, *rows)]
            source = open_tokens(write(tmp_path / f"a.{suffix}", "\n".join(lines)))
            assert source.values == {names[1]: [["Ada", "ran"], ["No"]], names[2]: [[0, 1], [1]]}

    def test_columns_with_names_of_their_own(self, tmp_path):
        text = "satz,wort,marke,tag\na,Ada,B-per,x\na,ran,O,x\nb,No,O,x\n"
        path = write(tmp_path / "a.csv", text)
        source = open_tokens(path, tokens_name="wort", tags_name="marke", sentence_name="satz")
        assert source.values["wort"] == [["Ada", "ran"], ["No"]]

    @pytest.mark.parametrize(
        "make",
        [
            lambda text, _: pandas.read_csv(io.StringIO(text)),
            lambda text, _: polars.read_csv(io.StringIO(text)),
            lambda text, _: pandas.read_csv(io.StringIO(text)).ffill(),
            lambda text, _: polars.read_csv(io.StringIO(text)).to_dicts(),
            lambda text, _: pandas.read_csv(io.StringIO(text)).to_dict("records"),
            lambda text, path: write(
                path / "a.jsonl",
                "\n".join(map(json.dumps, polars.read_csv(io.StringIO(text)).to_dicts())),
            ),
        ],
    )
    def test_frames_and_records(self, make, tmp_path):
        data = make(kaggle(3), tmp_path)
        assert [len(words) for words in open_tokens(data).values["Word"]] == [4, 4, 2, 2]

    def test_what_is_dropped(self, tmp_path):
        text = "sentence_id,word,tag\n1,Ada,B-per\n1,,O\n1,ran,O\n2,No,\n2,way,O\n3,Yes,O\n"
        assert open_tokens(write(tmp_path / "a.csv", text)).notes == (
            "1 of 6 rows dropped: no token",
            "1 of 3 sentences dropped: a token has no tag, the first begins in row 4 (line 5) of "
            f"{tmp_path / 'a.csv'}",
        )

    def test_names_that_come_back(self, tmp_path):
        text = "sentence_id,word,tag\n1,Ada,B-per\n2,No,O\n1,Yes,O\n"
        source = open_tokens(write(tmp_path / "a.csv", text))
        assert source.values["word"] == [["Ada"], ["No"], ["Yes"]]
        assert source.notes == (
            "1 of 3 sentences are called as one before in 'sentence_id', and kept",
        )

    def test_words_that_read_like_missing_ones(self, tmp_path):
        text = "sentence_id,word,tag\n1,null,B-per\n1,NA,O\n"
        assert open_tokens(write(tmp_path / "a.csv", text)).values["word"] == [["null", "NA"]]

    def test_a_split_and_other_samples(self, tmp_path):
        write(tmp_path / "train.csv", kaggle(5))
        write(tmp_path / "test.csv", kaggle(2))
        splits = open_splits(tmp_path, open_with=token_reader())
        assert (len(splits.training), len(splits.test)) == (6, 3)
        again = open_as(tmp_path / "test.csv", splits.columns, splits.training.targets)
        assert again.values["Tag"] == splits.test.values["Tag"]
        assert open_as(tmp_path, splits.columns, ("Tag",)).values["Word"] == again.values["Word"]


class TestListsAsText:
    @pytest.mark.parametrize(
        ("tokens", "tags"),
        [
            ("['Ada', \"didn't\", 'run']", "['B-per', 'O', 'O']"),
            ('["Ada", "didn\'t", "run"]', '["B-per", "O", "O"]'),
            ("Ada didn't run", "['B-per', 'O', 'O']"),
            ("Ada didn't run", "B-per O O"),
            ("['Ada', \"didn't\",\n 'run',]", " [1, 0, 0] "),
        ],
    )
    def test_each_way_to_spell_them(self, tmp_path, tokens, tags):
        frame = polars.DataFrame({"Sentence #": ["1"], "Sentence": [tokens], "Tag": [tags]})
        frame.write_csv(tmp_path / "a.csv")
        for data in (tmp_path / "a.csv", frame, frame.to_dicts()):
            source = open_tokens(data)
            assert source.values["Sentence"] == [["Ada", "didn't", "run"]]
            assert [len(set(codes)) for codes in source.values["Tag"]] == [2]

    def test_rows_without(self, tmp_path):
        frame = polars.DataFrame({"text": ["a b", "", None], "labels": ["O B-x", "O", None]})
        frame.write_csv(tmp_path / "a.csv")
        assert open_tokens(tmp_path / "a.csv").notes == ("2 of 3 rows dropped: no tokens or tags",)

    @given(st.lists(st.text(), max_size=6))
    def test_what_python_writes_is_read_back(self, words):
        assert as_lists([repr(words)], str) == [words]

    @pytest.mark.parametrize(
        "cell",
        [
            "['a' 'b']",
            "['a', 'b'",
            "[['a'], 'b']",
            "[" * 100_000,
            "[__import__('os')]",
            "['a', b]",
            "['\\N{no}']",
            "[nan]",
        ],
    )
    def test_what_is_no_list(self, cell):
        with pytest.raises(InputError, match=r"a list such as .*in row 1. Received: ") as error:
            as_lists(["['a']", cell], "row {}".format)
        assert "\n" not in str(error.value)
        assert len(str(error.value)) < 250


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("a,b\n1,2\n", {}, "Expected a column 'tokens' in .*'a', 'b'. Name the columns"),
        ("word,tag\nAda,O\n", {}, "or a column that tells which sentence .*'word', 'tag'. Name it"),
        (
            "sentence_id,word,tag\n,Ada,O\n1,ran,O\n",
            {},
            r"name of a sentence in column 'sentence_id' .*none in row 1 \(line 2\)",
        ),
        ("sentence_id,word,tag\n1,,\n", {}, "Expected tokens with tags in a.csv. Received: none"),
        ("sentence_id,word,tag\n1,Ada,\n", {}, "Expected tokens with tags in a.csv"),
        ("text,tags\na b,O\na,O O\n", {}, r"tag for each token in row 1 .*2 tokens and 1 tags"),
        ("id,word,tag\n1,a,O\n", {"sentence_name": "ids"}, "a column 'ids' in .*mean 'id'"),
        ("id,word,tag\n1,a,O\n", {"sentence_name": "word"}, "Expected a column 'tokens'"),
        ("id,word,tag\n1,a,O\n", {"tokens_name": "tag"}, "different columns"),
        ("sentence_id,word,tag\n1,a,O\n2,b,O\n", {}, "two|2"),
    ],
)
def test_what_cannot_be_read(tmp_path, text, options, message):
    with pytest.raises(InputError, match=message) as error:
        open_tokens(write(tmp_path / "a.csv", text), **options)
    assert "\n" not in str(error.value)


def test_lists_of_numpy_are_read(tmp_path):
    frame = pandas.DataFrame({"tokens": [np.array(["a", "b"], object)], "tags": [np.array([0, 1])]})
    assert open_tokens(frame).values == {"tokens": [["a", "b"]], "tags": [[0, 1]]}
