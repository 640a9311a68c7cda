import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.data import open_tokens, read_conll
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

CONLL_2003 = """-DOCSTART- -X- -X- O

Acme NNP B-NP B-ORG
bakes VBZ B-VP O
Danish JJ B-NP B-MISC
bread NN I-NP O

-DOCSTART- -X- -X- O

Ada NNP B-NP B-PER
Lovelace NNP I-NP I-PER
"""

CONLL_U = """# newdoc id = n01
# sent_id = 1
# text = vámonos al mar
1-2\tvámonos\t_\t_\t_\t_\t_\t_\t_\t_
1\tvamos\tir\tVERB\t_\t_\t0\troot\t_\t_
2\tnos\tnosotros\tPRON\t_\t_\t1\tobj\t_\t_
3-4\tal\t_\t_\t_\t_\t_\t_\t_\t_
3\ta\ta\tADP\t_\t_\t5\tcase\t_\t_
4\tel\tel\tDET\t_\t_\t5\tdet\t_\t_
5\tmar\tmar\tNOUN\t_\t_\t1\tobl\t_\t_
5.1\t_\t_\t_\t_\t_\t_\t_\t_\t_

# sent_id = 2
1\t#\t#\tSYM\t_\t_\t0\troot\t_\t_
"""


def written(folder, text, name="data.txt"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def sentences(source):
    """What a source holds, with the names of its tags."""
    names = source.columns[source.target("tags")].class_names
    return [
        list(zip(tokens, [names[code] for code in codes], strict=True))
        for tokens, codes in zip(source.values["tokens"], source.values["tags"], strict=True)
    ]


def test_columns_of_spaces_with_documents(tmp_path):
    source = read_conll(written(tmp_path, CONLL_2003))
    assert sentences(source) == [
        [("Acme", "B-ORG"), ("bakes", "O"), ("Danish", "B-MISC"), ("bread", "O")],
        [("Ada", "B-PER"), ("Lovelace", "I-PER")],
    ]
    assert source.columns["tags"].class_names == ("B-MISC", "B-ORG", "B-PER", "I-PER", "O")
    assert source.notes == ("2 lines left out: -DOCSTART-",)
    assert source.name == "data.txt"


def test_another_column_of_tags(tmp_path):
    source = read_conll(written(tmp_path, CONLL_2003), tag_column=1)
    assert source.columns["tags"].class_names == ("JJ", "NN", "NNP", "VBZ")


def test_conll_u(tmp_path):
    source = read_conll(written(tmp_path, CONLL_U), token_column=1, tag_column=3)
    tags = {"vamos": "VERB", "nos": "PRON", "a": "ADP", "el": "DET", "mar": "NOUN"}
    assert sentences(source) == [list(tags.items()), [("#", "SYM")]]
    assert source.notes == (
        "4 lines left out: comments",
        "3 lines left out: tokens of several words and empty nodes",
    )


def test_a_number_sign_in_columns_is_a_token(tmp_path):
    text = "# O\n1 B-X\n\n#\t\n".replace("#\t\n", "# B-X\n")
    assert sentences(read_conll(written(tmp_path, text))) == [
        [("#", "O"), ("1", "B-X")],
        [("#", "B-X")],
    ]


def test_iob1_becomes_iob2(tmp_path):
    source = read_conll(written(tmp_path, "a I-X\nb B-X\nc O\nd I-X\n"))
    assert [tag for _, tag in sentences(source)[0]] == ["B-X", "B-X", "O", "B-X"]
    assert source.notes == ("2 tags I- that begin a span became B-",)


@pytest.mark.parametrize("ends", ["\r\n", "\n"])
def test_line_ends_byte_order_mark_and_spaces_inside_tokens(tmp_path, ends):
    text = ends.join(["\ufeffa\u2028b\tX", "c\xa0d\tY", "", " \t", "e f\tX"])
    source = read_conll(written(tmp_path, text))
    assert source.values["tokens"] == [["a\u2028b", "c\xa0d"], ["e f"]]
    assert source.values["tags"] == [[0, 1], [0]]


def test_known_tags_encode_a_test_file(tmp_path):
    known = ("O", "B-PER", "I-PER", "B-ORG", "B-MISC")
    source = read_conll(written(tmp_path, CONLL_2003), class_names=known)
    assert source.values["tags"] == [[3, 0, 4, 0], [1, 2]]
    assert source.columns["tags"].class_names == known


@pytest.mark.parametrize(
    ("text", "received"),
    [
        ("a O\nb\n", "Expected 2 columns in line 2 of .*Received: 1"),
        ("a O\n\nb c d\n", "Expected 2 columns in line 3 of .*Received: 3"),
        ("a\tO\n\tO\n", "Expected a token in column 0 of line 2 of .*Received: nothing"),
        ("a\tO\n\nb\t\n", "Expected a tag in column 1 of line 3 of .*Received: nothing"),
        ("a O\n# a comment\n", "Expected 2 columns in line 2"),
        ("a O\nb O\n", "two different labels"),
        ("a B-X\nb o\n", "'B-X' and 'o'"),
        ("a\nb\n", "different columns"),
        ("", "Expected lines with a token each in .*Received: none"),
        ("-DOCSTART- O\n\n", "Received: none"),
        (b"a O\n\xff B\n", "Expected UTF-8 text"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(tmp_path, text, received):
    with pytest.raises(InputError, match=received) as caught:
        read_conll(written(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_an_unknown_tag_tells_the_sentence(tmp_path):
    path = written(tmp_path, "a O\n\nb O\nc B-PRE\n")
    with pytest.raises(InputError, match="'B-PRE' in the sentence that begins in line 3 "):
        read_conll(path, class_names=("B-PER", "O"))


def test_a_column_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="a column from -4 to 3 .*Received: 4"):
        read_conll(written(tmp_path, CONLL_2003), tag_column=4)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="Received: .*No such file"):
        read_conll(tmp_path / "missing.txt")
    with pytest.raises(InputError, match="no such file or data set. Did you mean 'python_source'"):
        open_tokens("python_sources")


# Tokens as files may hold them: anything but line ends, the separators and number signs first.
WORDS = st.text(
    st.characters(exclude_characters="\t\n\r #", exclude_categories=("Cs",)), min_size=1, max_size=5
).filter(lambda word: not word.startswith("-DOCSTART-"))
SPAN_TAGS = st.sampled_from(["O", "B-X", "B-Y", "S-X"])
DATA = st.lists(st.lists(st.tuples(WORDS, SPAN_TAGS), min_size=1), min_size=1)


@given(DATA, st.sampled_from([" ", "\t"]), st.sampled_from(["\n\n", "\n \n\n"]))
@settings(max_examples=50)
def test_what_is_written_is_read(tmp_path_factory, data, separator, between):
    text = between.join(
        "\n".join(separator.join([word, "middle", tag]) for word, tag in sentence)
        for sentence in data
    )
    names = ("O", "B-X", "B-Y", "S-X")
    path = written(tmp_path_factory.getbasetemp(), text, "property.txt")
    source = read_conll(path, class_names=names)
    assert sentences(source) == data
    assert source.notes == ()
