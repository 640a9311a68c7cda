import pytest

from kerastune.data import read_text_folder
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend


def write(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def test_subfolders_are_classes_and_files_are_sorted(tmp_path):
    folder = write(tmp_path / "reviews", {"pos/2.txt": "c", "pos/1.txt": "b é", "neg/9.txt": "a"})
    source = read_text_folder(folder)
    assert source.values["text"] == ["a", "b é", "c"]
    assert source.values["label"].tolist() == [0, 1, 1]
    assert source.columns["label"].class_names == ("neg", "pos")
    assert source.name == "reviews"
    assert source.notes == ()


def test_what_is_left_out_is_told(tmp_path):
    folder = write(
        tmp_path,
        {
            "README.md": "not in a class",
            "neg/1.txt": "a",
            "neg/2.txt": "a",
            "neg/3.md": "b",
            "neg/deeper/4.txt": "b",
            "pos/1.txt": "c",
            "pos/2.TXT": b"\x81\x82",
            "pos/Readme.TXT": "licence",
            "pos/3.txt": "",
            "pos/.hidden": "d",
            ".git/1.txt": "e",
        },
    )
    source = read_text_folder(folder)
    assert source.values["text"] == ["a", "b", "c"]
    assert source.columns["label"].class_names == ("neg", "pos")
    assert source.notes == (
        "3 of 9 files left out, not a text (.txt) in the folder of a class: README.md, neg/3.md, "
        "pos/Readme.TXT",
        "1 files lie in folders inside that of their class, such as neg/deeper/4.txt",
        "1 of 6 files dropped: not UTF-8",
        "1 of 5 files dropped: no text",
        "1 of 5 files dropped: the same text and label came before",
    )


def test_the_working_folder_has_a_name(tmp_path, monkeypatch):
    write(tmp_path, {"neg/1.txt": "a", "pos/1.txt": "b"})
    monkeypatch.chdir(tmp_path)
    assert read_text_folder(".").name == tmp_path.name


def test_known_classes_encode_a_test_folder(tmp_path):
    folder = write(tmp_path, {"pos/1.txt": "a"})
    assert read_text_folder(folder, class_names=("neg", "pos")).values["label"].tolist() == [1]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, "Received: no files"),
        ({"1.txt": "a"}, r"Received: 1 file \(1 .txt\). Move the texts to folders of classes"),
        ({"pos/1.md": "a"}, r"Received: 1 file \(1 .md\). Choose another folder"),
        ({"pos/1.txt": "a"}, "Received: 'pos'"),
    ],
    ids=["empty", "files only", "no text file", "one class"],
)
def test_folder_that_cannot_be_read(tmp_path, files, expected):
    with pytest.raises(InputError, match=expected):
        read_text_folder(write(tmp_path, files))


def test_no_such_folder(tmp_path):
    with pytest.raises(InputError, match="which is not a folder"):
        read_text_folder(tmp_path / "none")


def test_a_name_that_is_too_long(tmp_path):
    with pytest.raises(InputError, match="Expected a folder"):
        read_text_folder(tmp_path / ("long" * 100))


@pytest.mark.parametrize("reading", ["iterdir", "read_bytes"])
def test_what_may_not_be_read_is_named(tmp_path, monkeypatch, reading):
    def refuse(path, **_):
        raise PermissionError(13, "Permission denied", str(path))

    write(tmp_path, {"neg/1.txt": "a", "pos/1.txt": "b"})
    monkeypatch.setattr(f"pathlib.Path.{reading}", refuse)
    with pytest.raises(InputError, match=rf"Permission denied: '{tmp_path}") as caught:
        read_text_folder(tmp_path)
    assert "\n" not in str(caught.value)


def test_a_class_that_training_never_saw_names_the_file(tmp_path):
    folder = write(tmp_path, {"neg/1.txt": "a", "odd/2.txt": "b"})
    with pytest.raises(InputError, match=r"Received: 'odd' in .*2\.txt"):
        read_text_folder(folder, class_names=("neg", "pos"))
