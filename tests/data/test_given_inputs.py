"""Inputs in every form give the same pieces, read no further than is asked for."""

import gzip
import io
import json
from pathlib import Path

import numpy as np
import pandas
import polars
import pytest
from hypothesis import given, strategies
from PIL import Image

from kerastune.data import Column, Source
from kerastune.data.given_inputs import given_inputs
from kerastune.data.input_pieces import gathered_rows, pieces_of, rows_at_once, slices
from kerastune.data.single_inputs import is_single
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

TEXT = {"text": Column("text")}
IMAGE = {"image": Column("image", shape=(None, None, 3))}
TABLE = {"age": Column("number"), "city": Column("category")}
TOKENS = {"tokens": Column("tokens")}
ARRAY = {"array": Column("array", shape=(3,))}
TEXTS = ["a joy", "a bore"]
ROWS = [{"age": 30.0, "city": "Bonn"}, {"age": 40.0, "city": "Rome"}]


def read(data, columns, **options):
    """All values of each column, and the notes."""
    taken = given_inputs(data, columns, **options)
    found = {name: [] for name in columns}
    for piece in taken.pieces:
        for name, values in piece.read().values.items():
            found[name] += list(values)
    return found, taken.notes


def written(folder, name, rows):
    """Rows in a file, by its suffix."""
    path = folder / name
    if path.suffix == ".parquet":
        polars.DataFrame(rows).write_parquet(path)
    elif path.suffix == ".jsonl":
        path.write_text("\n".join(map(json.dumps, rows)))
    else:
        polars.DataFrame(rows).write_csv(path)
    return path


FORMS = {
    "list": lambda rows: [row["text"] for row in rows],
    "tuple": lambda rows: tuple(row["text"] for row in rows),
    "array": lambda rows: np.array([row["text"] for row in rows]),
    "series of polars": lambda rows: polars.Series([row["text"] for row in rows]),
    "series of pandas": lambda rows: pandas.Series([row["text"] for row in rows], index=[7, 5]),
    "generator": lambda rows: (row["text"] for row in rows),
    "records": lambda rows: rows,
    "generator of records": lambda rows: iter(rows),
    "columns": lambda rows: {name: [row[name] for row in rows] for name in rows[0]},
    "frame of polars": polars.DataFrame,
    "lazy frame": lambda rows: polars.DataFrame(rows).lazy(),
    "frame of pandas": lambda rows: pandas.DataFrame(rows, index=[7, 5]),
    "source": lambda rows: Source.of([row["text"] for row in rows], [0.0, 1.0]),
    "stream": lambda rows: io.StringIO("".join(f"{row['text']}\n" for row in rows)),
}


@pytest.mark.parametrize("form", FORMS)
def test_texts_in_every_form(form):
    rows = [{"id": number, "text": text} for number, text in enumerate(TEXTS)]
    taken = given_inputs(FORMS[form](rows), TEXT)
    assert not taken.is_single
    (piece,) = taken.pieces
    assert (list(piece.cells["text"]), piece.rows.tolist()) == (TEXTS, [0, 1])
    assert taken.notes == []


@pytest.mark.parametrize(
    "form", ["records", "generator of records", "columns", "frame of polars", "frame of pandas"]
)
def test_rows_of_a_table_in_every_form(form):
    rows = [{"shop": 1, "city": row["city"], "age": row["age"], "won": "no"} for row in ROWS]
    found, notes = read(FORMS[form](rows), TABLE, targets=("won",))
    assert found == {"age": [30.0, 40.0], "city": ["Bonn", "Rome"]}
    assert notes == ["left out, as the training data lacks it: 'shop'"]


