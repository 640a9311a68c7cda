"""Tables in several files, in the layouts of published data sets, are read as one table."""

import io
import json

import numpy as np
import polars
import pytest
from PIL import Image

from kerastune.data import image_reader, open_data, open_splits, token_reader
from kerastune.data.open_number_splits import open_number_splits
from kerastune.data.open_table_splits import open_table_splits
from kerastune.data.shard_files import files_of, shard_patterns
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

READ = {"input_kind": "text"}


def texts(count, start=0):
    rows = range(start, start + count)
    return polars.DataFrame({"text": [f"row {n}" for n in rows], "label": [n % 2 for n in rows]})


def numbers(count, start=0):
    rows = range(start, start + count)
    return polars.DataFrame({"size": [n + 0.5 for n in rows], "won": [n % 2 for n in rows]})


def write(frame, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    suffix = path.name.partition(".")[2]
    if suffix == "csv":
        frame.write_csv(path)
    elif suffix == "jsonl":
        path.write_text("\n".join(map(json.dumps, frame.to_dicts())))
    elif suffix == "arrow":
        frame.write_ipc_stream(path)
    else:
        frame.write_parquet(path)


def write_parts(root, pattern, make=texts, **counts):
    """Parts of a split, each in two files, the second of them half as long."""
    for part, count in counts.items():
        for number in range(2):
            rows = make(count // (number + 1), 100 * number)
            write(rows, root / pattern.format(part=part, number=number))
    (root / "README.md").write_text("about")
    (root / "dataset_info.json").write_text("{}")
    return root


LAYOUTS = (
    "{part}-0000{number}-of-00002.parquet",
    "{part}-0000{number}-of-00002-abc{number}def.parquet",
    "data/{part}-0000{number}-of-00002.parquet",
    "plain_text/{part}-0000{number}-of-00002.parquet",
    "{part}/000{number}.parquet",
    "default/{part}/000{number}.parquet",
    "{part}/data-0000{number}-of-00002.arrow",
    "{part}-0000{number}-of-00002.csv",
    "{part}-0000{number}-of-00002.jsonl",
)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_parts_in_several_files(tmp_path, layout):
    root = write_parts(tmp_path, layout, train=8, validation=4, test=2)
    splits = open_splits(root)
    assert {use: len(part) for use, part in splits.parts.items()} == {
        "training": 12,
        "validation": 6,
        "test": 3,
    }
    assert splits.training.values["text"][8] == "row 100"
    assert splits.training.notes[0].startswith("the split is that of the data: train")
    assert "2 files read as one table" in splits.training.notes


@pytest.mark.parametrize("layout", LAYOUTS)
def test_rows_of_numbers_in_several_files(tmp_path, layout):
    root = write_parts(tmp_path, layout, make=numbers, train=8, test=4)
    classes = open_table_splits(root, target_kind="class", target="won")
    quantities = open_number_splits(root, target="size")
    for splits in (classes, quantities):
        assert (len(splits.training), len(splits.test)) == (12, 6)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_one_part_is_shared_out(tmp_path, layout):
    root = write_parts(tmp_path, layout, train=8)
    splits = open_splits(root, {"test_fraction": 0.25})
    assert (len(splits.training), len(splits.test)) == (9, 3)


def test_images_in_several_files(tmp_path):
    def images(count, start):
        buffer = io.BytesIO()
        Image.new("RGB", (6, 5)).save(buffer, "PNG")
        cell = {"bytes": buffer.getvalue(), "path": None}
        return polars.DataFrame({"image": [cell] * count, "label": [n % 2 for n in range(count)]})

    layout = "data/{part}-0000{number}-of-00002.parquet"
    root = write_parts(tmp_path, layout, images, train=4, test=2)
    splits = open_splits(root, open_with=image_reader())
    assert (len(splits.training), len(splits.test)) == (6, 3)
    assert splits.test.values["image"][2].shape == (5, 6, 3)


def test_tokens_in_several_files(tmp_path):
    def tokens(count, start):
        return polars.DataFrame({"tokens": [["a", "b"]] * count, "ner_tags": [[0, 1]] * count})

    root = write_parts(tmp_path, "{part}-0000{number}-of-00002.parquet", tokens, train=4, test=2)
    splits = open_splits(root, open_with=token_reader())
    assert (len(splits.training), len(splits.test)) == (6, 3)
    assert len(open_splits(root / "train-*.parquet", open_with=token_reader()).without_test) == 4


def test_a_pattern_is_data_and_test_data(tmp_path):
    root = write_parts(tmp_path, "{part}_000{number}.csv", train=8, test=4)
    splits = open_splits(f"{root}/train*.csv", {"test_data": root / "test_*.csv"})
    assert (len(splits.training), len(splits.test)) == (12, 6)


def test_files_of_one_folder_that_spark_and_others_write(tmp_path):
    for number in range(3):
        name = f"part-0000{number}-5f3e-c000.snappy.parquet"
        write(texts(2, 10 * number), tmp_path / "out" / name)
    (tmp_path / "out" / "_SUCCESS").touch()
    assert len(open_data(tmp_path / "out", **READ)) == 6


def test_rows_are_named_by_their_file(tmp_path):
    write(numbers(3), tmp_path / "train-00000-of-00002.csv")
    (tmp_path / "train-00001-of-00002.csv").write_text("won,size\n1,2.5\n0,many\n")
    with pytest.raises(InputError, match=r"'many' in row 2 \(line 3\) of .*train-00001-of-00002"):
        open_number_splits(tmp_path, target="size")


def test_notes_of_one_file_name_it(tmp_path):
    (tmp_path / "a-00000-of-00002.csv").write_bytes("text;label\ncafé;1\n".encode("cp1252"))
    (tmp_path / "a-00001-of-00002.csv").write_text("text;label\nthe;2\n")
    assert open_data(tmp_path, **READ).notes == (
        "2 files read as one table",
        "columns separated by semicolons",
        "a-00000-of-00002.csv: read as Windows-1252, as it is not UTF-8: check 'café' in line 2",
    )


def test_types_that_go_together(tmp_path):
    gaps = polars.DataFrame({"size": [None, None], "won": [0, 1]})
    for number, frame in enumerate((gaps, numbers(4), numbers(4).cast({"size": polars.Int32}))):
        write(frame, tmp_path / f"train-0000{number}-of-00003.parquet")
    splits = open_table_splits(tmp_path, target_kind="class", target="won")
    assert splits.columns["size"].kind == "number"
    assert (
        np.isnan(splits.without_test.values["size"]).sum()
        + np.isnan(splits.test.values["size"]).sum()
        == 2
    )


BROKEN = {
    "a column less": (lambda f: f.drop("label"), "00001-of-00002.parquet without 'label'"),
    "a column more": (lambda f: f.with_columns(id=1), "00001-of-00002.parquet with 'id'"),
    "another name": (lambda f: f.rename({"text": "review"}), "without 'text'"),
    "another type": (
        lambda f: f.with_columns(label=polars.lit("bad")),
        "Expected numbers in column 'label' of .*00001-of-00002.parquet, as in train-00000.*String",
    ),
    "lists": (
        lambda f: f.with_columns(text=polars.concat_list("text")),
        "Expected text in column 'text' of .*00001-of-00002.parquet.*List",
    ),
}


@pytest.mark.parametrize("change", BROKEN)
def test_columns_that_differ(tmp_path, change):
    make, message = BROKEN[change]
    write(texts(4), tmp_path / "train-00000-of-00002.parquet")
    write(make(texts(4)), tmp_path / "train-00001-of-00002.parquet")
    with pytest.raises(InputError, match=message) as error:
        open_table_splits(tmp_path, target_kind="class", target="label")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (
            ["train-00000-of-00002.csv"],
            "Expected 2 files, as train-00000-of-00002.csv says.*number 1",
        ),
        (["a/train.csv", "b/train.csv"], "Expected one table in .*Received: 2, in .*a, .*b"),
        (["one.csv", "two.csv"], "Expected one table in .*Received: 2, such as .*one.csv"),
        (["a-000-of-001.csv", "b-000-of-001.csv"], "Received: 2, such as .*a-.-of-001.csv"),
        (["notes.md"], "Expected one subfolder of text files|none|Received: 1 file"),
    ],
)
def test_folders_that_hold_no_table(tmp_path, names, message):
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("text,label\na,1\n")
    with pytest.raises(InputError, match=message) as error:
        open_data(tmp_path, **READ)
    assert "\n" not in str(error.value)


def test_a_pattern_that_fits_nothing(tmp_path):
    with pytest.raises(InputError, match=r"Received: '.*no-\*.csv', no such file"):
        open_data(tmp_path / "no-*.csv")


class TestPatterns:
    def test_a_file_may_be_called_like_a_pattern(self, tmp_path):
        (tmp_path / "a*.csv").write_text("text,label\na,1\nb,2\n")
        (tmp_path / "ab.csv").write_text("")
        assert files_of(tmp_path / "a*.csv") == [tmp_path / "a*.csv"]
        assert len(open_data(tmp_path / "a*.csv")) == 2

    def test_what_a_pattern_would_also_fit_stays_apart(self, tmp_path):
        files = [tmp_path / f"a{end}.csv" for end in ("_001", "_002", "_all")]
        assert list(shard_patterns(files)) == ["a_001.csv", "a_002.csv", "a_all.csv"]
        assert list(shard_patterns(files[:2])) == ["a"]
