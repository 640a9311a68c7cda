"""Files as people have them, each opened by the recipe that should take it, untrained."""

import gzip
import io
import json

import numpy as np
import pandas
import polars
import pytest
from PIL import Image

from kerastune import recipes
from tests.tiny import tiny_bert_preset

pytestmark = pytest.mark.any_backend

SUBJECTS = ("book", "film", "story", "plot", "actor", "music", "poem", "play")
REVIEWS = [
    (f"the {subject} is {word}", label)
    for subject in SUBJECTS
    for word, label in (("good", "pos"), ("bad", "neg"))
]
OPTIONS = {
    "text_classification": {"sequence_length": 8, "validation_fraction": 0.0},
    "token_classification": {"sequence_length": 8, "validation_fraction": 0.0},
    "image_classification": {"backbone": "small_resnet", "image_size": 8},
    "image_regression": {"image_size": 8},
    "image_multitask": {"image_size": 8},
}


@pytest.fixture(scope="module")
def preset(tmp_path_factory):
    return str(tiny_bert_preset(tmp_path_factory.mktemp("tiny") / "preset"))


@pytest.fixture
def built(preset, tmp_path):
    """Splits and notes of what a recipe builds of a file."""

    def build(recipe, data, **options):
        chosen = {**OPTIONS.get(recipe, {}), **options}
        if recipe in ("text_classification", "token_classification"):
            chosen["backbone"] = preset
        job = getattr(recipes, recipe).build(data, run_dir=tmp_path / "run", **chosen)
        assert not (tmp_path / "run").exists()
        return job.splits, tuple(job.splits.training.notes)

    return build


def write(path, content, encoding="utf-8"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def draw(path, shade=100):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (6, 5), (shade, shade, shade)).save(path)
    return path


def size(splits):
    return sum(map(len, splits.parts.values()))


def reviews(separator=",", end="\n", extra=()):
    rows = [("text", "label"), *REVIEWS, *extra]
    return "".join(separator.join(row) + end for row in rows)


class TestTexts:
    def test_the_spreadsheet_of_a_german(self, built, tmp_path):
        extra = [("ein café", "neg"), ("", "pos"), ("the book is good", "pos")]
        path = write(tmp_path / "a.csv", reviews(";", "\r\n", extra), "cp1252")
        splits, notes = built("text_classification", path)
        assert size(splits) == len(REVIEWS) + 1
        assert notes[:4] == (
            "read as Windows-1252, as it is not UTF-8: check 'café' in line 18",
            "columns separated by semicolons",
            "1 of 19 rows dropped: no text",
            "1 of 19 rows dropped: the same text and label came before",
        )

    def test_unicode_text_of_a_spreadsheet(self, built, tmp_path):
        path = write(tmp_path / "a.csv", reviews("\t", "\r\n"), "utf-16")
        splits, notes = built("text_classification", path)
        assert size(splits) == len(REVIEWS)
        assert notes[0] == "columns separated by tabs"

    def test_pandas_with_its_index_and_gzip(self, built, tmp_path):
        frame = pandas.DataFrame(REVIEWS, columns=["text", "label"])
        frame.loc[3, "label"] = None
        frame.to_csv(tmp_path / "a.csv.gz")
        splits, notes = built("text_classification", tmp_path / "a.csv.gz")
        assert size(splits) == len(REVIEWS) - 1
        assert notes[0] == "1 of 16 rows dropped: no label"

    def test_r_with_row_names_and_na(self, built, tmp_path):
        lines = ['"","text","label"']
        lines += [f'"{n}","{text}","{label}"' for n, (text, label) in enumerate(REVIEWS, 1)]
        path = write(
            tmp_path / "r.csv", "\n".join([*lines, '"17","the story","pos"', '"18",NA,NA'])
        )
        splits, notes = built("text_classification", path)
        assert size(splits) == len(REVIEWS) + 1
        assert notes[:2] == (
            "'NA' in column 'text' read as missing (1)",
            "'NA' in column 'label' read as missing (1)",
        )

    def test_lines_inside_of_fields_and_a_label_that_the_test_lacks(self, built, tmp_path):
        long = '"a ""long"" story,\nof two lines"'
        path = write(tmp_path / "a.csv", "sep=,\n" + reviews(extra=[(long, "pos")]))
        test = write(tmp_path / "test.csv", "text,label\nthe film,pos\n")
        splits, _ = built("text_classification", path, test_data=test)
        assert 'a "long" story,\nof two lines' in splits.without_test.values["text"]
        assert splits.test.notes == ("no test sample of 'neg': the metrics say nothing of them",)

    def test_json_lines_with_other_names(self, built, tmp_path):
        lines = [json.dumps({"review": text, "stars": len(label) + row % 2})
                 for row, (text, label) in enumerate(REVIEWS)]  # fmt: skip
        path = write(tmp_path / "a.jsonl", "\n\n".join(lines))
        splits, _ = built("text_classification", path, text_column="review", label_column="stars")
        assert splits.class_names == ("3", "4")

    def test_folders_of_a_split_as_imdb_has_them(self, built, tmp_path):
        root = tmp_path / "aclImdb"
        for row, (text, label) in enumerate(REVIEWS):
            part = "test" if row % 4 > 1 else "train"
            write(root / part / label / f"{row}_7.TXT", text)
        write(root / "README", "about")
        write(root / "train" / "urls_pos.txt", "a link")
        splits, notes = built("text_classification", tmp_path)
        assert {use: len(part) for use, part in splits.parts.items()} == {"training": 8, "test": 8}
        assert notes[:2] == (
            "the split is that of the data: train (training), test (test)",
            "1 of 9 files left out, not a text (.txt) in the folder of a class: urls_pos.txt",
        )

    def test_labels_that_look_alike_or_name_several(self, built, tmp_path):
        rows = [
            (f"the {word}", label) for word, label in zip(SUBJECTS, ["1", "1.0"] * 4, strict=True)
        ]
        _, notes = built("text_classification", (*zip(*rows, strict=True),))
        assert notes[0].startswith("classes of 'label' that look alike: '1' and '1.0'.")
        several = ["files|net", "net|files|disk"] * 4
        _, notes = built("text_classification", ([text for text, _ in rows], several))
        assert notes[0].startswith(
            "8 of 8 labels of 'label' name several at once, such as 'files|net'"
        )


