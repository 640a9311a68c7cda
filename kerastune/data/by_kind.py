"""Tables, records and folders opened as texts or as images: as a recipe reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kerastune.data.folder_names import described_files
from kerastune.data.folder_trees import visible_files
from kerastune.data.folders import is_text_file, read_text_folder
from kerastune.data.given_tables import GivenTable, table_of
from kerastune.data.image_files import could_be_image, is_image_file
from kerastune.data.image_folders import read_image_folder
from kerastune.data.image_lists import labelled_images, lists_images
from kerastune.data.joint_quantities import with_target_called
from kerastune.data.records import RecordColumn, from_records
from kerastune.data.shard_files import files_of
from kerastune.data.source import Source
from kerastune.data.table_files import is_table_file
from kerastune.data.table_folders import table_in
from kerastune.data.tables import read_table
from kerastune.data.text_targets import TEXT_TARGETS, text_table, texts_of_table
from kerastune.errors import InputError, WrongDataError

INPUT_KINDS = ("text", "image")
"""The kinds of inputs that tables, records and folders are read for."""


@dataclass(frozen=True)
class ByKind:
    """Settings for reading tables, records and folders.

    Args:
        input_kind: str out of `INPUT_KINDS`, or None for what is found.
        text_column: str, the column of texts.
        image_column: str, the column of images, or None for the one that looks like it.
        labels: tuple of str, the columns to predict, or None for the usual one.
        target_kind: str, what the columns to predict are read as: `"class"`, `"quantity"` or,
            of texts, `"multilabel"`; or None for what they seem to be, classes of texts.
        class_names: tuple of str, the classes that are known, or None.

    Raises:
        InputError: if there is no such kind.

    Example:

    >>> table = GivenTable({"text": ["a joy", "a bore"], "label": ["good", "bad"]}, "reviews")
    >>> ByKind().of_table(table).values["text"]
    ['a joy', 'a bore']
    """

    input_kind: str | None = None
    text_column: str = "text"
    image_column: str | None = None
    labels: tuple[str, ...] | None = None
    target_kind: str | None = None
    class_names: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.input_kind not in (None, *INPUT_KINDS):
            raise InputError(
                f"Expected an input kind out of {', '.join(INPUT_KINDS)}. "
                f"Received: {self.input_kind!r}"
            )

    def of_table(self, table: GivenTable, root: Path | None = None) -> Source:
        """Returns the samples of a table.

        Args:
            table: `GivenTable`.
            root: Path, the folder that paths of images begin in.
        """
        is_image = self.input_kind == "image" or (
            self.input_kind is None and self.text_column not in table.cells and lists_images(table)
        )
        if is_image:
            return labelled_images(
                table,
                root=root,
                image_column=self.image_column,
                label_columns=self.labels,
                target_kind=self.target_kind,
                class_names=self.class_names,
            )
        return texts_of_table(
            table,
            text_column=self.text_column,
            label_column=self._label,
            target_kind=self.target_kind,
            class_names=self.class_names,
        )

    def of_file(self, path: Path) -> Source:
        """Returns the samples of a table in a file.

        Args:
            path: Path.
        """
        if self.input_kind == "image":
            if not is_table_file(path) and is_image_file(path):
                raise WrongDataError(
                    f"Expected a folder of images, or a table that lists them. Received: {path}, "
                    "one image"
                )
            return self.of_table(table_of(path), path.parent)
        kind = self.target_kind
        if self.input_kind == "text" and kind is not None and kind in TEXT_TARGETS:
            return self.of_table(text_table(path, self.text_column, self._label, kind))
        try:
            return read_table(
                path,
                text_column=self.text_column,
                label_column=self._label,
                class_names=self.class_names,
            )
        except InputError:
            if self.input_kind is None and is_table_file(path) and files_of(path):
                table = table_of(path)
                if self.text_column not in table.cells and lists_images(table):
                    return self.of_table(table, path.parent)
            raise

    def of_records(self, records: Sequence[Mapping[str, Any]]) -> Source:
        """Returns the samples of records.

        Args:
            records: sequence of dictionaries.
        """
        if self.input_kind == "text":
            return self.of_table(table_of(records))
        first = records[0]
        has_files = any(
            could_be_image(value) and not isinstance(value, np.ndarray) for value in first.values()
        )
        is_table = has_files or self.image_column is not None or self._is_joint
        if self.input_kind == "image" and is_table:
            cells = {name: RecordColumn(records, name) for name in first}
            return self.of_table(GivenTable(cells, "records"))
        return from_records(
            records, targets=self.labels or ("label",), class_names=self.class_names
        )

    def of_images(self, images: Sequence[Any], labels: Any) -> Source:
        """Returns the samples of a list of images, or of their paths, and their labels.

        Args:
            images: sequence of what `as_image` takes.
            labels: sequence of labels, or array of shape `(samples, quantities)`.
        """
        columns = {"label": list(labels)}
        if np.ndim(labels) == 2:
            columns = {f"label {n}": list(part) for n, part in enumerate(np.asarray(labels).T)}
        table = GivenTable({"image": list(images), **columns}, "arrays", where="sample {}".format)
        chosen = ByKind("image", "", "image", tuple(columns), self.target_kind, self.class_names)
        source = chosen.of_table(table)
        return source if len(source.targets) > 1 else with_target_called(source, "label")

    def is_of_texts(self, labels: Any) -> bool:
        """Returns whether labels in memory are a quantity or a list of labels for each text.

        Args:
            labels: those of a pair. Several quantities for each text are not among them.
        """
        if self.input_kind != "text" or self.target_kind not in TEXT_TARGETS:
            return False
        return self.target_kind == "multilabel" or all(np.ndim(label) == 0 for label in labels)

    def of_texts(self, texts: Sequence[Any], labels: Any) -> Source:
        """Returns the samples of a list of texts and what is to be predicted of each.

        Args:
            texts: sequence of str.
            labels: sequence of as many quantities, or lists of labels.
        """
        cells: dict[str, Any] = {
            "text": list(texts),
            "label": labels if isinstance(labels, np.ndarray) else list(labels),
        }
        table = GivenTable(cells, "arrays", where="sample {}".format)
        return texts_of_table(table, target_kind=self.target_kind, class_names=self.class_names)

    def of_folder(self, path: Path) -> Source:
        """Returns the samples of a folder.

        Args:
            path: Path.
        """
        table = table_in(path)
        if table is not None:
            return self.of_file(table)
        kind = self.input_kind or _kind_of_folder(path)
        if kind == "text":
            return read_text_folder(path, class_names=self.class_names)
        table = _listing(path)
        if table is not None:
            return self.of_table(table_of(table), path)
        if self._is_joint:
            raise WrongDataError(
                f"Expected a table that lists images with the columns {','.join(self.labels or ())}"
                f". Received: {path}, a folder of {described_files(visible_files(path))}"
            )
        return read_image_folder(path, class_names=self.class_names)

    @property
    def _is_joint(self) -> bool:
        """bool, whether several quantities are to be predicted at once."""
        return self.target_kind == "quantity" and "," in ",".join(self.labels or ())

    @property
    def _label(self) -> str:
        """The column of labels, with texts."""
        if self.labels is None or len(self.labels) == 1:
            return (self.labels or ("label",))[0]
        raise InputError(f"Expected one column of labels. Received: {list(self.labels)}")


def are_images(features: Any) -> bool:
    """Returns whether features are a list of paths or images, which no array can hold.

    Args:
        features: anything.

    Example:

    >>> are_images(["a.png", "b.png"]), are_images([np.zeros((4, 4, 3)), np.zeros((4, 4, 3))])
    (True, False)
    """
    if isinstance(features, np.ndarray) and features.dtype.kind == "O":
        features = features.tolist()
    if not isinstance(features, list | tuple) or not features or not could_be_image(features[0]):
        return False
    shapes = {value.shape if isinstance(value, np.ndarray) else None for value in features}
    return shapes == {None} or len(shapes) > 1


def _kind_of_folder(path: Path) -> str:
    """Returns whether a folder holds images or texts; the error for both or neither."""
    try:
        files = visible_files(path)
    except OSError:
        return "text"  # Its reader tells what is wrong with the folder.
    images = sum(map(is_image_file, files))
    texts = sum(map(is_text_file, files))
    if images and texts:
        raise WrongDataError(
            f"Expected a folder of images or of texts. Received: {path}, with {images} images and "
            f"{texts} .txt files. Move one kind elsewhere, or say which by `input_kind`"
        )
    if not images and not texts:
        raise WrongDataError(
            f"Expected one subfolder of text files (.txt) or images for each class in {path}. "
            f"Received: {described_files(files)}."
        )
    return "image" if images else "text"


def _listing(path: Path) -> Path | None:
    """Returns the only table in a folder that may list the images of one folder or none."""
    try:
        files = visible_files(path)
    except OSError:
        return None
    tables = [file for file in files if is_table_file(file) and file.parent == path]
    folders = {file.relative_to(path).parts[0] for file in files if is_image_file(file)}
    in_folders = [name for name in folders if (path / name).is_dir()]
    return tables[0] if len(tables) == 1 and len(in_folders) < 2 else None
