"""Images with boxes: COCO JSON, Pascal VOC XML, lists, or a data set with a name."""

from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from kerastune.data.boxes import BOXES, boxes_column, coded_boxes, detection_source
from kerastune.data.coco_boxes import read_coco
from kerastune.data.folder_trees import visible_files
from kerastune.data.image_files import Images
from kerastune.data.open import open_data
from kerastune.data.open_splits import open_splits
from kerastune.data.source import Source
from kerastune.data.splits import Splits
from kerastune.data.voc_boxes import read_voc
from kerastune.errors import InputError, WrongDataError

_READS = (
    "Images with boxes are read: a file of COCO (.json), a folder with one or with files of Pascal "
    "VOC (.xml), or a list of images and one of boxes"
)


def open_detection_splits(data: Any, options: Mapping[str, Any] | None = None) -> Splits:
    """Opens images with boxes and shares them out for training, validation and the test.

    Args:
        data: what `open_detection` takes, or data that come with their own split, see `parts_of`.
        options: dictionary, as for `open_splits`.

    Returns:
        `Splits` with one input of kind `image` and one target of kind `boxes`.

    Raises:
        InputError: if the data cannot be opened or shared out so.

    Example:

    >>> answers = [{"boxes": [[0, 0, 4, 4]], "classes": ["cat"]}] * 4
    >>> splits = open_detection_splits((np.zeros((4, 8, 8, 3)), answers))
    >>> {use: len(part) for use, part in splits.parts.items()}
    {'training': 3, 'test': 1}
    """
    return open_splits(data, options, open_with=open_detection)


def open_detection(data: Any, *, class_names: tuple[str, ...] | None = None) -> Source:
    """Opens images with boxes.

    Args:
        data: the path of a COCO file, see `read_coco`; a folder that holds one, or files of Pascal
            VOC, see `read_voc`; `scenes`, or another name or scheme of such data; a tuple of
            images and, for each, a dictionary of `boxes`, left, top, right and bottom in pixels,
            and `classes`, their names, as a detector answers; or a `Source` with an image and
            boxes.
        class_names: tuple of str, the classes that are known, or None for those of the data.

    Returns:
        A `Source` with one input of kind `image` and one target of kind `boxes`.

    Raises:
        InputError: if there are no such data, a file is malformed, an image is missing or not
            whole, or a box is not inside of its image, has no area, or is of an unknown class.

    Example:

    >>> answers = [{"boxes": [[0, 0, 4, 4]], "classes": ["cat"]}, {"boxes": [], "classes": []}]
    >>> source = open_detection((np.zeros((2, 8, 8, 3)), answers))
    >>> source.values["boxes"][0].tolist(), source.columns["boxes"].class_names
    ([[0.0, 0.0, 4.0, 4.0, 0.0]], ('cat',))
    """
    if isinstance(data, tuple) and len(data) == 2:
        return _of_pair(*data, class_names)
    if not isinstance(data, Source | str | PathLike):
        raise WrongDataError(
            f"Expected images with boxes. Received: {type(data).__name__}. {_READS}"
        )
    if not isinstance(data, Source):
        path = Path(data)
        if path.is_dir():
            return _of_folder(path, class_names)
        if path.is_file():
            return read_coco(path, class_names)
    try:
        source = data if isinstance(data, Source) else open_data(data)
        image, boxes = source.input("image"), source.target("boxes")
    except WrongDataError as error:
        end = "" if str(error).endswith(("?", ".")) else "."
        raise WrongDataError(f"{error}{end} {_READS}") from error
    source = Source(
        {image: source.values[image], BOXES: source.values[boxes]},
        {image: source.columns[image], BOXES: source.columns[boxes]},
        (BOXES,),
        source.name,
        source.notes,
        source.rows,
    )
    return source if class_names is None else _with_classes(source, class_names)


def _of_folder(folder: Path, class_names: tuple[str, ...] | None) -> Source:
    files = visible_files(folder)
    lists = [file for file in files if file.suffix.lower() == ".json"]
    if len(lists) == 1:
        return read_coco(lists[0], class_names, root=folder)
    if len(lists) > 1:
        raise WrongDataError(
            f"Expected one file of COCO in {folder}. Received: {len(lists)}, {lists[0].name} and "
            f"{lists[1].name} among them. Give the path of one, and another as test_data"
        )
    described = sorted(file for file in files if file.suffix.lower() == ".xml")
    if not described:
        raise WrongDataError(f"Expected boxes in {folder}. Received: no .json, no .xml. {_READS}")
    return read_voc(folder, described, class_names)


def _of_pair(images: Any, answers: Any, class_names: tuple[str, ...] | None) -> Source:
    """Returns images and boxes that are given from Python."""
    is_answer = all(
        isinstance(answer, Mapping) and {"boxes", "classes"} <= set(answer) for answer in answers
    )
    if not is_answer or len(images) != len(answers):
        raise WrongDataError(
            "Expected a dictionary of boxes and classes for each image. Received: "
            f"{len(images)} images, and {len(answers)} of type "
            f"{type(answers[0]).__name__ if len(answers) else 'none'}. {_READS}"
        )
    if not len(images):
        raise InputError("Expected images with boxes. Received: none")
    if not (isinstance(images, np.ndarray) and images.ndim == 4):
        images = Images(list(images))
    return detection_source(
        images,
        [images[row].shape[:2] for row in range(len(images))],
        [answer["boxes"] for answer in answers],
        [answer["classes"] for answer in answers],
        class_names,
        name="arrays",
        where="sample {}".format,
    )


def _with_classes(source: Source, class_names: tuple[str, ...]) -> Source:
    """Returns a source with the classes of the training data, in their order."""
    names = source.columns[BOXES].class_names or ()
    if names == class_names:
        return source
    given = [np.asarray(boxes) for boxes in source.values[BOXES]]
    boxes, _ = coded_boxes(
        [own[:, :4] for own in given],
        [[names[int(code)] for code in own[:, 4]] for own in given],
        class_names,
        lambda row: f"sample {row} of {source.name}",
    )
    return source.with_column(BOXES, boxes, boxes_column(class_names))
