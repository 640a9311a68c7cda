"""Images with boxes: made-up scenes, COCO JSON, Pascal VOC XML, and what is wrong with them."""

import json

import numpy as np
import pytest
from PIL import Image

from kerastune.data import open_as, open_detection, open_detection_splits, scenes
from kerastune.errors import InputError

pytestmark = pytest.mark.any_backend

BOX = (2, 3, 12, 11)  # left, top, right, bottom
NAMES = ("a.png", "b.png", "c.png", "d.png")


def images(folder, names=NAMES):
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        Image.fromarray(np.full((16, 24, 3), 90, "uint8")).save(folder / name)
    return folder


def coco(**changes):
    """A file of COCO with a box of each of two classes on the first two of four images."""
    content = {
        "images": [{"id": 7 + at, "file_name": name} for at, name in enumerate(NAMES)],
        "categories": [{"id": 3, "name": "dog"}, {"id": 1, "name": "cat"}, {"id": 2, "name": "no"}],
        "annotations": [
            {"image_id": 7, "category_id": 3, "bbox": [2, 3, 10, 8]},
            {"image_id": 8, "category_id": 1, "bbox": [0, 0, 24, 16]},
        ],
    }
    return {**content, **changes}


def with_box(box, **more):
    return coco(annotations=[{"image_id": 7, "category_id": 3, "bbox": box, **more}])


def written(folder, content):
    text = content if isinstance(content, str) else json.dumps(content)
    (images(folder) / "boxes.json").write_text(text)
    return folder


def voc(box=(3, 4, 12, 11), name="dog", more=""):
    """A file of Pascal VOC, whose pixels are counted from 1."""
    sides = zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True)
    corners = "".join(f"<{side}>{value}</{side}>" for side, value in sides)
    return (
        f"<annotation><filename>a.png</filename><object><name>{name}</name>{more}"
        f"<bndbox>{corners}</bndbox></object></annotation>"
    )


def described(folder, content):
    images(folder / "JPEGImages", ["a.png"])
    (folder / "Annotations").mkdir()
    (folder / "Annotations" / "a.xml").write_text(content)
    return folder


def test_scenes_are_exact_and_split_apart():
    splits = open_detection_splits("scenes")
    again = scenes("test")
    np.testing.assert_array_equal(splits.test.values["image"], again.values["image"])
    assert (len(splits.training), len(splits.test)) == (300, 100)
    for boxes in splits.training.values["boxes"]:
        corners, codes = boxes[:, :4], boxes[:, 4]
        assert (corners == np.round(corners)).all()
        assert corners.min(initial=0) >= 0
        assert corners.max(initial=0) <= 128
        assert (corners[:, 2:] > corners[:, :2]).all()
        assert set(codes) <= set(range(10))
    with pytest.raises(InputError, match="part out of all, train, test"):
        open_detection("scenes:some")


def test_coco(tmp_path):
    source = open_detection(written(tmp_path / "pets", coco()))
    # Categories by their identifiers, those without a box left out.
    assert source.columns["boxes"].class_names == ("cat", "dog")
    assert [boxes.tolist() for boxes in source.values["boxes"]] == [
        [[*BOX, 1]], [[0, 0, 24, 16, 0]], [], []
    ]  # fmt: skip
    assert source.values["image"][1].shape == (16, 24, 3)
    # The classes of another file are in the order of the first.
    known = open_detection(tmp_path / "pets" / "boxes.json", class_names=("dog", "cat"))
    assert known.values["boxes"][0].tolist() == [[*BOX, 0]]


def test_what_is_cut_or_left_out_is_noted(tmp_path):
    content = coco()
    content["annotations"][0]["bbox"] = [-0.5, 3, 10, 8]
    content["annotations"][1]["iscrowd"] = 1
    source = open_detection(written(tmp_path, content))
    assert source.notes == (
        "1 of 2 boxes left out: crowds",
        "1 boxes cut at the edge of their image, by up to a pixel",
    )
    assert source.values["boxes"][0][0, 0] == 0


def test_pascal_voc(tmp_path):
    hard = "<difficult>1</difficult>"
    content = voc().replace("</annotation>", voc(more=hard).partition("</filename>")[2])
    source = open_detection(described(tmp_path / "voc", content))
    assert source.values["boxes"][0].tolist() == [[*BOX, 0]]
    assert source.notes == ("1 boxes left out: marked as difficult",)


