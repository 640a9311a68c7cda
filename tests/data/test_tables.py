import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.data import read_table
from kerastune.data.missing import spells_missing
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

FRAME = polars.DataFrame(
    {
        "id": [1, 2, 3],
        "text": ['A "joy", truly', "Two\nlines\tand a tab", "Größe 語 \u2028 end"],
        "label": ["good", "bad", "good"],
    }
)
WRITERS = {
    "csv": lambda frame, path: frame.write_csv(path),
    "tsv": lambda frame, path: frame.write_csv(path, separator="\t"),
    "jsonl": lambda frame, path: frame.write_ndjson(path),
    "parquet": lambda frame, path: frame.write_parquet(path),
}


def write(path, content):
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def error_of(path, **options):
    with pytest.raises(InputError) as caught:
        read_table(path, **options)
    message = str(caught.value)
    assert "\n" not in message
    assert "Received: " in message
    return message


@pytest.mark.parametrize("suffix", WRITERS)
def test_every_format_reads_the_same(tmp_path, suffix):
    path = tmp_path / f"reviews.{suffix}"
    WRITERS[suffix](FRAME, path)
    source = read_table(path)
    assert source.values["text"] == FRAME["text"].to_list()
    assert source.values["label"].tolist() == [1, 0, 1]
    assert source.columns["label"].class_names == ("bad", "good")
    assert source.name == path.name
    assert source.notes == ()


@pytest.mark.parametrize("suffix", WRITERS)
def test_whole_numbers_are_classes_in_numerical_order(tmp_path, suffix):
    path = tmp_path / f"stars.{suffix}"
    WRITERS[suffix](polars.DataFrame({"t": ["a", "b", "c"], "stars": [10, 9, 1]}), path)
    source = read_table(path, text_column="t", label_column="stars")
    assert source.columns["stars"].class_names == ("1", "9", "10")
    assert source.values["stars"].tolist() == [2, 1, 0]


@pytest.mark.parametrize("suffix", ["jsonl", "parquet"])
def test_booleans_are_classes(tmp_path, suffix):
    path = tmp_path / f"spam.{suffix}"
    WRITERS[suffix](polars.DataFrame({"text": ["a", "b"], "label": [True, False]}), path)
    assert read_table(path).columns["label"].class_names == ("false", "true")


@pytest.mark.parametrize("suffix", WRITERS)
def test_missing_values_are_dropped_and_told(tmp_path, suffix):
    path = tmp_path / f"reviews.{suffix}"
    frame = polars.DataFrame(
        {
            "text": ["a", None, "b", "c", "c", "d", "d", "e"],
            "label": ["x", "x", None, "y", "y", "x", "y", "x"],
        }
    )
    WRITERS[suffix](frame, path)
    source = read_table(path)
    assert source.values["text"] == ["a", "c", "e"]
    assert source.notes == (
        "1 of 8 rows dropped: no text",
        "1 of 8 rows dropped: no label",
        "2 of 8 rows dropped: the same text has different labels",
        "1 of 8 rows dropped: the same text and label came before",
    )


@given(
    st.lists(
        st.text(st.characters(codec="utf-8"), min_size=1).filter(
            lambda text: text.strip() and not spells_missing(text)
        ),
        min_size=2,
        max_size=6,
        unique_by=str.strip,
    )
)
@settings(max_examples=50)
@pytest.mark.parametrize("suffix", ["csv", "tsv", "jsonl"])
def test_any_text_survives(tmp_path_factory, suffix, texts):
    path = tmp_path_factory.mktemp("any") / f"any.{suffix}"
    labels = [f"class {number % 2}" for number in range(len(texts))]
    WRITERS[suffix](polars.DataFrame({"text": texts, "label": labels}), path)
    assert read_table(path).values["text"] == [text.strip() for text in texts]


