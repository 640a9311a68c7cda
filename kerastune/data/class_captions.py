"""Images with classes as images with captions, which are made of the names of the classes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kerastune.data.columns import Column
from kerastune.data.open_splits import open_few_shot_splits
from kerastune.data.readers import image_reader
from kerastune.data.source import Source
from kerastune.data.splits import Splits
from kerastune.errors import InputError

_PLACE = "{}"


def open_class_caption_splits(
    data: Any,
    options: Mapping[str, Any] | None = None,
    caption_template: str = _PLACE,
    *,
    image_column: str | None = None,
    label_column: str | None = None,
    samples_per_class: int | None = None,
) -> Splits:
    """Opens images with classes, whose names become captions, and shares them out.

    Args:
        data: images with classes, as for `image_reader`.
        options: dictionary, as for `open_splits`.
        caption_template: str, as for `with_class_captions`. Defaults to the name alone.
        image_column: str, as for `image_reader`.
        label_column: str, likewise.
        samples_per_class: int, as for `open_few_shot_splits`.

    Returns:
        `Splits` with the inputs `image` and `caption`, in which all parts have the same captions.

    Raises:
        InputError: if the data cannot be opened or shared out, or captions cannot be made.

    Example:

    >>> import numpy as np
    >>> pets = (np.zeros((8, 4, 4, 1)), ["cat", "dog"] * 4)
    >>> splits = open_class_caption_splits(pets, None, "a {}", samples_per_class=1)
    >>> splits.training.values["caption"], len(splits.test)
    (['a cat', 'a dog'], 6)
    """
    class_captions((), caption_template)
    read = image_reader(image_column, label_column, target_kind="class")
    splits = open_few_shot_splits(data, options, samples_per_class, read)
    parts = {use: with_class_captions(part, caption_template) for use, part in splits.parts.items()}
    return replace(splits, **parts)


def with_class_captions(source: Source, caption_template: str = _PLACE) -> Source:
    """Returns images with captions in the place of their classes.

    Args:
        source: `Source` with one input of kind `image` and one target of kind `class`.
        caption_template: str, as for `class_captions`. Defaults to the name alone.

    Returns:
        A `Source` with the inputs `image`, under its name, and `caption`, and without targets.

    Raises:
        InputError: if there are no such columns, or as for `class_captions`.

    Example:

    >>> import numpy as np
    >>> source = Source.of(np.zeros((2, 4, 4, 1)), [1, 0], class_names=("cat", "guinea_pig"))
    >>> with_class_captions(source, "a photo of a {}").values["caption"]
    ['a photo of a guinea pig', 'a photo of a cat']
    """
    image, label = source.input("image"), source.target("class")
    captions = class_captions(source.columns[label].class_names or (), caption_template)
    return Source(
        {image: source.values[image], "caption": [captions[at] for at in source.values[label]]},
        {image: source.columns[image], "caption": Column("text")},
        (),
        source.name,
        source.notes,
        source.rows,
    )


def class_captions(class_names: tuple[str, ...], caption_template: str = _PLACE) -> list[str]:
    """Returns a caption for each class.

    Args:
        class_names: tuple of str. Underscores, as in names of folders, are read as spaces.
        caption_template: str in which `{}` stands for the name. Defaults to the name alone.

    Returns:
        List of str.

    Raises:
        InputError: if the template has no place for the name, or two classes get one caption.

    Example:

    >>> class_captions(("cat", "guinea_pig"), "a photo of a {}")
    ['a photo of a cat', 'a photo of a guinea pig']
    """
    if _PLACE not in caption_template:
        raise InputError(
            "Expected a caption_template with {} for the name of the class, such as 'a photo of a "
            f"{{}}'. Received: {caption_template!r}"
        )
    captions = [caption_template.replace(_PLACE, name.replace("_", " ")) for name in class_names]
    first: dict[str, str] = {}
    for name, caption in zip(class_names, captions, strict=True):
        if caption in first:
            raise InputError(
                f"Expected a caption of its own for each class. Received: {caption!r} for "
                f"{first[caption]!r} and {name!r}. Rename one of them"
            )
        first[caption] = name
    return captions
