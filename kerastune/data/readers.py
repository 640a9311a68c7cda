"""What opens data for a recipe: functions from `data` to samples with texts or images."""

from collections.abc import Sequence
from functools import partial

from kerastune.data.open import open_data
from kerastune.data.open_splits import OpensData


def text_reader(text_column: str = "text", label_column: str = "label") -> OpensData:
    """A function that opens data with texts, for `open_splits`.

    Args:
        text_column: str, the column of texts in tables and records. Defaults to `"text"`.
        label_column: str, the column of labels, likewise. Defaults to `"label"`.

    Example:

    >>> read = text_reader("review", "stars")
    >>> read([{"review": "a joy", "stars": 5}, {"review": "no", "stars": 1}]).values["review"]
    ['a joy', 'no']
    """
    return partial(open_data, input_kind="text", text_column=text_column, label_column=label_column)


def image_reader(
    image_column: str | None = None,
    label_column: str | Sequence[str] | None = None,
    *,
    target_kind: str | None = None,
) -> OpensData:
    """A function that opens data with images, for `open_splits`.

    Args:
        image_column: str, the column of images, or of their paths, in tables and records.
            Defaults to the only one that looks like it.
        label_column: str, the column to predict, or a sequence of several, an empty one for all
            others. Defaults to `label`, or the only other column.
        target_kind: str, `"class"` or `"quantity"`, what the columns to predict are read as.
            Defaults to what they seem to be.

    Example:

    >>> import numpy as np
    >>> read = image_reader(target_kind="quantity")
    >>> read((np.zeros((2, 4, 4, 3)), [0.5, 1.5])).columns["image"].described
    'image (4 x 4 x 3)'
    """
    return partial(
        open_data,
        input_kind="image",
        image_column=image_column,
        label_column=label_column,
        target_kind=target_kind,
    )