class TestTokens:
    ROWS = tuple({"tokens": ["the", "book"], "ner_tags": ["O", "B-x"]} for _ in range(6))

    def test_json_lines_and_parquet(self, built, tmp_path):
        lines = [json.dumps(row) for row in [*self.ROWS, {"tokens": ["a"], "ner_tags": None}]]
        path = write(tmp_path / "a.jsonl", "\n".join(lines))
        splits, notes = built("token_classification", path)
        assert size(splits) == 6
        assert notes[0] == "1 of 7 rows dropped: no tokens or tags"
        polars.DataFrame(list(self.ROWS)).write_parquet(tmp_path / "a.parquet")
        assert size(built("token_classification", tmp_path / "a.parquet")[0]) == 6

    def test_files_of_a_split(self, built, tmp_path):
        for part, copies in (("train", 4), ("dev", 2), ("test", 3)):
            write(tmp_path / "conll" / f"{part}.txt", "the O\nbook B-x\n\n" * copies)
        splits, _ = built("token_classification", tmp_path / "conll")
        sizes = {use: len(part) for use, part in splits.parts.items()}
        assert sizes == {"training": 4, "validation": 2, "test": 3}


class TestTables:
    def test_decimal_commas(self, built, tmp_path):
        rows = [f"{n},5;{2 * n}.000,25;id{n}" for n in range(1, 21)]
        path = write(tmp_path / "a.csv", "\n".join(["size;price;name", *rows, "7,5;;id21"]))
        options = {"target": "price", "drop": ["name"]}
        for recipe in ("tabular_regression", "linear_regression"):
            splits, notes = built(recipe, path, **options)
            assert size(splits) == 20
            assert splits.training.values["size"].min() == 1.5
            assert "'size' read with decimal commas: '1,5' is 1.5" in notes
            assert "'price' read with decimal commas: '2.000,25' is 2000.25" in notes
            assert "1 of 21 rows dropped: no 'price'" in notes

    def test_spelled_missing_values_and_a_misfit(self, built, tmp_path):
        rows = [
            f"{n},{'yes' if n % 2 else 'no'},{'unknown' if n == 7 else n * n}" for n in range(20)
        ]
        path = write(tmp_path / "a.csv", "\n".join(["age,won,score", *rows, "NA,NA,4"]))
        splits, notes = built("tabular_classification", path, target="won")
        assert size(splits) == 20
        assert "1 of 21 rows dropped: no 'won'" in notes
        (note,) = [note for note in notes if "read as categories" in note]
        assert f"'unknown' in row 8 (line 9) of {path} is none" in note

    def test_whole_numbers_for_both_recipes(self, built, tmp_path):
        path = write(
            tmp_path / "a.csv", "size,age\n" + "".join(f"{n},{n % 3}\n" for n in range(20))
        )
        assert built("tabular_classification", path, target="age")[0].class_names == ("0", "1", "2")
        assert built("linear_regression", path, target="age")[0].columns["age"].kind == "quantity"

    def test_parts_in_one_folder(self, built, tmp_path):
        for part, count in (("train", 12), ("test", 4)):
            rows = "".join(f"{n},{n % 2}\n" for n in range(count))
            write(tmp_path / "data" / f"{part}.csv", "size,won\n" + rows)
        splits, notes = built("tabular_classification", tmp_path / "data", target="won")
        assert (len(splits.training), len(splits.test)) == (12, 4)
        assert "the split is that of the data: train.csv (training), test.csv (test)" in notes


