"""Images with captions: a folder with a table of them, two lists, or a data set with a name."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from kerastune.data.class_captions import open_class_caption_splits
from kerastune.data.columns import Column
from kerastune.data.frames import looks_like_frame
from kerastune.data.given_tables import GivenTable, of_file, table_of
from kerastune.data.group_columns import without_groups
from kerastune.data.image_files import Images, as_image
from kerastune.data.image_lists import find_image_column, table_images
from kerastune.data.open import open_data
from kerastune.data.open_splits import open_splits
from kerastune.data.records import looks_like_records
from kerastune.data.source import Source
from kerastune.data.splits import Splits
from kerastune.data.table_columns import require_columns
from kerastune.data.table_files import is_table_file, read_table_file
from kerastune.data.table_folders import table_at
from kerastune.data.table_notes import left_out_notes
from kerastune.data.tables import table_texts
from kerastune.errors import InputError, WrongDataError

_GROUP = "the same caption"
_ADVICE = "Name the column of captions by `--caption_column`"
_READS = (
    "Images with captions are read: a folder of images with a table of their paths and captions, "
    "such a table, or a list of images and one of captions"
)


def open_caption_splits(
    data: Any,
    options: Mapping[str, Any] | None = None,
    *,
    image_column: str | None = None,
    caption_column: str = "caption",
    caption_template: str | None = None,
    label_column: str | None = None,
    samples_per_class: int | None = None,
) -> Splits:
    """Opens images with captions and shares them out for training, validation and the test.

    Args:
        data: what `open_captions` takes, or data that come with their own split, see `parts_of`.
        options: dictionary, as for `open_splits`.
        image_column: str, the column of images or their paths, see `open_captions`.
        caption_column: str, the column of captions. Defaults to `"caption"`.
        caption_template: str, for images with classes instead of captions, which are then as
            for `open_class_caption_splits`. Defaults to none.
        label_column: str, the column of classes, likewise.
        samples_per_class: int, likewise.

    Returns:
        `Splits` with one input of kind `image` and one of kind `text`, and without targets.
        Images of the same caption are in one part. Of an image with several captions the rows
        may be in several parts; give the option `split_by` the column of paths to prevent it.

    Raises:
        InputError: if the data cannot be opened or shared out so.

    Example:

    >>> images, captions = np.zeros((4, 8, 8, 1)), ["a cat", "a dog", "a cat", "a bird"]
    >>> splits = open_caption_splits((images, captions), {"test_fraction": 0.25})
    >>> {use: part.values["caption"] for use, part in splits.parts.items()}
    {'training': ['a cat', 'a cat', 'a bird'], 'test': ['a dog']}
    """
    if caption_template is not None:
        return open_class_caption_splits(
            data,
            options,
            caption_template,
            image_column=image_column,
            label_column=label_column,
            samples_per_class=samples_per_class,
        )
    if label_column is not None or samples_per_class is not None:
        raise InputError(
            "Expected caption_template, such as '{}', beside label_column and samples_per_class, "
            "which are for images with classes. Received: none. Give it, or leave them out"
        )
    read = partial(open_captions, image_column=image_column, caption_column=caption_column)
    splits = open_splits(data, options, open_with=read)
    return replace(splits, **{use: without_groups(part) for use, part in splits.parts.items()})


def open_captions(
    data: Any,
    *,
    image_column: str | None = None,
    caption_column: str = "caption",
    class_names: tuple[str, ...] | None = None,  # noqa: ARG001
) -> Source:
    """Opens images with captions.

    Args:
        data: a folder of images with a table that lists them; the path of such a table, a frame,
            records or columns; a tuple of two lists, images and captions; `glyphs`, or another
            name or scheme of data that are such; or a `Source` with an image and a text.
        image_column: str, the column of images or their paths, relative to the table. Defaults to
            the only one that looks like it.
        caption_column: str, the column of captions. Defaults to `"caption"`.
        class_names: not used; for `open_splits`.

    Returns:
        A `Source` with one input of kind `image`, read when it is asked for, one of kind `text`,
        and a column of kind `group`, the caption again, so that no caption is on both sides of a
        split. Images that are missing or not whole are left out, which its notes say with the
        path of the first.

    Raises:
        InputError: if there are no such data, a column is missing, an image has no caption, or
            no image is there.

    Example:

    >>> source = open_captions((np.zeros((2, 8, 8, 1)), ["a cat", "a dog"]))
    >>> source.inputs, source.values["caption"]
    (('image', 'caption', 'the same caption'), ['a cat', 'a dog'])
    """
    try:
        source = _opened(data, image_column, caption_column)
        image, caption = source.input("image"), source.input("text")
    except WrongDataError as error:
        end = "" if str(error).endswith(("?", ".")) else "."
        raise WrongDataError(f"{error}{end} {_READS}") from error
    chosen = {name: source.columns[name] for name in (image, caption)}
    captions = list(source.values[caption])
    return Source(
        {image: source.values[image], caption: captions, _GROUP: captions},
        {**chosen, _GROUP: Column("group")},
        (),
        source.name,
        source.notes,
        source.rows,
    )


def captions_of_table(
    table: GivenTable,
    root: Path | None = None,
    *,
    image_column: str | None = None,
    caption_column: str = "caption",
) -> Source:
    """Returns the images that a table lists, with their captions.

    Args:
        table: `GivenTable`.
        root: Path of the folder of the table. Defaults to the working folder.
        image_column: str, as for `open_captions`.
        caption_column: str, as for `open_captions`.

    Returns:
        A `Source` with the inputs `image` and `caption`.

    Raises:
        InputError: as for `open_captions`.

    Example:

    >>> table = GivenTable({"photo": [np.zeros((4, 5)), None], "caption": ["a cat", ""]}, "pets")
    >>> captions_of_table(table).notes
    ("1 of 2 rows dropped: no 'photo'",)
    """
    require_columns([caption_column], table.cells, table.name, _ADVICE)
    others = {name: cells for name, cells in table.cells.items() if name != caption_column}
    if not others:
        raise WrongDataError(
            f"Expected a column of images in {table.name}, beside that of captions. Received: none"
        )
    image_column = find_image_column(replace(table, cells=others), image_column)
    texts, text_notes = table_texts(table, caption_column)
    captions = [(text or "").strip() for text in texts]
    images, rows, image_notes = table_images(table, image_column, root)
    without = [int(row) for row in rows if not captions[row]]
    if without:
        raise InputError(
            f"Expected a caption for each image of {table.name}. Received: none in "
            f"{table.where(without[0])}, and {len(without)} of {len(rows)} images without. Write "
            "them, or leave these rows out"
        )
    notes = (*table.notes, *text_notes, *image_notes)
    if not len(rows):
        raise InputError(f"Expected images in {table.name}. Received: {'; '.join(notes)}")
    unread = [name for name in others if name != image_column]
    notes += left_out_notes(unread, "it is not read", "they are not read")
    first = as_image(images[int(rows[0])])
    return Source(
        {"image": Images(images, rows.tolist()), "caption": [captions[row] for row in rows]},
        {"image": Column("image", shape=first.shape), "caption": Column("text")},
        (),
        table.name,
        notes,
        rows,
    )


def _opened(data: Any, image_column: str | None, caption_column: str) -> Source:
    """Returns images and captions, however they are given."""
    read = partial(captions_of_table, image_column=image_column, caption_column=caption_column)
    if isinstance(data, Source):
        return data.with_targets()
    if isinstance(data, tuple) and len(data) == 2:
        return _of_pair(*data)
    if looks_like_frame(data) or isinstance(data, Mapping) or looks_like_records(data):
        return read(table_of(data))
    if isinstance(data, str | PathLike) and (Path(data).is_dir() or is_table_file(Path(data))):
        path = table_at(Path(data))
        return read(of_file(path, read_table_file(path)), path.parent)
    return open_data(data).with_targets()


def _of_pair(images: Any, captions: Any) -> Source:
    """Returns a list of images, or an array of them, and a list of captions."""
    wrong = next((text for text in captions if not isinstance(text, str) or not text.strip()), None)
    if wrong is not None or len(images) != len(captions):
        raise WrongDataError(
            "Expected as many captions, texts that are not empty, as images. Received: "
            f"{len(images)} images and {len(captions)} captions"
            + ("" if wrong is None else f", {wrong!r} among them")
        )
    if isinstance(images, np.ndarray) and images.ndim == 4:
        columns = {"image": Column("image", shape=images.shape[1:]), "caption": Column("text")}
        return Source({"image": images, "caption": list(captions)}, columns, (), "arrays")
    cells = {"image": list(images), "caption": list(captions)}
    table = GivenTable(cells, "arrays", where="sample {}".format)
    return captions_of_table(table, image_column="image")