@pytest.mark.parametrize("name", ["rows.csv", "rows.jsonl", "rows.parquet"])
def test_files_of_tables(tmp_path, name):
    rows = [{"city": row["city"], "shop": 1, "age": row["age"], "text": "a joy"} for row in ROWS]
    path = written(tmp_path, name, rows)
    for data in (path, str(path)):
        found, notes = read(data, TABLE)
        assert found == {"age": [30.0, 40.0], "city": ["Bonn", "Rome"]}
        assert notes == ["left out, as the training data lacks them: 'shop', 'text'"]
    assert read(path, TEXT) == ({"text": ["a joy", "a joy"]}, [])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.csv", b"sep=;\r\nage;city\r\n30,5;Bonn\r\n1,234;K\xc3\xb6ln\r\n"),
        ("rows.csv", "age;city\n30,5;Bonn\n1,234;Köln\n".encode("utf-16")),
        ("rows.csv", "age;city\n30,5;Bonn\n1,234;Köln\n".encode("cp1252")),
        ("rows.csv.gz", gzip.compress("age;city\n30,5;Bonn\n1,234;Köln\n".encode())),
        ("rows.json", b'[{"age": 30.5, "city": "Bonn"}, {"age": 1.234, "city": "K\xc3\xb6ln"}]'),
    ],
)
def test_tables_as_they_are_in_the_wild(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    found, _ = read(tmp_path / name, TABLE)
    assert found == {"age": [30.5, 1.234], "city": ["Bonn", "Köln"]}


def test_numbers_are_spelled_alike_in_all_rows(tmp_path):
    """1,234 by itself would be a thousand and more."""
    path = tmp_path / "rows.csv"
    path.write_text("age,city\n" + '"1,5",Bonn\n' * 2048 + '"1,234",Bonn\n' * 5)
    found, notes = read(path, TABLE)
    assert found["age"][2046:2050] == [1.5, 1.5, 1.234, 1.234]
    assert notes == ["'age' read with decimal commas: '1,5' is 1.5"]


def test_a_table_lists_images_by_any_name(tmp_path):
    (tmp_path / "photos").mkdir()
    for name in ("a", "b"):
        Image.new("RGB", (4, 5)).save(tmp_path / "photos" / f"{name}.png")
    files = [tmp_path / "photos" / "a.png", tmp_path / "photos" / "b.png", "c"]
    (tmp_path / "list.csv").write_text("age,image_id\n1,a\n2,b\n3,c\n")
    assert read(tmp_path / "list.csv", IMAGE)[0] == {"image": files}
    frame = polars.DataFrame({"age": [1, 2], "file": list(map(str, files[:2]))})
    assert read(frame, IMAGE)[0] == {"image": list(map(str, files[:2]))}


def test_a_stream_holds_csv_or_json_lines():
    expected = {"age": [30.0, 40.0], "city": ["Bonn", "Rome"]}
    table = "city,age\nBonn,30\nRome,40\n"
    for text in (table, "\ufeff" + table, "\n".join(map(json.dumps, ROWS))):
        assert read(io.StringIO(text), TABLE)[0] == expected
    assert read(io.StringIO("a b\nc\n"), TOKENS)[0] == {"tokens": [["a", "b"], ["c"]]}


def test_files_that_are_no_tables(tmp_path):
    (tmp_path / "notes.txt").write_text("a joy\r\n\r\na bore", newline="")
    taken = given_inputs(tmp_path / "notes.txt", TEXT)
    assert [list(piece.cells["text"]) for piece in taken.pieces] == [["a joy", "", "a bore"]]
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "one.txt").write_text("one")
    (tmp_path / ".hidden.txt").write_text("hidden")
    assert read(tmp_path / "sub", TEXT)[0] == {"text": ["one"]}
    for name in ("b.PNG", "a.jpg", "sub/c.png"):
        Image.new("RGB", (4, 5)).save(tmp_path / name)
    names = ["a.jpg", "b.PNG", "sub/c.png"]
    assert read(str(tmp_path), IMAGE)[0] == {"image": [tmp_path / name for name in names]}
    (tmp_path / "list.csv").write_text("image,id\nb.PNG,1\n,2\n")
    assert read(tmp_path / "list.csv", IMAGE)[0] == {"image": [tmp_path / "b.PNG", ""]}
    np.save(tmp_path / "rows.npy", np.arange(6.0).reshape(2, 3))
    assert np.array_equal(read(tmp_path / "rows.npy", ARRAY)[0]["array"], [[0, 1, 2], [3, 4, 5]])