@pytest.mark.parametrize("write", ["coco", "voc"])
def test_folders_of_parts_are_a_split(tmp_path, write):
    for part in ("train", "test"):
        if write == "coco":
            written(tmp_path / part, coco())
        else:
            described(tmp_path / part, voc())
    splits = open_detection_splits(tmp_path)
    count = 4 if write == "coco" else 1
    assert {use: len(part) for use, part in splits.parts.items()} == {
        "training": count,
        "test": count,
    }


def test_from_python_and_as_test_data():
    pixels = np.zeros((4, 16, 24, 3), "uint8")
    answers = [{"boxes": [BOX], "classes": ["dog"], "scores": [0.9]}] * 4
    source = open_detection((pixels, answers))
    columns = {"image": source.columns["image"], "boxes": source.columns["boxes"]}
    again = open_as((pixels, answers), columns, ("boxes",))
    assert again.values["boxes"][3].tolist() == [[*BOX, 0]]
    with pytest.raises(InputError, match="a class for each box of sample 0.*1 boxes, 2 classes"):
        open_detection((pixels[:1], [{"boxes": [BOX], "classes": ["dog", "cat"]}]))
    with pytest.raises(InputError, match="dictionary of boxes and classes for each image"):
        open_detection((pixels, answers[:2]))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "file of COCO.*no JSON"),
        (coco(images=None), "lists of images, annotations, categories"),
        (coco(images=[]), "Expected images in"),
        (coco(images=[1]), "objects in the list 'images'.*int at 0"),
        (coco(annotations=[{"image_id": 7, "category_id": 9}]), "category_id.*9 in annotation 0"),
        (coco(annotations=[{"image_id": 1, "category_id": 3}]), "image_id.*1 in annotation 0"),
        (coco(annotations=[{"category_id": 3}]), "'image_id' as a number or text"),
        (coco(annotations=[]), "a box on one image at least"),
        (with_box([1, 2, 3]), "'bbox' as left, top, width and height.*annotation 0"),
        (with_box(["1", 2, 3, 4]), "'bbox' as left, top"),
        (with_box([2, 3, 0, 8]), "with an area.*24 x 16.*a.png"),
        (with_box([2, 3, 10, 18]), "inside the image.*24 x 16.*2, 3, 12, 21 in box 0 of .*a.png"),
        (with_box([float("nan"), 3, 10, 8]), "inside the image"),
        (coco(images=[{"id": 7, "file_name": "no.png"}], annotations=[]), "no file 'no.png'"),
    ],
)
def test_what_is_wrong_with_coco_is_told_in_one_line(tmp_path, content, message):
    with pytest.raises(InputError, match=message) as caught:
        open_detection(written(tmp_path, content))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("<annotation>", "Pascal VOC.*a.xml: it holds no XML"),
        ("<html></html>", "outermost element is <html>"),
        (voc(name=" "), "<name> in each <object>"),
        (voc(box=("a", 1, 2, 3)), "numbers xmin, ymin, xmax, ymax.*'a'"),
        (voc(box=(5, 4, 4, 11)), "with an area"),
        (voc(box=(3, 4, 40, 11)), "inside the image"),
        (voc().replace("a.png", "no.png"), "a.xml names.*no file 'no.png'"),
        ('<!DOCTYPE a [<!ENTITY b "c">]>' + voc(name="&b;"), "document type"),
    ],
)
def test_what_is_wrong_with_voc_is_told_in_one_line(tmp_path, content, message):
    with pytest.raises(InputError, match=message) as caught:
        open_detection(described(tmp_path, content))
    assert "\n" not in str(caught.value)


def test_an_image_that_is_not_whole_is_named(tmp_path):
    folder = written(tmp_path, coco())
    whole = (folder / "c.png").read_bytes()
    (folder / "c.png").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match=r"can be read.*c\.png") as caught:
        open_detection(folder)
    assert "\n" not in str(caught.value)


def test_classes_that_the_training_lacks_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"dog.*a\.png"):
        open_detection(written(tmp_path, coco()), class_names=("cat",))


def test_folders_without_boxes_or_with_several_lists(tmp_path):
    with pytest.raises(InputError, match=r"no \.json, no \.xml"):
        open_detection(images(tmp_path / "none"))
    folder = written(tmp_path / "two", coco())
    (folder / "more.json").write_text("{}")
    with pytest.raises(InputError, match="one file of COCO.*boxes.json and more.json"):
        open_detection(folder)