def test_csv_from_a_spreadsheet(tmp_path):
    content = b"\xef\xbb\xbftext,label\r\nA joy,good\r\n\r\nA bore,bad\r\n"
    source = read_table(write(tmp_path / "reviews.CSV", content))
    assert source.values["text"] == ["A joy", "A bore"]


def test_known_classes_encode_a_test_file(tmp_path):
    path = write(tmp_path / "test.csv", "text,label\na,good\nb,good\n")
    source = read_table(path, class_names=("bad", "fine", "good"))
    assert source.values["label"].tolist() == [2, 2]
    assert source.columns["label"].class_names == ("bad", "fine", "good")


def test_a_label_that_training_never_saw(tmp_path):
    path = write(tmp_path / "test.csv", "text,label\na,good\n,bad\nb,ugly\n")
    message = error_of(path, class_names=("bad", "good"))
    assert "'bad', 'good'" in message
    assert "Received: 'ugly' in row 3 (line 4) of" in message


def test_no_such_file(tmp_path):
    assert "which is not a file" in error_of(tmp_path / "reviews.csv")
    (tmp_path / "folder.csv").mkdir()
    assert "which is not a file" in error_of(tmp_path / "folder.csv")


def test_other_suffix(tmp_path):
    message = error_of(write(tmp_path / "reviews.xlsx", "x"))
    assert (
        "Expected a table, a file of type .csv, .tsv, .tab, .jsonl, .ndjson, .json, .parquet"
        in message
    )


@pytest.mark.parametrize("suffix", WRITERS)
def test_empty_file(tmp_path, suffix):
    assert "which is empty" in error_of(write(tmp_path / f"empty.{suffix}", ""))


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet"])
def test_header_only(tmp_path, suffix):
    path = tmp_path / f"header.{suffix}"
    WRITERS[suffix](FRAME.clear(), path)
    message = f"Expected a table with rows. Received: header.{suffix}, which has no rows"
    assert message in error_of(path)


def test_nothing_usable(tmp_path):
    path = write(tmp_path / "blank.csv", "text,label\n,good\n ,bad\n")
    assert "Received: 2 of 2 rows dropped: no text" in error_of(path)


@pytest.mark.parametrize("suffix", WRITERS)
def test_missing_column_names_those_present(tmp_path, suffix):
    path = tmp_path / f"reviews.{suffix}"
    WRITERS[suffix](FRAME.rename({"label": "lable"}), path)
    message = error_of(path)
    assert "Expected a column 'label'" in message
    assert "Received: columns 'id', 'text', 'lable'. Did you mean 'lable'?" in message


def test_a_column_twice(tmp_path):
    message = error_of(write(tmp_path / "twice.csv", "text,label,text\na,b,c\n"))
    assert "Expected one column 'text'" in message


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('text,label\n"two\nlines",good\nb\n', "2 fields in line 4"),
        ("text,label\na,good\n\nb,c,bad\n", "2 fields in line 4"),
        ('text,label\na,good\n"b,bad\nc,bad\n', "well-formed fields in line 3"),
        ('text,label\na,good\n"b"b,bad\n', "well-formed fields in line 3"),
    ],
    ids=["too few", "too many", "open quote", "text after quote"],
)
def test_broken_csv_row(tmp_path, content, expected):
    assert f"Expected {expected} of" in error_of(write(tmp_path / "broken.csv", content))


@pytest.mark.parametrize(
    "line",
    ['{"text": "b", "lab', '["b", "bad"]', "nothing", "[" * 100_000, '{"n": ' + "9" * 5000 + "}"],
    ids=["cut", "list", "words", "nested", "endless number"],
)
def test_broken_json_line(tmp_path, line):
    content = '{"text": "a", "label": "good"}\n\n' + line + "\n"
    message = error_of(write(tmp_path / "broken.jsonl", content))
    assert "Expected a JSON object in line 3 of" in message


