"""CSV files in the dialects of the wild."""

import csv
import gzip
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerastune.data import open_table, read_table
from kerastune.data.delimited import Delimited, open_delimited
from kerastune.data.table_files import read_table_file
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend


def written(path, content, encoding="utf-8"):
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def error_of(path):
    with pytest.raises(InputError) as caught:
        read_table(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_field_of_any_length_is_read_and_the_limit_of_python_stays(tmp_path):
    text = "word " * 30_000
    before = csv.field_size_limit()
    for content in (f"text,label\n{text},a\nb,c\n", f"text,label\n{text},a\nb,c\n,\n"):
        source = read_table(written(tmp_path / "long.csv", content))
        assert source.values["text"] == [text.strip(), "b"]
    assert csv.field_size_limit() == before


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)


QUOTED_AT_NEED = CELLS.filter(lambda cell: "\r" not in cell)


@pytest.mark.parametrize(
    ("cells", "quoting"), [(CELLS, csv.QUOTE_ALL), (QUOTED_AT_NEED, csv.QUOTE_MINIMAL)]
)
@given(st.data(), st.sampled_from(["\n", "\r\n"]))
@settings(max_examples=100)
def test_polars_and_python_read_the_same(cells, quoting, data, end):
    rows = data.draw(st.lists(st.tuples(cells, cells), max_size=5))
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator=end, quoting=quoting)
    writer.writerows([("a", "b"), *rows])
    table = Delimited(buffer.getvalue(), ",", "any.csv")
    assert list(zip(*table.columns([0, 1]), strict=True)) == rows
    assert [tuple(row) for _, row in table.rows()] == rows


@pytest.mark.parametrize(
    ("name", "content", "encoding"),
    [
        ("utf8.csv", "text,label\nGröße,a\nb,c\n", "utf-8"),
        ("excel_utf8.csv", "text,label\r\nGröße,a\r\nb,c\r\n", "utf-8-sig"),
        ("excel_unicode.csv", "text\tlabel\r\nGröße\ta\r\nb\tc\r\n", "utf-16"),
        ("big_endian.csv", "\ufefftext;label\r\nGröße;a\r\nb;c\r\n", "utf-16-be"),
        ("german.csv", "text;label\r\nGröße;a\r\nb;c\r\n", "utf-8"),
        ("named.csv", 'sep=;\r\n"text";"label"\r\nGröße;a\r\nb;c\r\n', "utf-8"),
        ("bars.csv", "text|label\nGröße|a\nb|c\n", "utf-8"),
        ("tabs.tab", "text\tlabel\nGröße\ta\nb\tc\n", "utf-8"),
        ("old_mac.csv", "text,label\rGröße,a\rb,c\r", "utf-8"),
        ("blanks.csv", "\ntext , label\nGröße,a\n\nb,c\n\n", "utf-8"),
    ],
)
def test_dialects(tmp_path, name, content, encoding):
    source = read_table(written(tmp_path / name, content, encoding))
    assert source.values["text"] == ["Größe", "b"]
    assert source.columns["label"].class_names == ("a", "c")


def test_the_separator_that_is_not_the_usual_one_is_noted(tmp_path):
    text = 'text;label\n"a; b, c";x\nd, e;y\n'
    source = read_table(written(tmp_path / "a.csv", text))
    assert source.values["text"] == ["a; b, c", "d, e"]
    assert source.notes == ("columns separated by semicolons",)
    commas = read_table(written(tmp_path / "b.csv", "text,label\na; b,x\nc,y\n"))
    assert commas.values["text"] == ["a; b", "c"]
    assert commas.notes == ()


def test_compressed(tmp_path):
    content = b"text,label\na,x\nb,y\n"
    packed = written(tmp_path / "a.csv.gz", gzip.compress(content))
    archive = tmp_path / "a.csv.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("__MACOSX/._a.csv", b"x")
        file.writestr("a.csv", content)
    for path in (packed, archive):
        assert read_table(path).values["text"] == ["a", "b"]
    lines = written(tmp_path / "a.jsonl.gz", gzip.compress(b'{"text": "a", "label": 1}\n' * 2))
    assert read_table_file(lines).cells["label"] == [1, 1]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("cut.csv.gz", gzip.compress(b"text,label\na,b\n")[:-9], "a whole .gz file"),
        ("none.csv.zip", b"PK\3\4 no", "a whole .zip file"),
        ("sheet.csv", b"PK\3\4 sheet", "spreadsheet (.xlsx)"),
        ("unmarked.csv", "text,label".encode("utf-16-le"), "UTF-16 without a byte order mark"),
        ("russian.csv", "text,label\nпривет,a\n".encode("cp1251"), "(line 2) is not UTF-8"),
        ("polish.csv", "text,label\nmały,a\n".encode("cp1250"), "(line 2) is not UTF-8"),
        ("japanese.csv", "text,label\nこんにちは,a\n".encode("shift-jis"), "is not UTF-8"),
        ("empty.csv", "sep=;\n", "which is empty"),
        ("packed.csv.zst", b"x", "Unpack it, or compress it as .gz or .zip"),
    ],
)
def test_what_cannot_be_read(tmp_path, name, content, expected):
    assert expected in error_of(written(tmp_path / name, content))


