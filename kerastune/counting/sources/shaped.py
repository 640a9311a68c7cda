"""A model with a shape for its inputs: `bert_base:128`."""

import re
from pathlib import Path

# A function's name cannot start with a digit, so that `module:function` is something else.
_SHAPED = re.compile(r"(?P<model>.+):(?P<sizes>\d+(?:,\d+)*)")


def split_shape(text: str) -> tuple[str, tuple[int, ...] | None]:
    """A model and the shape that its inputs have, from one text.

    Args:
        text: str, such as `"bert_base:128"` or `"applications:ResNet50:224,224,3"`.

    Returns:
        The text of the model, and the shape without the batch axis, or None where the text
        ends in none or is the name of a file.

    Example:

    >>> split_shape("applications:ResNet50:224,224,3"), split_shape("models.py:build")
    (('applications:ResNet50', (224, 224, 3)), ('models.py:build', None))
    """
    found = _SHAPED.fullmatch(text)
    if found is None or Path(text).exists():
        return text, None
    return found["model"], tuple(int(size) for size in found["sizes"].split(","))
