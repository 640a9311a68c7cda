"""Boxes of objects in files of Pascal VOC, one for each image."""

from collections.abc import Sequence
from pathlib import Path
from xml.etree.ElementTree import Element

from kerastune.data.box_files import image_files, source_of_files
from kerastune.data.source import Source
from kerastune.errors import InputError, reason
from kerastune.untrusted.xml_text import read_xml

_SIDES = ("xmin", "ymin", "xmax", "ymax")


def read_voc(
    folder: Path, files: Sequence[Path], class_names: Sequence[str] | None = None
) -> Source:
    """Reads images with boxes that files of Pascal VOC describe.

    Pixels are counted from 1, as VOC does. Objects that are marked as difficult are left out, as
    the benchmark does not count them, with a note; lists in `ImageSets` are not read.

    Args:
        folder: Path of the folder that holds the images, at any depth.
        files: sequence of Path, the files, up to 10 MB each.
        class_names: sequence of str, the classes that are known, or None for those of the files,
            in alphabetical order.

    Returns:
        A `Source` with the input `image`, read when it is asked for, and the target `boxes`.

    Raises:
        InputError: if a file is malformed or has a document type, an image is missing or not
            whole, or a box is not inside of its image, has no area, or is of an unknown class.

    Example:

    >>> read_voc(Path("no"), [Path("no/such.xml")])
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a file of Pascal VOC. Received: no/such.xml: there is...
    """
    names, boxes, labels = [], [], []
    difficult = 0
    for file in files:
        root = _read(file)
        objects = root.findall("object")
        counted = [one for one in objects if (one.findtext("difficult") or "0").strip() != "1"]
        difficult += len(objects) - len(counted)
        names.append((root.findtext("filename") or "").strip() or file.stem)
        boxes.append([_corners(one, file) for one in counted])
        labels.append([_name(one, file) for one in counted])
    notes = [f"{difficult} boxes left out: marked as difficult"] if difficult else []
    if (folder / "ImageSets").is_dir():
        notes.append("the lists in ImageSets are not read: all images that are described are here")
    found = image_files(names, folder, folder, described=files)
    return source_of_files(found, boxes, labels, class_names, name=str(folder), notes=notes)


def _read(file: Path) -> Element:
    try:
        root = read_xml(file)
        if root.tag != "annotation":
            raise ValueError(f"its outermost element is <{root.tag[:40]}>, not <annotation>")
    except (OSError, ValueError) as error:
        raise InputError(
            f"Expected a file of Pascal VOC. Received: {file}: {reason(error)}"
        ) from error
    return root


def _name(found: Element, file: Path) -> str:
    name = (found.findtext("name") or "").strip()
    if not name:
        raise InputError(f"Expected a <name> in each <object> of {file}. Received: none")
    return name


def _corners(found: Element, file: Path) -> list[float]:
    """Returns left, top, right and bottom of an object, from the left upper corner."""
    box = found.find("bndbox")
    texts = ["" if box is None else (box.findtext(side) or "").strip() for side in _SIDES]
    try:
        left, top, right, bottom = map(float, texts)
    except ValueError as error:
        raise InputError(
            f"Expected numbers {', '.join(_SIDES)} in the <bndbox> of each <object> of {file}. "
            f"Received: {', '.join(repr(text[:20]) for text in texts)}"
        ) from error
    return [left - 1, top - 1, right, bottom]