@pytest.mark.parametrize(
    ("data", "columns"),
    [
        ("a joy", TEXT),
        ({"text": "a joy"}, TEXT),
        (Path("cat.png"), IMAGE),
        ("cat.png", IMAGE),
        (np.zeros((4, 5, 3), "uint8"), IMAGE),
        (Image.new("L", (5, 4)), IMAGE),
        ({"age": None, "city": "Bonn"}, TABLE),
        (["a", "joy"], TOKENS),
        ([1.0, 2.0, 3.0], ARRAY),
        (np.zeros(3), ARRAY),
        ({"array": np.zeros(3)}, ARRAY),
    ],
)
def test_one_input_by_itself(data, columns):
    taken = given_inputs(data, columns)
    assert taken.is_single
    assert [len(piece) for piece in taken.pieces] == [1]


@pytest.mark.parametrize(
    ("data", "columns"),
    [
        ([np.zeros((4, 5, 3))], IMAGE),
        (np.zeros((1, 4, 5, 3)), IMAGE),
        ([["a", "joy"]], TOKENS),
        ([[1.0, 2.0, 3.0]], ARRAY),
        ([np.zeros(3)], ARRAY),
        ([{"age": 1.0, "city": "Bonn"}], TABLE),
    ],
)
def test_a_sequence_of_one_is_a_sequence(data, columns):
    assert not given_inputs(data, columns).is_single


@pytest.mark.parametrize(
    ("data", "columns", "message"),
    [
        (5, TEXT, "Received: 5. This run reads texts"),
        (b"a joy", TEXT, "Received: b'a joy'. This run reads texts"),
        ([], TEXT, "none in the list. This run reads texts"),
        (iter(()), TEXT, "at least one input"),
        ({"words": TEXTS}, TEXT, "Expected a column 'text' in the columns. Received.*'words'"),
        ([{"age": 1.0}], TABLE, "Expected a column 'city' in the records.*the columns 'age', 'c"),
        ({"age": [1.0, 2.0], "city": ["Bonn"]}, TABLE, "as many values in each column"),
        ([[30, "Bonn"]], TABLE, "Expected inputs by column.*the columns 'age', 'city'"),
        (iter([[30, "Bonn"]]), TABLE, "Expected dictionaries by column. Received: .30, 'Bonn'."),
        (np.zeros((2, 2)), TABLE, "ndarray of shape .2, 2."),
        ("a joy", TOKENS, "'a joy', a text. Split it first"),
        (Path("no/such.csv"), TEXT, "which does not exist. This run reads texts"),
        ("no/such/folder", TABLE, "which does not exist. This run reads rows of a table"),
        (
            io.StringIO(""),
            TABLE,
            "a table with rows. Received: the stream, which is empty",
        ),
        (io.StringIO("1 2\n"), ARRAY, "Expected inputs that can be read from the stream"),
    ],
)
def test_what_is_no_input(data, columns, message):
    with pytest.raises(InputError, match=message) as caught:
        read(data, columns)
    assert "\n" not in str(caught.value)


def test_files_of_another_kind(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (4, 5)).save("cat.png")
    Path("reviews.csv").write_text("text\na joy\n")
    for data, columns, message in (
        (Path("cat.png"), TEXT, "Expected texts. Received: 'cat.png', an image"),
        (Path("cat.png"), TABLE, "Expected a file of type .csv.*Received: 'cat.png'"),
        ("reviews.csv", TEXT, r"pathlib.Path\('reviews.csv'\) to read it, or \['reviews.csv'\]"),
        ("reviews.csv", IMAGE, "Expected a column of images or of their paths in reviews.csv"),
        (tmp_path, TEXT, "Expected a folder with files of type .txt.*which has none"),
        (tmp_path, TABLE, "Expected a file. Received: .*, a folder. This run reads rows of"),
    ):
        with pytest.raises(InputError, match=message):
            read(data, columns)
    # A text that no file has as its name is a text.
    assert given_inputs("notes.csv", TEXT).is_single


