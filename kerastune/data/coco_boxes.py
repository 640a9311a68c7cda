"""Boxes of objects in a file of COCO."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kerastune.data.box_files import image_files, source_of_files
from kerastune.data.source import Source
from kerastune.errors import InputError, WrongDataError, reason
from kerastune.untrusted.reading import read_json

_KEYS = ("images", "annotations", "categories")


def read_coco(
    path: Path, class_names: Sequence[str] | None = None, root: Path | None = None
) -> Source:
    """Reads images with boxes that a file of COCO lists.

    Classes are the categories that have a box, in the order of their identifiers. Crowds, which
    stand for an unknown number of objects, are left out, with a note.

    Args:
        path: Path of the file, up to 100 MB.
        class_names: sequence of str, the classes that are known, or None for those of the file.
        root: Path of the folder that names of images begin in, or that holds them at any depth.
            Defaults to that of the file, or if that is called `annotations` to the folder around.

    Returns:
        A `Source` with the input `image`, read when it is asked for, and the target `boxes`.

    Raises:
        InputError: if the file is malformed, an image is missing or not whole, or a box is not
            inside of its image, has no area, or is of an unknown category.

    Example:

    >>> read_coco(Path("no/such.json"))
    Traceback (most recent call last):
        ...
    kerastune.errors.InputError: Expected a file of COCO. Received: no/such.json: there is no...
    """
    try:
        content = read_json(path)
    except (OSError, ValueError) as error:
        raise InputError(f"Expected a file of COCO. Received: {path}: {reason(error)}") from error
    lists = [content.get(key) for key in _KEYS]
    if not all(isinstance(rows, list) for rows in lists):
        raise WrongDataError(
            f"Expected a file of COCO, an object with lists of {', '.join(_KEYS)}. Received: "
            f"{path} with {', '.join(map(repr, list(content)[:5])) or 'no keys'}"
        )
    images, annotations, categories = (
        _rows(rows, key, path) for key, rows in zip(_KEYS, lists, strict=True)
    )
    if not images:
        raise InputError(f"Expected images in {path}. Received: none")
    names = {
        _value(row, "id", "categories", at, path): str(_value(row, "name", "categories", at, path))
        for at, row in enumerate(categories)
    }
    places = {_value(row, "id", "images", at, path): at for at, row in enumerate(images)}
    boxes: list[list[list[float]]] = [[] for _ in images]
    labels: list[list[str]] = [[] for _ in images]
    crowds = 0
    for at, row in enumerate(annotations):
        image = places.get(_value(row, "image_id", "annotations", at, path))
        name = names.get(_value(row, "category_id", "annotations", at, path))
        if image is None or name is None:
            kind = "image_id" if image is None else "category_id"
            raise InputError(
                f"Expected an {kind} of {'an image' if image is None else 'a category'} of {path}. "
                f"Received: {row[kind]!r} in annotation {at}"
            )
        if row.get("iscrowd"):
            crowds += 1
            continue
        boxes[image].append(_corners(row, at, path))
        labels[image].append(name)
    if root is None:
        root = path.parent.parent if path.parent.name == "annotations" else path.parent
    files = image_files(
        [str(_value(row, "file_name", "images", at, path)) for at, row in enumerate(images)],
        root,
        path,
    )
    notes = (f"{crowds} of {len(annotations)} boxes left out: crowds",) if crowds else ()
    order = _ordered(names, labels) if class_names is None else class_names
    return source_of_files(files, boxes, labels, order, name=str(path), notes=notes)


def _ordered(names: Mapping[Any, str], labels: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Returns the categories that have a box, in the order of their identifiers."""
    found = {label for of_image in labels for label in of_image}
    identifiers = sorted(names, key=lambda one: (not isinstance(one, int), str(one).zfill(12)))
    return tuple(dict.fromkeys(names[one] for one in identifiers if names[one] in found))


def _rows(rows: Any, key: str, path: Path) -> list[dict[str, Any]]:
    wrong = next((at for at, row in enumerate(rows) if not isinstance(row, dict)), None)
    if wrong is not None:
        raise InputError(
            f"Expected objects in the list {key!r} of {path}. Received: "
            f"{type(rows[wrong]).__name__} at {wrong}"
        )
    return list(rows)


def _value(row: Mapping[str, Any], key: str, rows: str, at: int, path: Path) -> int | str:
    """Returns an identifier or a name."""
    value = row.get(key)
    if not isinstance(value, int | str) or value == "":
        raise InputError(
            f"Expected {key!r} as a number or text in each of the {rows} of {path}. Received: "
            f"{type(value).__name__ if value is not None else 'none'} in number {at}"
        )
    return value


def _corners(row: Mapping[str, Any], at: int, path: Path) -> list[float]:
    """Returns left, top, right and bottom of an annotation."""
    box: Any = row.get("bbox")
    is_box = isinstance(box, list) and len(box) == 4
    if not is_box or any(isinstance(one, bool) or not isinstance(one, int | float) for one in box):
        raise InputError(
            f"Expected 'bbox' as left, top, width and height in each annotation of {path}. "
            f"Received: {str(box)[:60]} in annotation {at}"
        )
    left, top, width, height = map(float, box)
    return [left, top, left + width, top + height]