def test_western_spreadsheets_are_read_with_a_word_to_check(tmp_path):
    content = "text,label\nplain,a\nun café – 5 €,b\n"
    source = read_table(written(tmp_path / "excel.csv", content, "cp1252"))
    assert source.values["text"][1] == "un café – 5 €"
    assert source.notes == ("read as Windows-1252, as it is not UTF-8: check 'café' in line 3",)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=5))
@settings(max_examples=100)
def test_the_line_of_a_row_is_where_it_begins(rows):
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\n", quoting=csv.QUOTE_ALL)
    starts = []
    writer.writerow(("a", "b"))
    for row in rows:
        lines = buffer.getvalue().replace("\r\n", "\n").replace("\r", "\n")
        starts.append(lines.count("\n") + 1)
        writer.writerow(row)
    table = Delimited(buffer.getvalue(), ",", "any.csv")
    assert [table.line(place) for place in range(len(rows))] == starts


def test_errors_name_row_and_line(tmp_path):
    content = 'sep=,\ntext,label\n"two\nlines",a\n\nb,c\nd,5\n'
    path = written(tmp_path / "lines.csv", content)
    with pytest.raises(InputError, match=r"'5' in row 3 \(line 7\) of"):
        read_table(path, class_names=("a", "c"))
    with pytest.raises(IndexError):
        open_delimited(path, ".csv").line(9)


@pytest.mark.parametrize(
    ("cells", "expected", "note"),
    [
        (["1,5", "2", "NA", "-0,25"], [1.5, 2, None, -0.25], "decimal commas: '1,5' is 1.5"),
        (["1.234,5", "7"], [1234.5, 7], "decimal commas: '1.234,5' is 1234.5"),
        (["1\u202f234,5", "7"], [1234.5, 7], "decimal commas: '1\\u202f234,5' is 1234.5"),
        (["1,234", "2,5"], [1.234, 2.5], "decimal commas: '1,234' is 1.234"),
        (["1,234", "5"], [1.234, 5], "decimal commas: '1,234' is 1.234"),
        (["1,234.5", "7.5"], [1234.5, 7.5], "commas between thousands: '1,234.5' is 1234.5"),
        (["1.5", "2e3"], [1.5, 2000], None),
    ],
)
def test_numbers_of_a_file_with_semicolons(tmp_path, cells, expected, note):
    content = "size;price\n" + "".join(f"{cell};{row}\n" for row, cell in enumerate(cells))
    path = written(tmp_path / "sizes.csv", content)
    source = open_table(path, target="price", target_kind="quantity")
    sizes = [None if size != size else size for size in source.values["size"].tolist()]
    assert sizes == expected
    read = [line for line in source.notes if " read with " in line]
    assert read == ([f"'size' read with {note}"] if note else [])
    target = open_table(path, target="size", target_kind="quantity", kinds={"price": "number"})
    assert target.values["size"].tolist() == [size for size in expected if size is not None]
    assert [line for line in target.notes if " read with " in line] == read


def test_thousands_between_commas(tmp_path):
    path = written(tmp_path / "a.csv", 'people,won\n"1,234",yes\n"12",no\n')
    source = open_table(path, target="won")
    assert source.values["people"].tolist() == [1234, 12]
    assert "'people' read with commas between thousands: '1,234' is 1234" in source.notes


def test_missing_values_as_r_writes_them(tmp_path):
    path = written(
        tmp_path / "r.csv", '"","text","label"\n"1","a",NA\n"2",NA,"x"\n"3","b","x"\n"4","c","y"\n'
    )
    source = read_table(path)
    assert source.values["text"] == ["b", "c"]
    assert source.notes == (
        "'NA' in column 'text' read as missing (1)",
        "'NA' in column 'label' read as missing (1)",
        "1 of 4 rows dropped: no text",
        "1 of 4 rows dropped: no label",
    )


def test_other_files(tmp_path):
    import polars

    frame = polars.DataFrame({"text": ["a", "b"], "label": [1, 0]})
    frame.write_ipc(tmp_path / "a.feather")
    frame.to_pandas().to_json(tmp_path / "rows.json", orient="records")
    frame.to_pandas().to_json(tmp_path / "lists.json", orient="split")
    written(tmp_path / "columns.json", '{"text": ["a", "b"], "label": [1, 0]}')
    for name in ("a.feather", "rows.json", "columns.json"):
        assert read_table(tmp_path / name).values["label"].tolist() == [1, 0]
    assert "Expected" in error_of(tmp_path / "lists.json")
