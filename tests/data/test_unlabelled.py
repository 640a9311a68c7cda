"""A published test without labels: training goes on, and a note says what is done instead."""

import polars
import pytest
from PIL import Image

from kerastune.data import image_reader, open_splits, text_reader
from kerastune.data.open_number_splits import open_number_splits
from kerastune.data.open_table_splits import open_table_splits
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

TRAIN = polars.DataFrame({"text": [f"row {n}" for n in range(8)], "label": [0, 1] * 4})
HELD_OUT = "and the test is held out of the rows to train on"


def competition(root, **parts):
    for name, frame in {"train": TRAIN, **parts}.items():
        frame.write_csv(root / f"{name}.csv")
    return root


@pytest.mark.parametrize(
    ("test", "why"),
    [
        (polars.DataFrame({"id": [1, 2], "text": ["a", "b"]}), "has no column 'label'"),
        (polars.DataFrame({"text": ["a", "b"], "label": ["", "NA"]}), "has no value in 'label'"),
        (polars.DataFrame({"text": ["a", "b"], "label": [-1, -1]}), "has -1 as each 'label'"),
    ],
)
def test_the_test_is_held_out_instead(tmp_path, test, why):
    splits = open_splits(competition(tmp_path, test=test), open_with=text_reader())
    assert (len(splits.training), len(splits.test)) == (6, 2)
    assert (
        f"test.csv {why}: its 2 rows are not used, {HELD_OUT}; `kerastune predict RUN "
        f"{tmp_path / 'test.csv'}` gives answers for them"
    ) in splits.training.notes


def test_other_files_are_noted(tmp_path):
    answers = polars.DataFrame({"id": [1], "label": [0]})
    root = competition(tmp_path, test=TRAIN.drop("label"), sample_submission=answers)
    notes = open_splits(root, open_with=text_reader()).training.notes
    assert "left out, as it is none of these parts: 'sample_submission.csv'" in notes


def test_validation_without_labels(tmp_path):
    root = competition(tmp_path, valid=TRAIN.drop("label"), test=TRAIN)
    splits = open_splits(root, open_with=text_reader())
    assert splits.validation is None
    assert len(splits.test) == 8
    [note] = [note for note in splits.training.notes if note.startswith("valid.csv")]
    assert note.startswith("valid.csv has no column 'label': its 8 rows are not used; `kerastune")


def test_some_labels_are_labels(tmp_path):
    some = TRAIN.with_columns(label=polars.Series([0] + [None] * 7))
    splits = open_splits(competition(tmp_path, test=some), open_with=text_reader())
    assert len(splits.test) == 1
    assert "7 of 8 rows dropped: no label" in splits.test.notes


def test_tables_of_each_recipe(tmp_path):
    rows = polars.DataFrame({"size": [n + 0.5 for n in range(8)], "won": [0, 1] * 4})
    rows.write_csv(tmp_path / "train.csv")
    rows.drop("won").write_csv(tmp_path / "test.csv")
    for splits in (
        open_table_splits(tmp_path, target_kind="class", target="won"),
        open_number_splits(tmp_path, target="won"),
    ):
        assert (len(splits.training), len(splits.test)) == (6, 2)
        assert any("test.csv has no column 'won'" in note for note in splits.training.notes)


def test_a_dictionary_of_frames():
    splits = open_splits(
        {"train": TRAIN, "test": TRAIN.drop("label").to_dicts()}, open_with=text_reader()
    )
    [note] = [note for note in splits.training.notes if "not used" in note]
    assert note == (
        f"the part for the test has no column 'label': its 8 rows are not used, {HELD_OUT}; "
        "Result.predict gives answers for them"
    )


@pytest.mark.parametrize("kind", ["image", "text"])
def test_a_folder_without_classes(tmp_path, kind):
    places = [f"train/{'ab'[n % 2]}/{n}" for n in range(8)] + ["test/8", "test/9"]
    for place in places:
        file = tmp_path / f"{place}.{'png' if kind == 'image' else 'txt'}"
        file.parent.mkdir(parents=True, exist_ok=True)
        if kind == "image":
            Image.new("RGB", (6, 5)).save(file)
        else:
            file.write_text(f"row {place}")
    splits = open_splits(tmp_path, open_with=image_reader() if kind == "image" else text_reader())
    assert (len(splits.training), len(splits.test)) == (6, 2)
    [note] = [note for note in splits.training.notes if "not used" in note]
    assert note.startswith("test has no folders of classes: its 2 rows are not used")


class TestWhatIsAskedFor:
    @pytest.mark.parametrize("make", [str, polars.read_csv])
    def test_test_data_need_labels(self, tmp_path, make):
        competition(tmp_path, test=TRAIN.drop("label"))
        test = make(tmp_path / "test.csv")
        with pytest.raises(InputError, match="has no column 'label'. Leave --test_data out") as e:
            open_splits(tmp_path / "train.csv", {"test_data": test}, open_with=text_reader())
        assert "\n" not in str(e.value)

    def test_other_test_data_take_the_place_of_the_part(self, tmp_path):
        root = competition(tmp_path, test=TRAIN.drop("label"), more=TRAIN)
        splits = open_splits(root, {"test_data": root / "more.csv"}, open_with=text_reader())
        assert (len(splits.training), len(splits.test)) == (8, 8)
        assert not any("not used" in note for note in splits.training.notes)

    def test_a_test_that_cannot_be_read(self, tmp_path):
        competition(tmp_path)
        (tmp_path / "test.csv").write_text('text,label\n"a,1\n')
        with pytest.raises(InputError, match=r"in line 2 of .*test.csv"):
            open_splits(tmp_path, open_with=text_reader())

    def test_a_test_of_another_table(self, tmp_path):
        competition(tmp_path, test=TRAIN.rename({"text": "review"}))
        with pytest.raises(InputError, match="Expected a column 'text' in .*test.csv"):
            open_splits(tmp_path, open_with=text_reader())

    def test_an_empty_test(self, tmp_path):
        competition(tmp_path)
        (tmp_path / "test.csv").write_text("")
        with pytest.raises(InputError, match=r"test.csv, which is empty"):
            open_splits(tmp_path, open_with=text_reader())