class Counted:
    """Items that count how many of them were asked for."""

    def __init__(self, item, length):
        self.item, self.length, self.read = item, length, 0

    def __iter__(self):
        for _ in range(self.length):
            self.read += 1
            yield self.item


def test_a_generator_is_read_no_further_than_a_piece():
    texts = Counted("a joy", 100_000)
    pieces = given_inputs(texts, TEXT).pieces
    assert texts.read == 0
    sizes = [len(next(pieces)) for _ in range(2)]
    assert sum(sizes) == texts.read <= 5000


def test_large_images_come_few_at_a_time():
    image = np.zeros((1000, 1000, 3), "uint8")
    images = Counted(image, 100)
    assert len(next(given_inputs(images, IMAGE).pieces)) == images.read == 11
    assert rows_at_once([Image.new("RGB", (1000, 1000))], 4) == 8


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet", ".txt"])
def test_files_are_read_some_rows_at_a_time(tmp_path, suffix):
    count = 5000
    path = tmp_path / f"rows{suffix}"
    if suffix == ".txt":
        path.write_text("a joy\n" * count)
    else:
        written(tmp_path, path.name, [{"text": "a joy"}] * count)
    pieces = list(given_inputs(path, TEXT).pieces)
    assert [len(piece) for piece in pieces] == [2048, 2048, 904]
    assert np.concatenate([piece.rows for piece in pieces]).tolist() == list(range(count))


def test_a_csv_file_is_read_lazily(tmp_path):
    """What is broken far behind is told when it is reached, and not before."""
    path = tmp_path / "rows.csv"
    path.write_text("text,id\n" + "a joy,1\n" * 4000 + "a joy\n")
    pieces = given_inputs(path, TEXT).pieces
    assert len(next(pieces)) == 2048
    with pytest.raises(InputError, match="Expected 2 fields in line 4002"):
        next(pieces)


def test_rows_are_counted_through_all_pieces():
    texts = ["a joy"] * 5000
    texts[3000] = " "
    first, second, _ = given_inputs(texts, TEXT).pieces
    first.require_usable()
    with pytest.raises(InputError, match="no text in 'text' of row 3001. This run reads texts"):
        second.require_usable()
    rows = [{"age": 1.0, "city": "Bonn"}] * 5000
    rows[3000] = {"age": "old", "city": "Bonn"}
    first, second, _ = given_inputs(rows, TABLE).pieces
    with pytest.raises(InputError, match="'old' in row 3001"):
        second.read()


@pytest.mark.parametrize("value", [None, float("nan"), pandas.NA, "", " ", 5, b"a"])
def test_what_is_no_text(value):
    (piece,) = given_inputs(["a joy", value], TEXT).pieces
    assert list(piece.unusable()) == [1]


def test_a_column_that_only_later_rows_lack_is_missing_there():
    rows = [{"age": 1.0, "city": "Bonn"}] * 3000 + [{"age": 2.0}] * 1200
    found, _ = read(iter(rows), TABLE)
    assert found["city"] == ["Bonn"] * 3000 + [None] * 1200


@given(strategies.lists(strategies.text(min_size=1), min_size=1), strategies.integers(1, 5))
def test_no_row_is_lost_or_moved(texts, batch_size):
    for chunks in (
        ({"text": rows} for rows in gathered_rows(iter(texts), batch_size)),
        slices({"text": texts}, batch_size),
        ({"text": [text]} for text in texts),
    ):
        pieces = list(pieces_of(chunks, TEXT, "texts"))
        assert [text for piece in pieces for text in piece.cells["text"]] == texts
        assert [row for piece in pieces for row in piece.rows] == list(range(len(texts)))


def test_arrays_of_texts_are_no_single_array():
    assert not is_single(["a", "b", "c"], ARRAY["array"])
    assert not is_single([{}, {}, {}], ARRAY["array"])