def test_a_key_that_is_not_there_is_a_missing_value(tmp_path):
    content = '{"text": "a", "label": "x"}\n{"text": "b"}\n{"label": "y", "text": "c"}\n'
    source = read_table(write(tmp_path / "keys.jsonl", content))
    assert source.values["text"] == ["a", "c"]
    assert source.notes == ("1 of 3 rows dropped: no label",)


def test_half_a_character_in_json(tmp_path):
    content = '{"text": "\\ud800", "label": "x"}\n'
    assert "Expected Unicode text" in error_of(write(tmp_path / "half.jsonl", content))


def test_broken_parquet(tmp_path):
    assert "Expected a Parquet file" in error_of(write(tmp_path / "broken.parquet", "PAR1 not"))


def test_wrong_encoding_tells_where(tmp_path):
    path = write(tmp_path / "latin.jsonl", "text,label\na,b\nGröße,c\n".encode("latin-1"))
    assert "byte 17 (line 3) is not UTF-8" in error_of(path)


def test_one_class_only(tmp_path):
    path = write(tmp_path / "one.csv", "text,label\na,good\nb,good\n")
    assert "Received: 'good'" in error_of(path)


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        ("text", [1, 2], "Expected text in column 'text'"),
        ("label", [0.5, 1.5], "Expected class names or whole numbers in column 'label'"),
        ("label", [["a"], ["b"]], "Expected class names or whole numbers in column 'label'"),
    ],
)
def test_parquet_column_of_another_type(tmp_path, column, values, expected):
    path = tmp_path / "types.parquet"
    frame = polars.DataFrame({"text": ["a", "b"], "label": ["x", "y"]} | {column: values})
    frame.write_parquet(path)
    assert expected in error_of(path)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ('{"text": 5, "label": "x"}', "text or null as 'text' in line 2"),
        ('{"text": ["q"], "label": "x"}', "text or null as 'text' in line 2"),
        ('{"text": {"k": 1}, "label": "x"}', "text or null as 'text' in line 2"),
        ('{"text": false, "label": "x"}', "text or null as 'text' in line 2"),
        ('{"text": "b", "label": 1.5}', "or null as 'label' in line 2"),
        ('{"text": "b", "label": NaN}', "or null as 'label' in line 2"),
        ('{"text": "b", "label": [1]}', "or null as 'label' in line 2"),
    ],
)
def test_json_value_of_another_type(tmp_path, row, expected):
    content = '{"text": "a", "label": "y"}\n' + row + "\n"
    assert expected in error_of(write(tmp_path / "types.jsonl", content))


def test_json_labels_of_several_types_are_texts(tmp_path):
    labels = ["1", "1.5", str(10**30), "true", "null", '"é"']
    lines = [f'{{"text": "{row}", "label": {label}}}' for row, label in enumerate(labels)]
    with pytest.raises(InputError, match="Received: float"):
        read_table(write(tmp_path / "labels.jsonl", "\n".join(lines)))
    del lines[1]
    source = read_table(write(tmp_path / "labels.jsonl", "\n".join(lines)))
    assert source.columns["label"].class_names == ("1", "1" + "0" * 30, "true", "é")
    assert source.values["label"].tolist() == [0, 1, 2, 3]
    assert source.notes == ("1 of 5 rows dropped: no label",)


def test_csv_numbers_are_class_names(tmp_path):
    path = write(tmp_path / "numbers.csv", "text,label\na,0.5\nb,0.50\n")
    assert read_table(path).columns["label"].class_names == ("0.5", "0.50")


@pytest.mark.parametrize("suffix", WRITERS)
def test_a_file_that_may_not_be_read(tmp_path, monkeypatch, suffix):
    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    path = tmp_path / f"secret.{suffix}"
    WRITERS[suffix](FRAME, path)
    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    monkeypatch.setattr("polars.read_parquet_schema", refuse)
    assert f"Received: {path}: Permission denied" in error_of(path)


def test_a_name_that_is_too_long(tmp_path):
    assert "Expected a table" in error_of(tmp_path / ("long" * 100 + ".csv"))