class TestImages:
    @pytest.fixture
    def folder(self, tmp_path):
        """Ten images of two classes, in every case of suffix, and things beside."""
        root = tmp_path / "pets"
        for row in range(10):
            suffix = (".jpg", ".PNG", ".tif", ".Jpeg", ".webp")[row % 5]
            draw(root / ("cat" if row % 2 else "dog") / f"{row}{suffix}", 20 * row)
        write(root / "README.md", "about")
        write(root / "cat" / "Thumbs.db", b"")
        write(root / "dog" / ".DS_Store", b"")
        write(root / "dog" / "cut.png", b"\x89PNG")
        return root

    def test_a_folder_of_classes(self, built, folder):
        splits, notes = built("image_classification", folder)
        assert size(splits) == 10
        assert notes == (
            "1 of 12 files left out, not an image in the folder of a class: README.md",
            "1 of 11 files dropped: not whole images, the first is dog/cut.png",
        )

    def test_folders_of_a_split_inside_another(self, built, tmp_path):
        for part, count in (("Train", 4), ("valid", 2), ("TEST", 3)):
            for row in range(2 * count):
                draw(tmp_path / "unpacked" / part / "ab"[row % 2] / "deep" / f"{row}.png")
        splits, notes = built("image_classification", tmp_path / "unpacked")
        sizes = {use: len(part) for use, part in splits.parts.items()}
        assert sizes == {"training": 8, "validation": 4, "test": 6}
        assert notes == (
            "the split is that of the data: Train (training), valid (validation), TEST (test)",
            "8 files lie in folders inside that of their class, such as a/deep/0.png",
        )

    def test_a_list_of_paths_for_each_recipe(self, built, folder):
        files = sorted(folder.glob("[cd]*/[0-9]*"))
        rows = [
            f"{file.relative_to(folder)},{file.parent.name},{n}.5" for n, file in enumerate(files)
        ]
        path = write(
            folder / "list.csv", "\n".join(["path,label,age", *rows, "cat/none.png,cat,3.5"])
        )
        splits, notes = built("image_classification", path)
        assert splits.class_names == ("cat", "dog")
        place = f"the first is 'cat/none.png' in row 11 (line 12) of {path}"
        lost = f"1 of 11 rows dropped: no such image, {place}"
        assert notes == (lost, "left out, as it is not predicted: 'age'")
        splits, notes = built("image_regression", path, label_column="age")
        assert splits.training.target_values.max() == 9.5
        splits, _ = built("image_multitask", path)
        assert splits.training.targets == ("label", "age")
        splits, _ = built("image_multitask", path, label_columns=["age", "label"])
        assert [splits.columns[name].kind for name in ("age", "label")] == ["quantity", "class"]

    def test_identifiers_as_kaggle_lists_them(self, built, tmp_path):
        for row in range(8):
            draw(tmp_path / "train_images" / f"{row}0{row}.jpg")
        rows = [f"{row}0{row},{row % 2}" for row in range(8)]
        path = write(tmp_path / "train.csv", "\n".join(["id_code,diagnosis", *rows]))
        assert size(built("image_classification", path)[0]) == 8
        assert built("image_regression", path)[0].columns["diagnosis"].kind == "quantity"

    def test_metadata_as_hugging_face_has_it(self, built, tmp_path):
        for part, count in (("train", 6), ("test", 2)):
            lines = [{"file_name": f"{row}.png", "label": "ab"[row % 2]} for row in range(count)]
            for line in lines:
                draw(tmp_path / "data" / part / line["file_name"])
            text = "\n".join(map(json.dumps, lines))
            write(tmp_path / "data" / part / "metadata.jsonl", text)
        splits, _ = built("image_classification", tmp_path / "data")
        assert (len(splits.training), len(splits.test)) == (6, 2)

    def test_parquet_with_the_bytes_of_images(self, built, tmp_path):
        buffer = io.BytesIO()
        Image.new("L", (6, 5)).save(buffer, "PNG")
        images = [{"bytes": buffer.getvalue(), "path": None}] * 8
        frame = polars.DataFrame({"image": images, "label": [0, 1] * 4})
        frame.write_parquet(tmp_path / "a.parquet")
        splits, _ = built("image_classification", tmp_path / "a.parquet")
        assert splits.training.values["image"][0].shape == (5, 6, 3)

    @pytest.mark.parametrize("names", [("images",), ("train2017", "val2017")])
    def test_the_tree_of_coco(self, built, tmp_path, names):
        for name in names:
            draw(tmp_path / "coco" / name / "1.jpg")
        write(tmp_path / "coco" / "annotations" / "instances.json", "{}")
        with pytest.raises(
            ValueError, match="Expected one subfolder of images for each class"
        ) as error:
            built("image_classification", tmp_path / "coco")
        assert f"{len(names)} .jpg" in str(error.value)
        assert "1 .json" in str(error.value)
        assert "Give a CSV file that lists their paths and labels" in str(error.value)


def test_gzip_is_read_in_place(built, tmp_path):
    path = write(tmp_path / "a.tsv.gz", gzip.compress(reviews("\t").encode()))
    assert size(built("text_classification", path)[0]) == len(REVIEWS)


def test_arrays_of_the_wild_are_not_written_to(built):
    images = np.zeros((8, 5, 6, 3), "uint8")
    images.flags.writeable = False
    assert size(built("image_classification", (images, [0.0, 1.0] * 4))[0]) == 8
